// `sockctl send` to hosts: by address, by broadcast, by name. socat receives.
import { describe, expect, it } from 'vitest'
import { type Ended, runCli } from '../support/cli.ts'
import { describeOnHosts, onHost, plan } from '../support/hosts.ts'
import { describeWithSocat, socatReceiving } from '../support/socat.ts'

const PORT = 5010
const send = (to: string, input: string, ...args: string[]): Promise<Ended> =>
  runCli(['send', to, '--wait', '0', ...args], { input })
const [{ b }] = plan

describeWithSocat('with socat', () => {
  describeOnHosts('sockctl send to a host', (hosts) => {
    const onB = (): string[] => onHost(hosts(), 'B')

    it.each([
      ['IPv4', `UDP4-RECV:${PORT},bind=${b.ipv4[0]}`, `${b.ipv4[0]}:${PORT}`],
      ['IPv6', `UDP6-RECV:${PORT},bind=[${b.ipv6[0]}]`, `[${b.ipv6[0]}]:${PORT}`],
      ['a URL', `UDP4-RECV:${PORT}`, `udp://${b.ipv4[1]}:${PORT}`],
    ])('sends each line as a datagram: %s', async (_, listening, to) => {
      const socat = await socatReceiving(listening, onB())
      expect(await send(to, 'hello\nworld\n')).toMatchObject({
        status: 0,
        stderr: '',
        stdout: expect.stringContaining(`2 datagrams, 10 bytes to ${to.replace('udp://', '')} in `),
      })
      await socat.heard('hello')
      await socat.heard('world')
    })

    it.each(['%a0', ''])('reaches a link-local address, whose interface is its zone or that of -i', async (zone) => {
      const socat = await socatReceiving(`UDP6-RECV:${PORT}`, onB())
      const to = `[${hosts().pairs[0].b.linkLocal}${zone}]:${PORT}`
      expect(await send(to, 'near\n', '-i', 'a0')).toMatchObject({ status: 0, stderr: '' })
      await socat.heard('near')
    })

    it.each([
      ['of an interface', `10.77.0.255:${PORT}`],
      ['of every network', `255.255.255.255:${PORT}`],
    ])('sets SO_BROADCAST for the broadcast address %s', async (_, to) => {
      const socat = await socatReceiving(`UDP4-RECV:${PORT}`, onB())
      expect(await send(to, 'everybody\n', '-i', 'a0')).toMatchObject({ status: 0, stderr: '' })
      await socat.heard('everybody')
    })

    it('looks a name up once, and says what it stands for', async () => {
      const socat = await socatReceiving(`UDP6-RECV:${PORT},ipv6only=0`)
      const told = await send(`localhost:${PORT}`, 'by name\n')
      expect(told).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/^sockctl send: localhost is (127\.0\.0\.1|::1)\n$/),
      })
      await socat.heard('by name')
      const { objects } = await send(`localhost:${PORT}`, 'as JSON\n', '--json')
      expect(objects()[0]).toEqual({
        event: 'resolved',
        host: 'localhost',
        address: expect.stringMatching(/^[\d.:]+$/),
      })
      await socat.heard('as JSON')
    })
  })
})

describeOnHosts('sockctl send to a host that refuses', (hosts) => {
  it.each([
    ['ICMP', b.ipv4[0]],
    ['ICMPv6', b.ipv6[0]],
  ])('tells an error that comes back by %s, once', async (protocol, address) => {
    const to = address.includes(':') ? `[${address}]` : address
    expect(await runCli(['send', `${to}:9`], { input: 'a\n' })).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('1 datagram,'),
      stderr: `sockctl send: ECONNREFUSED: nobody has port 9 at ${address} (${protocol} of ${address})\n`,
    })
    const { status, stderr, objects } = await runCli(
      ['send', `${to}:9`, '--json', '--count', '4', '--rate', '20', '--size', '10'],
      {},
    )
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(objects().map(({ event }) => event)).toEqual(['sending', 'returned-error', 'summary'])
    expect(objects()[1]).toMatchObject({
      code: 'ECONNREFUSED',
      origin: protocol === 'ICMP' ? 'icmp' : 'icmp6',
      destination: { address, port: 9 },
      offender: address,
    })
    expect(objects().at(-1)).toMatchObject({ datagrams: 4, bytes: 40 })
    expect(hosts().pairs).toHaveLength(2)
  })

  it('says that there is no way to a host', async () => {
    expect(await runCli(['send', '198.51.100.1:9'], { input: 'a\n' })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^sockctl send: there is no route to 198\.51\.100\.1/),
    })
  })
})

describe('sockctl send refuses', () => {
  it.each([
    [['10.0.0.1@10.0.0.2:5000'], /sources are joined or blocked in groups, and 10\.0\.0\.2 is a host: leave them out/],
    [['udp://10.0.0.2:5000?block=10.0.0.3'], /10\.0\.0\.2 is a host: leave them out/],
    [
      ['10.0.0.2:5000', '--no-loopback'],
      /--no-loopback is for groups, and 10\.0\.0\.2 is a host: leave the option out/,
    ],
    [['10.0.0.2'], /10\.0\.0\.2 has no port: write 10\.0\.0\.2:PORT, or give --port/],
    [[':5000'], /:5000 names no host: write HOST:5000/],
    [['300.0.0.1:5000'], /'?300\.0\.0\.1"? is neither an address nor a name/],
    [['a..b:5000'], /is neither an address nor a name/],
    [['host.example:0'], /a port is a number from 1 to 65535/],
    [['host.example:http'], /a port is a number from 1 to 65535/],
  ])('%j with exit status 2', async (args, problem) => {
    expect(await runCli(['send', ...args])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(problem),
    })
  })

  it('a name that nobody has, with exit status 1', async () => {
    expect(await runCli(['send', 'nosuch.invalid:5000'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^sockctl send: nosuch\.invalid can't be looked up \(E\w+\)\n$/),
    })
  })
})
