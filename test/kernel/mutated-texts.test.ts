import { isIP } from 'node:net'
import { endianness } from 'node:os'
import { describe, expect, it } from 'vitest'
import { netlinkAttributes, netlinkMessages } from '../../lib/kernel/netlink.ts'
import { parseCounters } from '../../lib/kernel/proc-counters.ts'
import { hostMemberships } from '../../lib/kernel/proc-net.ts'
import { hostSockets } from '../../lib/kernel/proc-sockets.ts'
import { decodeMulticastNotices } from '../../lib/kernel/rtnl-multicast.ts'
import { formatAddress } from '../../lib/net/address.ts'
import { isWhole, isWithin, mutated, mutatedText } from '../support/mutated.ts'
import { fc } from '../support/property.ts'

const RUNS = Number(process.env.SOCKCTL_FUZZ_RUNS ?? 2000)
const MOST = Number.MAX_SAFE_INTEGER
const runs = { numRuns: RUNS }

const IGMP = `Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     2      V3
\t\t\t\t010101EF     2 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
`
const IGMP6 = '1    lo              ff150000000000000000000000000001     2 00000004 0\n'
const MCFILTER = `Idx Device        MCA        SRC    INC    EXC
  1     lo 0xef010101 0x7f000002      1      0
`
const MCFILTER6 = `Idx Device                Multicast Address                   Source Address    INC    EXC
  1     lo ff150000000000000000000000000001 fe800000000000000000000000000009      1      1
`
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  110: 010101EF:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0000000000000000 12
`
const SNMP = 'Udp: InDatagrams NoPorts\nUdp: 5 1\nUdp6InErrors  \t7\n'

const address = fc.uint8Array({ minLength: 4, maxLength: 4 })
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 })
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const count = fc.nat(100_000)

describe('texts of /proc', () => {
  it('memberships and their filters are read as the kernel prints them, on hosts of either byte order', () => {
    const group = fc.record({
      index: fc.integer({ min: 1, max: 9999 }),
      group: address,
      group6: address6,
      users: count,
    })
    const filter = fc.record({ source: address, source6: address6, include: count, exclude: count })
    fc.assert(
      fc.property(group, filter, fc.boolean(), (one, { source, source6, include, exclude }, little) => {
        const printed = hexOf(little ? one.group.slice().reverse() : one.group).toUpperCase()
        const counts = `${include} ${exclude}`
        const found = hostMemberships(
          {
            igmp: `Idx\tDevice\n${one.index}\teth0      :     1      V2\n\t\t\t\t${printed}     ${one.users} 0:00000000\t\t0\n`,
            igmp6: `${one.index}    eth0            ${hexOf(one.group6)}     ${one.users} 00000004 0\n`,
            mcfilter: `Idx Device\n  ${one.index}   eth0 0x${hexOf(one.group)} 0x${hexOf(source)} ${counts}\n`,
            mcfilter6: `Idx Device\n  ${one.index}   eth0 ${hexOf(one.group6)} ${hexOf(source6)} ${counts}\n`,
          },
          little,
        )
        const shared = { interface: 'eth0', index: one.index, users: one.users, sourcesListed: true }
        expect(found).toEqual([
          expect.objectContaining({
            ...shared,
            family: 'ipv4',
            group: formatAddress(one.group),
            igmpVersion: 2,
            sources: [{ address: formatAddress(source), include, exclude }],
          }),
          expect.objectContaining({
            ...shared,
            family: 'ipv6',
            group: formatAddress(one.group6),
            sources: [{ address: formatAddress(source6), include, exclude }],
          }),
        ])
      }),
      runs,
    )
  })

  it('changed, hold memberships in their ranges only', () => {
    const texts = fc.tuple(mutatedText(IGMP), mutatedText(IGMP6), mutatedText(MCFILTER), mutatedText(MCFILTER6))
    let found = 0
    fc.assert(
      fc.property(texts, ([igmp, igmp6, mcfilter, mcfilter6]) => {
        for (const one of hostMemberships({ igmp, igmp6, mcfilter, mcfilter6 }, true)) {
          found++
          expect(`ipv${isIP(one.group)}`).toBe(one.family)
          expect(isWhole(one.users, 0, MOST) && isWhole(one.index, 0, MOST)).toBe(true)
          expect([undefined, 'include', 'exclude']).toContain(one.mode)
          for (const { address: source, include, exclude } of one.sources) {
            expect(`ipv${isIP(source)}`).toBe(one.family)
            expect(isWhole(include, 0, MOST) && isWhole(exclude, 0, MOST)).toBe(true)
          }
        }
      }),
      runs,
    )
    expect(found).toBeGreaterThan(RUNS)
  })

  it('sockets are read as the kernel prints them; changed, they are in their ranges or passed over', () => {
    const socket = fc.record({
      local: fc.oneof(address, address6),
      port: fc.nat(65_535),
      uid: count,
      inode: count,
      drops: count,
    })
    fc.assert(
      fc.property(socket, ({ local, port, uid, inode, drops }) => {
        const swapped = hexOf(Buffer.from(local).swap32()).toUpperCase()
        const hexPort = port.toString(16).padStart(4, '0').toUpperCase()
        const line = `  1: ${swapped}:${hexPort} 00000000:0000 07 00000000:00000000 00:00000000 00000000  ${uid} 0 ${inode} 2 00 ${drops}\n`
        const family = local.length === 4 ? 'ipv4' : 'ipv6'
        expect(hostSockets([line], true)).toEqual([{ family, address: formatAddress(local), port, uid, inode, drops }])
      }),
      runs,
    )
    let found = 0
    fc.assert(
      fc.property(mutatedText(UDP), (text) => {
        for (const { family, address: local, port, uid, inode, drops } of hostSockets([text], true)) {
          found++
          expect(`ipv${isIP(local)}`).toBe(family)
          expect(isWhole(port, 0, 65_535)).toBe(true)
          expect([uid, inode, drops].every((number) => isWhole(number, 0, MOST))).toBe(true)
        }
      }),
      runs,
    )
    expect(found).toBeGreaterThan(RUNS / 4)
  })

  it('counters are numbers', () => {
    let found = 0
    fc.assert(
      fc.property(mutatedText(SNMP), (text) => {
        for (const value of parseCounters(text).values()) {
          found++
          expect(Number.isFinite(value)).toBe(true)
        }
      }),
      runs,
    )
    expect(found).toBeGreaterThan(RUNS)
  })
})

/** A message of netlink with a struct of 8 bytes and attributes. */
function message(type: number, family: number, index: number, attributes: readonly [number, Uint8Array][]): Buffer {
  const parts = attributes.map(([kind, value]) => {
    const bytes = Buffer.alloc((4 + value.length + 3) & ~3)
    bytes.writeUInt16LE(4 + value.length, 0)
    bytes.writeUInt16LE(kind, 2)
    bytes.set(value, 4)
    return bytes
  })
  const head = Buffer.alloc(24)
  head.writeUInt16LE(type, 4)
  head.writeUInt8(family, 16)
  head.writeUInt32LE(index, 20)
  const whole = Buffer.concat([head, ...parts])
  whole.writeUInt32LE(whole.length, 0)
  return whole
}

const noise: [number, Uint8Array] = [6, new Uint8Array(5)]

describe.runIf(endianness() === 'LE')('datagrams of netlink', () => {
  it('are read as they were written, whatever stands beside', () => {
    const notice = fc.record({ joined: fc.boolean(), group: fc.oneof(address, address6), index: fc.nat(2 ** 31 - 1) })
    fc.assert(
      fc.property(fc.array(notice, { maxLength: 5 }), (notices) => {
        const datagram = Buffer.concat(
          notices.flatMap(({ joined, group, index }) => [
            message(16, 0, 1, [noise]),
            message(joined ? 56 : 57, group.length === 4 ? 2 : 10, index, [noise, [7, group], noise]),
          ]),
        )
        expect(decodeMulticastNotices(datagram)).toEqual(
          notices.map(({ joined, group, index }) => ({
            joined,
            family: group.length === 4 ? 'ipv4' : 'ipv6',
            index,
            group: formatAddress(group),
          })),
        )
      }),
      runs,
    )
  })

  it('changed, hold messages and attributes that lie within them', () => {
    const valid = Buffer.concat([
      message(56, 2, 1, [[7, new Uint8Array([239, 1, 1, 1])], noise]),
      message(57, 10, 2, [noise, [7, new Uint8Array(16).fill(0xff)]]),
    ])
    let found = 0
    fc.assert(
      fc.property(mutated(valid), (bytes) => {
        for (const { type, payload } of netlinkMessages(bytes).messages) {
          expect(isWhole(type, 0, 65_535) && isWithin(payload, bytes)).toBe(true)
          for (const [kind, value] of netlinkAttributes(payload, 8).attributes) {
            found++
            expect(isWhole(kind, 0, 65_535) && isWithin(value, payload)).toBe(true)
          }
        }
        for (const { family, index, group } of decodeMulticastNotices(bytes)) {
          expect(`ipv${isIP(group)}`).toBe(family)
          expect(isWhole(index, 0, 0xffffffff)).toBe(true)
        }
      }),
      runs,
    )
    expect(found).toBeGreaterThan(RUNS)
  })
})
