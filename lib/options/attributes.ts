// What a line of the table says of its option besides name, level and codec.

import type { Meaning } from '../base/errors.ts'
import type { NativeOption } from '../binding/native.ts'

export type Level =
  | 'SOL_SOCKET'
  | 'IPPROTO_IP'
  | 'IPPROTO_IPV6'
  | 'IPPROTO_ICMPV6'
  | 'IPPROTO_TCP'
  | 'IPPROTO_UDP'
  | 'SOL_UDPLITE'
  | 'SOL_RAW'
  | 'SOL_SCTP'
  | 'SOL_PACKET'
  | 'SOL_NETLINK'
  | 'SOL_MPTCP'
  | 'SOL_TLS'
  | 'SOL_CAN_RAW'
  | 'SOL_CAN_ISOTP'
  | 'SOL_CAN_J1939'
  | 'SOL_XDP'
  | 'AF_VSOCK'

/** A capability that setting an option takes, in the user namespace of the socket's network namespace unless its documentation says otherwise. */
export type Capability = 'CAP_NET_ADMIN' | 'CAP_NET_RAW' | 'CAP_NET_ADMIN or CAP_NET_RAW' | 'CAP_NET_BROADCAST'

/** What a multicast option does to a membership, which decides the meaning of an errno. */
export type Act =
  | 'join'
  | 'leave'
  | 'join-source'
  | 'leave-source'
  | 'block'
  | 'unblock'
  | 'set-filter'
  | 'set-interface'

/** Chooses, for each value, between the native options at two levels. */
export type ByGroup = (optionAt: (level: Level) => NativeOption) => (value: unknown) => NativeOption

export interface OptionAttributes {
  /** The words and the reason for errnos that mean something else with this option. */
  meanings?: Readonly<Record<string, Meaning>>
  /** What the kernel lets a program do; default `read-write`. */
  access?: 'read' | 'write' | 'read-write' | undefined
  /** The kernel may make the caller wait: `set` and `get` then run on a worker thread. Default false. */
  waits?: boolean | undefined
  /** Chooses the level by the value's group, if the option exists once for each family. */
  byGroup?: ByGroup
  act?: Act
  /** Reading takes something away or creates something, so `snapshot` leaves the option out. */
  consumes?: boolean
  /** The first Linux that has the option, as in `6.16`; left out if that was before 3.0. */
  since?: string
  /** The privilege that setting the option, or raising its value, takes. */
  needs?: Capability
  /** macOS has the option too, or only macOS has the option. */
  darwin?: boolean | 'only'
}

const NOT_REDIRECTED: Meaning = {
  reason: 'unsupported',
  advice:
    'this is not a connection that a firewall of this host redirected: its localAddress is where the client connected to',
}

/** The kernel's answers about a socket that no firewall redirected: no such connection is tracked, or none of this protocol. */
export const notRedirected: Readonly<Record<string, Meaning>> = { ENOENT: NOT_REDIRECTED, ENOPROTOOPT: NOT_REDIRECTED }

const NOT_A_ROUTER: Meaning = {
  reason: 'bad-value',
  advice: 'multicast routing is for a raw socket of IPPROTO_IGMP, for IPv6 of IPPROTO_ICMPV6',
}

/** The kernel's answers about multicast routing. */
const routing = {
  EADDRNOTAVAIL: { reason: 'no-interface', advice: 'the router, or this host, has no such interface' },
  EOPNOTSUPP: NOT_A_ROUTER,
  ENOTSUP: NOT_A_ROUTER,
  ENOPROTOOPT: NOT_A_ROUTER,
  ENOENT: { reason: 'bad-value', advice: 'there is no such route, or no such table: MRT_INIT makes the table' },
  ENFILE: { reason: 'bad-value', advice: 'the router has no interface of that number' },
  EBUSY: { reason: 'bad-value', advice: 'the table is chosen before MRT_INIT' },
  ENOBUFS: {
    reason: 'unsupported',
    advice: "the kernel made no interface for it: a tunnel takes the module ipip, PIM's registers a kernel with PIM",
  },
} as const satisfies Readonly<Record<string, Meaning>>

/** The options of multicast routing, which others than the router of the table need a capability for. */
export const routes = { waits: true, needs: 'CAP_NET_ADMIN', meanings: routing } as const

/** As `routes`, of options that are only set. */
export const setsRoutes = { access: 'write', waits: true, needs: 'CAP_NET_ADMIN', meanings: routing } as const

/** As `setsRoutes`, of the proxy's routes. */
export const setsProxyRoutes = { ...setsRoutes, since: '3.9' } as const

/** As `setsRoutes`, to take all away. */
export const flushesRoutes = { ...setsRoutes, since: '5.1' } as const

/** To be the router of a table, or to end that, which takes no capability but a raw socket's. */
export const becomesRouter = {
  access: 'write',
  waits: true,
  meanings: {
    ...routing,
    EADDRINUSE: {
      reason: 'system',
      advice:
        'a socket routes multicast in this network namespace already, this one or another socket, of this program or another: stop that, or choose another table by MRT_TABLE, to which packets come by a rule (ip mrule add iif eth0 table 77)',
    },
    EACCES: { reason: 'permission', advice: 'the socket that became the router by MRT_INIT ends that, and no other' },
  },
} as const

const NO_TLS: Meaning = {
  reason: 'unsupported',
  advice: "the connection has no TLS in the kernel: set TCP_ULP to 'tls' once it is established",
}

/** The kernel's answers about TLS. */
export const encrypts: Readonly<Record<string, Meaning>> = {
  ENOPROTOOPT: NO_TLS,
  EOPNOTSUPP: NO_TLS,
  ENOTSUP: NO_TLS,
  EBUSY: { reason: 'bad-value', advice: 'the keys are set already, or a record is not finished' },
}

const NOT_IN_REPAIR: Meaning = { reason: 'bad-value', advice: 'the connection is not in repair: set TCP_REPAIR first' }

/** The kernel's answers about a connection that is to be in repair. */
export const repairs: Readonly<Record<string, Meaning>> = { EINVAL: NOT_IN_REPAIR }

/** The kernel's answers about the peer of a Unix socket. */
export const ofPeer: Readonly<Record<string, Meaning>> = {
  ENODATA: { reason: 'bad-value', advice: 'no process is at the other end: the socket is not connected' },
}

/** As `setsRoutes`, to give the router an interface. */
export const addsInterface = {
  ...setsRoutes,
  meanings: {
    ...routing,
    EADDRINUSE: {
      reason: 'bad-value',
      advice: "the router has an interface of this number, or one of PIM's registers, already",
    },
  },
} as const
