// Reads an IP packet that carries a UDP datagram, or a fragment of one.

import { formatAddress } from '../net/address.ts'
import { viewOf } from './bytes.ts'
import { decodeIpPacket } from './ip-packet.ts'
import { isMalformed } from './malformed.ts'

export interface UdpPacket {
  source: string
  destination: string
  hopLimit: number
  /** Absent in every fragment but the first. */
  destinationPort?: number
  /** Length of the payload of the whole datagram; absent in every fragment but the first. */
  length?: number
  /** True if the packet carries only a piece of a datagram. */
  fragment: boolean
}

const UDP = 17
const UDP_HEADER_LENGTH = 8

/** Reads an IP packet as a packet socket gives it; `undefined` if it carries no UDP. Never throws. */
export function decodeUdpPacket(packet: Uint8Array): UdpPacket | undefined {
  const ip = decodeIpPacket(packet)
  if (isMalformed(ip) || ip.protocol !== UDP) return undefined
  const base = {
    source: formatAddress(ip.source),
    destination: formatAddress(ip.destination),
    hopLimit: ip.hopLimit,
    fragment: ip.fragment !== undefined,
  }
  if (ip.fragment === 'later') return base
  if (ip.payload.length < UDP_HEADER_LENGTH) return undefined
  const view = viewOf(ip.payload)
  return {
    ...base,
    destinationPort: view.getUint16(2),
    length: Math.max(0, view.getUint16(4) - UDP_HEADER_LENGTH),
  }
}
