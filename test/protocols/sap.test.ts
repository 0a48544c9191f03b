import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import {
  decodeSap,
  encodeSap,
  SAP_GROUPS,
  type SapPacket,
  sapDelay,
  sapGroup,
  sapHash,
  sapInterval,
} from '../../lib/protocols/sap.ts'
import { sapSessions } from '../../lib/protocols/sap-sessions.ts'
import { fc } from '../support/property.ts'

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'))
const join = (...parts: (Uint8Array | string | number[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? text(part) : Uint8Array.from(part)))))

const sdp = (version = 1, extra = ''): string =>
  `v=0\r\no=- 77 ${version} IN IP4 192.0.2.1\r\ns=Film\r\nc=IN IP4 239.1.1.1/15\r\nt=0 0\r\nm=video 5000 RTP/AVP 33\r\n${extra}`
const header = (flags: number, words = 0): number[] => [0x20 | flags, words, 0xab, 0xcd, 192, 0, 2, 1]

function decoded(bytes: Uint8Array): SapPacket {
  const packet = decodeSap(bytes)
  if (isMalformed(packet)) throw new Error(packet.malformed)
  return packet
}

const plain = {
  deletion: false,
  encrypted: false,
  compressed: false,
  messageIdHash: 0xabcd,
  source: '192.0.2.1',
  authentication: new Uint8Array(),
  payloadType: 'application/sdp',
  payload: text(sdp()),
}

describe('a SAP packet', () => {
  it.each<[string, Uint8Array, Partial<SapPacket>]>([
    ['with a type', join(header(0), 'application/sdp\0', sdp()), {}],
    ['without a type, which is SDP', join(header(0), sdp()), {}],
    [
      'of another type',
      join(header(0), 'text/x-y.z+1\0hello'),
      { payloadType: 'text/x-y.z+1', payload: text('hello') },
    ],
    ['with a type in any case', join(header(0), 'Application/SDP\0', sdp()), {}],
    [
      'with a type in capitals, compressed behind it',
      join(header(1), 'APPLICATION/SDP\0', deflateSync(sdp())),
      { compressed: true },
    ],
    ['with a type and its parameters', join(header(0), 'application/sdp; charset="utf-8"\0', sdp()), {}],
    ['with the reserved bit set', join(header(8), sdp()), {}],
    [
      'from an IPv6 source',
      join([0x30, 0, 0xab, 0xcd, 0x20, 1, 0xd, 0xb8], new Array(11).fill(0), [1], sdp()),
      { source: '2001:db8::1' },
    ],
    [
      'with authentication counted in words',
      join(header(0, 2), [1, 2, 3, 4, 5, 6, 7, 8], 'application/sdp\0', sdp()),
      { authentication: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    ],
    ['compressed without a type', join(header(1), deflateSync(sdp())), { compressed: true }],
    ['compressed behind its type', join(header(1), 'application/sdp\0', deflateSync(sdp())), { compressed: true }],
    ['compressed with its type', join(header(1), deflateSync(`application/sdp\0${sdp()}`)), { compressed: true }],
    [
      'that deletes by the o= line',
      join(header(4), 'o=- 1 1 IN IP4 1.2.3.4\r\n'),
      { deletion: true, payload: text('o=- 1 1 IN IP4 1.2.3.4\r\n') },
    ],
    ['that deletes without a word', join(header(4)), { deletion: true, payload: new Uint8Array() }],
    [
      'that is encrypted',
      join(header(3), [0, 1, 2]),
      { encrypted: true, compressed: true, payloadType: '', payload: Uint8Array.of(0, 1, 2) },
    ],
  ])('%s is read', (_name, bytes, expected) => {
    expect(decodeSap(bytes)).toEqual({ ...plain, ...expected })
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', join(), /at least 8 bytes, this has 0/],
    ['three bytes', join([0x20, 0, 0]), /at least 8 bytes, this has 3/],
    ['half an address', join(header(0).slice(0, 6)), /header of 8 bytes, 0 of authentication, in 6 bytes/],
    ['half an IPv6 address', join([0x30], header(0).slice(1), [0]), /header of 20 bytes/],
    ['version 0', join([0, 0, 0, 0, 1, 2, 3, 4], sdp()), /version 0/],
    ['version 7', join([0xe0, 0, 0, 0, 1, 2, 3, 4], sdp()), /version 7/],
    ['authentication past the end', join(header(0, 255), sdp()), /1020 of authentication/],
    ['an announcement of nothing', join(header(0)), /without a payload/],
    ['neither type nor SDP', join(header(0), 'hello'), /no type and is not SDP/],
    ['a type that is none', join(header(0), 'no type\0v=0'), /no type and is not SDP/],
    ['what is not zlib', join(header(1), sdp()), /not zlib/],
    ['half of what was zlib', join(header(1), deflateSync(sdp()).subarray(0, 40)), /not zlib/],
    ['a zip bomb', join(header(1), deflateSync(Buffer.alloc(50_000_000))), /inflates to more than 65536 bytes/],
  ])('%s is malformed', (_name, bytes, message) => {
    expect(decodeSap(bytes)).toEqual({ malformed: expect.stringMatching(message) })
  })

  it('inflates to as much as it is allowed', () => {
    const bytes = join(header(1), deflateSync(sdp()))
    expect(decodeSap(bytes, { maxInflated: sdp().length })).toMatchObject({ payload: text(sdp()) })
    expect(decodeSap(bytes, { maxInflated: sdp().length - 1 })).toHaveProperty('malformed')
  })

  it('is read back as it was written', () => {
    const packet = fc.record({
      deletion: fc.boolean(),
      encrypted: fc.constant(false),
      compressed: fc.boolean(),
      messageIdHash: fc.nat(65_535),
      source: fc.constantFrom('192.0.2.1', '2001:db8::1'),
      authentication: fc.nat(255).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 })),
      payloadType: fc.constantFrom('application/sdp', 'text/plain'),
      payload: fc.string().map((tail) => new Uint8Array(Buffer.from(`v=0${tail}`))),
    })
    fc.assert(
      fc.property(packet, (value) => {
        expect(decodeSap(encodeSap(value))).toEqual(value)
      }),
    )
  })

  it('is made with a hash of its payload and its type, as RFC 2974 wants', () => {
    const bytes = encodeSap({ source: '192.0.2.1', payload: text(sdp()) })
    const hash = sapHash(text(sdp()))
    expect(bytes).toEqual(join([0x20, 0, hash >> 8, hash & 255, 192, 0, 2, 1], 'application/sdp\0', sdp()))
    expect(sapHash(text(sdp(1)))).not.toBe(sapHash(text(sdp(2))))
  })

  it.each<[string, object]>([
    ['originating source', { source: 'x' }],
    ['message id hash', { messageIdHash: 65_536 }],
    ['message id hash', { messageIdHash: -1 }],
    ['1020 bytes', { authentication: new Uint8Array(3) }],
    ['1020 bytes', { authentication: new Uint8Array(1024) }],
    ['MIME type', { payloadType: 'sdp' }],
    ['MIME type', { payloadType: 'a/b\0c' }],
  ])('is not written with a wrong %s', (name, fields) => {
    expect(() => encodeSap({ source: '192.0.2.1', payload: text(sdp()), ...fields })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_VALUE', message: expect.stringContaining(name) }),
    )
  })
})

describe('announcements', () => {
  it('go to the group of the scope', () => {
    expect(
      ['224.2.128.1', '232.1.1.1', '239.255.1.1', '239.194.1.1', '239.1.1.1', '224.0.0.9', 'ff15::1', 'ff3e::1'].map(
        sapGroup,
      ),
    ).toEqual([
      '224.2.127.254',
      '224.2.127.254',
      '239.255.255.255',
      '239.195.255.255',
      '239.255.255.255',
      '224.0.0.255',
      'ff05::2:7ffe',
      'ff0e::2:7ffe',
    ])
    for (const group of ['224.2.128.1', '239.255.1.1', '239.194.1.1', 'ff15::1', 'ff3e::1']) {
      expect(SAP_GROUPS).toContain(sapGroup(group))
    }
  })

  it('are five minutes apart, or further if they would take more than their share', () => {
    expect(sapInterval(1, 1000)).toBe(300)
    expect(sapInterval(1000, 1000)).toBe(2000)
    expect(sapInterval(1000, 1000, 8000)).toBe(1000)
    expect([0, 0.5, 1].map((random) => sapDelay(300, () => random))).toEqual([200, 300, 400])
  })
})

describe('the table of sessions', () => {
  const HOUR = 3_600_000
  const announce = (payload: string, rest: Partial<SapPacket> = {}): SapPacket =>
    decoded(encodeSap({ source: '192.0.2.1', payload: text(payload), ...rest }))

  it('knows a session from its first announcement to its deletion', () => {
    const table = sapSessions()
    expect(table.take(announce(sdp()), 0)).toMatchObject({ type: 'new', session: { announcements: 1, expires: HOUR } })
    expect(table.take(announce(sdp()), 1000)).toMatchObject({
      type: 'refreshed',
      session: { announcements: 2, interval: 1000 },
    })
    expect(table.take(announce(sdp(2)), 2000)).toMatchObject({
      type: 'modified',
      session: { announcements: 3, firstSeen: 0 },
    })
    expect(table.take(announce(sdp(1)), 3000)).toEqual({ type: 'ignored', reason: expect.stringContaining('older') })
    expect(table.list()).toHaveLength(1)
    expect(table.take(announce(sdp(2), { deletion: true }), 4000)).toMatchObject({ type: 'deleted' })
    expect(table.list()).toEqual([])
    expect(table.take(announce(sdp(2), { deletion: true }), 4000)).toMatchObject({ type: 'ignored' })
  })

  it('takes a deletion by the hash alone, or by the o= line alone, of the same source alone', () => {
    const empty = new Uint8Array()
    for (const rest of [{ payload: empty }, { payload: text('o=- 77 9 IN IP4 192.0.2.1\r\n'), messageIdHash: 0 }]) {
      const table = sapSessions()
      const packet = announce(sdp())
      table.take(packet, 0)
      const deletion = { ...packet, deletion: true, ...rest }
      expect(table.take({ ...deletion, source: '192.0.2.66' }, 1)).toMatchObject({ type: 'ignored' })
      expect(table.take({ ...deletion, messageIdHash: 0, payload: empty }, 1)).toMatchObject({ type: 'ignored' })
      expect(table.take(deletion, 1)).toMatchObject({ type: 'deleted' })
    }
  })

  it('forgets a session after an hour, or ten intervals if that is longer', () => {
    const table = sapSessions()
    table.take(announce(sdp()), 0)
    expect(table.expire(HOUR - 1)).toEqual([])
    table.take(announce(sdp()), HOUR / 2)
    expect(table.expire(5.5 * HOUR - 1)).toEqual([])
    expect(table.expire(5.5 * HOUR)).toHaveLength(1)
    expect(table.list()).toEqual([])
  })

  it('forgets a session when it ends by its own word, and does not take it up again', () => {
    const stop = 3_900_000_000
    const ends = (stop - 2_208_988_800) * 1000
    const timed = sdp().replace('t=0 0', `t=0 ${stop}`)
    const table = sapSessions()
    expect(table.take(announce(timed), ends - 10)).toMatchObject({ type: 'new', session: { expires: ends } })
    expect(table.expire(ends)).toHaveLength(1)
    expect(table.take(announce(timed), ends)).toEqual({ type: 'ignored', reason: expect.stringContaining('ended') })
  })

  it('keeps the same session of two announcers apart', () => {
    const table = sapSessions()
    table.take(announce(sdp()), 0)
    expect(table.take(announce(sdp(), { source: '192.0.2.2' }), 0)).toMatchObject({ type: 'new' })
    expect(table.list()).toHaveLength(2)
  })

  it('does not grow for ever', () => {
    const table = sapSessions(3)
    const types = [1, 2, 3, 4].map((id) => table.take(announce(sdp().replace(' 77 ', ` ${id} `)), 0))
    expect(types).toMatchObject([{ type: 'new' }, { type: 'new' }, { type: 'new' }, { type: 'ignored' }])
  })

  it('replaces a version by an older one that is announced three times in a row, as after a reboot', () => {
    const table = sapSessions()
    const take = (version: number, rest: Partial<SapPacket> = {}) => {
      const event = table.take(announce(sdp(version), rest), version)
      return isMalformed(event) ? event.malformed : event.type
    }
    expect([9, 2, 2].map((version) => take(version))).toEqual(['new', 'ignored', 'ignored'])
    // The newer one is still there, and so begins the count anew; another older one does too.
    expect([9, 2, 2, 3, 2, 2].map((version) => take(version))).toEqual(['refreshed', ...new Array(5).fill('ignored')])
    expect(take(2)).toBe('modified')
    expect(table.list()).toMatchObject([{ description: { version: 2n }, firstSeen: 9 }])
    expect([2, 3].map((version) => take(version))).toEqual(['refreshed', 'modified'])
  })

  it('does not replace a version by an older one of the same hash, and tells those without a hash apart', () => {
    const table = sapSessions()
    const take = (version: number, messageIdHash: number) =>
      table.take(announce(sdp(version), { messageIdHash }), version)
    expect(take(9, 7)).toMatchObject({ type: 'new' })
    for (let n = 0; n < 5; n++) expect(take(2, 7)).toMatchObject({ type: 'ignored' })
    expect([1, 2, 3].map(() => take(2, 0))).toMatchObject([
      { type: 'ignored' },
      { type: 'ignored' },
      { type: 'modified' },
    ])
  })

  it('reads a description in the charset that it names', () => {
    const latin1 = sdp().replace('s=Film', 's=Ca\xfe Caf\xe9\r\na=charset:ISO-8859-1')
    expect(sapSessions().take({ ...plain, payload: text(latin1) }, 0)).toMatchObject({
      session: { description: { name: 'Ca\xfe Caf\xe9' } },
    })
    expect(sapSessions().take({ ...plain, payload: text(sdp().replace('s=Film', 's=Caf\xe9')) }, 0)).toMatchObject({
      session: { description: { name: 'Caf\xe9', problems: [expect.stringContaining('no UTF-8')] } },
    })
  })

  it.each([
    [`SDP:\r\n${sdp()}`, "line 'SDP:'"],
    [`\xef\xbb\xbf${sdp()}`, 'byte order mark'],
    [` ${sdp()}`, 'v=0'],
  ])('says of %j what is wrong, with a type and without', (payload, why) => {
    expect(sapSessions().take({ ...plain, payload: text(payload) }, 0)).toEqual({
      malformed: expect.stringContaining(why),
    })
    const untyped = decodeSap(join(header(0), payload))
    const told = isMalformed(untyped) ? untyped : sapSessions().take(untyped, 0)
    expect(told).toEqual({ malformed: expect.stringMatching(new RegExp(`${why}|no type and is not SDP`)) })
  })

  it('says what it does not take', () => {
    const table = sapSessions()
    expect(table.take({ ...plain, encrypted: true }, 0)).toEqual({ type: 'ignored', reason: 'the packet is encrypted' })
    expect(table.take({ ...plain, payloadType: 'text/plain' }, 0)).toMatchObject({ type: 'ignored' })
    expect(table.take({ ...plain, payload: text('v=0\r\n') }, 0)).toEqual({ malformed: expect.stringContaining('o=') })
    expect(table.take({ ...plain, payload: text('o=- 1 1 IN IP4 1.1.1.1\r\nv=0\r\n') }, 0)).toHaveProperty('malformed')
  })
})

it('no SAP packet makes anything throw', () => {
  const table = sapSessions(10)
  const tail = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ maxLength: 60 }).map((value) => text(`v=0\n${value}`)),
    fc
      .array(
        fc.constantFrom(
          'v=0\n',
          'o=- 1 1 IN IP4 1.2.3.4\n',
          't=0 9',
          '\n',
          'c=IN IP4 239.1.1.1',
          '/1/9',
          'm=a 9 x\n',
          '\0',
        ),
        { maxLength: 12 },
      )
      .map((parts) => text(parts.join(''))),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(deflateSync(bytes))),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0x1f, max: 0x41 }), fc.nat(3), tail, fc.nat(5_000_000), (flags, words, rest, now) => {
      const packet = decodeSap(join([flags, words, 0, 1, 1, 2, 3, 4], rest))
      if (!isMalformed(packet)) table.take(packet, now)
      table.expire(now)
    }),
    { numRuns: 3000 },
  )
})
