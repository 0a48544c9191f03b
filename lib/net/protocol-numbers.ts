// Protocols by their C names.

import { whole } from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'

// Assigned by IANA (IPPROTO_), the IEEE (ETH_P_) or Linux (NETLINK_), so the same on every machine.
export const PROTOCOLS = {
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_ICMPV6: 58,
  IPPROTO_SCTP: 132,
  IPPROTO_UDPLITE: 136,
  IPPROTO_RAW: 255,
  IPPROTO_MPTCP: 262,
  ETH_P_ALL: 0x0003,
  ETH_P_IP: 0x0800,
  ETH_P_ARP: 0x0806,
  ETH_P_8021Q: 0x8100,
  ETH_P_IPV6: 0x86dd,
  ETH_P_LLDP: 0x88cc,
  ETH_P_1588: 0x88f7,
  NETLINK_ROUTE: 0,
  NETLINK_SOCK_DIAG: 4,
  NETLINK_NETFILTER: 12,
  NETLINK_KOBJECT_UEVENT: 15,
  NETLINK_GENERIC: 16,
} as const

/** A protocol by its number, or by a C name that this library knows. */
export type Protocol = number | keyof typeof PROTOCOLS

export function protocolNumber(protocol: unknown, most: number): number {
  const number =
    typeof protocol === 'string' && Object.hasOwn(PROTOCOLS, protocol)
      ? PROTOCOLS[protocol as keyof typeof PROTOCOLS]
      : protocol
  const rule = whole(0, most)
  if (rule.right(number)) return number
  throw badValue(
    `protocol is ${show(protocol)}: ${rule.words} is needed, or one of ${Object.keys(PROTOCOLS).join(', ')}`,
  )
}
