// The options of openReceiver: their checks, their defaults and the socket options they stand for.
import { abortSignal, checkFields, type FieldRule, flag, iterable, oneOf, text, whole } from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import { parseGroup } from '../control/group-target.ts'
import { type KeepOptions, type KeepPlan, keepRule, planKeep } from '../control/keep-options.ts'
import type { Channel, Membership } from '../control/membership.ts'
import { isOnEvery } from '../control/wanted-interface.ts'
import { ancillarySettings, checkAncillary } from '../datagram/ancillary.ts'
import { READ_FIELDS, type ReadOptions } from '../datagram/read-options.ts'
import { canonical, isIpv6, isMulticast, parseAddress, withoutZone } from '../net/address.ts'
import type { AnyOption } from '../options/option.ts'
import { IP_MULTICAST_ALL, IP_PKTINFO, IP_RECVERR } from '../options/table/ip.ts'
import {
  IPV6_MULTICAST_ALL,
  IPV6_RECVDSTOPTS,
  IPV6_RECVERR,
  IPV6_RECVHOPOPTS,
  IPV6_RECVPKTINFO,
  IPV6_RECVRTHDR,
} from '../options/table/ipv6.ts'
import { SO_REUSEADDR, SO_RXQ_OVFL } from '../options/table/socket.ts'
import { UDP_GRO } from '../options/table/udp.ts'
import { parseOptions, type Setting, type Settings } from '../socket/socket-spec.ts'

/** What openReceiver takes. `V` are the types of the values in `options`. */
export interface ReceiverOptions<V extends readonly unknown[] = readonly unknown[]> extends ReadOptions {
  /** The port to receive on. Default 0: any free port. Raw sockets have no port. */
  port?: number | undefined
  /** The local address. Default: the group if all channels are of one group, else the wildcard. */
  address?: string | undefined
  /** Default: by the address or channels, else `ipv4`. An `ipv6` receiver takes IPv4 too, as `::ffff:` addresses. */
  family?: 'ipv4' | 'ipv6' | undefined
  /**
   * The channels to join; on every interface, also those to come, with `interface: '*'`. With channels and no unicast address, only datagrams to joined groups are delivered.
   */
  channels?: Iterable<Channel | Membership> | undefined
  /**
   * Also deliver what is sent to this host itself, and allow `send`: for a search whose answers come back. Bound to the
   * wildcard. Default false.
   */
  unicast?: boolean | undefined
  /** Options set, in order, before the socket is bound. */
  options?: Settings<V> | undefined
  /** Share the port: `SO_REUSEADDR`. Default: true with channels, and from when a further socket is needed. */
  reuse?: boolean | undefined
  /** `raw` reads a protocol below UDP, with the IPv4 headers; it needs CAP_NET_RAW. Default `dgram`. */
  type?: 'dgram' | 'raw' | undefined
  /** The number of a raw socket's protocol: 2 for IGMP, 58 for ICMPv6. */
  protocol?: number | undefined
  /**
   * Keep the channels whatever becomes of their interfaces, and renew those that fall silent. Default true. With false
   * a membership ends when its interface is removed, which is told.
   */
  keep?: boolean | KeepOptions | undefined
  /** Closes the receiver when aborted. */
  signal?: AbortSignal | undefined
}

const FIELDS: Record<keyof ReceiverOptions, FieldRule> = {
  port: whole(0, 65535),
  address: text('an IP address of this host, or of a group'),
  family: oneOf('ipv4', 'ipv6'),
  channels: iterable('an array of { group, source?, interface? }'),
  options: iterable('an array of [option, value]'),
  ...READ_FIELDS,
  unicast: flag,
  reuse: flag,
  type: oneOf('dgram', 'raw'),
  protocol: whole(0, 255),
  keep: keepRule,
  signal: abortSignal,
}

/** `ReceiverOptions`, checked, with every default filled in. */
export interface ReceiverPlan {
  readonly family: 'ipv4' | 'ipv6'
  readonly type: 'dgram' | 'raw'
  readonly protocol: number | undefined
  readonly port: number
  readonly address: string
  readonly channels: readonly (Channel | Membership)[]
  /** Channels of every interface. */
  readonly everywhere: readonly Channel[]
  /** How channels are kept; undefined if they are not. */
  readonly keep: KeepPlan | undefined
  readonly settings: readonly Setting[]
  readonly batch: number
  readonly maxDatagram: number
  readonly gro: boolean
  /** The extension headers of IPv6 were asked for. */
  readonly hasExtensions: boolean
  /** Datagrams are lent: the next read uses their memory again. */
  readonly reuseBuffers: boolean
  /** The least time between two reads under load, in milliseconds. */
  readonly readInterval: number
  /** ICMP errors are asked for. */
  readonly returnedErrors: boolean
  /** Datagrams to this host are delivered besides those to groups, and the receiver sends. */
  readonly unicast: boolean
  /** Only datagrams to joined groups are delivered. */
  readonly groupsOnly: boolean
  /** Further sockets may share the port. */
  readonly shares: boolean
  readonly signal: AbortSignal | undefined
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

// Groups that mean something on one link only: a socket bound to one is bound to an interface. RFC 4291 2.7
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
function groupText(channel: Channel | Membership): string {
  const group: unknown = channel?.group
  return typeof group === 'string' ? group : parseGroup(group)
}

const EXTENSIONS: readonly AnyOption[] = [IPV6_RECVHOPOPTS, IPV6_RECVDSTOPTS, IPV6_RECVRTHDR]

export function planReceiver(options: ReceiverOptions): ReceiverPlan {
  options = checkFields(options, FIELDS, 'openReceiver')
  if (options.ancillary !== undefined) options.ancillary = checkAncillary(options.ancillary)
  const channels = [...(options.channels ?? [])]
  const groups = channels.map(groupText)
  const family = familyOf(options, groups)
  const { type = 'dgram', protocol } = options
  if (type === 'raw' && protocol === undefined)
    throw badValue('openReceiver: a raw receiver needs a protocol: 2 for IGMP, 58 for ICMPv6')
  if (type === 'raw' && (options.port ?? 0) !== 0)
    throw badValue(`openReceiver: port is ${options.port}: a raw socket has none`)
  if (type === 'raw' && options.gro === true) throw badValue('openReceiver: gro is for UDP, not for raw sockets')
  const unicast = options.unicast === true
  if (unicast && type === 'raw') throw badValue('openReceiver: unicast is for UDP, not for raw sockets')
  if (unicast && options.address !== undefined && isMulticast(options.address))
    throw badValue(`openReceiver: unicast, and address is ${show(options.address)}, a group: leave address out`)
  const wildcard = family === 'ipv6' ? '::' : '0.0.0.0'
  const bindsToGroup = type === 'dgram' && !unicast
  const address = options.address ?? (bindsToGroup ? commonGroup(groups, family) : undefined) ?? wildcard
  const settings = settingsFor(options, family, channels.length > 0)
  return {
    family,
    type,
    protocol,
    signal: options.signal,
    port: options.port ?? 0,
    address: canonical(address) ?? address,
    channels: channels.filter((channel) => !isOnEvery(channel)),
    everywhere: channels.filter(isOnEvery),
    keep: planKeep(options.keep ?? true, 'openReceiver'),
    settings,
    hasExtensions: settings.some(([option]) => EXTENSIONS.includes(option)),
    batch: options.batch ?? 64,
    maxDatagram: options.maxDatagram ?? 65535,
    gro: options.gro === true,
    reuseBuffers: options.reuseBuffers === true,
    readInterval: options.readInterval ?? 0,
    returnedErrors: options.returnedErrors === true,
    unicast,
    groupsOnly: channels.length > 0 && !unicast && (options.address === undefined || isMulticast(address)),
    shares: options.reuse !== false,
  }
}

/** The options a receiver needs, then those its user wants. */
function settingsFor(options: ReceiverOptions, family: 'ipv4' | 'ipv6', hasChannels: boolean): Setting[] {
  const { ancillary = {}, reuse = hasChannels, type, returnedErrors } = options
  const settings: Setting[] = []
  const setIf = (wanted: boolean | undefined, option: AnyOption, value: unknown = true): void => {
    if (wanted === true) settings.push([option, value])
  }
  const raw = type === 'raw'
  const ipv6 = family === 'ipv6'
  setIf(reuse && !raw, SO_REUSEADDR)
  // On an IPv6 socket IP_MULTICAST_ALL is off by default.
  setIf(true, ipv6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, false)
  setIf(true, SO_RXQ_OVFL)
  // The options of IPv4 count for the IPv4 datagrams of an IPv6 socket. A raw IPv6 socket takes none.
  const families = !ipv6 ? (['ipv4'] as const) : raw ? (['ipv6'] as const) : (['ipv6', 'ipv4'] as const)
  // On an IPv6 socket IPv4's own tells which IPv4 datagrams were broadcast.
  for (const each of families) settings.push([each === 'ipv6' ? IPV6_RECVPKTINFO : IP_PKTINFO, true])
  settings.push(...ancillarySettings(ancillary, families))
  for (const each of families) setIf(returnedErrors, each === 'ipv6' ? IPV6_RECVERR : IP_RECVERR)
  setIf(options.gro, UDP_GRO)
  return [...settings, ...parseOptions(options.options && [...options.options])]
}
