import { formatAddress } from '../net/address.ts'
import { viewOf } from './bytes.ts'

/** A UDP datagram, or a piece of one, as it is on the wire. */
export interface UdpPacket {
  source: string
  destination: string
  hopLimit: number
  /** Absent in a fragment that is not the first. */
  destinationPort?: number
  /** Length of the payload of the whole datagram, where this packet says it. */
  length?: number
  /** One of several pieces of a datagram. */
  fragment: boolean
}

const UDP = 17
const FRAGMENT = 44
const UDP_HEADER = 8

function withPorts(packet: Uint8Array, at: number): Pick<UdpPacket, 'destinationPort' | 'length'> | undefined {
  if (at + UDP_HEADER > packet.length) return undefined
  const view = viewOf(packet)
  return { destinationPort: view.getUint16(at + 2), length: Math.max(0, view.getUint16(at + 4) - UDP_HEADER) }
}

function decodeIpv4(packet: Uint8Array): UdpPacket | undefined {
  const headerLength = ((packet[0] ?? 0) & 15) * 4
  if (headerLength < 20 || packet.length < headerLength || packet[9] !== UDP) return undefined
  const place = viewOf(packet).getUint16(6)
  const later = (place & 0x1fff) !== 0
  const ports = later ? {} : withPorts(packet, headerLength)
  if (ports === undefined) return undefined
  return {
    source: formatAddress(packet.subarray(12, 16)),
    destination: formatAddress(packet.subarray(16, 20)),
    hopLimit: packet[8] ?? 0,
    fragment: (place & 0x3fff) !== 0,
    ...ports,
  }
}

function decodeIpv6(packet: Uint8Array): UdpPacket | undefined {
  if (packet.length < 40) return undefined
  let next = packet[6]
  let at = 40
  let fragment = false
  let later = false
  // Hop-by-hop, routing and destination options, and the header of a fragment.
  while (next === 0 || next === 43 || next === 60 || next === FRAGMENT) {
    if (at + 8 > packet.length) return undefined
    if (next === FRAGMENT) {
      fragment = true
      later = (viewOf(packet).getUint16(at + 2) & 0xfff8) !== 0
    }
    const length = next === FRAGMENT ? 8 : ((packet[at + 1] ?? 0) + 1) * 8
    next = packet[at]
    at += length
    if (later) break
  }
  if (next !== UDP) return undefined
  const ports = later ? {} : withPorts(packet, at)
  if (ports === undefined) return undefined
  return {
    source: formatAddress(packet.subarray(8, 24)),
    destination: formatAddress(packet.subarray(24, 40)),
    hopLimit: packet[7] ?? 0,
    fragment,
    ...ports,
  }
}

/** Reads an IP packet as a packet socket gives it; undefined where it is no UDP. Never throws. */
export function decodeUdpPacket(packet: Uint8Array): UdpPacket | undefined {
  const version = (packet[0] ?? 0) >> 4
  return version === 4 ? decodeIpv4(packet) : version === 6 ? decodeIpv6(packet) : undefined
}
