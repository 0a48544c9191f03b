// Messages of rtnetlink(7) about an interface's settings of IPv6.

import { isMalformed, type Malformed, malformed } from '../protocols/malformed.ts'
import { attributesByType, type NetlinkMessage, numberOf } from './netlink.ts'
import { AF_INET6 } from './rtnl-family.ts'

export const RTM_NEWNETCONF = 80
export const RTM_DELNETCONF = 81
/** The rtnetlink(7) multicast group of these messages. */
export const RTNLGRP_IPV6_NETCONF = 25

/** Struct netconfmsg has the family alone, and is padded. */
const NETCONFMSG_LENGTH = 4
const NETCONFA_IFINDEX = 1

/** The index of the interface that has got settings of IPv6, or lost them. */
export function decodeIpv6Settings({ payload }: NetlinkMessage): number | Malformed {
  if (payload[0] !== AF_INET6) return malformed(`the family ${payload[0]}, which is not IPv6`)
  const attributes = attributesByType(payload, NETCONFMSG_LENGTH, { [NETCONFA_IFINDEX]: 4 })
  if (isMalformed(attributes)) return attributes
  return numberOf(attributes.get(NETCONFA_IFINDEX)) ?? malformed('settings of no interface')
}
