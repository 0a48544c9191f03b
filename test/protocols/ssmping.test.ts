import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../lib/net/address.ts'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { decodePing, encodePing, PING_OPTION, type PingMessage } from '../../lib/protocols/ssmping.ts'
import { pingClient } from '../../lib/protocols/ssmping-client.ts'
import { answerPing, isPingGroup, type PingAnswer } from '../../lib/protocols/ssmping-server.ts'
import { fc } from '../support/property.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const now = (): bigint => 1_700_000_000_123_456n
const clientId = Uint8Array.of(0, 0, 0x12, 0xec)

// What ssmping 0.9.1 sent to 127.0.0.1, and what its ssmpingd sent back.
const old = '51 0001 0004 000012ec 0002 0004 00000001 0003 0008 6b0243eb000f41e2 0004 0005 01e82bd3ea'
const oldMessage: PingMessage = {
  type: 'request',
  clientId,
  sequence: 1,
  clientTime: 0x6b0243ebn * 1_000_000n + 0xf41e2n,
  group: '232.43.211.234',
}

function answered(result: ReturnType<typeof answerPing>): PingAnswer {
  if (result === undefined || isMalformed(result)) throw new Error(result?.malformed ?? 'no answer')
  return result
}

describe('a ping message', () => {
  it('of ssmping 0.9.1 is read, and written as it writes it', () => {
    expect(decodePing(bytes(old))).toEqual(oldMessage)
    expect(encodePing(oldMessage)).toEqual(bytes(old))
  })

  it('of RFC 6450 has a version and a family of two bytes', () => {
    const message = { ...oldMessage, version: 2 }
    const hex =
      '51 0000 0001 02 0001 0004 000012ec 0002 0004 00000001 0003 0008 6b0243eb000f41e2 0004 0006 0001e82bd3ea'
    expect(encodePing(message)).toEqual(bytes(hex))
    expect(decodePing(bytes(hex))).toEqual(message)
  })

  it('is read back as it was written', () => {
    const micros = fc.bigInt(0n, (1n << 32n) * 1_000_000n - 1n)
    const group = fc.oneof(
      fc.tuple(fc.integer({ min: 224, max: 239 }), fc.uint8Array({ minLength: 3, maxLength: 3 })),
      fc.tuple(fc.constant(255), fc.uint8Array({ minLength: 15, maxLength: 15 })),
    )
    const prefix = fc.constantFrom(
      { family: 4 as const, length: 0, address: '0.0.0.0' },
      { family: 4 as const, length: 15, address: '232.2.0.0' },
      { family: 4 as const, length: 32, address: '232.2.1.9' },
      { family: 6 as const, length: 33, address: 'ff3e:0:8000::' },
      { family: 6 as const, length: 128, address: 'ff3e::1' },
    )
    const some = fc.uint8Array({ maxLength: 20 })
    const message = fc.record<PingMessage, 'type'>(
      {
        type: fc.constantFrom('request', 'reply', 'init', 'response'),
        version: fc.nat(255),
        clientId: some,
        sequence: fc.nat(0xffffffff),
        clientTime: micros,
        group: group.map(([first, rest]) => formatAddress(Uint8Array.of(first, ...rest))),
        optionRequest: fc.array(fc.nat(0xffff), { maxLength: 5 }),
        serverInformation: fc.string(),
        hopLimit: fc.nat(255),
        prefixes: fc.array(prefix, { minLength: 1, maxLength: 3 }),
        sessionId: some,
        serverTime: micros,
      },
      { requiredKeys: ['type'] },
    )
    fc.assert(
      fc.property(message, (value) => {
        expect(decodePing(encodePing(value))).toEqual(value)
      }),
    )
  })

  it('may have options nobody knows', () => {
    expect(decodePing(bytes('41 7777 0003 aabbcc 0002 0004 00000009 0007 0000'))).toEqual({
      type: 'reply',
      sequence: 9,
    })
  })

  it.each([
    ['', /empty/],
    ['00', /type 0/],
    ['51 00', /cut short/],
    ['51 0001 0004 0000', /cut short/],
    ['51 0001 ffff', /cut short/],
    ['51 0000 0002 0202', /option 0 with a wrong value of 2 bytes/],
    ['51 0002 0003 000001', /option 2/],
    ['51 0003 0004 00000001', /option 3/],
    ['51 0004 0005 010a000001', /option 4/],
    ['51 0004 0006 0003e8000001', /option 4/],
    ['51 0004 0000', /option 4/],
    ['51 0005 0003 000102', /option 5/],
    ['51 0009 0000', /option 9/],
    ['51 000a 0002 0003', /option 10/],
    ['51 000a 0004 000121e8', /option 10/],
    ['51 000a 0004 000110e8', /option 10/],
  ])('%j is malformed', (hex, message) => {
    expect(decodePing(bytes(hex))).toEqual({ malformed: expect.stringMatching(message) })
  })

  it.each<[string, object]>([
    ['sequence', { sequence: -1 }],
    ['sequence', { sequence: 2 ** 32 }],
    ['version', { version: 1.5 }],
    ['hopLimit', { hopLimit: 256 }],
    ['group', { group: '10.0.0.1' }],
    ['group', { group: 'x' }],
    ['clientTime', { clientTime: -1n }],
    ['serverTime', { serverTime: 1n << 60n }],
    ['option request', { optionRequest: [65_536] }],
    ['prefix', { prefixes: [{ family: 6, length: 8, address: '232.0.0.0' }] }],
    ['33 bits', { prefixes: [{ family: 4, length: 33, address: '232.0.0.0' }] }],
    ['length of an option', { clientId: new Uint8Array(65_536) }],
  ])('is not written with a wrong %s', (name, fields) => {
    expect(() => encodePing({ type: 'request', ...fields })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_VALUE', message: expect.stringContaining(name) }),
    )
  })
})

describe('a ping server', () => {
  it('sends an old request back to client and group, as ssmpingd does', () => {
    const answer = answered(answerPing(bytes(old), 4, now))
    expect(answer).toEqual({ type: 'reply', group: '232.43.211.234', bytes: bytes(old.replace('51', '41')) })
  })

  it('takes the usual group if an old client names none, as FRR does', () => {
    expect(answerPing(bytes('51'), 4, now)).toMatchObject({ group: '232.43.211.234' })
    expect(answerPing(bytes('51'), 6, now)).toMatchObject({ group: 'ff3e::4321:1234' })
  })

  it('adds its hop limit and what was asked, and keeps what it does not know', () => {
    const request = Buffer.concat([
      encodePing({ ...oldMessage, version: 2, optionRequest: [PING_OPTION.serverInformation, PING_OPTION.serverTime] }),
      bytes('7777 0002 abcd'),
    ])
    const answer = answered(answerPing(request, 4, now, { information: 'here', hopLimit: 32 }))
    expect(decodePing(answer.bytes)).toEqual({
      ...oldMessage,
      type: 'reply',
      version: 2,
      hopLimit: 32,
      serverInformation: 'here',
      serverTime: now(),
    })
    expect(Buffer.from(answer.bytes).toString('hex').includes('77770002abcd')).toBe(true)
  })

  it('finds a group in the prefixes it is offered', () => {
    const prefixes = [
      { family: 6 as const, length: 0, address: '::' },
      { family: 4 as const, length: 32, address: '232.1.1.1' },
      { family: 4 as const, length: 16, address: '239.7.0.0' },
    ]
    const answer = answered(answerPing(encodePing({ type: 'init', version: 2, clientId, prefixes }), 4, now))
    expect(decodePing(answer.bytes)).toEqual({ type: 'response', version: 2, clientId, group: '239.7.0.234' })
    expect(answer.type).toBe('response')
    const six = answered(answerPing(encodePing({ type: 'init', version: 2, prefixes }), 6, now))
    expect(decodePing(six.bytes)).toMatchObject({ group: 'ff3e::4321:1234' })
    const none = answered(answerPing(encodePing({ type: 'init', version: 2 }), 4, now))
    expect(decodePing(none.bytes)).toEqual({ type: 'response', version: 2 })
  })

  it('does not send to a group in use, or of another family', () => {
    expect(answerPing(bytes(old.replace('01e82bd3ea', '01efffff01')), 4, now)).toEqual({
      malformed: expect.stringContaining('239.255.255.1'),
    })
    expect(answerPing(bytes(old), 6, now)).toEqual({ malformed: expect.stringContaining('232.43.211.234') })
    const allows = (group: string) => group === '239.255.255.1'
    expect(answerPing(bytes(old.replace('01e82bd3ea', '01efffff01')), 4, now, { allows })).toMatchObject({
      group: '239.255.255.1',
    })
  })

  it('answers neither replies nor responses, so that two servers do not talk for ever', () => {
    expect(answerPing(bytes(old.replace('51', '41')), 4, now)).toBeUndefined()
    expect(answerPing(bytes('53'), 4, now)).toBeUndefined()
    expect(answerPing(bytes('00'), 4, now)).toEqual({ malformed: expect.any(String) })
  })

  it.each([
    ['232.43.211.234', true],
    ['239.1.2.234', true],
    ['239.1.2.3', false],
    ['10.0.0.234', false],
    ['ff15::4321:1234', true],
    ['ff15::4321:1235', false],
    ['2001:db8::4321:1234', false],
    ['nonsense', false],
  ])('holds %s for a group of pings: %s', (group, expected) => {
    expect(isPingGroup(group)).toBe(expected)
  })
})

describe('a ping client', () => {
  const group = '232.43.211.234'
  const serve = (request: Uint8Array): Uint8Array =>
    answered(answerPing(request, 4, now, { information: 'here' })).bytes

  it.each([2 as const, undefined])('measures both ways, with version %s', (version) => {
    const client = pingClient({ clientId, group, version })
    const replies = [
      serve(client.request(1_000n)),
      serve(client.request(2_000n)),
      serve(client.request(3_000n)),
    ] as const
    const distance = 7
    expect(client.reply(replies[0], 'unicast', 1_500n, 64 - distance)).toEqual({
      by: 'unicast',
      sequence: 1,
      roundTrip: 500n,
      distance,
      duplicate: false,
      ...(version === 2 && { serverInformation: 'here' }),
    })
    expect(client.reply(replies[2], 'unicast', 3_100n)).not.toHaveProperty('distance')
    expect(client.reply(replies[1], 'multicast', 2_700n)).toMatchObject({
      by: 'multicast',
      sequence: 2,
      roundTrip: 700n,
    })
    expect(client.reply(replies[1], 'multicast', 2_800n)).toMatchObject({ duplicate: true })
    expect(client.summary()).toEqual({
      sent: 3,
      unicast: { received: 2, duplicates: 0, firstSequence: 1, minimum: 100, mean: 300, maximum: 500 },
      multicast: { received: 1, duplicates: 1, firstSequence: 2, minimum: 700, mean: 700, maximum: 700 },
    })
  })

  it("leaves other clients' replies alone and calls a stranger's what it is", () => {
    const client = pingClient({ clientId, group })
    const other = pingClient({ clientId: Uint8Array.of(9), group })
    const request = client.request(0n)
    expect(other.reply(serve(request), 'unicast', 1n)).toBeUndefined()
    expect(client.reply(request, 'unicast', 1n)).toBeUndefined()
    expect(client.reply(encodePing({ type: 'reply', clientId, sequence: 9 }), 'unicast', 1n)).toEqual({
      malformed: expect.stringContaining('9'),
    })
    expect(client.reply(encodePing({ type: 'reply', clientId }), 'unicast', 1n)).toHaveProperty('malformed')
    expect(client.summary()).toMatchObject({ unicast: { received: 0 } })
  })

  it('gives the session back that the server gave', () => {
    const client = pingClient({ clientId, group, sessionId: Uint8Array.of(1, 2) })
    expect(decodePing(client.request(0n))).toMatchObject({ sessionId: Uint8Array.of(1, 2) })
  })
})

it('a ping server and client never throw, whatever the bytes', () => {
  const options = fc
    .array(fc.tuple(fc.nat(13), fc.uint8Array({ maxLength: 20 })), { maxLength: 6 })
    .map((list) => list.flatMap(([type, value]) => [0, type, 0, value.length, ...value]))
  const message = fc
    .tuple(fc.constantFrom(0x51, 0x41, 0x49, 0x53, 0), fc.oneof(options, fc.array(fc.nat(255), { maxLength: 60 })))
    .map(([type, rest]) => Uint8Array.of(type, ...rest))
  const client = pingClient({ clientId: new Uint8Array(), group: '232.43.211.234' })
  client.request(0n)
  fc.assert(
    fc.property(message, fc.constantFrom(4 as const, 6 as const), (hostile, family) => {
      const answer = answerPing(hostile, family, now, { information: 'x' })
      if (answer !== undefined && !isMalformed(answer)) expect(isMalformed(decodePing(answer.bytes))).toBe(false)
      expect(() => client.reply(hostile, 'unicast', 0n)).not.toThrow()
    }),
    { numRuns: 3000 },
  )
})
