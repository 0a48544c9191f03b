// Decodes rtnetlink's notices that an interface has joined or left a group.

import { formatAddress, type IpFamily } from '../net/address.ts'
import { netlinkAttributes, netlinkMessages, netlinkNumber } from './netlink.ts'
import { IFADDRMSG_LENGTH } from './rtnl-address.ts'
import { ADDRESS_LENGTHS, readFamily } from './rtnl-family.ts'

/**
 * A notice that an interface has joined a group, for the first socket that did, or left the group with the last one.
 */
export interface MulticastNotice {
  joined: boolean
  family: IpFamily
  index: number
  group: string
}

/** The rtnetlink(7) multicast groups that carry these notices, for IPv4 and IPv6. Since Linux 6.14. */
export const RTNLGRP_IPV4_MCADDR = 37
export const RTNLGRP_IPV6_MCADDR = 38

const RTM_NEWMULTICAST = 56
const RTM_DELMULTICAST = 57
const IFA_MULTICAST = 7

/** The notices in a datagram from netlink; its other messages are passed over. */
export function decodeMulticastNotices(datagram: Uint8Array): MulticastNotice[] {
  const notices: MulticastNotice[] = []
  for (const { type, payload } of netlinkMessages(datagram).messages) {
    if ((type !== RTM_NEWMULTICAST && type !== RTM_DELMULTICAST) || payload.length < IFADDRMSG_LENGTH) continue
    const family = readFamily(payload)
    if (typeof family !== 'string') continue
    for (const [attribute, value] of netlinkAttributes(payload, IFADDRMSG_LENGTH).attributes) {
      if (attribute !== IFA_MULTICAST || value.length !== ADDRESS_LENGTHS[family]) continue
      const joined = type === RTM_NEWMULTICAST
      notices.push({ joined, family, index: netlinkNumber(payload, 4), group: formatAddress(value) })
    }
  }
  return notices
}
