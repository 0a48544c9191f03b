import { describe, expect, it } from 'vitest'
import { decodeUdpPacket } from '../../lib/protocols/udp-packet.ts'
import { fc } from '../support/property.ts'

const bytes = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')

// 10.0.0.1 to 239.1.1.1, TTL 3; port 4660 to 5000, 4 bytes.
const IPV4 = ['45000020 0001 0000 03 11 0000 0a000001 ef010101', '1234 1388 000c 0000', '61626364'] as const
const IPV6_ADDRESSES = ['fd000000000000000000000000000001', 'ff150000000000000000000000000001']

describe('a UDP packet', () => {
  it('is read from IPv4', () => {
    const said = { source: '10.0.0.1', destination: '239.1.1.1', hopLimit: 3, destinationPort: 5000, length: 4 }
    expect(decodeUdpPacket(bytes(...IPV4))).toEqual({ ...said, fragment: false })
    const first = bytes(...IPV4)
    first.writeUInt16BE(0x2000, 6)
    expect(decodeUdpPacket(first)).toEqual({ ...said, fragment: true })
    const later = bytes(...IPV4)
    later.writeUInt16BE(0x00b9, 6)
    expect(decodeUdpPacket(later)).toEqual({
      source: '10.0.0.1',
      destination: '239.1.1.1',
      hopLimit: 3,
      fragment: true,
    })
  })

  it('is read from IPv6, behind extension headers and in fragments', () => {
    const said = { source: 'fd00::1', destination: 'ff15::1', hopLimit: 5 }
    const udp = '1234 1388 000c 0000 61626364'
    const head = (next: string, length: string) => `60000000 ${length} ${next} 05 ${IPV6_ADDRESSES.join('')}`
    expect(decodeUdpPacket(bytes(head('11', '000c'), udp))).toEqual({
      ...said,
      destinationPort: 5000,
      length: 4,
      fragment: false,
    })
    const hopByHop = '11 00 0104 00000000'
    expect(decodeUdpPacket(bytes(head('00', '0014'), hopByHop, udp))).toMatchObject({ destinationPort: 5000 })
    const first = '11 00 0001 00000001'
    expect(decodeUdpPacket(bytes(head('2c', '0014'), first, udp))).toMatchObject({
      destinationPort: 5000,
      fragment: true,
    })
    const later = '11 00 0599 00000001'
    expect(decodeUdpPacket(bytes(head('2c', '0014'), later, udp))).toEqual({ ...said, fragment: true })
  })

  it('is undefined for another protocol, a cut packet, or noise', () => {
    const tcp = bytes(...IPV4)
    tcp[9] = 6
    expect(decodeUdpPacket(tcp)).toBeUndefined()
    for (let length = 0; length < 28; length++)
      expect(decodeUdpPacket(bytes(...IPV4).subarray(0, length))).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x45, 0x4f, 0x60), (noise, first) => {
        noise[0] = first
        const udp = decodeUdpPacket(noise)
        if (udp !== undefined) expect(udp.source).toMatch(first === 0x60 ? /:/ : /^\d+\./)
      }),
    )
  })
})
