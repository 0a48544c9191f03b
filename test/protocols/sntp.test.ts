import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import {
  broadcastOffset,
  decodeNtp,
  encodeNtp,
  exchangeOffset,
  fromNtpTimestamp,
  kissOfDeath,
  type NtpPacket,
  ntpProblems,
  referenceText,
  toNtpTimestamp,
} from '../../lib/protocols/sntp.ts'
import { fc } from '../support/property.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const at = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n
const SECOND = 1_000_000_000n
const decoded = (packet: Uint8Array): NtpPacket => {
  const result = decodeNtp(packet)
  if (isMalformed(result)) throw new Error(result.malformed)
  return result
}

describe('NTP timestamps', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0x83aa7e80_00000000n],
    ['1900-01-01T00:00:00Z', 0n],
    ['2024-02-29T12:00:00.500Z', 0xe98af040_80000000n],
    ['2036-02-07T06:28:15Z', 0xffffffff_00000000n],
    // Era 1 begins.
    ['2036-02-07T06:28:16Z', 0n],
    ['2036-02-07T06:28:17Z', 1n << 32n],
  ])('%s has the timestamp %d', (iso, timestamp) => {
    expect(toNtpTimestamp(at(iso))).toBe(timestamp)
  })

  it.each([
    ['2036-02-07T06:28:20Z', '2036-02-07T06:28:00Z'],
    ['2036-02-07T06:28:00Z', '2036-02-07T06:28:20Z'],
    ['2024-01-01T00:00:00Z', '2060-01-01T00:00:00Z'],
    ['2172-03-15T12:56:32Z', '2172-03-15T12:56:31Z'],
    ['1970-01-01T00:00:00Z', '1969-12-31T23:59:59Z'],
  ])('%s is found from %s, though the era is not on the wire', (iso, near) => {
    expect(fromNtpTimestamp(toNtpTimestamp(at(iso)), at(near))).toBe(at(iso))
  })

  it('keep every nanosecond', () => {
    const time = fc.bigInt(at('1900-01-01T00:00:00Z'), at('2300-01-01T00:00:00Z'))
    const seconds = fc.bigInt(-2_000_000_000n * SECOND, 2_000_000_000n * SECOND)
    fc.assert(
      fc.property(time, seconds, (when, away) => {
        expect(fromNtpTimestamp(toNtpTimestamp(when), when + away)).toBe(when)
      }),
    )
  })
})

describe('the clock offset', () => {
  it('is that of a worked exchange', () => {
    // The server is 5 s ahead; 30 ms there, 10 ms to answer, 30 ms back.
    const t = (ms: number): bigint => toNtpTimestamp(at('2024-01-01T00:00:00Z') + BigInt(ms) * 1_000_000n)
    expect(exchangeOffset({ origin: t(0), receive: t(5030), transmit: t(5040), destination: t(70) })).toEqual({
      offset: 5n * SECOND,
      delay: 60_000_000n,
    })
  })

  it('is right for any clocks and ways, across eras too, to a nanosecond', () => {
    const start = fc.bigInt(at('2036-02-07T06:28:00Z'), at('2036-02-07T06:28:30Z'))
    const way = fc.bigInt(0n, 20n * SECOND)
    const ahead = fc.bigInt(-1000n * SECOND, 1000n * SECOND)
    fc.assert(
      fc.property(start, way, way, ahead, (begin, there, thinking, offset) => {
        const found = exchangeOffset({
          origin: toNtpTimestamp(begin),
          receive: toNtpTimestamp(begin + there + offset),
          transmit: toNtpTimestamp(begin + there + thinking + offset),
          destination: toNtpTimestamp(begin + 2n * there + thinking),
        })
        const error = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a)
        expect(error(found.offset, offset)).toBeLessThanOrEqual(1n)
        expect(error(found.delay, 2n * there)).toBeLessThanOrEqual(1n)
      }),
    )
  })

  it('of a broadcast counts half the delay that is known', () => {
    const [sent, got] = [toNtpTimestamp(at('2036-02-07T06:28:17Z')), toNtpTimestamp(at('2036-02-07T06:28:15Z'))]
    expect(broadcastOffset(sent, got)).toBe(2n * SECOND)
    expect(broadcastOffset(sent, got, 4_000_000n)).toBe(2_002_000_000n)
    expect(broadcastOffset(got, sent)).toBe(-2n * SECOND)
  })
})

describe('an NTP packet', () => {
  const answer =
    '24 02 06 ec 00000c80 00000a3d c0000201 e98ad2c0 00000000 e98ad2c1 00000000 e98ad2c1 40000000 e98ad2c1 40000001'

  it('is read field by field', () => {
    const packet = decoded(bytes(answer))
    expect(packet).toEqual({
      leap: 'none',
      version: 4,
      mode: 'server',
      stratum: 2,
      poll: 6,
      precision: -20,
      rootDelay: 0x0c80 / 65536,
      rootDispersion: 0x0a3d / 65536,
      referenceId: 0xc0000201,
      reference: 0xe98ad2c0_00000000n,
      origin: 0xe98ad2c1_00000000n,
      receive: 0xe98ad2c1_40000000n,
      transmit: 0xe98ad2c1_40000001n,
    })
    expect(referenceText(packet)).toBe('192.0.2.1')
    expect(kissOfDeath(packet)).toBeUndefined()
    expect(decodeNtp(bytes(`${answer} 0000000a ${'ab'.repeat(16)}`))).toEqual(packet)
  })

  it('is read back as it was written', () => {
    const timestamp = fc.bigInt(0n, (1n << 64n) - 1n)
    const packet = fc.record<NtpPacket>({
      leap: fc.constantFrom('none', 'insert', 'delete', 'unsynchronized'),
      version: fc.integer({ min: 1, max: 4 }),
      mode: fc.constantFrom('reserved', 'symmetric-active', 'symmetric-passive', 'client', 'server', 'broadcast'),
      stratum: fc.nat(255),
      poll: fc.integer({ min: -128, max: 127 }),
      precision: fc.integer({ min: -128, max: 127 }),
      rootDelay: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((units) => units / 65536),
      rootDispersion: fc.nat(2 ** 32 - 1).map((units) => units / 65536),
      referenceId: fc.nat(2 ** 32 - 1),
      reference: timestamp,
      origin: timestamp,
      receive: timestamp,
      transmit: timestamp,
    })
    fc.assert(
      fc.property(packet, (value) => {
        expect(decodeNtp(encodeNtp(value))).toEqual(value)
      }),
    )
  })

  it('is a client request of version 4 by default', () => {
    expect(encodeNtp({ transmit: 1n })).toEqual(bytes(`23${'00'.repeat(46)}01`))
  })

  it.each<[string, object]>([
    ['version', { version: 5 }],
    ['version', { version: 0 }],
    ['stratum', { stratum: 256 }],
    ['poll', { poll: 1.5 }],
    ['rootDelay', { rootDelay: 40_000 }],
    ['rootDispersion', { rootDispersion: -1 }],
    ['rootDispersion', { rootDispersion: Number.NaN }],
    ['mode', { mode: 'server ' }],
    ['leap', { leap: 'maybe' }],
    ['timestamp', { transmit: 1n << 64n }],
    ['timestamp', { transmit: -1n }],
    ['timestamp', { origin: 5 }],
  ])('is not written with a wrong %s', (name, fields) => {
    expect(() => encodeNtp(fields)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_VALUE', message: expect.stringContaining(name) }),
    )
  })

  it.each([
    ['', /empty/],
    ['24', /at least 48 bytes, this has 1/],
    [answer.slice(0, -2), /at least 48 bytes, this has 47/],
    [answer.replace('24', '04'), /version 0/],
    [answer.replace('24', '3c'), /version 7/],
    ['26020000', /control message/],
    ['27020000', /private message/],
  ])('%j is malformed', (hex, message) => {
    expect(decodeNtp(bytes(hex))).toEqual({ malformed: expect.stringMatching(message) })
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (hostile) => {
        const packet = decodeNtp(hostile)
        if (isMalformed(packet)) return
        expect(referenceText(packet)).toMatch(/^[\x20-\x7e]*$/)
        expect(ntpProblems(packet)).toBeInstanceOf(Array)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a server', () => {
  const request = 77n
  const good: Partial<NtpPacket> = { mode: 'server', stratum: 1, origin: request, receive: 1n, transmit: 2n }
  const problems = (changes: Partial<NtpPacket>) => ntpProblems(decoded(encodeNtp({ ...good, ...changes })), request)

  it('is trusted if nothing speaks against it', () => {
    expect(problems({})).toEqual([])
    const broadcast = decoded(encodeNtp({ mode: 'broadcast', stratum: 3, transmit: 2n }))
    expect(ntpProblems(broadcast)).toEqual([])
  })

  it.each<[Partial<NtpPacket>, RegExp]>([
    [{ mode: 'broadcast' }, /mode is broadcast, not server/],
    [{ origin: 78n }, /another request/],
    [{ leap: 'unsynchronized' }, /not synchronized/],
    [{ stratum: 16 }, /not synchronized/],
    [{ stratum: 0, referenceId: 0x52415445 }, /kiss of death RATE: asked too often/],
    [{ stratum: 0, referenceId: 0x58595a00 }, /kiss of death XYZ: no known meaning/],
    [{ transmit: 0n }, /no transmit timestamp/],
    [{ receive: 0n }, /no receive timestamp/],
    [{ rootDispersion: 16 }, /16 s or more/],
  ])('is not trusted with %o', (changes, message) => {
    expect(problems(changes)).toEqual([expect.stringMatching(message)])
  })

  it('names its reference clock', () => {
    expect(referenceText(decoded(encodeNtp({ stratum: 1, referenceId: 0x47505300 })))).toBe('GPS')
    expect(referenceText(decoded(encodeNtp({ stratum: 1, referenceId: 0x1b5b4131 })))).toBe('.[A1')
  })

  it.each([
    [0, 'RATE', 'RATE'],
    [1, 'PPS\0', 'PPS'],
    [1, 'DCF\0', 'DCF'],
    [1, 'LOCL', 'LOCL'],
    [2, '\x0a\0\0\x01', '10.0.0.1'],
    [2, 'GPS\0', '71.80.83.0'],
    [10, '\x7f\x7f\x01\x01', '127.127.1.1'],
    [15, '\0\0\0\0', '0.0.0.0'],
    [16, 'INIT', 'INIT'],
    [16, 'STEP', 'STEP'],
    [16, '\0\0\0\0', ''],
    [16, '\x0a\0\0\x01', '10.0.0.1'],
    [255, 'A\0B\0', '65.0.66.0'],
  ])('show the reference of stratum %i, %j, as %j', (stratum, reference, expected) => {
    const referenceId = Buffer.from(reference, 'latin1').readUInt32BE()
    expect(referenceText(decoded(encodeNtp({ stratum, referenceId })))).toBe(expected)
  })
})
