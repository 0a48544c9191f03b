// Messages of rtnetlink(7) about routes; and the requests for them.

import { formatAddress, type IpFamily, type ParsedAddress } from '../net/address.ts'
import { isMalformed, type Malformed, malformed } from '../protocols/malformed.ts'
import {
  attributesByType,
  type NetlinkAttribute,
  type NetlinkMessage,
  netlinkRequest,
  numberOf,
  numberValue,
} from './netlink.ts'
import { ADDRESS_LENGTHS, AF_INET, AF_INET6, familyNumberOf, readFamily } from './rtnl-family.ts'

export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
const RTM_GETROUTE = 26

/** A route, as the kernel tells of it. A route over several gateways has neither `gateway` nor `interfaceIndex`. */
export interface Route {
  family: IpFamily
  /** 0.0.0.0 or :: in a default route. */
  destination: string
  /** 0 in a default route. */
  prefixLength: number
  gateway?: string
  /** The index of the interface by which datagrams leave. */
  interfaceIndex?: number
  /** The address to send from, if the route names one. */
  source?: string
  /** 254 is the main table, 255 the table of local addresses. */
  table: number
  /** `RTN_...` of linux/rtnetlink.h: 1 is unicast, 2 local, 5 multicast, 7 unreachable. */
  type: number
  /** The metric: of two routes to one destination the smaller is taken. */
  priority?: number
}

/**
 * The length of struct rtmsg: family, length of the destination's prefix, of the source's, TOS, table, protocol, scope and
 * type in a byte each, then the flags (4).
 */
const RTMSG_LENGTH = 12

const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_PREFSRC = 7
const RTA_TABLE = 15

/** The route of an RTM_NEWROUTE or RTM_DELROUTE. */
export function decodeRoute({ payload }: NetlinkMessage): Route | Malformed {
  const family = readFamily(payload)
  if (typeof family !== 'string') return family
  const length = ADDRESS_LENGTHS[family]
  const attributes = attributesByType(payload, RTMSG_LENGTH, {
    [RTA_DST]: length,
    [RTA_OIF]: 4,
    [RTA_GATEWAY]: length,
    [RTA_PRIORITY]: 4,
    [RTA_PREFSRC]: length,
    [RTA_TABLE]: 4,
  })
  if (isMalformed(attributes)) return attributes
  const [, prefixLength = 0, , , shortTable = 0, , , type = 0] = payload
  if (prefixLength > length * 8) return malformed(`a prefix of ${prefixLength} bits in an address of ${length} bytes`)
  const address = (attribute: number): string | undefined => {
    const bytes = attributes.get(attribute)
    return bytes && formatAddress(bytes)
  }
  const gateway = address(RTA_GATEWAY)
  const source = address(RTA_PREFSRC)
  const interfaceIndex = numberOf(attributes.get(RTA_OIF))
  const priority = numberOf(attributes.get(RTA_PRIORITY))
  return {
    family,
    destination: address(RTA_DST) ?? formatAddress(new Uint8Array(length)),
    prefixLength,
    ...(gateway !== undefined && { gateway }),
    ...(interfaceIndex !== undefined && { interfaceIndex }),
    ...(source !== undefined && { source }),
    table: numberOf(attributes.get(RTA_TABLE)) ?? shortTable,
    type,
    ...(priority !== undefined && { priority }),
  }
}

/** The request for all routes of a family. */
export function routesRequest(seq: number, family: IpFamily): Uint8Array {
  const struct = new Uint8Array(RTMSG_LENGTH)
  struct[0] = familyNumberOf(family)
  return netlinkRequest({ type: RTM_GETROUTE, seq, dump: true, struct })
}

/** The request for the route that a datagram to an address takes, from an interface if one is named. */
export function routeRequest(seq: number, to: ParsedAddress, interfaceIndex?: number): Uint8Array {
  const struct = new Uint8Array(RTMSG_LENGTH)
  struct[0] = to.family === 4 ? AF_INET : AF_INET6
  struct[1] = to.bytes.length * 8
  const attributes: NetlinkAttribute[] = [[RTA_DST, to.bytes]]
  if (interfaceIndex !== undefined) attributes.push([RTA_OIF, numberValue(interfaceIndex)])
  return netlinkRequest({ type: RTM_GETROUTE, seq, dump: false, struct, attributes })
}
