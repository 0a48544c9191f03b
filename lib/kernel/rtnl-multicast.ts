import { formatAddress } from '../net/address.ts'
import { netlinkAttributes, netlinkMessages, netlinkNumber } from './netlink.ts'

/** An interface has become a member of a group, or ceased to be: its first socket joined, or its last one left. */
export interface MulticastNotice {
  joined: boolean
  family: 4 | 6
  index: number
  group: string
}

/** The multicast groups of rtnetlink(7) that tell of IPv4 and IPv6 memberships. Linux 6.14 */
export const RTNLGRP_IPV4_MCADDR = 37
export const RTNLGRP_IPV6_MCADDR = 38

const RTM_NEWMULTICAST = 56
const RTM_DELMULTICAST = 57
const IFA_MULTICAST = 7
/** struct ifaddrmsg: family, prefix length, flags, scope, and the interface's index. */
const IFADDRMSG_LENGTH = 8
const ADDRESS_LENGTHS = { 4: 4, 6: 16 } as const

/** The notices in a datagram from netlink. */
export function decodeMulticastNotices(datagram: Uint8Array): MulticastNotice[] {
  const notices: MulticastNotice[] = []
  for (const { type, payload } of netlinkMessages(datagram)) {
    if ((type !== RTM_NEWMULTICAST && type !== RTM_DELMULTICAST) || payload.length < IFADDRMSG_LENGTH) continue
    const family = payload[0] === 2 ? 4 : 6
    for (const [attribute, value] of netlinkAttributes(payload, IFADDRMSG_LENGTH)) {
      if (attribute !== IFA_MULTICAST || value.length !== ADDRESS_LENGTHS[family]) continue
      const joined = type === RTM_NEWMULTICAST
      notices.push({ joined, family, index: netlinkNumber(payload, 4), group: formatAddress(value) })
    }
  }
  return notices
}
