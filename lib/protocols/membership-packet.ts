import { formatAddress } from '../net/address.ts'
import { internetChecksum, viewOf } from './bytes.ts'
import { decodeIgmp } from './igmp.ts'
import { isMalformed, type Malformed, malformed } from './malformed.ts'
import type { MembershipMessage } from './membership-message.ts'
import { decodeMld, isMldType } from './mld.ts'

/** An IGMP or MLD message with what its IP header says. */
export interface MembershipPacket {
  source: string
  destination: string
  /** 1 in every message that follows the RFCs. */
  hopLimit: number
  /** The router alert option, without which IGMPv3 and MLD are to be ignored. */
  routerAlert: boolean
  message: MembershipMessage
}

const IGMP = 2
const ICMPV6 = 58

/** Steps over options of one byte kind, one byte length; `whole`: the length counts kind and length too, as in IPv4. */
function hasOption(options: Uint8Array, kind: number, whole: boolean): boolean {
  // Pads of one byte: 0 and 1 in IPv4, 0 in IPv6.
  const lastPad = whole ? 1 : 0
  for (let at = 0; at < options.length; ) {
    const found = options[at] ?? 0
    if (found === kind) return true
    if (found <= lastPad) at++
    else at += Math.max(2, (options[at + 1] ?? 0) + (whole ? 0 : 2))
  }
  return false
}

function decodeIpv4(packet: Uint8Array): MembershipPacket | Malformed | undefined {
  const headerLength = ((packet[0] ?? 0) & 15) * 4
  const total = packet.length < 4 ? 0 : viewOf(packet).getUint16(2)
  if (headerLength < 20 || total < headerLength || total > packet.length)
    return malformed('the IPv4 header is cut short')
  if (packet[9] !== IGMP) return undefined
  if (internetChecksum(packet.subarray(0, headerLength)) !== 0) return malformed("the IPv4 header's checksum is wrong")
  if ((viewOf(packet).getUint16(6) & 0x3fff) !== 0) return malformed('a fragment of an IGMP message')
  const message = decodeIgmp(packet.subarray(headerLength, total))
  if (isMalformed(message)) return message
  return {
    source: formatAddress(packet.subarray(12, 16)),
    destination: formatAddress(packet.subarray(16, 20)),
    hopLimit: packet[8] ?? 0,
    routerAlert: hasOption(packet.subarray(20, headerLength), 0x94, true),
    message,
  }
}

function decodeIpv6(packet: Uint8Array): MembershipPacket | Malformed | undefined {
  const end = packet.length < 40 ? 0 : 40 + viewOf(packet).getUint16(4)
  if (end === 0 || end > packet.length) return malformed('the IPv6 header is cut short')
  let next = packet[6]
  let at = 40
  let routerAlert = false
  // MLD comes behind hop-by-hop options; routing (43) and destination options (60) have the same layout.
  while (next === 0 || next === 43 || next === 60) {
    const length = ((packet[at + 1] ?? 0) + 1) * 8
    if (at + length > end) return malformed('an IPv6 extension header is cut short')
    if (next === 0) routerAlert = hasOption(packet.subarray(at + 2, at + length), 5, false)
    next = packet[at]
    at += length
  }
  if (next !== ICMPV6 || at >= end || !isMldType(packet[at])) return undefined
  const source = packet.subarray(8, 24)
  const destination = packet.subarray(24, 40)
  const message = decodeMld(packet.subarray(at, end), { source, destination })
  if (isMalformed(message)) return message
  return {
    source: formatAddress(source),
    destination: formatAddress(destination),
    hopLimit: packet[7] ?? 0,
    routerAlert,
    message,
  }
}

/** Reads an IP packet as a packet socket gives it. `undefined`: it holds neither IGMP nor MLD. Never throws. */
export function decodeMembershipPacket(packet: Uint8Array): MembershipPacket | Malformed | undefined {
  const version = (packet[0] ?? 0) >> 4
  if (version === 4) return decodeIpv4(packet)
  if (version === 6) return decodeIpv6(packet)
  return malformed(packet.length === 0 ? 'an empty packet' : `IP version ${version}`)
}
