import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../lib/net/address.ts'
import { decodeIgmp } from '../../lib/protocols/igmp.ts'
import { decodeFloat8, decodeFloat16 } from '../../lib/protocols/membership-fields.ts'
import { decodeMembershipPacket } from '../../lib/protocols/membership-packet.ts'
import { decodeMld } from '../../lib/protocols/mld.ts'
import { decodeUdpPacket } from '../../lib/protocols/udp-packet.ts'
import { fc } from '../support/property.ts'

const runs = { numRuns: Number(process.env.SOCKCTL_FUZZ_RUNS ?? 1000) }
const word = (value: number) => [value >> 8, value & 255]

/** The bytes with their checksum at offset `at`; `before` is counted too, and stands in front in no packet. */
function summed(bytes: number[], at: number, before: readonly number[] = []): Uint8Array {
  const all = [...before, ...bytes]
  if (all.length % 2 === 1) all.push(0)
  let sum = 0
  for (let i = 0; i < all.length; i += 2) sum += (all[i] ?? 0) * 256 + (all[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  const packet = Uint8Array.from(bytes)
  packet.set(word(~sum & 0xffff), at)
  return packet
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const endpoints = { source: new Uint8Array(16).fill(1), destination: new Uint8Array(16).fill(0xff) }

const protocols = [
  { protocol: 'IGMP', size: 4, version: 3, report: 0x22, decode: decodeIgmp },
  {
    protocol: 'MLD',
    size: 16,
    version: 2,
    report: 143,
    decode: (message: Uint8Array) => decodeMld(message, endpoints),
  },
] as const

/** What ICMPv6 adds to the sum: the addresses, the length and the protocol number. */
const pseudoHeader = (length: number) => [
  ...endpoints.source,
  ...endpoints.destination,
  0,
  0,
  ...word(length),
  0,
  0,
  0,
  58,
]

describe.each(protocols)(
  'messages of $protocol are read as they were written',
  ({ protocol, size, version, report, decode }) => {
    const withSum = (message: number[]) => summed(message, 2, protocol === 'MLD' ? pseudoHeader(message.length) : [])
    const sources = fc.array(bytes(size), { maxLength: 6 })

    it('reports', () => {
      const record = fc.record({
        type: fc.integer({ min: 1, max: 6 }),
        group: bytes(size),
        sources,
        auxiliary: fc.nat(3),
      })
      fc.assert(
        fc.property(fc.array(record, { maxLength: 5 }), (records) => {
          const message = [report, 0, 0, 0, 0, 0, ...word(records.length)]
          for (const one of records)
            message.push(
              ...[
                one.type,
                one.auxiliary,
                ...word(one.sources.length),
                ...one.group,
                ...one.sources.flatMap((each) => [...each]),
              ],
              ...new Array(one.auxiliary * 4).fill(0xee),
            )
          expect(decode(withSum(message))).toEqual({
            protocol,
            type: 'records',
            version,
            checksum: 'good',
            records: records.map((one) => ({
              type: one.type,
              name: expect.stringMatching(/^\w/),
              group: formatAddress(one.group),
              sources: one.sources.map(formatAddress),
              auxiliaryLength: one.auxiliary * 4,
            })),
          })
        }),
        runs,
      )
    })

    it('queries', () => {
      const query = fc.record({
        code: fc.nat(protocol === 'IGMP' ? 255 : 65_535),
        group: bytes(size),
        suppress: fc.boolean(),
        robustness: fc.nat(7),
        interval: fc.nat(255),
        sources,
      })
      fc.assert(
        fc.property(query, ({ code, group, suppress, robustness, interval, ...given }) => {
          const head = protocol === 'IGMP' ? [0x11, code, 0, 0] : [130, 0, 0, 0, ...word(code), 0, 0]
          const tail = [(suppress ? 8 : 0) | robustness, interval, ...word(given.sources.length)]
          const message = withSum([...head, ...group, ...tail, ...given.sources.flatMap((each) => [...each])])
          expect(decode(message)).toEqual({
            protocol,
            type: 'query',
            version,
            checksum: 'good',
            ...(group.some((byte) => byte !== 0) && { group: formatAddress(group) }),
            sources: given.sources.map(formatAddress),
            suppress,
            robustness,
            queryInterval: decodeFloat8(interval),
            maxResponseTime: protocol === 'IGMP' ? decodeFloat8(code) * 100 : decodeFloat16(code),
          })
        }),
        runs,
      )
    })

    it('with one bit of them changed, the checksum is bad', () => {
      const message = withSum([report, 0, 0, 0, 0, 0, 0, 0])
      for (let bit = 16; bit < message.length * 8; bit++) {
        const changed = message.slice()
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(decode(changed)).toSatisfy(
          (read: object) => 'malformed' in read || ('checksum' in read && read.checksum === 'bad'),
        )
      }
    })
  },
)

describe('packets are read as they were written', () => {
  const ipv4 = (
    protocol: number,
    hopLimit: number,
    source: Uint8Array,
    destination: Uint8Array,
    payload: readonly number[],
  ) =>
    Uint8Array.from([
      ...summed(
        [0x45, 0, ...word(20 + payload.length), 0, 0, 0, 0, hopLimit, protocol, 0, 0, ...source, ...destination],
        10,
      ),
      ...payload,
    ])

  it('of IGMP and UDP over IPv4', () => {
    const packet = fc.record({
      source: bytes(4),
      destination: bytes(4),
      hopLimit: fc.nat(255),
      port: fc.nat(65_535),
      data: fc.uint8Array({ maxLength: 50 }),
    })
    fc.assert(
      fc.property(packet, ({ source, destination, hopLimit, port, data }) => {
        const head = { source: formatAddress(source), destination: formatAddress(destination), hopLimit }
        const leave = [...summed([0x17, 0, 0, 0, 239, 1, 1, 1], 2)]
        expect(decodeMembershipPacket(ipv4(2, hopLimit, source, destination, leave))).toEqual({
          ...head,
          routerAlert: false,
          message: { protocol: 'IGMP', type: 'leave', version: 2, checksum: 'good', group: '239.1.1.1' },
        })
        const datagram = [0, 9, ...word(port), ...word(8 + data.length), 0, 0, ...data]
        expect(decodeUdpPacket(ipv4(17, hopLimit, source, destination, datagram))).toEqual({
          ...head,
          fragment: false,
          destinationPort: port,
          length: data.length,
        })
      }),
      runs,
    )
  })
})
