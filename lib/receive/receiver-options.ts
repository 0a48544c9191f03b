import {
  abortSignal,
  checkedLater,
  checkFields,
  type FieldRule,
  flag,
  iterable,
  oneOf,
  text,
  whole,
} from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import { parseGroup } from '../control/group-target.ts'
import type { Channel } from '../control/membership.ts'
import { canonical, isIpv6, isMulticast, parseAddress, withoutZone } from '../net/address.ts'
import type { AnyOption } from '../options/option.ts'
import {
  IP_MULTICAST_ALL,
  IP_PKTINFO,
  IP_RECVERR,
  IP_RECVORIGDSTADDR,
  IP_RECVTOS,
  IP_RECVTTL,
} from '../options/table/ip.ts'
import {
  IPV6_MULTICAST_ALL,
  IPV6_RECVERR,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVORIGDSTADDR,
  IPV6_RECVPKTINFO,
  IPV6_RECVTCLASS,
} from '../options/table/ipv6.ts'
import { SO_REUSEADDR, SO_RXQ_OVFL, SO_TIMESTAMPING, SO_TIMESTAMPNS } from '../options/table/socket.ts'
import { UDP_GRO } from '../options/table/udp.ts'
import { parseOptions, type Setting, type Settings } from '../socket/socket-spec.ts'

/** What to tell of each datagram, besides its source, its destination and its interface. Default: nothing. */
export interface AncillaryChoice {
  hopLimit?: boolean
  trafficClass?: boolean
  /** When it was received: by the kernel's clock, or by the card's too where it has one. */
  timestamp?: boolean | 'hardware'
  /** Where it was sent before a firewall redirected it. */
  originalDestination?: boolean
}

/** `V` are the types of its options' values. */
export interface ReceiverOptions<V extends readonly unknown[] = readonly unknown[]> {
  /** The port to receive on; 0 or none: any free one. Raw sockets have none. */
  port?: number
  /** The local address. Default: the group's where all channels are of one group, else the wildcard. */
  address?: string
  /** Default: by the address or the channels; else `ipv4`. An `ipv6` receiver takes IPv4 too, as `::ffff:` addresses. */
  family?: 'ipv4' | 'ipv6'
  /** What to join. With channels and no unicast address, only what is sent to joined groups is delivered. */
  channels?: Iterable<Channel>
  /** Options set, in order, before the socket is bound. */
  options?: Settings<V>
  /** How many datagrams one read may bring: 1 to 1024, default 64. */
  batch?: number
  /** The longest datagram taken whole, in bytes: 1 to 65535, default 65535. Longer ones are `truncated`. */
  maxDatagram?: number
  /** What to tell of each datagram. */
  ancillary?: AncillaryChoice
  /** Take datagrams of one sender coalesced, and split them again: `UDP_GRO`. `maxDatagram` is 65535 then. Default false. */
  gro?: boolean
  /** Tell ICMP errors as `returned-error` events: `IP_RECVERR`, `IPV6_RECVERR`. Default false. */
  returnedErrors?: boolean
  /** Share the port with other sockets: `SO_REUSEADDR`. Default true where there are channels, or come to be too many for one socket. */
  reuse?: boolean
  /** `raw` reads a protocol below UDP, whole IPv4 headers included; it needs CAP_NET_RAW. Default `dgram`. */
  type?: 'dgram' | 'raw'
  /** The protocol's number, for a raw socket: 2 for IGMP, 58 for ICMPv6. */
  protocol?: number
  /** Closes the receiver when aborted. */
  signal?: AbortSignal
}

const FIELDS: Record<keyof ReceiverOptions, FieldRule> = {
  port: whole(0, 65535),
  address: text('an IP address of this host, or of a group'),
  family: oneOf('ipv4', 'ipv6'),
  channels: iterable('an array of { group, source?, interface? }'),
  options: iterable('an array of [option, value]'),
  batch: whole(1, 1024),
  maxDatagram: whole(1, 65535),
  ancillary: checkedLater,
  gro: flag,
  returnedErrors: flag,
  reuse: flag,
  type: oneOf('dgram', 'raw'),
  protocol: whole(0, 255),
  signal: abortSignal,
}

const ANCILLARY: Record<keyof AncillaryChoice, FieldRule> = {
  hopLimit: flag,
  trafficClass: flag,
  timestamp: oneOf(true, false, 'hardware'),
  originalDestination: flag,
}

/** `ReceiverOptions`, checked, with every default in place. */
export interface ReceiverPlan {
  readonly family: 'ipv4' | 'ipv6'
  readonly type: 'dgram' | 'raw'
  readonly protocol: number | undefined
  readonly port: number
  readonly address: string
  readonly channels: readonly Channel[]
  readonly settings: readonly Setting[]
  readonly batch: number
  readonly maxDatagram: number
  readonly gro: boolean
  /** Nothing but what is sent to a joined group. */
  readonly groupsOnly: boolean
  /** More sockets may share the port. */
  readonly shares: boolean
}

function familyOf({ family, address }: ReceiverOptions, groups: readonly string[]): 'ipv4' | 'ipv6' {
  if (address !== undefined && parseAddress(address) === undefined)
    throw badValue(`openReceiver: address is ${show(address)}: ${FIELDS.address.words} is needed`)
  const ipv6Group = groups.find(isIpv6)
  const ipv6Address = address !== undefined && isIpv6(address) ? address : ipv6Group && parseGroup(ipv6Group)
  if (family === 'ipv4' && ipv6Address !== undefined)
    throw badValue(`openReceiver: family is 'ipv4', and ${ipv6Address} is an IPv6 address`)
  return family ?? (ipv6Address === undefined ? 'ipv4' : 'ipv6')
}

// These mean something on one link only, so that a socket bound to one is bound to an interface. RFC 4291 2.7
const isOfOneLink = (group: string): boolean => /^ff.[12]:/i.test(group)

/** The group that all channels are of, if a socket of the family can be bound to it. */
function commonGroup(groups: readonly string[], family: 'ipv4' | 'ipv6'): string | undefined {
  const [first] = groups
  if (first === undefined) return undefined
  const group = withoutZone(parseGroup(first))
  if (isOfOneLink(group) || isIpv6(group) !== (family === 'ipv6')) return undefined
  const isSame = (other: string): boolean => other === first || withoutZone(parseGroup(other)) === group
  return groups.every(isSame) ? group : undefined
}

/** The text of a channel's group. The channel itself is checked when it is joined: there may be thousands. */
function groupText(channel: Channel): string {
  const group: unknown = channel?.group
  return typeof group === 'string' ? group : parseGroup(group)
}

export function planReceiver(options: ReceiverOptions): ReceiverPlan {
  checkFields(options, FIELDS, 'openReceiver')
  if (options.ancillary !== undefined) checkFields(options.ancillary, ANCILLARY, 'ancillary')
  const channels = [...(options.channels ?? [])]
  const groups = channels.map(groupText)
  const family = familyOf(options, groups)
  const { type = 'dgram', protocol } = options
  if (type === 'raw' && protocol === undefined)
    throw badValue('openReceiver: a raw receiver needs a protocol: 2 for IGMP, 58 for ICMPv6')
  if (type === 'raw' && (options.port ?? 0) !== 0)
    throw badValue(`openReceiver: port is ${options.port}: a raw socket has none`)
  if (type === 'raw' && options.gro === true) throw badValue('openReceiver: gro is for UDP, not for raw sockets')
  const wildcard = family === 'ipv6' ? '::' : '0.0.0.0'
  const address = options.address ?? (type === 'raw' ? undefined : commonGroup(groups, family)) ?? wildcard
  return {
    family,
    type,
    protocol,
    port: options.port ?? 0,
    address: canonical(address) ?? address,
    channels,
    settings: settingsFor(options, family, channels.length > 0),
    batch: options.batch ?? 64,
    maxDatagram: options.maxDatagram ?? 65535,
    gro: options.gro === true,
    groupsOnly: channels.length > 0 && (options.address === undefined || isMulticast(address)),
    shares: options.reuse !== false,
  }
}

interface Named {
  readonly hopLimit: AnyOption
  readonly trafficClass: AnyOption
  readonly originalDestination: AnyOption
  readonly returnedErrors: AnyOption
}

const IPV4: Named = {
  hopLimit: IP_RECVTTL,
  trafficClass: IP_RECVTOS,
  originalDestination: IP_RECVORIGDSTADDR,
  returnedErrors: IP_RECVERR,
}

const IPV6: Named = {
  hopLimit: IPV6_RECVHOPLIMIT,
  trafficClass: IPV6_RECVTCLASS,
  originalDestination: IPV6_RECVORIGDSTADDR,
  returnedErrors: IPV6_RECVERR,
}

/** What a receiver needs set, then what its user wants set. */
function settingsFor(options: ReceiverOptions, family: 'ipv4' | 'ipv6', hasChannels: boolean): Setting[] {
  const { ancillary = {}, reuse = hasChannels, type, returnedErrors } = options
  const settings: Setting[] = []
  const turn = (on: boolean | undefined, option: AnyOption, value: unknown = true): void => {
    if (on === true) settings.push([option, value])
  }
  const raw = type === 'raw'
  const ipv6 = family === 'ipv6'
  turn(reuse && !raw, SO_REUSEADDR)
  // For IPv4 groups an IPv6 socket defaults to this already.
  turn(true, ipv6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, false)
  turn(true, SO_RXQ_OVFL)
  turn(true, ipv6 ? IPV6_RECVPKTINFO : IP_PKTINFO)
  // An IPv6 socket is told of the IPv4 datagrams it takes by the options of IPv4; a raw one takes none.
  for (const named of !ipv6 ? [IPV4] : raw ? [IPV6] : [IPV6, IPV4]) {
    turn(ancillary.hopLimit, named.hopLimit)
    turn(ancillary.trafficClass, named.trafficClass)
    turn(ancillary.originalDestination, named.originalDestination)
    turn(returnedErrors, named.returnedErrors)
  }
  turn(ancillary.timestamp === true, SO_TIMESTAMPNS)
  turn(ancillary.timestamp === 'hardware', SO_TIMESTAMPING, {
    flags: ['RX_HARDWARE', 'RX_SOFTWARE', 'SOFTWARE', 'RAW_HARDWARE'],
  })
  turn(options.gro, UDP_GRO)
  return [...settings, ...parseOptions(options.options && [...options.options])]
}
