// What a line of the table says of its option besides name, level and codec.

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

/** A capability that setting an option takes, in the user namespace of the socket's network namespace where not said otherwise. */
export type Capability = 'CAP_NET_ADMIN' | 'CAP_NET_RAW' | 'CAP_NET_ADMIN or CAP_NET_RAW' | 'CAP_NET_BROADCAST'

/** What a multicast option does to a membership: it decides what an errno means. */
export type Act =
  | 'join'
  | 'leave'
  | 'join-source'
  | 'leave-source'
  | 'block'
  | 'unblock'
  | 'set-filter'
  | 'set-interface'

export interface OptionAttributes {
  /** What the kernel lets a program do; default `read-write`. */
  access?: 'read' | 'write' | 'read-write'
  /** The kernel may make the caller wait: `set` and `get` then run on a worker thread. Default false. */
  waits?: boolean
  /** The value names the protocol family, so the level is `IPPROTO_IP` or `IPPROTO_IPV6` by its group. */
  byGroup?: boolean
  act?: Act
  /** Reading it takes something away or makes something, so that `snapshot` leaves it out. */
  consumes?: boolean
  /** The first Linux that has it, as in `6.16`; left out where that was before 3.0. */
  since?: string
  /** What a program must be allowed to set it, or to raise it. */
  needs?: Capability
  /** macOS has it too. */
  darwin?: boolean
}
