import dgram from 'node:dgram'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { type Running, runCli, startCli } from '../support/cli.ts'
import { describeOnHosts } from '../support/hosts.ts'
import { sendPayloads } from '../support/payloads.ts'
import { fc } from '../support/property.ts'

interface Told {
  event: string
  server: { address: string; port: number }
  interface: string
  group: string
  stratum: number
  mode: string
  offset: number
  delay: number
  time: string
  problems: string[]
  reason: string
  servers: Told[]
}

const PORT = 1230
const DAY = 86_400

/** A broadcast of RFC 5905 7.3, written independently of the encoder. The server's clock is so many seconds ahead. */
function broadcast(ahead: number, { first = 0x25, stratum = 1, reference = 'GPS\0' } = {}): Buffer {
  const bytes = Buffer.alloc(48)
  bytes.set([first, stratum, 6, 0xec])
  bytes.write(reference, 12, 'latin1')
  const now = Date.now() / 1000 + ahead + 2_208_988_800
  bytes.writeUInt32BE(Math.floor(now) % 2 ** 32, 40)
  bytes.writeUInt32BE(Math.floor((now % 1) * 2 ** 32), 44)
  return bytes
}

describeOnHosts('sockctl sntp', (hosts) => {
  const listening = async (...args: string[]): Promise<Running> => {
    const sntp = startCli(['sntp', '--json', '--port', `${PORT}`, ...args])
    await sntp.object<Told>(({ event }) => event === 'listening')
    return sntp
  }
  const timeOf = (sntp: Running) => sntp.object<Told>(({ event }) => event === 'time')

  it.each(['224.0.1.1', 'ff02::101', 'ff05::101'])(
    'hears a server that broadcasts to %s, and how far ahead it is',
    async (group) => {
      const sntp = await listening()
      await sendPayloads(hosts(), group, PORT, [broadcast(-3600)])
      const heard = await timeOf(sntp)
      expect(heard).toMatchObject({
        group,
        interface: 'a0',
        mode: 'broadcast',
        stratum: 1,
        reference: 'GPS',
        problems: [],
      })
      expect(heard.server.address).toBe(hosts().pairs[0].b[group.includes(':') ? 'ipv6' : 'ipv4'][0])
      expect(Math.abs(heard.offset + 3600)).toBeLessThan(10)
      sntp.kill('SIGINT')
      const { status, stderr, objects } = await sntp.ended
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(objects<Told>().at(-1)).toMatchObject({ event: 'summary', servers: [{ packets: 1, interface: 'a0' }] })
    },
  )

  it('reads times on both sides of February 2036', async () => {
    const sntp = await listening('-i', 'a0')
    const until2036 = 2 ** 32 - 2_208_988_800 - Date.now() / 1000
    for (const ahead of [until2036 - DAY, until2036 + DAY, 40 * 365 * DAY, -40 * 365 * DAY]) {
      await sendPayloads(hosts(), '224.0.1.1', PORT, [broadcast(ahead)])
      const { offset, time } = await timeOf(sntp)
      expect(Math.abs(offset - ahead)).toBeLessThan(10)
      expect(Math.abs(Date.parse(time) - Date.now() - ahead * 1000)).toBeLessThan(10_000)
    }
  })

  it('says why a packet is not to be trusted, or no packet at all, and goes on', async () => {
    const sntp = await listening('-i', 'a0')
    const untrusted = [
      [broadcast(0, { first: 0xe5 }), 'the server is not synchronized'],
      [broadcast(0, { stratum: 0, reference: 'RATE' }), 'kiss of death RATE: asked too often: ask more seldom'],
      [broadcast(0, { first: 0x24 }), "the packet's mode is server, not broadcast"],
      [broadcast(0, { first: 0x23 }), "the packet's mode is client, not broadcast"],
    ] as const
    const malformed = [
      [Buffer.alloc(0), 'empty'],
      [broadcast(0).subarray(0, 47), 'at least 48 bytes'],
      [broadcast(0, { first: 0x3d }), 'version 7'],
      [broadcast(0, { first: 0x26 }), 'control'],
    ] as const
    await sendPayloads(
      hosts(),
      '224.0.1.1',
      PORT,
      [...untrusted, ...malformed].map(([bytes]) => bytes),
    )
    for (const [, why] of untrusted) expect((await timeOf(sntp)).problems).toContain(why)
    for (const [, why] of malformed)
      expect((await sntp.object<Told>(({ event }) => event === 'malformed')).reason).toContain(why)
    const anything = fc.tuple(fc.constantFrom(0x1d, 0x25), fc.uint8Array({ minLength: 47, maxLength: 80 }))
    const noise = fc.sample(
      anything.map(([first, rest]) => Buffer.from([first, ...rest])),
      100,
    )
    await sendPayloads(hosts(), '224.0.1.1', PORT, noise)
    for (const _ of noise) await timeOf(sntp)
    sntp.kill('SIGINT')
    expect(await sntp.ended).toMatchObject({ status: 0, stderr: '' })
  })

  it('hears what is sent to broadcast addresses and to this host too', async () => {
    const { a, b } = hosts().pairs[0]
    const sntp = await listening()
    const destinations = ['255.255.255.255', a.ipv4[0].replace(/\.\d+$/, '.255'), a.ipv4[0], a.ipv6[0]]
    for (const destination of destinations) {
      const family = destination.includes(':') ? 'ipv6' : 'ipv4'
      const code = `
        import dgram from 'node:dgram'
        const socket = dgram.createSocket({ type: '${family === 'ipv6' ? 'udp6' : 'udp4'}' })
        socket.bind(0, '${b[family][0]}', () => {
          socket.setBroadcast(true)
          socket.send(Buffer.from('${broadcast(0).toString('hex')}', 'hex'), ${PORT}, '${destination}', () => {
            socket.close()
            console.log('{}')
          })
        })`
      await using peer = hosts().spawn('B', { code }, [])
      await peer.next()
      const heard = await timeOf(sntp)
      expect(heard).toMatchObject({ group: destination, mode: 'broadcast', problems: [], interface: 'a0' })
      expect(heard.server.address).toBe(b[family][0])
    }
    sntp.kill('SIGINT')
    const { objects } = await sntp.ended
    const [ipv4, ipv6] = (objects<Told>().at(-1)?.servers ?? []) as (Told & { packets: number })[]
    // Each once: not by the socket of IPv6 besides.
    expect(objects<Told>().filter(({ event }) => event === 'time')).toHaveLength(destinations.length)
    expect([ipv4, ipv6]).toHaveLength(2)
  })

  it('leaves what is not to be trusted out of its sums', async () => {
    const sntp = await listening('-i', 'a0', '--count', '4')
    const packets = [broadcast(10), broadcast(9000, { first: 0xe5 }), broadcast(-20), broadcast(-9000, { stratum: 0 })]
    await sendPayloads(hosts(), '224.0.1.1', PORT, packets)
    const summary = (await sntp.ended).objects<Told>().at(-1)
    expect(summary?.servers).toMatchObject([{ packets: 4, untrusted: 2 }])
    const {
      offset = 0,
      least = 0,
      most = 0,
    } = (summary?.servers[0] ?? {}) as { offset?: number; least?: number; most?: number }
    for (const [value, about] of [
      [offset, -20],
      [least, -20],
      [most, 10],
    ] as const)
      expect(Math.abs(value - about)).toBeLessThan(8)
  })

  it('has no sums of a server that is never to be trusted', async () => {
    const sntp = startCli(['sntp', '--port', `${PORT}`, '-i', 'a0', '--count', '2'])
    await sntp.line(/^listening on a0$/)
    await sendPayloads(hosts(), '224.0.1.1', PORT, [broadcast(10, { stratum: 16 }), broadcast(10, { stratum: 0 })])
    expect((await sntp.ended).stdout).toMatch(/^10\.77\.0\.11:\d+ +a0 +broadcast +0 +2 +- +- +- +no$/m)
  })

  it('prints a line a packet, which no server can make steer the terminal', async () => {
    const sntp = startCli(['sntp', '--port', `${PORT}`, '-i', 'a0', '--count', '2'])
    await sntp.line(/^listening on a0$/)
    await sendPayloads(hosts(), '224.0.1.1', PORT, [
      broadcast(1000),
      broadcast(0, { stratum: 0, reference: '\u001b[2J' }),
    ])
    const { stdout, status } = await sntp.ended
    expect(status).toBe(0)
    expect(stdout).toMatch(/^10\.77\.0\.11:\d+ on a0: broadcast, stratum 1 \(GPS\), offset \+99\d\.\d{3} s$/m)
    expect(stdout).toContain('not to be trusted: kiss of death .[2J: no known meaning')
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toMatch(/^SERVER +IF +MODE +STRATUM +PACKETS +OFFSET +LEAST +MOST +TRUST$/m)
  })

  const server = async (family: 'ipv4' | 'ipv6', answers: object[]): Promise<string> => {
    const address = hosts().pairs[0].b[family][0]
    const peer = hosts().spawn('B', 'ntp-server.mjs', [address, `${PORT}`, JSON.stringify(answers)])
    onTestFinished(peer.close)
    await peer.next()
    return address
  }
  const query = (address: string, ...args: string[]) =>
    runCli(['sntp', '--query', address, '--port', `${PORT}`, ...args])

  it.each(['ipv4', 'ipv6'] as const)('asks a server over %s for its offset and the way there', async (family) => {
    const address = await server(family, [{ foreign: true }, { shift: 5_000_000 }])
    const { status, stderr, objects } = await query(address, '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [answer] = objects<Told>()
    expect(answer).toMatchObject({
      event: 'answer',
      server: { address, port: PORT },
      stratum: 2,
      mode: 'server',
      problems: [],
    })
    expect(Math.abs((answer?.offset ?? 0) - 5000)).toBeLessThan(1)
    expect(answer?.delay).toBeGreaterThan(0)
    expect((await query(address)).stdout).toMatch(
      /: server, stratum 2 \(10\.0\.0\.1\), offset \+(?:4999\.9|5000\.0)\d\d s, delay [\d.]+ [mµ]s\n$/,
    )
  })

  it('tells a kiss of death, and waits for the true answer', async () => {
    const address = await server('ipv4', [
      { stratum: 0, first: 0xe4, reference: '52415445' },
      { foreign: true, stratum: 0, reference: '44454e59' },
      { first: 0xe4, stratum: 16, reference: '494e4954' },
      { shift: 5_000_000 },
    ])
    const { status, stderr, objects } = await query(address, '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [kiss, unsynchronized, answer] = objects<Told & { reference: string }>()
    expect(kiss).toMatchObject({
      event: 'untrusted',
      problems: ['kiss of death RATE: asked too often: ask more seldom'],
    })
    expect(unsynchronized).toMatchObject({ event: 'untrusted', stratum: 16, reference: 'INIT' })
    expect(answer).toMatchObject({ event: 'answer', stratum: 2, problems: [] })
    expect((await query(address)).stdout).toMatch(
      /kiss of death RATE[^\n]*\n[^\n]*not synchronized\n[^\n]*stratum 2[^\n]*\n$/,
    )
  })

  it.each([
    ['nobody answers', [{ silent: true }], 'did not answer in 0.3 s'],
    ['the answer is to another request', [{ foreign: true }], 'answered another request'],
    [
      "the answer can't be read",
      [{ hex: '24' }],
      "sent an answer that can't be read: an NTP packet has at least 48 bytes, this has 1",
    ],
    ['it is told to stop asking', [{ stratum: 0, reference: '44454e59' }], 'kiss of death DENY'],
    ['the server is not synchronized', [{ first: 0xe4, stratum: 16 }], 'the server is not synchronized'],
  ])('fails if %s', async (_, answers, why) => {
    const { status, stderr } = await query(await server('ipv4', answers), '--timeout', '300ms')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl sntp: [^\n]+\n$/)
    expect(stderr).toContain(why)
  })

  it('fails at once if nothing listens, and if there is no such host', async () => {
    expect(await query('10.77.0.11')).toMatchObject({
      status: 1,
      stderr: "sockctl sntp: 10.77.0.11:1230 can't be reached (ECONNREFUSED)\n",
    })
    const { status, stderr } = await query('nosuch.invalid')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl sntp: nosuch\.invalid can't be looked up \(E\w+\)\n$/)
  })

  it('says who has the port, as far as it can be told', async () => {
    const daemon = dgram.createSocket('udp4').bind(PORT)
    onTestFinished(() => void daemon.close())
    await once(daemon, 'listening')
    const { status, stderr } = await runCli(['sntp', '--port', `${PORT}`, '-i', 'a0', '--duration', '1s'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl sntp: [^\n]*another socket has it[^\n]*\n$/)
  })

  it('fails if no server was heard', async () => {
    expect(await runCli(['sntp', '--port', `${PORT}`, '--duration', '200ms'])).toMatchObject({
      status: 1,
      stderr: 'sockctl sntp: no server was heard\n',
    })
  })
})
