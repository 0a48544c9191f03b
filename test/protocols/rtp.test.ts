import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { decodeRtp, type RtpPacket } from '../../lib/protocols/rtp.ts'
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
