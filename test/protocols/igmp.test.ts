import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../lib/net/address.ts'
import { decodeIgmp } from '../../lib/protocols/igmp.ts'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { decodeFloat8, decodeFloat16, encodeFloat8, encodeFloat16 } from '../../lib/protocols/membership-fields.ts'
import type { MembershipMessage } from '../../lib/protocols/membership-message.ts'
import { decodeMembershipPacket } from '../../lib/protocols/membership-packet.ts'
import { membershipText } from '../../lib/protocols/membership-text.ts'
import { decodeMld } from '../../lib/protocols/mld.ts'
import { fc } from '../support/property.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

function decoded(result: MembershipMessage | { malformed: string }): MembershipMessage {
  if (isMalformed(result)) throw new Error(result.malformed)
  return result
}

// tshark 4.0 has decoded these bytes; the text is its info column, or worded in the same way if that does not name the
// group.
const igmp: [hex: string, text: string][] = [
  ['1100eeff 00000000', 'IGMPv1 Membership Query, general'],
  ['1164ee9b 00000000', 'IGMPv2 Membership Query, general'],
  ['110afef2 ef010101', 'IGMPv2 Membership Query, specific for group 239.1.1.1'],
  ['1164ec1e 00000000 027d0000', 'IGMPv3 Membership Query, general'],
  ['110af475 ef010101 0a7d0000', 'IGMPv3 Membership Query, specific for group 239.1.1.1'],
  [
    '119fdf4b ef010101 0aff0002 0a000009 0a000008',
    'IGMPv3 Membership Query, specific for group 239.1.1.1, sources {10.0.0.9, 10.0.0.8}',
  ],
  ['1200fdfc ef010101', 'IGMPv1 Membership Report group 239.1.1.1'],
  ['1600f9fc ef010101', 'IGMPv2 Membership Report group 239.1.1.1'],
  ['1700f8fc ef010101', 'IGMPv2 Leave Group 239.1.1.1'],
  ['2200f3fb 00000001 01000000 e8010101', 'IGMPv3 Membership Report / Leave group 232.1.1.1'],
  [
    '2200e9f1 00000001 01000001 e8010101 0a000009',
    'IGMPv3 Membership Report / Join group 232.1.1.1 for source {10.0.0.9}',
  ],
  [
    '2200dfe8 00000001 01000002 e8010101 0a000009 0a000008',
    'IGMPv3 Membership Report / Join group 232.1.1.1 for sources in {10.0.0.9, 10.0.0.8}',
  ],
  ['2200f2fb 00000001 02000000 e8010101', 'IGMPv3 Membership Report / Join group 232.1.1.1 for any sources'],
  [
    '2200e8f1 00000001 02000001 e8010101 0a000009',
    'IGMPv3 Membership Report / Join group 232.1.1.1, for source not {10.0.0.9}',
  ],
  [
    '2200dee8 00000001 02000002 e8010101 0a000009 0a000008',
    'IGMPv3 Membership Report / Join group 232.1.1.1, for sources not in {10.0.0.9, 10.0.0.8}',
  ],
  ['2200f1fb 00000001 03000000 e8010101', 'IGMPv3 Membership Report / Leave group 232.1.1.1'],
  ['2200f0fb 00000001 04000000 e8010101', 'IGMPv3 Membership Report / Join group 232.1.1.1 for any sources'],
  ['2200e5f1 00000001 05000001 e8010101 0a000009', 'IGMPv3 Membership Report / Group 232.1.1.1, new source {10.0.0.9}'],
  [
    '2200dbe8 00000001 05000002 e8010101 0a000009 0a000008',
    'IGMPv3 Membership Report / Group 232.1.1.1, new sources {10.0.0.9, 10.0.0.8}',
  ],
  [
    '2200e4f1 00000001 06000001 e8010101 0a000009',
    'IGMPv3 Membership Report / Group 232.1.1.1, block source {10.0.0.9}',
  ],
  [
    '2200dae8 00000001 06000002 e8010101 0a000009 0a000008',
    'IGMPv3 Membership Report / Group 232.1.1.1, block sources {10.0.0.9, 10.0.0.8}',
  ],
  [
    '2200f1ed 00000002 04000000 ef010101 05000001 e8010101 0a000009',
    'IGMPv3 Membership Report / Join group 239.1.1.1 for any sources / Group 232.1.1.1, new source {10.0.0.9}',
  ],
  ['2200ddff 00000000', 'IGMPv3 Membership Report without a group record'],
  [
    '2200eefb 00000001 06000000 e8010101',
    'IGMPv3 Membership Report / Group 232.1.1.1, Block Old Sources without a source',
  ],
  ['2200e4fb 00000001 09000000 ef010101', 'IGMPv3 Membership Report / Group 239.1.1.1, unknown record type 9'],
]

describe('IGMP', () => {
  it.each(igmp)('%s is %s', (hex, text) => {
    const message = decoded(decodeIgmp(bytes(hex)))
    expect(message.checksum).toBe('good')
    expect(membershipText(message)).toBe(text)
  })

  it('reads every field of an IGMPv3 query', () => {
    expect(decodeIgmp(bytes('119fdf4b ef010101 0aff0002 0a000009 0a000008'))).toEqual({
      protocol: 'IGMP',
      type: 'query',
      version: 3,
      checksum: 'good',
      group: '239.1.1.1',
      sources: ['10.0.0.9', '10.0.0.8'],
      maxResponseTime: 49_600,
      suppress: true,
      robustness: 2,
      queryInterval: 31_744,
    })
  })

  it('reads ten seconds if IGMPv1 says nothing, tenths of a second in IGMPv2', () => {
    expect(decodeIgmp(bytes('1100eeff00000000'))).toMatchObject({ version: 1, maxResponseTime: 10_000 })
    expect(decodeIgmp(bytes('110afef2ef010101'))).toMatchObject({ version: 2, maxResponseTime: 1000 })
  })

  it('names record types as tshark does', () => {
    const names = [1, 2, 3, 4, 5, 6, 7].map((type) => {
      const message = decodeIgmp(bytes(`22000000000000010${type}000000e8010101`))
      return 'records' in message ? message.records[0]?.name : undefined
    })
    expect(names).toEqual([
      'Mode Is Include',
      'Mode Is Exclude',
      'Change To Include Mode',
      'Change To Exclude Mode',
      'Allow New Sources',
      'Block Old Sources',
      'Unknown (7)',
    ])
  })

  it('steps over auxiliary data and reads what follows', () => {
    const message = decodeIgmp(bytes('22000000 00000002 04020000 ef010101 01020304 05060708 06000000 ef010102'))
    expect(message).toMatchObject({
      records: [
        { type: 4, group: '239.1.1.1', auxiliaryLength: 8 },
        { type: 6, group: '239.1.1.2', auxiliaryLength: 0 },
      ],
    })
  })

  it('says that the checksum is wrong, and reads on', () => {
    const message = decoded(decodeIgmp(bytes('1600f9fdef010101')))
    expect(message.checksum).toBe('bad')
    expect(membershipText(message)).toBe('IGMPv2 Membership Report group 239.1.1.1 [bad checksum]')
  })

  it('names what shares the protocol number', () => {
    expect(membershipText(decoded(decodeIgmp(bytes('13000000 00000000'))))).toBe('IGMP DVMRP Protocol [bad checksum]')
    expect(decodeIgmp(bytes('ff000000 00000000'))).toMatchObject({ type: 'other', name: 'Unknown IGMP type 0xff' })
  })

  it.each([
    ['', /at least 8 bytes, this has 0/],
    ['1164ee9b000000', /at least 8 bytes, this has 7/],
    ['1164ee9b0000000000', /8 bytes or at least 12, this is 9/],
    ['1164ec1e00000000027dffff', /can't hold 65535 sources/],
    ['2200e9fb0000000104000000', /group record 1 of 1 is cut short/],
    ['2200010100000002 04000000 ef010101', /group record 2 of 2 is cut short/],
    ['220001010000ffff 04000000 ef010101', /group record 2 of 65535 is cut short/],
    ['2200010100000001 0400ffff ef010101', /group record 1 of 1 is cut short/],
    ['2200010100000001 04ff0000 ef010101', /group record 1 of 1 is cut short/],
  ])('%j is malformed', (hex, message) => {
    expect(decodeIgmp(bytes(hex))).toEqual({ malformed: expect.stringMatching(message) })
  })
})

const v6 = (text: string): Uint8Array => parseAddress(text)?.bytes ?? new Uint8Array()
const querier = 'fe80::2'
const mld: [destination: string, hex: string, text: string][] = [
  ['ff02::1', `82005916 27100000 ${'0'.repeat(32)}`, 'MLDv1 Multicast Listener Query, general'],
  [
    'ff15::1',
    '82007d14 03e80000 ff150000000000000000000000000001',
    'MLDv1 Multicast Listener Query, specific for group ff15::1',
  ],
  ['ff15::1', '83007ffc 00000000 ff150000000000000000000000000001', 'MLDv1 Multicast Listener Report group ff15::1'],
  ['ff02::2', '84007f0e 00000000 ff150000000000000000000000000001', 'MLDv1 Multicast Listener Done ff15::1'],
  ['ff02::1', `82005695 27100000 ${'0'.repeat(32)} 027d0000`, 'MLDv2 Multicast Listener Query, general'],
  [
    'ff02::16',
    '8f006e85 00000002 04000000 ff150000000000000000000000000001 05000001 ff3e0000000000000000000000000001 fd000000000000000000000000000009',
    'MLDv2 Multicast Listener Report / Join group ff15::1 for any sources / Group ff3e::1, new source {fd00::9}',
  ],
]

describe('MLD', () => {
  it.each(mld)('to %s: %s is %s', (destination, hex, text) => {
    const message = decoded(decodeMld(bytes(hex), { source: v6(querier), destination: v6(destination) }))
    expect(message.checksum).toBe('good')
    expect(membershipText(message)).toBe(text)
    expect(decodeMld(bytes(hex), { source: v6('fe80::3'), destination: v6(destination) })).toMatchObject({
      checksum: 'bad',
    })
    expect(decodeMld(bytes(hex))).toMatchObject({ checksum: 'unverified' })
  })

  it('reads every field of an MLDv2 query', () => {
    const query =
      '8200dbc4 9fff0000 ff150000000000000000000000000001 0aff0002 fd000000000000000000000000000009 fd000000000000000000000000000008'
    expect(decodeMld(bytes(query), { source: v6(querier), destination: v6('ff15::1') })).toEqual({
      protocol: 'MLD',
      type: 'query',
      version: 2,
      checksum: 'good',
      group: 'ff15::1',
      sources: ['fd00::9', 'fd00::8'],
      maxResponseTime: 131_056,
      suppress: true,
      robustness: 2,
      queryInterval: 31_744,
    })
  })

  it.each([
    ['', /empty/],
    ['80000000', /ICMPv6 type 128 is not MLD/],
    ['8200000000000000', /at least 24 bytes, not 8/],
    ['8f000000000000', /at least 8 bytes, not 7/],
    [`8200000000000000${'00'.repeat(17)}`, /24 bytes or at least 28, this is 25/],
    [`8200000000000000${'00'.repeat(16)}00000001`, /can't hold 1 sources/],
    [`8f00000000000001 04000001${'00'.repeat(16)}`, /group record 1 of 1 is cut short/],
  ])('%j is malformed', (hex, message) => {
    expect(decodeMld(bytes(hex))).toEqual({ malformed: expect.stringMatching(message) })
  })
})

describe('the floating point of codes', () => {
  it.each([
    [0, 0],
    [127, 127],
    [0x80, 128],
    [0x8f, 248],
    [0xff, 31_744],
  ])('8 bits: %i is %i', (code, value) => {
    expect(decodeFloat8(code)).toBe(value)
  })

  it.each([
    [0x7fff, 32_767],
    [0x8000, 32_768],
    [0xffff, 8_387_584],
  ])('16 bits: %i is %i', (code, value) => {
    expect(decodeFloat16(code)).toBe(value)
  })

  it('floats are written as the largest that is not above the number', () => {
    for (let code = 0; code < 256; code++) expect(encodeFloat8(decodeFloat8(code))).toBe(code)
    for (let code = 0; code < 65536; code++) if (encodeFloat16(decodeFloat16(code)) !== code) throw new Error(`${code}`)
    expect(encodeFloat8(decodeFloat8(200) - 1)).toBe(199)
    expect(encodeFloat8(10 ** 6)).toBe(255)
    expect(encodeFloat16(10 ** 9)).toBe(65_535)
  })

  it('never falls from one code to the next', () => {
    for (let code = 1; code < 256; code++) expect(decodeFloat8(code)).toBeGreaterThan(decodeFloat8(code - 1))
    for (let code = 1; code < 65536; code++) expect(decodeFloat16(code) > decodeFloat16(code - 1)).toBe(true)
  })
})

// From 10.0.0.1 to 224.0.0.22 and from fe80::2 to ff02::16, each with a router alert, as RFC 3376 and RFC 3810 want
// them.
const ipv4Header = '46c00000 00004000 01020000 0a000001 e0000016 94040000'
const ipv6Header = '60000000 0000 00 01 fe800000000000000000000000000002 ff020000000000000000000000000016'

function ipv4(payload: string, changes: Record<number, number> = {}): Uint8Array {
  const packet = bytes(ipv4Header + payload)
  packet[3] = packet.length
  for (const [at, value] of Object.entries(changes)) packet[Number(at)] = value
  let sum = 0
  for (let i = 0; i < 24; i += 2) sum += (packet[i] ?? 0) * 256 + (packet[i + 1] ?? 0)
  sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff
  packet.set([sum >> 8, sum & 255], 10)
  return packet
}

function ipv6(payload: string, options = '3a00 05020000 0100'): Uint8Array {
  const packet = bytes(ipv6Header + options + payload)
  packet[5] = packet.length - 40
  return packet
}

describe('packets', () => {
  it('says where an IGMP message came from', () => {
    expect(decodeMembershipPacket(ipv4('1600f9fc ef010101'))).toEqual({
      source: '10.0.0.1',
      destination: '224.0.0.22',
      hopLimit: 1,
      routerAlert: true,
      message: { protocol: 'IGMP', type: 'report', version: 2, checksum: 'good', group: '239.1.1.1' },
    })
  })

  it('sees a router alert that is missing, and ignores padding behind the packet', () => {
    const packet = ipv4('1600f9fc ef010101', { 20: 1, 21: 1, 22: 1, 23: 0 })
    expect(decodeMembershipPacket(packet)).toMatchObject({ routerAlert: false })
    const padded = new Uint8Array(packet.length + 14)
    padded.set(packet)
    expect(decodeMembershipPacket(padded)).toMatchObject({ message: { checksum: 'good', type: 'report' } })
  })

  it('finds MLD behind the hop-by-hop options', () => {
    const report = '8f0072cc 00000001 01000000 ff3e0000000000000000000000000001'
    expect(decodeMembershipPacket(ipv6(report))).toMatchObject({
      source: 'fe80::2',
      destination: 'ff02::16',
      hopLimit: 1,
      routerAlert: true,
      message: { protocol: 'MLD', version: 2, checksum: 'good', records: [{ group: 'ff3e::1', name: 'Include' }] },
    })
    expect(decodeMembershipPacket(ipv6(report, '3a00 01040000 0000'))).toMatchObject({ routerAlert: false })
  })

  it('passes over what is neither', () => {
    expect(decodeMembershipPacket(ipv4('00000000', { 9: 17 }))).toBeUndefined()
    expect(decodeMembershipPacket(ipv6('87000000'))).toBeUndefined()
    expect(decodeMembershipPacket(bytes(`60000000 0000 11 40 ${'00'.repeat(32)}`))).toBeUndefined()
  })

  it.each([
    ['nothing', new Uint8Array(), /empty/],
    ['another version', Uint8Array.of(0x50), /IP version 5/],
    ['half a header', ipv4('').subarray(0, 12), /IPv4 header is cut short/],
    ['a header length below 20', ipv4('1600f9fcef010101', { 0: 0x42 }), /IPv4 header is cut short/],
    ['a fragment', ipv4('1600f9fcef010101', { 6: 0x20 }), /fragment/],
    ['half an IPv6 header', ipv6('').subarray(0, 39), /IPv6 header is cut short/],
    ['an extension header past the end', ipv6('8f000000', '3aff 05020000 0100'), /extension header is cut short/],
    ['a short report', ipv6('8f000000'), /at least 8 bytes/],
  ])('%s is malformed', (_what, packet, message) => {
    expect(decodeMembershipPacket(packet)).toEqual({ malformed: expect.stringMatching(message) })
  })

  it('refuses a header whose checksum is wrong', () => {
    const packet = ipv4('1600f9fcef010101')
    packet[11] = (packet[11] ?? 0) ^ 1
    expect(decodeMembershipPacket(packet)).toEqual({ malformed: expect.stringMatching(/checksum/) })
  })
})

describe('hostile bytes', () => {
  const types = fc.constantFrom(0x11, 0x12, 0x16, 0x17, 0x22, 130, 131, 132, 143)
  const message = fc.tuple(types, fc.uint8Array({ maxLength: 80 })).map(([type, rest]) => Uint8Array.of(type, ...rest))

  it('are decoded or called malformed, never thrown at the caller', () => {
    fc.assert(
      fc.property(message, (hostile) => {
        for (const result of [decodeIgmp(hostile), decodeMld(hostile)]) {
          if (isMalformed(result)) expect(result.malformed).not.toBe('')
          else expect(membershipText(result)).not.toMatch(/undefined|NaN/)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('in packets too', () => {
    const first = fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x00)
    const random = fc
      .tuple(first, fc.uint8Array({ maxLength: 120 }))
      .map(([byte, rest]) => Uint8Array.of(byte, ...rest))
    const changed = fc
      .tuple(
        fc.constantFrom(ipv4('2200e9f100000001 01000001e80101010a000009'), ipv6('8f0072cc0000000101000000')),
        fc.nat(90),
        fc.nat(255),
        fc.nat(90),
      )
      .map(([packet, at, value, length]) => {
        const copy = packet.slice(0, length)
        if (at < copy.length) copy[at] = value
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(random, changed), (packet) => {
        expect(() => decodeMembershipPacket(packet)).not.toThrow()
      }),
      { numRuns: 3000 },
    )
  })
})
