// Messages of rtnetlink(7) about links, which are network interfaces; and the requests for them.

import { LITTLE_ENDIAN } from '../base/byte-order.ts'
import { viewOf } from '../protocols/bytes.ts'
import { isMalformed, type Malformed, malformed } from '../protocols/malformed.ts'
import {
  attributesByType,
  type NetlinkMessage,
  netlinkAttributes,
  netlinkNumber,
  netlinkRequest,
  numberOf,
  numberValue,
  textOf,
} from './netlink.ts'
import { AF_INET6 } from './rtnl-family.ts'

export const RTM_NEWLINK = 16
export const RTM_DELLINK = 17
const RTM_GETLINK = 18

/** A link as the kernel tells of it. */
export interface LinkMessage {
  /** AF_UNSPEC: of the link itself. Another family: of what the link is to a bridge, or to IPv6. */
  family: number
  index: number
  /** '' if the message has none. */
  name: string
  /** `IFF_...` of net/if.h. */
  flags: number
  /** 0 if the message has none. */
  mtu: number
  /** The hardware address, '' if the link has none. */
  mac: string
  /** The index of the bridge, bond or VRF that the link belongs to. */
  master?: number
  /** `IF_OPER_...` of linux/if.h: 6 is up. RFC 2863 */
  operstate?: number
  /** Whether there is a carrier: a cable, for example. */
  carrier?: boolean
  /** `veth`, `bridge`, ...; physical links have none. */
  kind?: string
  /** Whether IPv6 is switched off, by `disable_ipv6` or by an MTU below 1280. A message of another family has none. */
  ipv6Off?: boolean
}

/** The length of struct ifinfomsg: family, padding, type (2), index (4), flags (4), changed flags (4). */
const IFINFOMSG_LENGTH = 16

const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_MASTER = 10
const IFLA_OPERSTATE = 16
const IFLA_LINKINFO = 18
const IFLA_STATS64 = 23
const IFLA_AF_SPEC = 26
const IFLA_EXT_MASK = 29
const IFLA_CARRIER = 33
const LENGTHS = { [IFLA_MTU]: 4, [IFLA_MASTER]: 4, [IFLA_OPERSTATE]: 1, [IFLA_CARRIER]: 1 }

const IFLA_INFO_KIND = 1
const IFLA_INET6_CONF = 2
const DEVCONF_DISABLE_IPV6 = 26
/** The counters are left out, which are a third of a message. */
const RTEXT_FILTER_SKIP_STATS = 8

function readHead(payload: Uint8Array): { index: number; attributes: ReadonlyMap<number, Uint8Array> } | Malformed {
  const attributes = attributesByType(payload, IFINFOMSG_LENGTH, LENGTHS)
  if (isMalformed(attributes)) return attributes
  const index = netlinkNumber(payload, 4)
  if (index === 0) return malformed('a link without an index')
  return { index, attributes }
}

/** The link of an RTM_NEWLINK or RTM_DELLINK. */
export function decodeLink({ payload }: NetlinkMessage): LinkMessage | Malformed {
  const head = readHead(payload)
  if (isMalformed(head)) return head
  const { index, attributes } = head
  const operstate = attributes.get(IFLA_OPERSTATE)
  const carrier = attributes.get(IFLA_CARRIER)
  const master = numberOf(attributes.get(IFLA_MASTER))
  const kind = nested(attributes.get(IFLA_LINKINFO), IFLA_INFO_KIND)
  const specific = attributes.get(IFLA_AF_SPEC)
  return {
    family: payload[0] as number,
    index,
    name: textOf(attributes.get(IFLA_IFNAME) ?? NONE),
    flags: netlinkNumber(payload, 8),
    mtu: numberOf(attributes.get(IFLA_MTU)) ?? 0,
    mac: Buffer.from(attributes.get(IFLA_ADDRESS) ?? NONE)
      .toString('hex')
      .replace(/..\B/g, '$&:'),
    ...(master !== undefined && master !== 0 && { master }),
    ...(operstate && { operstate: operstate[0] as number }),
    ...(carrier && { carrier: carrier[0] !== 0 }),
    ...(kind && { kind: textOf(kind) }),
    ...(payload[0] === 0 && specific && { ipv6Off: isIpv6Off(nested(specific, AF_INET6)) }),
  }
}

const NONE = new Uint8Array()

function nested(value: Uint8Array | undefined, wanted: number): Uint8Array | undefined {
  return value && netlinkAttributes(value, 0).attributes.find(([type]) => type === wanted)?.[1]
}

/** A link whose MTU is too small for IPv6 has no settings of IPv6 at all. */
function isIpv6Off(settings: Uint8Array | undefined): boolean {
  const configuration = nested(settings, IFLA_INET6_CONF)
  if (configuration === undefined) return true
  const at = DEVCONF_DISABLE_IPV6 * 4
  return configuration.length >= at + 4 && netlinkNumber(configuration, at) !== 0
}

/** What an interface has counted since it was made. Numbers are exact up to 2^53. */
export interface InterfaceCounters {
  /** The index of the interface. */
  index: number
  /** The name of the interface. */
  name: string
  /** What came in. */
  received: {
    /** Packets that came in. */
    packets: number
    /** Their bytes, with link-layer headers. */
    bytes: number
    /** Packets to groups, as far as the driver counts them: `lo` does not. */
    multicast: number
    /** Packets that were damaged, or could not be taken in. */
    errors: number
    /** Packets dropped behind the driver: for lack of memory, or since nobody takes their protocol or VLAN. */
    dropped: number
    /** Packets that the hardware dropped, since the host was too slow to fetch them. */
    missed: number
  }
  /** What went out. */
  sent: {
    /** Packets that went out. */
    packets: number
    /** Their bytes, with link-layer headers. */
    bytes: number
    /** Packets that could not be sent. */
    errors: number
    /** Packets that were dropped before they were sent. */
    dropped: number
  }
}

/** Where the fields of struct rtnl_link_stats64 begin, of 8 bytes each. */
const RX_PACKETS = 0
const TX_PACKETS = 8
const RX_BYTES = 16
const TX_BYTES = 24
const RX_ERRORS = 32
const TX_ERRORS = 40
const RX_DROPPED = 48
const TX_DROPPED = 56
const RX_MULTICAST = 64
const RX_MISSED = 120
/** The struct as it was at first; later kernels add fields behind. */
const LEAST_STATS_LENGTH = 184

/** The counters in an RTM_NEWLINK that was asked for with counters. */
export function decodeCounters({ payload }: NetlinkMessage): InterfaceCounters | Malformed {
  const head = readHead(payload)
  if (isMalformed(head)) return head
  const { index, attributes } = head
  const stats = attributes.get(IFLA_STATS64) ?? NONE
  if (stats.length < LEAST_STATS_LENGTH)
    return malformed(`the counters have ${stats.length} bytes, where ${LEAST_STATS_LENGTH} are needed`)
  const view = viewOf(stats)
  const at = (offset: number): number => Number(view.getBigUint64(offset, LITTLE_ENDIAN))
  return {
    index,
    name: textOf(attributes.get(IFLA_IFNAME) ?? NONE),
    received: {
      packets: at(RX_PACKETS),
      bytes: at(RX_BYTES),
      multicast: at(RX_MULTICAST),
      errors: at(RX_ERRORS),
      dropped: at(RX_DROPPED),
      missed: at(RX_MISSED),
    },
    sent: { packets: at(TX_PACKETS), bytes: at(TX_BYTES), errors: at(TX_ERRORS), dropped: at(TX_DROPPED) },
  }
}

/** The request for a link by its index, or for all; with or without counters. */
export function linkRequest(seq: number, index?: number, { counters = false } = {}): Uint8Array {
  const struct = new Uint8Array(IFINFOMSG_LENGTH)
  viewOf(struct).setUint32(4, index ?? 0, LITTLE_ENDIAN)
  const attributes = counters ? [] : ([[IFLA_EXT_MASK, numberValue(RTEXT_FILTER_SKIP_STATS)]] as const)
  return netlinkRequest({ type: RTM_GETLINK, seq, dump: index === undefined, struct, attributes })
}
