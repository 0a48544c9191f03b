// `sockctl echo` at hosts: a server at addresses, a client that asks one host. socat is the peer.
import { describe, expect, it } from 'vitest'
import { type Ended, type Running, runCli, startCli, startProgram } from '../support/cli.ts'
import { describeOnHosts, onHost, plan } from '../support/hosts.ts'
import { describeWithSocat } from '../support/socat.ts'

interface Told {
  event: string
  source: { address: string; port: number }
  to: string
}

const PORT = 7777
const [{ a, b }] = plan
const at = (address: string): string => (address.includes(':') ? `[${address}]:${PORT}` : `${address}:${PORT}`)

async function serving(sockets: number, ...args: string[]): Promise<Running> {
  const echo = startCli(['echo', '--json', ...args])
  for (let n = 0; n < sockets; n++) await echo.object<Told>(({ event }) => event === 'listening')
  return echo
}

describeWithSocat('with socat', () => {
  describeOnHosts('sockctl echo', (hosts) => {
    const onB = (): string[] => onHost(hosts(), 'B')
    /** What socat gets back: it is connected, so it takes no answer from another address. */
    const askedBySocat = async (address: string, text: string): Promise<string> =>
      (await startProgram(['socat', '-t0.5', '-', address], { prefix: onB(), input: text }).ended).stdout

    it.each([
      ['IPv4', a.ipv4[1], `UDP4:${at(a.ipv4[1])}`],
      ['IPv6', a.ipv6[1], `UDP6:${at(a.ipv6[1])}`],
    ])('answers from the one address it serves: %s', async (_, address, asked) => {
      const echo = await serving(1, at(address), '--count', '1')
      expect(await askedBySocat(asked, 'hello')).toBe('hello')
      expect((await echo.ended).objects<Told>()).toContainEqual(
        expect.objectContaining({ event: 'echoed', to: address, interface: 'a0', bytes: 5 }),
      )
    })

    it('answers from whichever address was asked, if it serves all', async () => {
      const echo = await serving(2, `:${PORT}`, '--count', '3')
      expect(await askedBySocat(`UDP4:${at(a.ipv4[1])}`, 'four')).toBe('four')
      expect(await askedBySocat(`UDP6:${at(a.ipv6[1])}`, 'six')).toBe('six')
      expect(await askedBySocat(`UDP4:${at(plan[1].a.ipv4[0])}`, 'other')).toBe('other')
      expect(await echo.ended).toMatchObject({ status: 0, stderr: '' })
    })

    it.each([
      ['IPv4', b.ipv4[1], `UDP4-LISTEN:${PORT},bind=${b.ipv4[1]}`],
      ['IPv6', b.ipv6[1], `UDP6-LISTEN:${PORT},bind=[${b.ipv6[1]}]`],
    ])('asks a host, and ends with its answer: %s', async (_, address, listening) => {
      startProgram(['socat', listening, 'PIPE'], { prefix: onB() })
      await expect.poll(() => asks(at(address), '--wait', '300ms')).toMatchObject({ status: 0, stderr: '' })
    })

    it('takes an answer from nobody else', async () => {
      // This socat answers from another address first, then from the one that was asked.
      const other = `UDP4-SENDTO:$SOCAT_PEERADDR:$SOCAT_PEERPORT,bind=${b.ipv4[0]}`
      const answer = `SYSTEM:'echo wrong | socat -u - ${other}; cat'`
      const socat = startProgram(
        ['sh', '-c', 'exec socat -dd "$@" 2>&1', 'sh', `UDP4-RECVFROM:${PORT},bind=${b.ipv4[1]}`, answer],
        { prefix: onB() },
      )
      await socat.line(/receiving on/)
      expect(await asks(at(b.ipv4[1]), '--text', 'right')).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^10\.77\.0\.12:7777 on a0: 5 bytes, [\d.]+ ms\n1 answer from 1 host/),
        stderr: '',
      })
    })

    it('asks by broadcast, and prints every answer', async () => {
      startCli(['echo', at(b.ipv4[0]), `:${PORT + 1}`], { prefix: onB() })
      await expect
        .poll(() => asks(`10.77.0.255:${PORT + 1}`, '--wait', '300ms'))
        .toMatchObject({ status: 0, stdout: expect.stringContaining(`${b.ipv4[0]}:${PORT + 1} on a0: 5 bytes`) })
    })
  })
})

const asks = (...args: string[]): Promise<Ended> => runCli(['echo', '--client', ...args])

describeOnHosts('sockctl echo --client', () => {
  it.each([
    ['ICMP', b.ipv4[0]],
    ['ICMPv6', b.ipv6[0]],
  ])('tells an error that comes back by %s at once', async (protocol, address) => {
    const start = performance.now()
    expect(await asks(at(address), '--wait', '1m')).toMatchObject({
      status: 1,
      stderr: `sockctl echo: ECONNREFUSED: nobody has port ${PORT} at ${address} (${protocol} of ${address})\n`,
    })
    expect(performance.now() - start).toBeLessThan(30_000)
    expect((await asks(at(address), '--json')).objects<Told>().map(({ event }) => event)).toEqual([
      'returned-error',
      'summary',
    ])
  })
})

describe('sockctl echo refuses', () => {
  it.each([
    [['--client', ':7777'], /--client asks a host: write HOST:PORT/],
    [['--client', '10.0.0.1:7777', '10.0.0.2:7777'], /--client sends to one group or host: name one/],
    [['10.0.0.1@10.0.0.2:7777'], /sources are joined or blocked in groups/],
  ])('%j', async (args, problem) => {
    expect(await runCli(['echo', ...args])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(problem),
    })
  })
})
