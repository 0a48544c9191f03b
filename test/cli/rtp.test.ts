import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type Ended, type Running, startCli } from '../support/cli.ts'
import { describeOnHosts, type TwoHosts } from '../support/hosts.ts'
import { sendPayloads } from '../support/payloads.ts'
import { scratchFile } from '../support/scratch.ts'

interface Told {
  event: string
  lost?: number
  duplicates?: number
  restarts?: number
  ssrcChanges?: number
  malformed?: number
  problems?: Record<string, number>
  redundant?: object[]
  sources: Told[]
  source?: string
  rtp?: { ssrc: number; received: number; lost: number; jitter?: number; clockRate?: number }[]
}

const GROUP = '239.1.2.3'
const PORT = 5004
const summaryOf = (ended: Ended): Told | undefined => ended.objects<Told>().find(({ event }) => event === 'summary')

const rtp = (sequence: number, { ssrc = 0xbeef, ticks = 48, what = '' } = {}): Buffer => {
  const header = Buffer.from('806100000000000000000000', 'hex')
  header.writeUInt16BE(sequence & 0xffff, 2)
  header.writeUInt32BE((sequence * ticks) >>> 0, 4)
  header.writeUInt32BE(ssrc, 8)
  return Buffer.concat([header, Buffer.from(`<${what}${sequence}>`)])
}
const range = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at)

async function receiving(...args: string[]): Promise<Running> {
  const receive = startCli(['receive', `rtp://@${GROUP}`, '-i', 'a0', '--json', ...args])
  await receive.object<Told>(({ event }) => event === 'joined')
  return receive
}

const code = `
import dgram from 'node:dgram'
import { setTimeout } from 'node:timers/promises'
const { group, port, packets, every } = JSON.parse(process.argv.at(-1))
const sockets = new Map()
const socketOf = async (address) => {
  if (sockets.has(address)) return sockets.get(address)
  const socket = dgram.createSocket('udp4')
  await new Promise((done) => socket.bind(0, address, done))
  socket.setMulticastInterface(address)
  sockets.set(address, socket)
  return socket
}
const start = performance.now()
for (const [at, [address, hex]] of packets.entries()) {
  const socket = await socketOf(address)
  if (every > 0) while (performance.now() < start + at * every) await setTimeout(0)
  await new Promise((done) => socket.send(Buffer.from(hex, 'hex'), port, group, done))
}
for (const socket of sockets.values()) socket.close()
console.log('{}')
`

/** Sends packets, each from an address to a group and port. */
const pathsCode = `
import dgram from 'node:dgram'
import { serve } from './test/support/stdio.mjs'
const sockets = new Map()
for (const address of ['10.77.0.11', '10.77.0.12']) {
  const socket = dgram.createSocket('udp4')
  await new Promise((done) => socket.bind(0, address, done))
  socket.setMulticastInterface(address)
  sockets.set(address, socket)
}
serve({
  send: async ({ packets }) => {
    for (const [from, group, port, hex] of packets)
      await new Promise((done) => sockets.get(from).send(Buffer.from(hex, 'hex'), port, group, done))
  },
})
`

/** Host B sends packets, each from the address beside it, so many milliseconds apart. */
async function sendEach(hosts: TwoHosts, packets: [address: string, Buffer][], every = 0): Promise<void> {
  const inHex = packets.map(([address, packet]) => [address, packet.toString('hex')])
  await using peer = hosts.spawn('B', { code }, [JSON.stringify({ group: GROUP, port: PORT, packets: inHex, every })])
  await peer.next()
}

describeOnHosts('sockctl receive of RTP', (hosts) => {
  it('counts long gaps, duplicates and what is no RTP, and says so', async () => {
    const sent = [...range(100, 10), ...range(5110, 10)].map((sequence) => rtp(sequence))
    const others = ['81c80006', '80c80006000000000000beef', '8061', '406100010000000000000000'].map((hex) =>
      Buffer.from(hex, 'hex'),
    )
    // Duplicates do not count for --expect.
    const payloads = [...sent, ...sent.slice(-3), ...others]
    const receive = await receiving('--expect', String(sent.length + others.length))
    await sendPayloads(hosts(), GROUP, PORT, payloads)
    const summary = summaryOf(await receive.ended)
    expect(summary).toMatchObject({ lost: 5000, duplicates: 3, restarts: 0, malformed: 4 })
    expect(summary?.sources).toMatchObject([
      {
        ...{ lost: 5000, gaps: 1, duplicates: 3, malformed: 4 },
        rtp: [{ ssrc: 0xbeef, payloadType: 97, received: 23, lost: 5000 }],
        problems: { 'an RTCP packet, type 200': 1, 'an RTP packet has at least 12 bytes, this has 4': 1 },
      },
    ])
  })

  it('tells of each SSRC by itself, of restarts and of changes, in words', async () => {
    const mixed = range(0, 300).flatMap((at) => [
      ...(at % 10 === 3 ? [] : [rtp(at, { ssrc: 1 })]),
      ...(at % 10 === 7 ? [] : [rtp(40_000 + at, { ssrc: 2 })]),
    ])
    const changed = [...range(0, 20), ...range(50_000, 20)].map((sequence) => rtp(sequence, { ssrc: 3 }))
    const count = mixed.length + changed.length
    const receive = startCli(['receive', `rtp://@${GROUP}`, '-i', 'a0', '--expect', String(count)])
    await receive.line(/^joined/)
    await sendPayloads(hosts(), GROUP, PORT, [...mixed, ...changed])
    const { stdout } = await receive.ended
    expect(stdout).toMatch(/^CHANNEL .* LOST .* RESTARTS +LATE +JITTER +SSRC$/m)
    expect(stdout).toMatch(/ 3 SSRCs, 1 change$/m)
    for (const line of [
      /^SSRC 00000001 from 10\.77\.0\.11: 270 packets, 30 lost in 30 gaps, 0 late, 0 duplicates, 0 restarts, clock unknown, jitter -$/m,
      /^SSRC 00000002 from 10\.77\.0\.11: 270 packets, 30 lost in 30 gaps, /m,
      /^SSRC 00000003 from 10\.77\.0\.11: 40 packets, 0 lost, 0 late, 0 duplicates, 1 restart, /m,
      /: 60 lost, 1 restart, 1 SSRC change, 0 dropped by the kernel$/m,
    ])
      expect(stdout).toMatch(line)
  })

  it('counts and writes each number of a ST 2022-7 pair once', async () => {
    const target = scratchFile('pair')
    const packets = range(65_400, 300).flatMap((sequence): [string, Buffer][] => [
      ...(sequence % 10 === 3 ? [] : [['10.77.0.11', rtp(sequence)] as [string, Buffer]]),
      ...(sequence % 10 === 5 || sequence % 100 === 33 ? [] : [['10.77.0.12', rtp(sequence)] as [string, Buffer]]),
    ])
    const both = range(65_400, 300).filter((sequence) => sequence % 100 !== 33)
    // The copy of the last number may come after the end.
    packets.push(['10.77.0.11', rtp(65_700)])
    const receive = await receiving('--output', target, '--expect', String(both.length + 1))
    await sendEach(hosts(), packets)
    const summary = summaryOf(await receive.ended)
    expect(summary).toMatchObject({ lost: 3, duplicates: 0, restarts: 0 })
    expect(summary?.redundant).toMatchObject([{ ssrc: 0xbeef, paths: 2, received: packets.length, lost: 3 }])
    expect(summary?.sources).toMatchObject([
      { source: '10.77.0.11', lost: 30 },
      { source: '10.77.0.12', lost: 33 },
    ])
    expect(readFileSync(target, 'utf8')).toBe([...both, 65_700].map((sequence) => `<${sequence}>`).join(''))
  })

  it('writes a pair in the order of its numbers, also if its paths have two groups and ports', async () => {
    const target = scratchFile('two-ports')
    const receive = startCli([
      ...[
        'receive',
        `10.77.0.11@232.1.2.3:${PORT}`,
        `10.77.0.12@232.1.2.4:${PORT + 20}`,
        '--rtp',
        '-i',
        'a0',
        '--json',
      ],
      ...['--output', target, '--expect', '300', '--timeout', '5s'],
    ])
    for (let joined = 0; joined < 2; joined++) await receive.object<Told>(({ event }) => event === 'joined')
    const packets = range(65_400, 300)
    const sender = hosts().spawn('B', { code: pathsCode })
    // Each path loses what the other brings, and the second is 20 packets behind the first.
    const sent = packets.flatMap((_, at) => {
      const [first = 0, second] = [packets[at], packets[at - 20]]
      return [
        ...(first % 7 === 3 ? [] : [['10.77.0.11', '232.1.2.3', PORT, rtp(first).toString('hex')]]),
        ...(second === undefined || second % 7 === 5
          ? []
          : [['10.77.0.12', '232.1.2.4', PORT + 20, rtp(second).toString('hex')]]),
      ]
    })
    const rest = packets.slice(-20).map((last) => ['10.77.0.12', '232.1.2.4', PORT + 20, rtp(last).toString('hex')])
    await sender.request('send', { packets: [...sent, ...rest] })
    expect((await receive.ended).status).toBe(0)
    expect(readFileSync(target, 'utf8')).toBe(packets.map((sequence) => `<${sequence}>`).join(''))
  })

  it('ends after as many packets of a pair as --count says, and has written as many', async () => {
    const target = scratchFile('counted')
    const packets = range(0, 50).flatMap((sequence): [string, Buffer][] => [
      ['10.77.0.11', rtp(sequence)],
      ['10.77.0.12', rtp(sequence)],
    ])
    const receive = await receiving('--output', target, '--count', '10')
    await sendEach(hosts(), packets)
    expect((await receive.ended).status).toBe(0)
    expect(readFileSync(target, 'utf8')).toBe(
      range(0, 10)
        .map((sequence) => `<${sequence}>`)
        .join(''),
    )
    const short = await receiving('--expect', '60', '--timeout', '1s')
    await sendEach(hosts(), packets)
    expect(await short.ended).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^sockctl receive: 50 of 60 datagrams arrived in/),
    })
  })

  it('knows the clock that --clock says, and else estimates it: AES67 has no jitter of a wrong clock', async () => {
    const packets = range(0, 750).map((at): [string, Buffer] => ['10.77.0.11', rtp(at, { ticks: 192 })])
    const all = ['--expect', String(packets.length)]
    const [told, estimated] = [await receiving('--clock', '48k', ...all), await receiving(...all)]
    await sendEach(hosts(), packets, 4)
    for (const receive of [told, estimated]) {
      const [stats] = summaryOf(await receive.ended)?.sources[0]?.rtp ?? []
      expect(stats?.received).toBe(750)
      if (receive === told) expect(stats).toMatchObject({ clockRate: 48_000, clockSource: 'given' })
      // On a busy machine the sender may be too unsteady for an estimate, which then is none rather than a wrong one.
      expect([48_000, undefined]).toContain(stats?.clockRate)
    }
  })

  it.each(['0', '-1', '1.5', '4294967296', 'fast', '48 kHz'])('refuses --clock %s', async (rate) => {
    const { status, stderr } = await startCli(['receive', `rtp://@${GROUP}`, '-i', 'a0', `--clock=${rate}`]).ended
    expect(status).toBe(2)
    expect(stderr).toMatch(/--clock.*Ticks a second|--clock.*A number is needed/)
  })
})
