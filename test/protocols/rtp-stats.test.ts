import { describe, expect, it } from 'vitest'
import type { RtpPacket } from '../../lib/protocols/rtp.ts'
import { createRtpStream } from '../../lib/protocols/rtp-stats.ts'
import { fc } from '../support/property.ts'

const packet = (sequence: number, rest: Partial<RtpPacket> = {}): RtpPacket => ({
  marker: false,
  payloadType: 33,
  sequence: sequence & 0xffff,
  timestamp: 0,
  ssrc: 7,
  csrcs: [],
  payload: new Uint8Array(),
  ...rest,
})

/** The statistics of packets, each with as many ticks as its number says. */
const statsOf = (sequences: readonly number[], ticks = 0) => {
  const packets = sequences.map((sequence) => packet(sequence, { timestamp: (sequence * ticks) >>> 0 }))
  const stream = createRtpStream(packets[0] ?? packet(0))
  for (const [at, one] of packets.entries()) stream.add(one, ticks === 0 ? 0 : (sequences[at] ?? 0) / 1000)
  return stream.stats()
}

const range = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at)
const clean = { lost: 0, gaps: 0, reordered: 0, duplicates: 0, restarts: 0 }

describe('the sequence numbers of an SSRC', () => {
  it('are clean over a wrap', () => {
    expect(statsOf(range(65_000, 200_000))).toMatchObject({
      ...clean,
      ssrc: 7,
      received: 200_000,
      extendedSequence: 264_999,
    })
  })

  it.each<[string, number[], object]>([
    ['a gap', [1, 2, 5, 6], { received: 4, lost: 2, gaps: 1 }],
    ['two gaps', [1, 3, 5], { lost: 2, gaps: 2 }],
    ['a gap over the wrap', [65_534, 65_537], { lost: 2, gaps: 1, extendedSequence: 65_537 }],
    ['a late packet', [1, 3, 2, 4], { lost: 0, gaps: 1, reordered: 1 }],
    ['a late packet over the wrap', [65_535, 65_537, 65_536], { lost: 0, reordered: 1 }],
    ['a duplicate', [1, 2, 2, 3], { received: 4, lost: 0, duplicates: 1 }],
    ['a duplicate of the first', [1, 1], { lost: 0, duplicates: 1 }],
    ['a duplicate of a late one', [1, 3, 2, 2], { lost: 0, reordered: 1, duplicates: 1 }],
    ['a duplicate that hides no loss', [1, 1, 3], { lost: 1, duplicates: 1 }],
    ['packets late from the start', [5, 3, 4, 6], { lost: 0, reordered: 2 }],
    ['one stray packet', [1, 2, 30_000, 3], { received: 4, lost: 0, restarts: 0 }],
    ['a sender that starts again', [1, 3, 30_000, 30_001, 30_003], { lost: 2, restarts: 1, extendedSequence: 30_003 }],
    ['a sender that starts again lower', [30_000, 5, 6], { lost: 0, restarts: 1, extendedSequence: 6 }],
    ['a gap just below 3,000', [0, 2999], { lost: 2998, restarts: 0 }],
    ['a gap of 5,000', [1, 2, 5003, 5004], { received: 4, lost: 5000, gaps: 1, restarts: 0 }],
    ['the furthest late packet', [200, 101, 100], { lost: 98, reordered: 1, received: 3 }],
  ])('count %s', (_name, sequences, expected) => {
    expect(statsOf(sequences)).toMatchObject({ ...clean, gaps: expect.any(Number), ...expected })
  })

  it.each([3000, 5000, 20_000, 40_000, 60_000])(
    'count a gap of %i whose timestamps advance as the numbers do, after its first packet',
    (gap) => {
      const sequences = [...range(100, 50), 150 + gap]
      expect(statsOf(sequences, 48)).toMatchObject({ ...clean, lost: gap, gaps: 1 })
      expect(statsOf([...sequences, ...range(151 + gap, 70_000)], 48)).toMatchObject({ ...clean, lost: gap, gaps: 1 })
    },
  )

  it('tell a restart from a gap by timestamps that begin anew', () => {
    const before = range(100, 50).map((sequence) => packet(sequence, { timestamp: sequence * 48 }))
    const after = range(8000, 50).map((sequence) => packet(sequence, { timestamp: 3_000_000_000 + sequence * 48 }))
    const stream = createRtpStream(packet(100))
    for (const one of [...before, ...after]) stream.add(one, 0)
    expect(stream.stats()).toMatchObject({ ...clean, restarts: 1, extendedSequence: 8049 })
  })

  it('take a jump of more than half of the numbers for a restart, unless the packets were away for as long', () => {
    const stream = createRtpStream(packet(0))
    for (const [at, sequence] of [...range(0, 50), ...range(50_000, 50)].entries())
      stream.add(packet(sequence, { timestamp: sequence * 48 }), at / 1000)
    expect(stream.stats()).toMatchObject({ ...clean, restarts: 1 })
  })

  it('agree with the sets of packets sent and arrived, however mixed', () => {
    const arrivals = fc.array(fc.record({ drop: fc.boolean(), twice: fc.boolean(), delay: fc.nat(20) }), {
      minLength: 2,
      maxLength: 300,
    })
    fc.assert(
      fc.property(arrivals, fc.nat(0xffff), (plan, first) => {
        const order = plan
          .flatMap(({ drop, twice, delay }, i) =>
            drop ? [] : [{ i, at: i + delay }, ...(twice ? [{ i, at: i + delay + 3 }] : [])],
          )
          .sort((a, b) => a.at - b.at)
          .map(({ i }) => i)
        if (order.length === 0) return
        const arrived = new Set(order)
        const stats = statsOf(order.map((i) => first + i))
        expect(stats.lost).toBe(Math.max(...arrived) - Math.min(...arrived) + 1 - arrived.size)
        expect(stats.duplicates).toBe(order.length - arrived.size)
        expect(stats.reordered).toBe(
          [...arrived].filter((i, at, all) => all.slice(0, at).some((before) => before > i)).length,
        )
      }),
    )
  })
})

describe('jitter', () => {
  it('is measured as RFC 3550 A.8 does, with a clock that was given', () => {
    const packets = [0xffffff60, 0, 160].map((timestamp, at) => packet(at, { timestamp, payloadType: 96 }))
    const stream = createRtpStream(packet(0), 8000)
    const jitterAfter = (at: number, arrival: number) => {
      stream.add(packets[at] ?? packet(at), arrival)
      return stream.stats().jitter
    }
    // 20 ms of speech a packet; the second comes 4 ms late, the third on time again.
    expect(jitterAfter(0, 0)).toBe(0)
    expect(jitterAfter(1, 0.024)).toBeCloseTo(0.004 / 16, 12)
    expect(jitterAfter(2, 0.04)).toBeCloseTo(0.004 / 16 + (0.004 - 0.004 / 16) / 16, 12)
    expect(stream.stats()).toMatchObject({ clockRate: 8000, clockSource: 'given' })
  })

  it.each([
    [0, 8000],
    [9, 8000],
    [10, 44_100],
    [14, 90_000],
    [33, 90_000],
  ])('takes the clock of payload type %i for %i Hz', (payloadType, rate) => {
    const stream = createRtpStream(packet(1, { payloadType }))
    stream.add(packet(1, { payloadType }), 0)
    stream.add(packet(2, { payloadType, timestamp: rate }), 1)
    expect(stream.stats()).toMatchObject({ jitter: 0, clockRate: rate, clockSource: 'payload-type' })
  })

  it.each([1, 2, 19, 23, 35, 72, 96, 127])('is unknown at first for payload type %i, whose clock is', (payloadType) => {
    const stream = createRtpStream(packet(1, { payloadType }))
    for (const sequence of range(0, 100))
      stream.add(packet(sequence, { payloadType, timestamp: sequence * 48 }), sequence / 1000)
    expect(stream.stats()).not.toHaveProperty('jitter')
    expect(stream.stats()).not.toHaveProperty('clockRate')
  })

  /** Sends for so many seconds: `ticks` a packet, `perSecond` packets a second, moved by up to `wobble` seconds. */
  const sent = (
    seconds: number,
    perSecond: number,
    ticks: number,
    { wobble = 0, perFrame = 1 }: { wobble?: number; perFrame?: number } = {},
  ) => {
    const first = packet(0, { payloadType: 97, timestamp: 0xfffffff0 })
    const stream = createRtpStream(first)
    for (let at = 0; at < seconds * perSecond; at++) {
      const timestamp = (0xfffffff0 + Math.floor(at / perFrame) * ticks) >>> 0
      const late = wobble * Math.abs(Math.sin(at * 12.9898))
      stream.add(packet(at, { payloadType: 97, timestamp }), at / perSecond + late)
    }
    return stream.stats()
  }

  it.each([
    ['AES67, 48 kHz, 1 ms', 1000, 48, 48_000, 1],
    ['AES67, 48 kHz, 125 µs', 8000, 6, 48_000, 1],
    ['AES67, 96 kHz', 1000, 96, 96_000, 1],
    ['44.1 kHz', 100, 441, 44_100, 1],
    ['88.2 kHz', 1000, 88.2 * 10, 882_000, 1],
    ['Opus, 20 ms', 50, 960, 48_000, 1],
    ['G.722 of a dynamic type, 20 ms', 50, 160, 8000, 1],
    ['H.264, 25 frames of 12 packets', 300, 3600, 90_000, 12],
    ['video of 59.94 frames', 59.94 * 8, 1501.5, 90_000, 8],
  ])('is that of a perfect stream, none, once its clock is estimated: %s', (_, perSecond, ticks, rate, perFrame) => {
    const stats = sent(12, perSecond, ticks, { perFrame })
    expect(stats.clockSource).toBe('estimated')
    expect(stats.clockRate ?? 0).toBeCloseTo(rate, -3)
    if (perFrame === 1) expect(stats.jitter).toBeLessThan(0.000_05)
  })

  it('is near what was sent, although the clock is estimated from packets that were late', () => {
    const { clockRate, jitter = 0 } = sent(12, 1000, 48, { wobble: 0.002 })
    expect(clockRate).toBe(48_000)
    expect(jitter).toBeGreaterThan(0.000_3)
    expect(jitter).toBeLessThan(0.002)
  })

  it('does not take a burst at the start for a faster clock', () => {
    const stream = createRtpStream(packet(0, { payloadType: 96 }))
    for (let at = 0; at < 10_000; at++)
      stream.add(packet(at, { payloadType: 96, timestamp: at * 48 }), at < 500 ? at / 1e6 : (at - 500) / 1000)
    expect(stream.stats().clockRate).toBe(48_000)
  })

  it('is estimated of video whose timestamps go back, as those of frames that point ahead do', () => {
    // As x264 sends with two frames that point ahead: I, P, B, B, P, B, B.
    const order = [3, 1, 2]
    const stream = createRtpStream(packet(0, { payloadType: 96 }))
    for (let at = 0; at < 175; at++) {
      const frame = Math.floor(at / 3) * 3 + (order[at % 3] ?? 0)
      stream.add(packet(at, { payloadType: 96, timestamp: frame * 3600 }), at * 0.04)
    }
    expect(stream.stats().clockRate).toBe(90_000)
  })

  it('does not grow by duplicates, nor over a restart', () => {
    const stream = createRtpStream(packet(0, { payloadType: 96 }), 48_000)
    let now = 0
    for (const sequence of [...range(0, 50), ...range(30_000, 50)]) {
      now += 0.001
      const timestamp = (sequence < 100 ? 0 : 2_000_000_000) + sequence * 48
      stream.add(packet(sequence, { payloadType: 96, timestamp }), now)
      stream.add(packet(sequence, { payloadType: 96, timestamp }), now + 0.0005)
    }
    expect(stream.stats()).toMatchObject({ restarts: 1, jitter: expect.closeTo(0, 9) })
  })

  it('begins anew with another payload type, whose clock it takes', () => {
    const stream = createRtpStream(packet(0, { payloadType: 0 }))
    for (const at of range(0, 100)) {
      const payloadType = at < 50 ? 0 : 10
      const timestamp = at < 50 ? at * 160 : at * 882
      stream.add(packet(at, { payloadType, timestamp }), at * 0.02)
    }
    expect(stream.stats()).toMatchObject({ payloadType: 10, clockRate: 44_100, jitter: expect.closeTo(0, 9) })
  })
})
