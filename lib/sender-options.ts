import { isMulticast, parseAddress } from './address.ts'
import type { Endpoint } from './datagram.ts'
import { badValue, show } from './errors.ts'
import type { AnyOption } from './option.ts'
import { IP_RECVERR, IP_TOS } from './options/ip.ts'
import { IPV6_RECVERR, IPV6_TCLASS } from './options/ipv6.ts'
import { SO_TIMESTAMPING, SO_TXTIME } from './options/socket.ts'
import type { Setting } from './receiver-options.ts'

/** How one send, or one datagram, differs from the socket's settings. */
export interface SendChoice {
  /** TTL or hop limit, 0 to 255. `IP_TTL`, `IPV6_HOPLIMIT` */
  hopLimit?: number
  /** TOS or traffic class, 0 to 255. `IP_TOS`, `IPV6_TCLASS` */
  trafficClass?: number
  /** When to leave, in nanoseconds of the clock `transmitTime` names; needs a queueing discipline such as etf or fq. `SO_TXTIME` */
  transmitTime?: bigint
  /** The source address. `IP_PKTINFO`, `IPV6_PKTINFO` */
  source?: string
  /** The interface, by name or index. `IP_PKTINFO`, `IPV6_PKTINFO` */
  interface?: string | number
}

/** A datagram with a destination or settings of its own. */
export interface Message extends SendChoice {
  data: Uint8Array
  to?: Endpoint
}

export interface SenderOptions {
  /** Where to send when a call does not say. */
  to?: Endpoint
  /** Default: by `to` or `bind`; else `ipv4`. */
  family?: 'ipv4' | 'ipv6'
  /** The local address and port. Default: the kernel's choice. */
  bind?: { address?: string; port?: number }
  /** The interface multicast leaves by: a name, an index or a local address. Default: by route. */
  interface?: string | number
  /** The TTL or hop limit of multicast, 0 to 255. Default 1. */
  hops?: number
  /** Whether members on this host get multicast too. Default true. */
  loopback?: boolean
  /** TOS or traffic class, 0 to 255. */
  trafficClass?: number
  /** Connect to `to`: faster, one destination only, and the kernel refuses datagrams after an ICMP error. Default false. */
  connect?: boolean
  /** Hand datagrams of equal size over as one, where the kernel splits them: `UDP_SEGMENT`. Default true. */
  segmentation?: boolean
  /** Tell ICMP errors as `returned-error` events: `IP_RECVERR`, `IPV6_RECVERR`. Default false. */
  returnedErrors?: boolean
  /** Tell when each datagram left as `transmitted` events: `SO_TIMESTAMPING`. Default false. */
  transmitTimestamps?: boolean | 'hardware'
  /** The clock of `transmitTime`: `SO_TXTIME`. Default: none, and no `transmitTime` may be given. */
  transmitTime?: 'monotonic' | 'tai'
  /** Options set, in order, before the socket is bound. */
  options?: readonly Setting[]
  /** Closes the sender when aborted. */
  signal?: AbortSignal
}

export interface SenderPlan {
  readonly family: 'ipv4' | 'ipv6'
  readonly to: Endpoint | undefined
  readonly bind: { address: string; port: number } | undefined
  readonly settings: readonly Setting[]
}

export function checkEndpoint(to: unknown, name = 'to'): asserts to is Endpoint {
  const { address, port } = (typeof to === 'object' && to !== null ? to : {}) as Partial<Endpoint>
  if (typeof address !== 'string' || parseAddress(address) === undefined)
    throw badValue(`${name} is ${show(address ?? to)}: { address, port } with an IP address is needed`)
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535)
    throw badValue(`${name}.port is ${show(port)}: a whole number from 1 to 65535 is needed`)
}

export function byteInRange(value: unknown, name: string): void {
  if (value !== undefined && (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 255))
    throw badValue(`${name} is ${show(value)}: a whole number from 0 to 255 is needed`)
}

export function planSender(options: SenderOptions): SenderPlan {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`openSender takes an object of options, not ${show(options)}`)
  const { to, bind, connect } = options
  if (to !== undefined) checkEndpoint(to)
  if (connect === true && to === undefined) throw badValue('a connected sender needs `to`: { address, port }')
  byteInRange(options.hops, 'hops')
  byteInRange(options.trafficClass, 'trafficClass')
  const address = bind?.address
  if (address !== undefined && (parseAddress(address) === undefined || isMulticast(address)))
    throw badValue(`bind.address is ${show(address)}: a unicast address of this host is needed`)
  const six = [to?.address, address].some((text) => text?.includes(':') === true)
  const family = options.family ?? (six ? 'ipv6' : 'ipv4')
  if (family !== 'ipv4' && family !== 'ipv6') throw badValue(`family is ${show(family)}: 'ipv4' or 'ipv6' is needed`)
  if (family === 'ipv4' && six) throw badValue("family is 'ipv4' and an address is IPv6")
  return {
    family,
    to,
    bind: bind && { address: address ?? (family === 'ipv6' ? '::' : '0.0.0.0'), port: bind.port ?? 0 },
    settings: settingsFor(options, family === 'ipv6'),
  }
}

function settingsFor(options: SenderOptions, ipv6: boolean): Setting[] {
  const settings: Setting[] = []
  const turn = (on: boolean, option: AnyOption, value: unknown = true): void => {
    if (on) settings.push([option, value])
  }
  turn(options.returnedErrors === true, ipv6 ? IPV6_RECVERR : IP_RECVERR)
  turn(options.trafficClass !== undefined, ipv6 ? IPV6_TCLASS : IP_TOS, options.trafficClass)
  const { transmitTimestamps, transmitTime } = options
  if (transmitTimestamps !== undefined && transmitTimestamps !== false) {
    const hardware = transmitTimestamps === 'hardware' ? ['TX_HARDWARE', 'RAW_HARDWARE'] : []
    turn(true, SO_TIMESTAMPING, { flags: ['TX_SOFTWARE', 'SOFTWARE', 'OPT_ID', 'OPT_TSONLY', ...hardware] })
  }
  if (transmitTime !== undefined) {
    if (transmitTime !== 'monotonic' && transmitTime !== 'tai')
      throw badValue(`transmitTime is ${show(transmitTime)}: 'monotonic' or 'tai' is needed`)
    turn(true, SO_TXTIME, { clockid: transmitTime === 'tai' ? 'CLOCK_TAI' : 'CLOCK_MONOTONIC', flags: [] })
  }
  return [...settings, ...(options.options ?? [])]
}
