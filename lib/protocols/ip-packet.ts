// Reads the headers of an IP packet, IPv4 or IPv6, up to the message it carries.

import { viewOf } from './bytes.ts'
import { type Malformed, malformed } from './malformed.ts'

export interface IpPacket {
  version: 4 | 6
  /** The IPv4 header with its options, or the IPv6 header without extension headers. */
  header: Uint8Array
  source: Uint8Array
  destination: Uint8Array
  hopLimit: number
  /** True if the header has the router alert option (RFC 2113, RFC 2711). */
  routerAlert: boolean
  /** Which piece of a datagram the packet carries; absent if it carries a whole one. */
  fragment?: 'first' | 'later'
  /** The protocol of the payload, as IANA numbers it. */
  protocol: number
  payload: Uint8Array
}

const IPV4_HEADER_LENGTH = 20
const IPV6_HEADER_LENGTH = 40
const IPV4_ROUTER_ALERT = 0x94
const IPV6_ROUTER_ALERT = 5

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const DESTINATION_OPTIONS = 60

/**
 * True if options of the form kind, length, data include one of this kind.
 *
 * @param lastPad the highest kind that is a pad of one byte: 0 and 1 in IPv4, 0 in IPv6
 * @param uncounted how many bytes of an option its length leaves out: none in IPv4, kind and length in IPv6
 */
function hasOption(options: Uint8Array, kind: number, lastPad: number, uncounted: number): boolean {
  for (let at = 0; at < options.length; ) {
    const found = options[at] ?? 0
    if (found === kind) return true
    if (found <= lastPad) at++
    else at += Math.max(2, (options[at + 1] ?? 0) + uncounted)
  }
  return false
}

function decodeIpv4(packet: Uint8Array): IpPacket | Malformed {
  const headerLength = ((packet[0] ?? 0) & 15) * 4
  const end = packet.length < 4 ? 0 : viewOf(packet).getUint16(2)
  if (headerLength < IPV4_HEADER_LENGTH || end < headerLength || end > packet.length)
    return malformed('the IPv4 header is cut short')
  const flagsAndOffset = viewOf(packet).getUint16(6)
  const moreFragments = (flagsAndOffset & 0x2000) !== 0
  const isLater = (flagsAndOffset & 0x1fff) !== 0
  return {
    version: 4,
    header: packet.subarray(0, headerLength),
    source: packet.subarray(12, 16),
    destination: packet.subarray(16, 20),
    hopLimit: packet[8] ?? 0,
    routerAlert: hasOption(packet.subarray(IPV4_HEADER_LENGTH, headerLength), IPV4_ROUTER_ALERT, 1, 0),
    ...((moreFragments || isLater) && { fragment: isLater ? 'later' : 'first' }),
    protocol: packet[9] ?? 0,
    payload: packet.subarray(headerLength, end),
  }
}

function decodeIpv6(packet: Uint8Array): IpPacket | Malformed {
  const end = packet.length < IPV6_HEADER_LENGTH ? 0 : IPV6_HEADER_LENGTH + viewOf(packet).getUint16(4)
  if (end === 0 || end > packet.length) return malformed('the IPv6 header is cut short')
  let protocol = packet[6] ?? 0
  let at = IPV6_HEADER_LENGTH
  let routerAlert = false
  let fragment: IpPacket['fragment']
  while (protocol === HOP_BY_HOP || protocol === ROUTING || protocol === DESTINATION_OPTIONS || protocol === FRAGMENT) {
    const length = protocol === FRAGMENT ? 8 : ((packet[at + 1] ?? 0) + 1) * 8
    if (at + length > end) return malformed('an IPv6 extension header is cut short')
    if (protocol === HOP_BY_HOP) routerAlert = hasOption(packet.subarray(at + 2, at + length), IPV6_ROUTER_ALERT, 0, 2)
    if (protocol === FRAGMENT) fragment = (viewOf(packet).getUint16(at + 2) & 0xfff8) === 0 ? 'first' : 'later'
    protocol = packet[at] ?? 0
    at += length
    // A later fragment has no more headers: its payload goes on in the middle of the datagram.
    if (fragment === 'later') break
  }
  return {
    version: 6,
    header: packet.subarray(0, IPV6_HEADER_LENGTH),
    source: packet.subarray(8, 24),
    destination: packet.subarray(24, 40),
    hopLimit: packet[7] ?? 0,
    routerAlert,
    ...(fragment !== undefined && { fragment }),
    protocol,
    payload: packet.subarray(at, end),
  }
}

/** Reads the headers of an IP packet as a packet socket gives it. Checks no checksum. Never throws. */
export function decodeIpPacket(packet: Uint8Array): IpPacket | Malformed {
  const version = (packet[0] ?? 0) >> 4
  if (version === 4) return decodeIpv4(packet)
  if (version === 6) return decodeIpv6(packet)
  return malformed(packet.length === 0 ? 'an empty packet' : `IP version ${version}`)
}
