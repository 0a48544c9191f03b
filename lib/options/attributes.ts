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
  /** macOS has the option too. */
  darwin?: boolean
}

const NOT_REDIRECTED: Meaning = {
  reason: 'unsupported',
  advice:
    'this is not a connection that a firewall of this host redirected: its localAddress is where the client connected to',
}

/** The kernel's answers about a socket that no firewall redirected: no such connection is tracked, or none of this protocol. */
export const notRedirected: Readonly<Record<string, Meaning>> = { ENOENT: NOT_REDIRECTED, ENOPROTOOPT: NOT_REDIRECTED }
