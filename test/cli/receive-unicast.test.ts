// `sockctl receive` of what is sent to this host itself: at an address, at a name, at every address. socat sends.
import { describe, expect, it } from 'vitest'
import { type Running, runCli, startCli, startProgram } from '../support/cli.ts'
import { describeOnHosts, onHost, plan } from '../support/hosts.ts'
import { describeWithSocat } from '../support/socat.ts'

interface Told {
  event: string
  address: string
  port: number
  datagrams: number
  group: string
  source: { address: string }
  interface: string
  sources: { group: string; interface: string; source: string; datagrams: number }[]
}

const PORT = 5011
const [{ a, b }] = plan

async function listening(sockets: number, ...args: string[]): Promise<Running> {
  const receive = startCli(['receive', '--json', '--timeout', '20s', ...args])
  for (let n = 0; n < sockets; n++) await receive.object<Told>(({ event }) => event === 'listening')
  return receive
}

/** The rows of the summary: where each was sent, by which interface it came, from whom. */
const rowsOf = async (receive: Running): Promise<string[]> => {
  const { status, stderr, objects } = await receive.ended
  expect({ status, stderr: stderr.replace(/^sockctl receive: localhost is .*\n/, '') }).toEqual({
    status: 0,
    stderr: '',
  })
  const summary = objects<Told>().at(-1)
  return (summary?.sources ?? [])
    .filter(({ datagrams }) => datagrams > 0)
    .map((row) => `${row.group} ${row.interface} ${row.source} ${row.datagrams}`)
    .sort()
}

describeWithSocat('with socat', () => {
  describeOnHosts('sockctl receive at an address of this host', (hosts) => {
    const fromB = (address: string, text = 'x'): Promise<unknown> =>
      startProgram(['socat', '-u', '-', address], { prefix: onHost(hosts(), 'B'), input: text }).ended

    it.each([
      ['IPv4', a.ipv4[0], `UDP4-SENDTO:${a.ipv4[0]}:${PORT},bind=${b.ipv4[0]}`, b.ipv4[0]],
      ['IPv6', a.ipv6[0], `UDP6-SENDTO:[${a.ipv6[0]}]:${PORT},bind=[${b.ipv6[0]}]`, b.ipv6[0]],
    ])('counts what comes to it, and nothing else: %s', async (_, address, to, source) => {
      const at = address.includes(':') ? `[${address}]:${PORT}` : `${address}:${PORT}`
      const receive = await listening(1, at, '--count', '2')
      await fromB(to.replace(address, address === a.ipv4[0] ? a.ipv4[1] : a.ipv6[1]))
      await fromB(to, 'one')
      await fromB(to, 'two')
      expect(await rowsOf(receive)).toEqual([`${address} a0 ${source} 2`])
    })

    it('takes a link-local address with the interface of -i', async () => {
      const { linkLocal } = hosts().pairs[0].a
      const receive = await listening(1, `[${linkLocal}]:${PORT}`, '-i', 'a0', '--count', '1')
      await fromB(`UDP6-SENDTO:[${linkLocal}%b0]:${PORT}`)
      expect(await rowsOf(receive)).toEqual([`${linkLocal} a0 ${hosts().pairs[0].b.linkLocal}%a0 1`])
    })

    it('receives at every address, broadcasts included', async () => {
      const receive = await listening(2, `:${PORT}`, '--count', '4')
      await fromB(`UDP4-SENDTO:${a.ipv4[1]}:${PORT},bind=${b.ipv4[0]}`)
      await fromB(`UDP4-SENDTO:10.77.0.255:${PORT},broadcast,bind=${b.ipv4[0]}`)
      await fromB(`UDP6-SENDTO:[${a.ipv6[1]}]:${PORT},bind=[${b.ipv6[0]}]`)
      await fromB(`UDP4-SENDTO:255.255.255.255:${PORT},broadcast,bind=${b.ipv4[0]},so-bindtodevice=b0`)
      expect(await rowsOf(receive)).toEqual(
        [
          `10.77.0.255 a0 ${b.ipv4[0]} 1`,
          `255.255.255.255 a0 ${b.ipv4[0]} 1`,
          `${a.ipv4[1]} a0 ${b.ipv4[0]} 1`,
          `${a.ipv6[1]} a0 ${b.ipv6[0]} 1`,
        ].sort(),
      )
    })

    it('receives by the interface of -i only', async () => {
      const receive = await listening(2, `:${PORT}`, '-i', 'a0', '--count', '1')
      await fromB(`UDP4-SENDTO:${plan[1].a.ipv4[0]}:${PORT}`)
      await fromB(`UDP4-SENDTO:${a.ipv4[0]}:${PORT},bind=${b.ipv4[0]}`)
      expect(await rowsOf(receive)).toEqual([`${a.ipv4[0]} a0 ${b.ipv4[0]} 1`])
    })

    it('takes a name of this host, and says what it stands for', async () => {
      const receive = startCli(['receive', `localhost:${PORT}`, '--count', '1', '--json'])
      const { address } = await receive.object<Told>(({ event }) => event === 'resolved')
      await receive.object<Told>(({ event }) => event === 'listening')
      await runCli(['send', address.includes(':') ? `[${address}]:${PORT}` : `${address}:${PORT}`], { input: 'x\n' })
      expect(await rowsOf(receive)).toEqual([`${address} lo ${address} 1`])
    })

    it('receives from a group besides, also on the same port', async () => {
      const receive = await listening(2, `:${PORT}`, `239.1.2.3:${PORT}`, '-i', 'a0', '--count', '2')
      await fromB(`UDP4-SENDTO:${a.ipv4[0]}:${PORT},bind=${b.ipv4[0]}`)
      await fromB(`UDP4-DATAGRAM:239.1.2.3:${PORT},bind=${b.ipv4[0]},ip-multicast-if=${b.ipv4[0]}`)
      expect(await rowsOf(receive)).toEqual([`${a.ipv4[0]} a0 ${b.ipv4[0]} 1`, `239.1.2.3 a0 ${b.ipv4[0]} 1`].sort())
    })

    it('writes payloads out, and prints each datagram', async () => {
      const receive = startCli(['receive', `${a.ipv4[0]}:${PORT}`, '--hex', '--count', '1', '--json'])
      await receive.object<Told>(({ event }) => event === 'listening')
      await fromB(`UDP4-SENDTO:${a.ipv4[0]}:${PORT},bind=${b.ipv4[0]}`, 'abc')
      expect(await receive.object<Told>(({ event }) => event === 'datagram')).toMatchObject({
        group: a.ipv4[0],
        port: PORT,
        interface: 'a0',
        data: '616263',
      })
    })
  })
})

describe('sockctl receive', () => {
  it('fails if nothing arrives, and says where it listened', async () => {
    expect(await runCli(['receive', '127.0.0.1:5012', '--timeout', '100ms'])).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^listening at 127\.0\.0\.1:5012\n(.*\n)*127\.0\.0\.1:5012 +any +any +0/),
      stderr: expect.stringMatching(/^sockctl receive: nothing arrived in 0\.1 s\n$/),
    })
  })

  it.each([
    [['127.0.0.1:5012', '-s', '10.0.0.1'], 2, /--source is for groups, and 127\.0\.0\.1 is of a host: leave it out/],
    [[':5012', '--block', '10.0.0.1'], 2, /--block is for groups, and any address is of a host: leave it out/],
    [['10.0.0.1@127.0.0.1:5012'], 2, /sources are joined or blocked in groups/],
    [['127.0.0.1'], 2, /127\.0\.0\.1 has no port: write 127\.0\.0\.1:PORT, or give --port/],
    [['192.0.2.77:5012'], 1, /192\.0\.2\.77/],
  ])('refuses %j', async (args, status, problem) => {
    expect(await runCli(['receive', ...args])).toMatchObject({
      status,
      stdout: '',
      stderr: expect.stringMatching(problem),
    })
  })
})
