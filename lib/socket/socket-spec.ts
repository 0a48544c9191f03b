// What openSocket takes, and the checks that come before any call to the kernel.

import { mustBe, mustKnow, whole } from '../base/check-fields.ts'
import { badValue, show, wrongType } from '../base/errors.ts'
import { plainCopy } from '../base/plain-copy.ts'
import { native, unsupported } from '../binding/native.ts'
import { leastPortOf, type Ports, portsOf } from '../net/ports.ts'
import { type Protocol, protocolNumber } from '../net/protocol-numbers.ts'
import {
  type Destinations,
  type Family,
  familyNumber,
  NO_PORTS,
  type ParsedSocketAddress,
  parseSocketAddress,
  type SocketAddresses,
} from '../net/socket-address.ts'
import type { AnyOption, Option } from '../options/option.ts'

/** The types of socket that each family has. */
export interface SocketTypes {
  /** UDP, TCP, SCTP, and protocols below. */
  ipv4: 'dgram' | 'stream' | 'seqpacket' | 'raw'
  /** As `ipv4`. */
  ipv6: 'dgram' | 'stream' | 'seqpacket' | 'raw'
  /** Local sockets. unix(7) */
  unix: 'dgram' | 'stream' | 'seqpacket'
  /** Frames without their link header, or with it. packet(7) */
  packet: 'dgram' | 'raw'
  /** Both are the same to the kernel. netlink(7) */
  netlink: 'dgram' | 'raw'
  /** Between virtual machines and their host. vsock(7) */
  vsock: 'dgram' | 'stream' | 'seqpacket'
}

/** An address whose parts may be left out, or undefined. */
type Parts<T> = { [K in keyof T]?: T[K] | undefined }

/** Addresses to connect to; netlink's parts default to 0 (the kernel), and packet sockets have no connections. */
export interface ConnectTargets extends Omit<Destinations, 'packet'> {
  packet: never
}

/** Options and their values, each of its option's type, to be set in this order. `V` are the types of the values. */
export type Settings<V extends readonly unknown[] = readonly unknown[]> = {
  // biome-ignore lint/suspicious/noExplicitAny: whatever is read back from the option
  readonly [K in keyof V]: readonly [Option<any, V[K], any>, NoInfer<V[K]>]
}

/** An option with a value of its type. */
export type Setting = readonly [option: AnyOption, value: unknown]

/**
 * A socket to open, of one family. `V` are the types of its options' values.
 *
 * The order is: `socket(2)`, the options, `bind(2)`, then `listen(2)` or `connect(2)`.
 */
export interface SocketSpecOf<F extends Family, V extends readonly unknown[] = readonly unknown[]> {
  /** The address family, which decides on the types and addresses. */
  readonly family: F
  /** `SOCK_DGRAM`, `SOCK_STREAM`, `SOCK_SEQPACKET`, `SOCK_RAW`. */
  readonly type: SocketTypes[F]
  /**
   * Default 0: the protocol that the type implies. For `packet`, the Ethernet protocol, which takes effect at bind, after
   * the options: nothing arrives before a filter among them is attached.
   */
  readonly protocol?: Protocol | undefined
  /** Set in this order, before anything else is done with the socket. */
  readonly options?: Settings<V> | undefined
  /** The kernel chooses the parts that are left out: any address, any port, an abstract name. */
  readonly bind?: Readonly<Parts<SocketAddresses[F]>> | undefined
  /** `backlog`: how many connections may wait to be accepted; default 511, capped by the sysctl net.core.somaxconn. */
  readonly listen?: { readonly backlog?: number | undefined } | undefined
  /**
   * openSocket waits, off the event loop, until the connection is made. A datagram socket that connects to port 0 receives
   * from every port of the peer.
   */
  readonly connect?: Readonly<ConnectTargets[F]> | undefined
  /** Gives up: `openSocket` rejects with the signal's reason, and nothing stays open. */
  readonly signal?: AbortSignal | undefined
}

type EachFamily<F extends Family, V extends readonly unknown[]> = F extends Family ? SocketSpecOf<F, V> : never

/** A socket to open: its family, type, options, and what to bind, listen or connect to. */
export type SocketSpec = EachFamily<Family, readonly unknown[]>

/** A spec that has been checked, in the kernel's numbers. */
export interface SocketPlan {
  readonly family: Family
  readonly type: string
  readonly numbers: { readonly family: number; readonly type: number; readonly protocol: number }
  readonly options: readonly Setting[]
  readonly ports: Ports
  readonly bind: ParsedSocketAddress | undefined
  readonly backlog: number | undefined
  readonly connect: ParsedSocketAddress | undefined
  readonly signal: AbortSignal | undefined
}

const TYPES_OF: Record<Family, readonly string[]> = {
  ipv4: ['dgram', 'stream', 'seqpacket', 'raw'],
  ipv6: ['dgram', 'stream', 'seqpacket', 'raw'],
  unix: ['dgram', 'stream', 'seqpacket'],
  packet: ['dgram', 'raw'],
  netlink: ['dgram', 'raw'],
  vsock: ['dgram', 'stream', 'seqpacket'],
}

const TYPES: Record<string, string> = {
  dgram: 'SOCK_DGRAM',
  stream: 'SOCK_STREAM',
  seqpacket: 'SOCK_SEQPACKET',
  raw: 'SOCK_RAW',
}

const KEYS = ['family', 'type', 'protocol', 'options', 'bind', 'listen', 'connect', 'signal']

/** Node's own default. */
export const DEFAULT_BACKLOG = 511

function choice(name: string, given: unknown, choices: readonly string[]): string {
  if (typeof given === 'string' && choices.includes(given)) return given
  throw badValue(`${name} is ${show(given)}: one of ${choices.join(', ')} is needed`)
}

export function typeNumber(type: string): number {
  const name = TYPES[type] ?? ''
  const number = native.constants[name]
  if (number === undefined) throw unsupported(name)
  return number
}

/** The type of a number of the kernel's; undefined for a type that sockets of the family do not have here. */
export const typeOfNumber = (family: Family, number: number): string | undefined =>
  TYPES_OF[family].find((type) => native.constants[TYPES[type] ?? ''] === number)

export function parseOptions(options: unknown): SocketPlan['options'] {
  if (options === undefined) return []
  if (!Array.isArray(options)) throw badValue(`options is ${show(options)}: an array of [option, value] is needed`)
  for (const [index, pair] of options.entries())
    if (!Array.isArray(pair) || pair.length !== 2 || pair[0]?.codec === undefined)
      throw badValue(`options[${index}] is not [option, value], with an option of sockctl/options or of defineOption`)
  return options.map(([option, value]) => [option, plainCopy(value)])
}

function parseBacklog(listen: unknown, type: string): number | undefined {
  if (listen === undefined) return undefined
  if (typeof listen !== 'object' || listen === null)
    throw wrongType(`listen is ${show(listen)}: { backlog } or {} is needed`)
  if (type !== 'stream' && type !== 'seqpacket')
    throw badValue(`listen: a ${type} socket has no connections; stream and seqpacket sockets listen`)
  mustKnow(['backlog'], listen, 'listen')
  const { backlog = DEFAULT_BACKLOG } = listen as { backlog?: unknown }
  mustBe(whole(0, 2 ** 31 - 1), 'listen: backlog', backlog)
  return backlog
}

/** The plan of a socket that is open already: what openSocket would have been asked for. */
export function planOfOpened(
  family: Family,
  type: string,
  protocol: number,
  peer: object | undefined,
  listens = false,
): SocketPlan {
  return {
    family,
    type,
    numbers: { family: familyNumber(family), type: typeNumber(type), protocol },
    options: [],
    ports: portsOf(family, type, protocol),
    bind: undefined,
    backlog: listens ? DEFAULT_BACKLOG : undefined,
    connect: peer && { raw: peer, text: 'the peer' },
    signal: undefined,
  }
}

/** Checks the whole of a spec before anything is opened. */
export function parseSpec(given: unknown): SocketPlan {
  if (typeof given !== 'object' || given === null)
    throw wrongType(`openSocket takes { family, type, ... }, not ${show(given)}`)
  const spec = given as Record<string, unknown>
  mustKnow(KEYS, spec, 'openSocket')
  const family = choice('family', spec.family, Object.keys(TYPES_OF)) as Family
  const type = choice(`type of ${family}`, spec.type, TYPES_OF[family])
  const protocol = protocolNumber(spec.protocol ?? 0, family === 'packet' ? 65535 : 2 ** 31 - 1)
  if (spec.listen !== undefined && spec.connect !== undefined)
    throw badValue('a socket listens or connects: leave out listen or connect')
  if (family === 'packet' && spec.connect !== undefined)
    throw badValue('connect: packet sockets have no connections; bind one to an interface')
  if (spec.signal !== undefined && !(spec.signal instanceof AbortSignal))
    throw wrongType(`signal is ${show(spec.signal)}: an AbortSignal is needed`)
  const ports = portsOf(family, type, protocol)
  const protocolAtBind = family === 'packet' && protocol !== 0
  return {
    family,
    type,
    numbers: { family: familyNumber(family), type: typeNumber(type), protocol: protocolAtBind ? 0 : protocol },
    options: parseOptions(spec.options),
    ports,
    bind: parseBind(family, spec.bind, ports, protocolAtBind ? protocol : undefined),
    backlog: parseBacklog(spec.listen, type),
    connect:
      spec.connect === undefined
        ? undefined
        : parseSocketAddress(family, 'connect', spec.connect, leastPortOf(ports, type)),
    signal: spec.signal,
  }
}

function parseBind(
  family: Family,
  bind: unknown,
  ports: Ports,
  protocol: number | undefined,
): ParsedSocketAddress | undefined {
  if (protocol === undefined)
    return bind === undefined ? undefined : parseSocketAddress(family, 'bind', bind, ports === 'none' ? NO_PORTS : 0)
  return parseSocketAddress(family, 'bind', bind === undefined ? { protocol } : { protocol, ...(bind as object) })
}
