// The options of openSender: their checks, their defaults and the socket options they stand for.
import {
  abortSignal,
  checkFields,
  type FieldRule,
  flag,
  interfaceSpec,
  iterable,
  object,
  oneOf,
  whole,
} from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import { readEndpoint } from '../datagram/message.ts'
import { interfaceOfZone, isIpv6, isMulticast, parseAddress, zoneOf } from '../net/address.ts'
import { lookUpIndex } from '../net/route-lookup.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { AnyOption } from '../options/option.ts'
import {
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_RECVERR,
  IP_TOS,
  IP_UNICAST_IF,
} from '../options/table/ip.ts'
import {
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_RECVERR,
  IPV6_TCLASS,
  IPV6_UNICAST_IF,
} from '../options/table/ipv6.ts'
import { SO_TIMESTAMPING, SO_TXTIME } from '../options/table/socket.ts'
import { parseOptions, type Setting, type Settings } from '../socket/socket-spec.ts'

/** What openSender takes. `V` are the types of the values in `options`. */
export interface SenderOptions<V extends readonly unknown[] = readonly unknown[]> {
  /** The destination of datagrams that name none. */
  to?: Endpoint | undefined
  /** Default: by `to` or `bind`; else `ipv4`. An `ipv6` sender reaches IPv4 too. */
  family?: 'ipv4' | 'ipv6' | undefined
  /** The local address and port. Default: the kernel's choice. */
  bind?: { address?: string | undefined; port?: number | undefined } | undefined
  /**
   * The interface that datagrams leave by: a name, an index or a local address. Default: by route. `IP_MULTICAST_IF`,
   * `IPV6_MULTICAST_IF`, `IP_UNICAST_IF`, `IPV6_UNICAST_IF`
   */
  interface?: string | number | undefined
  /** The TTL or hop limit of multicast, 0 to 255. Default 1. */
  hops?: number | undefined
  /** Whether members on this host receive multicast too. Default true. */
  loopback?: boolean | undefined
  /** TOS or traffic class, 0 to 255. */
  trafficClass?: number | undefined
  /** Connect to `to`: faster, and a returned ICMP error makes the next send fail. Default false. */
  connect?: boolean | undefined
  /** Give the kernel datagrams of equal size as one, which it splits: `UDP_SEGMENT`. Default true. */
  segmentation?: boolean | undefined
  /** Emit ICMP errors as `returned-error` events: `IP_RECVERR`, `IPV6_RECVERR`. Default false. */
  returnedErrors?: boolean | undefined
  /** Emit when each datagram left as `transmitted` events; no segmentation then: `SO_TIMESTAMPING`. Default false. */
  transmitTimestamps?: boolean | 'hardware' | undefined
  /** The clock of the datagrams' `transmitTime`: `SO_TXTIME`; `tai` needs CAP_NET_ADMIN. Default: no `transmitTime`. */
  transmitTime?: 'monotonic' | 'tai' | undefined
  /** Options set, in order, before the socket is bound. */
  options?: Settings<V> | undefined
  /** Closes the sender when aborted. */
  signal?: AbortSignal | undefined
}

const byte = whole(0, 255)

const FIELDS: Record<keyof SenderOptions, FieldRule> = {
  to: object('{ address, port }'),
  family: oneOf('ipv4', 'ipv6'),
  bind: object('{ address, port }'),
  interface: interfaceSpec,
  hops: byte,
  loopback: flag,
  trafficClass: byte,
  connect: flag,
  segmentation: flag,
  returnedErrors: flag,
  transmitTimestamps: oneOf(true, false, 'hardware'),
  transmitTime: oneOf('monotonic', 'tai'),
  options: iterable('an array of [option, value]'),
  signal: abortSignal,
}

/** `SenderOptions`, checked. */
export interface SenderPlan {
  readonly family: 'ipv4' | 'ipv6'
  readonly to: Endpoint | undefined
  readonly bind: SenderOptions['bind']
  readonly interface: SenderOptions['interface']
  readonly connect: boolean
  readonly signal: AbortSignal | undefined
  readonly settings: readonly Setting[]
  readonly segmentation: boolean
  /** Whether an option is among the settings, and not off. */
  isSet(option: AnyOption): boolean
  /** ICMP errors are asked for. */
  readonly returnedErrors: boolean
  /** The kernel may put ICMP errors or times of sending into the error queue. */
  readonly usesErrorQueue: boolean
}

export function planSender(options: SenderOptions): SenderPlan {
  options = checkFields(options, FIELDS, 'openSender')
  const { connect = false, transmitTimestamps = false, signal } = options
  const bind = options.bind && { ...options.bind }
  const to = options.to === undefined ? undefined : readEndpoint(options.to)
  if (connect && to === undefined) throw badValue('openSender: connect needs `to`: { address, port }')
  const local = bind?.address
  if (local !== undefined && (typeof local !== 'string' || parseAddress(local) === undefined || isMulticast(local)))
    throw badValue(`openSender: bind.address is ${show(local)}: a unicast address of this host is needed`)
  const ipv6Address = [to?.address, local].find((address) => address !== undefined && isIpv6(address))
  if (options.family === 'ipv4' && ipv6Address !== undefined)
    throw badValue(`openSender: family is 'ipv4', and ${ipv6Address} is an IPv6 address`)
  const family = options.family ?? (ipv6Address === undefined ? 'ipv4' : 'ipv6')
  const settings = settingsFor(options, family === 'ipv6')
  // The user may also have asked for it with the kernel's own option.
  const isSet = (option: AnyOption): boolean =>
    settings.some(([{ name }, value]) => value !== false && name === option.name)
  const returnedErrors = isSet(IP_RECVERR) || isSet(IPV6_RECVERR)
  return {
    family,
    to,
    bind,
    interface: options.interface,
    connect,
    signal,
    settings,
    segmentation: options.segmentation !== false && transmitTimestamps === false,
    isSet,
    returnedErrors,
    usesErrorQueue: returnedErrors || isSet(SO_TIMESTAMPING),
  }
}

/**
 * The interface that datagrams leave by: the one asked for, or the one that the zone of the destination names. 0: the
 * kernel's choice.
 */
export async function senderInterface({ to, interface: spec }: SenderPlan): Promise<number> {
  const index = await lookUpIndex(spec)
  const zone = to === undefined ? undefined : zoneOf(to.address)
  if (zone === undefined) return index
  const named = await lookUpIndex(interfaceOfZone(zone))
  if (index !== 0 && index !== named)
    throw badValue(`openSender: to.address is ${show(to?.address)} and interface is ${show(spec)}: name one of the two`)
  return named
}

/** The options that send by one interface. They take part in bind(2) and connect(2), so they are set before. */
export function interfaceSettings(index: number, ipv6: boolean): Setting[] {
  if (index === 0) return []
  const options = ipv6
    ? [IPV6_MULTICAST_IF, IPV6_UNICAST_IF, IP_MULTICAST_IF, IP_UNICAST_IF]
    : [IP_MULTICAST_IF, IP_UNICAST_IF]
  return options.map((option) => [option, index])
}

function settingsFor(options: SenderOptions, ipv6: boolean): Setting[] {
  const settings: Setting[] = []
  const { hops, loopback, trafficClass, transmitTimestamps = false, transmitTime } = options
  // The options of IPv4 count for the IPv4 datagrams of an IPv6 socket.
  if (options.returnedErrors === true) {
    settings.push([IP_RECVERR, true])
    if (ipv6) settings.push([IPV6_RECVERR, true])
  }
  if (trafficClass !== undefined) {
    settings.push([IP_TOS, trafficClass])
    if (ipv6) settings.push([IPV6_TCLASS, trafficClass])
  }
  if (hops !== undefined) {
    settings.push([IP_MULTICAST_TTL, hops])
    if (ipv6) settings.push([IPV6_MULTICAST_HOPS, hops])
  }
  if (loopback !== undefined) {
    settings.push([IP_MULTICAST_LOOP, loopback])
    if (ipv6) settings.push([IPV6_MULTICAST_LOOP, loopback])
  }
  if (transmitTimestamps !== false) {
    const hardware = transmitTimestamps === 'hardware' ? ['TX_HARDWARE', 'RAW_HARDWARE'] : []
    settings.push([SO_TIMESTAMPING, { flags: ['TX_SOFTWARE', 'SOFTWARE', 'OPT_ID', 'OPT_TSONLY', ...hardware] }])
  }
  if (transmitTime !== undefined) settings.push([SO_TXTIME, { clock: transmitTime }])
  const asked: readonly (readonly [AnyOption, unknown])[] = parseOptions(options.options && [...options.options])
  return [...settings, ...asked]
}
