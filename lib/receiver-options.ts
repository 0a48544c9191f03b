import { isMulticast, parseAddress } from './address.ts'
import { badValue, show } from './errors.ts'
import type { Channel } from './membership.ts'
import type { AnyOption } from './option.ts'
import { IP_MULTICAST_ALL, IP_PKTINFO, IP_RECVERR, IP_RECVORIGDSTADDR, IP_RECVTOS, IP_RECVTTL } from './options/ip.ts'
import {
  IPV6_MULTICAST_ALL,
  IPV6_RECVERR,
  IPV6_RECVHOPLIMIT,
  IPV6_RECVORIGDSTADDR,
  IPV6_RECVPKTINFO,
  IPV6_RECVTCLASS,
} from './options/ipv6.ts'
import { SO_REUSEADDR, SO_RXQ_OVFL, SO_TIMESTAMPING, SO_TIMESTAMPNS } from './options/socket.ts'
import { UDP_GRO } from './options/udp.ts'
import { parseGroup } from './target.ts'

/** An option and its value, set before the socket is bound. */
export type Setting = readonly [option: AnyOption, value: unknown]

/** What to tell of each datagram, besides its source, its destination and its interface. Default: nothing. */
export interface AncillaryChoice {
  hopLimit?: boolean
  trafficClass?: boolean
  /** When it was received: by the kernel's clock, or by the card's too where it has one. */
  timestamp?: boolean | 'hardware'
  /** Where it was sent before a firewall redirected it. */
  originalDestination?: boolean
}

export interface ReceiverOptions {
  /** The port to receive on; 0 or none: any free one. Raw sockets have none. */
  port?: number
  /** The local address. Default: the group's where all channels are of one group, else the wildcard. */
  address?: string
  /** Default: by the address or the channels; else `ipv4`. */
  family?: 'ipv4' | 'ipv6'
  /** What to join. With channels and no address, only what is sent to joined groups is delivered. */
  channels?: Iterable<Channel>
  /** Options set, in order, before the socket is bound. */
  options?: readonly Setting[]
  /** How many datagrams one read may bring: 1 to 1024, default 64. */
  batch?: number
  /** The longest datagram taken whole, in bytes: 1 to 65535, default 65535. Longer ones are `truncated`. */
  maxDatagram?: number
  /** What to tell of each datagram. */
  ancillary?: AncillaryChoice
  /** Take datagrams of one sender coalesced, and split them again: `UDP_GRO`. Default false. */
  gro?: boolean
  /** Tell ICMP errors as `returned-error` events: `IP_RECVERR`, `IPV6_RECVERR`. Default false. */
  returnedErrors?: boolean
  /** Share the port with other sockets: `SO_REUSEADDR`. Default true where there are channels. */
  reuse?: boolean
  /** `raw` reads a protocol below UDP, whole IPv4 headers included; it needs CAP_NET_RAW. Default `dgram`. */
  type?: 'dgram' | 'raw'
  /** The protocol's number, for a raw socket: 2 for IGMP, 58 for ICMPv6. */
  protocol?: number
  /** Closes the receiver when aborted. */
  signal?: AbortSignal
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
}

function whole(value: unknown, name: string, least: number, most: number, fallback: number): number {
  if (value === undefined) return fallback
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw badValue(`${name} is ${show(value)}: a whole number from ${least} to ${most} is needed`)
  return value
}

function familyOf(options: ReceiverOptions, groups: readonly string[]): 'ipv4' | 'ipv6' {
  const { family, address } = options
  if (family !== undefined && family !== 'ipv4' && family !== 'ipv6')
    throw badValue(`family is ${show(family)}: 'ipv4' or 'ipv6' is needed`)
  if (address !== undefined && parseAddress(address) === undefined)
    throw badValue(`address is ${show(address)}: an IP address of this host is needed, or a group's`)
  const told = [...(address === undefined ? [] : [address]), ...groups]
  const six = told.some((text) => text.includes(':'))
  if (family === 'ipv4' && six) throw badValue("family is 'ipv4' and an address or a group is IPv6")
  return family ?? (six ? 'ipv6' : 'ipv4')
}

export function planReceiver(options: ReceiverOptions): ReceiverPlan {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`openReceiver takes an object of options, not ${show(options)}`)
  const channels = [...(options.channels ?? [])]
  const groups = channels.map((channel) => parseGroup(channel?.group))
  const family = familyOf(options, groups)
  const type = options.type ?? 'dgram'
  if (type !== 'dgram' && type !== 'raw') throw badValue(`type is ${show(type)}: 'dgram' or 'raw' is needed`)
  if (type === 'raw' && options.protocol === undefined)
    throw badValue('a raw receiver needs a protocol: 2 for IGMP, 58 for ICMPv6')
  // A group of the other family can't be bound to; a raw socket has no port to keep others out of.
  const one = new Set(groups).size === 1 && type === 'dgram' ? groups[0] : undefined
  const bindable = one !== undefined && one.includes(':') === (family === 'ipv6') ? one : undefined
  const wildcard = family === 'ipv6' ? '::' : '0.0.0.0'
  return {
    family,
    type,
    protocol: options.protocol === undefined ? undefined : whole(options.protocol, 'protocol', 0, 255, 0),
    port: type === 'raw' ? 0 : whole(options.port, 'port', 0, 65535, 0),
    address: options.address ?? bindable ?? wildcard,
    channels,
    settings: settingsFor(options, family, channels.length > 0),
    batch: whole(options.batch, 'batch', 1, 1024, 64),
    maxDatagram: whole(options.maxDatagram, 'maxDatagram', 1, 65535, 65535),
    gro: options.gro === true,
    groupsOnly: channels.length > 0 && (options.address === undefined || isMulticast(options.address)),
  }
}

const FAMILY: Record<'ipv4' | 'ipv6', Record<string, AnyOption>> = {
  ipv4: {
    all: IP_MULTICAST_ALL,
    destination: IP_PKTINFO,
    hopLimit: IP_RECVTTL,
    trafficClass: IP_RECVTOS,
    originalDestination: IP_RECVORIGDSTADDR,
    returnedErrors: IP_RECVERR,
  },
  ipv6: {
    all: IPV6_MULTICAST_ALL,
    destination: IPV6_RECVPKTINFO,
    hopLimit: IPV6_RECVHOPLIMIT,
    trafficClass: IPV6_RECVTCLASS,
    originalDestination: IPV6_RECVORIGDSTADDR,
    returnedErrors: IPV6_RECVERR,
  },
}

/** What a receiver needs set, then what its user wants set. */
function settingsFor(options: ReceiverOptions, family: 'ipv4' | 'ipv6', hasChannels: boolean): Setting[] {
  const { ancillary = {}, reuse = hasChannels } = options
  const settings: Setting[] = []
  const turn = (on: boolean | undefined, option: AnyOption | undefined, value: unknown = true): void => {
    if (on === true && option !== undefined) settings.push([option, value])
  }
  const named = FAMILY[family]
  turn(reuse && options.type !== 'raw', SO_REUSEADDR)
  // An IPv6 socket takes IPv4 groups too, and defaults to the right thing there.
  turn(true, named.all, false)
  turn(true, SO_RXQ_OVFL)
  turn(true, named.destination)
  turn(ancillary.hopLimit, named.hopLimit)
  turn(ancillary.trafficClass, named.trafficClass)
  turn(ancillary.originalDestination, named.originalDestination)
  turn(ancillary.timestamp === true, SO_TIMESTAMPNS)
  turn(ancillary.timestamp === 'hardware', SO_TIMESTAMPING, {
    flags: ['RX_HARDWARE', 'RX_SOFTWARE', 'SOFTWARE', 'RAW_HARDWARE'],
  })
  turn(options.gro, UDP_GRO)
  turn(options.returnedErrors, named.returnedErrors)
  return [...settings, ...(options.options ?? [])]
}
