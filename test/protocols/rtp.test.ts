import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { decodeRtp, type RtpPacket } from '../../lib/protocols/rtp.ts'
import { rtpStats } from '../../lib/protocols/rtp-stats.ts'
import { fc } from '../support/property.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

/** A packet of RFC 3550 5.1, written independently of the decoder. */
function encode(packet: RtpPacket, padding = 0): Uint8Array {
  const { marker, payloadType, sequence, timestamp, ssrc, csrcs, extension, payload } = packet
  const word = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
  return Uint8Array.from([
    0x80 | (padding > 0 ? 0x20 : 0) | (extension === undefined ? 0 : 0x10) | csrcs.length,
    (marker ? 0x80 : 0) | payloadType,
    sequence >> 8,
    sequence & 255,
    ...word(timestamp),
    ...word(ssrc),
    ...csrcs.flatMap(word),
    ...(extension === undefined ? [] : word(extension.profile * 65536 + extension.data.length / 4)),
    ...(extension?.data ?? []),
    ...payload,
    ...Array.from({ length: padding }, (_, i) => (i === padding - 1 ? padding : 0)),
  ])
}

describe('an RTP packet', () => {
  it('is read with CSRCs, extension and padding', () => {
    const hex = 'b2 e0 1234 00010203 deadbeef 00000001 00000002 bede 0001 aabbccdd 0102030405 000003'
    expect(decodeRtp(bytes(hex))).toEqual({
      marker: true,
      payloadType: 96,
      sequence: 0x1234,
      timestamp: 0x10203,
      ssrc: 0xdeadbeef,
      csrcs: [1, 2],
      extension: { profile: 0xbede, data: bytes('aabbccdd') },
      payload: bytes('0102030405'),
    })
  })

  it('is read back as it was written', () => {
    const word = fc.nat(0xffffffff)
    const packet = fc.record(
      {
        marker: fc.boolean(),
        payloadType: fc.oneof(fc.nat(63), fc.integer({ min: 96, max: 127 })),
        sequence: fc.nat(0xffff),
        timestamp: word,
        ssrc: word,
        csrcs: fc.array(word, { maxLength: 15 }),
        extension: fc.record({
          profile: fc.nat(0xffff),
          data: fc.nat(5).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 })),
        }),
        payload: fc.uint8Array({ maxLength: 40 }),
      },
      { requiredKeys: ['marker', 'payloadType', 'sequence', 'timestamp', 'ssrc', 'csrcs', 'payload'] },
    )
    fc.assert(
      fc.property(packet, fc.nat(255), (value, padding) => {
        expect(decodeRtp(encode(value, padding))).toEqual(value)
      }),
    )
  })

  it.each([
    ['', /at least 12 bytes, this has 0/],
    ['80600001000000000000', /at least 12 bytes, this has 10/],
    ['00 60 0001 00000000 00000001', /RTP version 0/],
    ['c0 60 0001 00000000 00000001', /RTP version 3/],
    ['80 c8 0001 00000000 00000001', /an RTCP packet, type 200/],
    ['8f 60 0001 00000000 00000001', /can't hold 15 CSRCs/],
    ['90 60 0001 00000000 00000001', /extension is cut short/],
    ['90 60 0001 00000000 00000001 bede0001', /extension is cut short/],
    ['a0 60 0001 00000000 00000001', /1 bytes of padding in an RTP packet with 0/],
    ['a0 60 0001 00000000 00000001 00', /0 bytes of padding/],
  ])('%j is malformed', (hex, message) => {
    expect(decodeRtp(bytes(hex))).toEqual({ malformed: expect.stringMatching(message) })
  })

  it('never throws, whatever the bytes', () => {
    const hostile = fc.tuple(fc.integer({ min: 0x70, max: 0xcf }), fc.uint8Array({ maxLength: 90 }))
    fc.assert(
      fc.property(hostile, ([first, rest]) => {
        const packet = decodeRtp(Uint8Array.of(first, ...rest))
        if (!isMalformed(packet)) expect(packet.payload.length).toBeLessThanOrEqual(rest.length - 11)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the statistics of a stream', () => {
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
  const statsOf = (sequences: readonly number[]) => {
    const stream = rtpStats()
    for (const sequence of sequences) stream.add(packet(sequence), 0n)
    return stream.stats()
  }
  const clean = { lost: 0, gaps: 0, reordered: 0, duplicates: 0, ssrcChanges: 0, restarts: 0 }

  it('are empty before the first packet', () => {
    expect(rtpStats().stats()).toEqual({ ...clean, received: 0, extendedSequence: 0, jitter: 0 })
  })

  it('are clean over a wrap of the sequence number', () => {
    const sequences = Array.from({ length: 200_000 }, (_, i) => 65_000 + i)
    expect(statsOf(sequences)).toEqual({ ...clean, ssrc: 7, received: 200_000, extendedSequence: 264_999, jitter: 0 })
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
    ['the furthest jump that is loss', [0, 2999], { lost: 2998, restarts: 0 }],
    ['the furthest late packet', [200, 101, 100], { lost: 98, reordered: 1, received: 3 }],
  ])('count %s', (_name, sequences, expected) => {
    expect(statsOf(sequences)).toMatchObject({ ...clean, gaps: expect.any(Number), ...expected })
  })

  it('begin anew with another SSRC and keep what was lost', () => {
    const stream = rtpStats()
    stream.add(packet(1), 0n)
    stream.add(packet(3), 0n)
    stream.add(packet(900, { ssrc: 8 }), 0n)
    stream.add(packet(901, { ssrc: 8 }), 0n)
    expect(stream.stats()).toMatchObject({ ssrc: 8, ssrcChanges: 1, lost: 1, received: 4, extendedSequence: 901 })
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
        const arrived = new Set(order)
        const expected = arrived.size === 0 ? 0 : Math.max(...arrived) - Math.min(...arrived) + 1
        const stats = statsOf(order.map((i) => first + i))
        expect(stats.lost).toBe(expected - arrived.size)
        expect(stats.duplicates).toBe(order.length - arrived.size)
        expect(stats.reordered).toBe(
          [...arrived].filter((i, at, all) => all.slice(0, at).some((before) => before > i)).length,
        )
      }),
    )
  })

  it('measure jitter as RFC 3550 A.8 does', () => {
    const stream = rtpStats({ clockRate: 8000 })
    // 20 ms of speech a packet; the second comes 4 ms late, the third on time again.
    stream.add(packet(1, { timestamp: 0xffffff60 }), 0n)
    stream.add(packet(2, { timestamp: 0 }), 24_000_000n)
    expect(stream.stats().jitter).toBeCloseTo(0.004 / 16, 12)
    stream.add(packet(3, { timestamp: 160 }), 40_000_000n)
    expect(stream.stats().jitter).toBeCloseTo(0.004 / 16 + (0.004 - 0.004 / 16) / 16, 12)
  })

  it.each([
    [0, 8000],
    [33, 90_000],
    [14, 90_000],
    [10, 44_100],
    [96, 90_000],
  ])('take the clock of payload type %i for %i Hz', (payloadType, rate) => {
    const stream = rtpStats()
    stream.add(packet(1, { payloadType }), 0n)
    stream.add(packet(2, { payloadType, timestamp: rate }), 1_000_000_000n)
    expect(stream.stats().jitter).toBeCloseTo(0, 12)
  })
})
