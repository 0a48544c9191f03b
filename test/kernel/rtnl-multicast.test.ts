import { endianness } from 'node:os'
import { describe, expect, it } from 'vitest'
import { decodeMulticastNotices } from '../../lib/kernel/rtnl-multicast.ts'
import { fc } from '../support/property.ts'

const hex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')

// Notices of a little-endian Linux 6.18: a join of 239.9.9.9 and one of ff15::1 on interface 1.
const JOIN4 = hex(
  '34000000 3800 0000 00000000 00000000 02208000 01000000',
  '0800 0700 ef090909 1400 0600 ffffffff ffffffff b6380600 b6380600',
)
const JOIN6 = hex(
  '40000000 3800 0000 00000000 00000000 0a808000 01000000',
  '1400 0700 ff150000000000000000000000000001 1400 0600 ffffffff ffffffff b6380600 b6380600',
)

describe.runIf(endianness() === 'LE')('what the kernel tells of memberships', () => {
  it('is read, several to a datagram', () => {
    const leave = Buffer.from(JOIN4)
    leave.writeUInt16LE(57, 4)
    expect(decodeMulticastNotices(Buffer.concat([JOIN4, JOIN6, leave]))).toEqual([
      { joined: true, family: 'ipv4', index: 1, group: '239.9.9.9' },
      { joined: true, family: 'ipv6', index: 1, group: 'ff15::1' },
      { joined: false, family: 'ipv4', index: 1, group: '239.9.9.9' },
    ])
  })

  it('is read behind attributes of no bytes and of bytes that fill no word', () => {
    const notice = hex(
      '30000000 3800 0000 00000000 00000000 02208000 01000000',
      '0400 0900 0500 0900 ff000000 0800 0700 ef090909 00000000',
    )
    expect(decodeMulticastNotices(notice)).toEqual([{ joined: true, family: 'ipv4', index: 1, group: '239.9.9.9' }])
  })

  it('passes over other messages, and what is cut short anywhere', () => {
    const link = Buffer.from(JOIN4)
    link.writeUInt16LE(16, 4)
    expect(decodeMulticastNotices(link)).toEqual([])
    for (let length = 0; length < JOIN6.length; length++)
      expect(decodeMulticastNotices(JOIN6.subarray(0, length))).toEqual([])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(51), fc.nat(255), (noise, at, octet) => {
        expect(decodeMulticastNotices(noise)).toBeInstanceOf(Array)
        const broken = Buffer.from(JOIN4)
        broken[at] = octet
        expect(decodeMulticastNotices(broken)).toBeInstanceOf(Array)
      }),
    )
  })
})
