// Reads an IP packet that carries an IGMP or MLD message.

import { formatAddress } from '../net/address.ts'
import { internetChecksum } from './bytes.ts'
import { decodeIgmp } from './igmp.ts'
import { decodeIpPacket, type IpPacket } from './ip-packet.ts'
import { isMalformed, type Malformed, malformed } from './malformed.ts'
import type { MembershipMessage } from './membership-message.ts'
import { decodeMld, isMldType } from './mld.ts'

/** An IGMP or MLD message, and what its IP header says. */
export interface MembershipPacket {
  source: string
  destination: string
  /** 1 in every message that follows the RFCs. */
  hopLimit: number
  /** True if the header has the router alert option. IGMPv3 and MLD messages without that option are to be ignored. */
  routerAlert: boolean
  message: MembershipMessage
}

const IGMP = 2
const ICMPV6 = 58

function decodeMessage(ip: IpPacket): MembershipMessage | Malformed | undefined {
  if (ip.version === 6) {
    if (ip.protocol !== ICMPV6 || ip.fragment !== undefined || !isMldType(ip.payload[0])) return undefined
    return decodeMld(ip.payload, ip)
  }
  if (ip.protocol !== IGMP) return undefined
  if (internetChecksum(ip.header) !== 0) return malformed("the IPv4 header's checksum is wrong")
  return ip.fragment === undefined ? decodeIgmp(ip.payload) : malformed('a fragment of an IGMP message')
}

/** Reads an IP packet as a packet socket gives it. `undefined` if it carries neither IGMP nor MLD. Never throws. */
export function decodeMembershipPacket(packet: Uint8Array): MembershipPacket | Malformed | undefined {
  const ip = decodeIpPacket(packet)
  if (isMalformed(ip)) return ip
  const message = decodeMessage(ip)
  if (message === undefined || isMalformed(message)) return message
  return {
    source: formatAddress(ip.source),
    destination: formatAddress(ip.destination),
    hopLimit: ip.hopLimit,
    routerAlert: ip.routerAlert,
    message,
  }
}
