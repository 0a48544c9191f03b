import type { Reason } from 'sockctl'
import type * as options from 'sockctl/options'
import type { SocketKind } from './sockets.ts'

type Name = keyof typeof options

/** What reading an option gives where the kernel refuses it. */
export interface Refused {
  readonly refused: Reason
}

/**
 * How one option is put to the test: on a socket of this kind it is read, must read something else than `reads`, is set,
 * and must then read `reads`. A read-only option has no `set`, and must read `reads`.
 */
export interface Trial {
  readonly on: SocketKind
  readonly set?: unknown
  /** What it reads then; default: what was set. vitest's asymmetric matchers may stand in it. */
  readonly reads?: unknown
  /** The kernel doubles it: it reads twice what was set. */
  readonly doubled?: true
  /** What a readable option is asked about, `{ group, interface? }`. */
  readonly ask?: object
  /** Another option that shows the effect, where it can't be read itself. */
  readonly seenBy?: Name
  /** What must be set first. */
  readonly after?: readonly (readonly [Name, unknown])[]
  /**
   * The capability setting it needs, without which it must be refused with `permission`. `of: 'machine'`: a user
   * namespace's is not enough.
   */
  readonly needs?: { readonly capability: 'CAP_NET_ADMIN' | 'CAP_NET_RAW'; readonly of: 'namespace' | 'machine' }
  /** The kernel refuses to set it on such a socket: it reads `reads`, before and after. */
  readonly refuses?: Reason
  /** The kernel that brought it, `6.12`; an older one must answer `unsupported`. */
  readonly since?: string
}

const NAMESPACE_ADMIN = { capability: 'CAP_NET_ADMIN', of: 'namespace' } as const
const MACHINE_ADMIN = { capability: 'CAP_NET_ADMIN', of: 'machine' } as const

const MREQ = { group: '239.1.2.3', interface: '127.0.0.1' }
const SOURCE = { ...MREQ, source: '127.0.0.9' }
const GROUP = { group: '239.1.2.3', interface: 'lo' }
const GROUP_SOURCE = { ...GROUP, source: '127.0.0.9' }
const GROUP6 = { group: 'ff15::123', interface: 'lo' }

const NOT_MEMBER: Refused = { refused: 'not-member' }
const EVERYBODY = { mode: 'exclude', sources: [] }
const ALL_BUT_ONE = { mode: 'exclude', sources: ['127.0.0.9'] }
const ONLY_ONE = { mode: 'include', sources: ['127.0.0.9'] }

const FILTER = { on: 'udp4', seenBy: 'IP_MSFILTER', ask: MREQ } as const
const FILTER_BY_INDEX = { on: 'udp4', seenBy: 'MCAST_MSFILTER', ask: GROUP } as const
const FILTER6 = { on: 'udp6', seenBy: 'MCAST_MSFILTER', ask: GROUP6 } as const

/** A line an option. An option of the table that has none fails the test that is named after it. */
export const trials: Readonly<Record<string, Trial>> = {
  IP_ADD_MEMBERSHIP: { ...FILTER, set: MREQ, reads: EVERYBODY },
  IP_ADD_SOURCE_MEMBERSHIP: { ...FILTER, set: SOURCE, reads: ONLY_ONE },
  IP_BLOCK_SOURCE: { ...FILTER, after: [['IP_ADD_MEMBERSHIP', MREQ]], set: SOURCE, reads: ALL_BUT_ONE },
  IP_DROP_MEMBERSHIP: { ...FILTER, after: [['IP_ADD_MEMBERSHIP', MREQ]], set: MREQ, reads: NOT_MEMBER },
  IP_DROP_SOURCE_MEMBERSHIP: {
    ...FILTER,
    after: [['IP_ADD_SOURCE_MEMBERSHIP', SOURCE]],
    set: SOURCE,
    reads: NOT_MEMBER,
  },
  IP_MSFILTER: {
    on: 'udp4',
    ask: MREQ,
    after: [['IP_ADD_MEMBERSHIP', MREQ]],
    set: { ...MREQ, ...ALL_BUT_ONE },
    reads: ALL_BUT_ONE,
  },
  IP_MULTICAST_ALL: { on: 'udp4', set: false },
  IP_MULTICAST_IF: { on: 'udp4', set: '127.0.0.1' },
  IP_MULTICAST_LOOP: { on: 'udp4', set: false },
  IP_MULTICAST_TTL: { on: 'udp4', set: 255 },
  IP_PKTINFO: { on: 'udp4', set: true },
  IP_RECVTTL: { on: 'udp4', set: true },
  IP_TOS: { on: 'udp4', set: 0xb8 },
  IP_TTL: { on: 'udp4', set: 255 },
  IP_UNBLOCK_SOURCE: {
    ...FILTER,
    after: [
      ['IP_ADD_MEMBERSHIP', MREQ],
      ['IP_BLOCK_SOURCE', SOURCE],
    ],
    set: SOURCE,
    reads: EVERYBODY,
  },

  IPV6_ADD_MEMBERSHIP: { ...FILTER6, set: GROUP6, reads: EVERYBODY },
  IPV6_DROP_MEMBERSHIP: { ...FILTER6, after: [['IPV6_JOIN_GROUP', GROUP6]], set: GROUP6, reads: NOT_MEMBER },
  IPV6_JOIN_GROUP: { ...FILTER6, set: GROUP6, reads: EVERYBODY },
  IPV6_LEAVE_GROUP: { ...FILTER6, after: [['IPV6_JOIN_GROUP', GROUP6]], set: GROUP6, reads: NOT_MEMBER },
  IPV6_MULTICAST_ALL: { on: 'udp6', set: false },
  IPV6_MULTICAST_HOPS: { on: 'udp6', set: 255 },
  IPV6_MULTICAST_IF: { on: 'udp6', set: 'lo', reads: 1 },
  IPV6_MULTICAST_LOOP: { on: 'udp6', set: false },
  IPV6_RECVPKTINFO: { on: 'udp6', set: true },
  IPV6_UNICAST_HOPS: { on: 'udp6', set: 255 },
  IPV6_V6ONLY: { on: 'udp6', set: false, refuses: 'bad-value', reads: true },

  MCAST_BLOCK_SOURCE: {
    ...FILTER_BY_INDEX,
    after: [['MCAST_JOIN_GROUP', GROUP]],
    set: GROUP_SOURCE,
    reads: ALL_BUT_ONE,
  },
  MCAST_JOIN_GROUP: { ...FILTER_BY_INDEX, set: GROUP, reads: EVERYBODY },
  MCAST_JOIN_SOURCE_GROUP: { ...FILTER_BY_INDEX, set: GROUP_SOURCE, reads: ONLY_ONE },
  MCAST_LEAVE_GROUP: { ...FILTER_BY_INDEX, after: [['MCAST_JOIN_GROUP', GROUP]], set: GROUP, reads: NOT_MEMBER },
  MCAST_LEAVE_SOURCE_GROUP: {
    ...FILTER_BY_INDEX,
    after: [['MCAST_JOIN_SOURCE_GROUP', GROUP_SOURCE]],
    set: GROUP_SOURCE,
    reads: NOT_MEMBER,
  },
  MCAST_MSFILTER: {
    on: 'udp4',
    ask: GROUP,
    after: [['MCAST_JOIN_GROUP', GROUP]],
    set: { ...GROUP, ...ONLY_ONE },
    reads: ONLY_ONE,
  },
  MCAST_UNBLOCK_SOURCE: {
    ...FILTER_BY_INDEX,
    after: [
      ['MCAST_JOIN_GROUP', GROUP],
      ['MCAST_BLOCK_SOURCE', GROUP_SOURCE],
    ],
    set: GROUP_SOURCE,
    reads: EVERYBODY,
  },

  SO_BINDTODEVICE: { on: 'udp4', set: 'lo' },
  SO_BROADCAST: { on: 'udp4', set: true },
  SO_DOMAIN: { on: 'udp4', reads: 2 },
  SO_ERROR: { on: 'udp4', reads: 0 },
  SO_KEEPALIVE: { on: 'tcp4', set: true },
  SO_LINGER: { on: 'tcp4', set: { onoff: true, linger: 7 } },
  SO_MARK: { on: 'udp4', set: 0xffff_ffff, needs: NAMESPACE_ADMIN },
  SO_PRIORITY: { on: 'udp4', set: 6 },
  SO_PROTOCOL: { on: 'udp4', reads: 17 },
  SO_RCVBUF: { on: 'udp4', set: 5000, doubled: true },
  SO_RCVBUFFORCE: { on: 'udp4', set: 5000, doubled: true, seenBy: 'SO_RCVBUF', needs: MACHINE_ADMIN },
  SO_RCVTIMEO: { on: 'udp4', set: 2500 },
  SO_REUSEADDR: { on: 'udp4', set: true },
  SO_REUSEPORT: { on: 'udp4', set: true },
  SO_SNDBUF: { on: 'udp4', set: 5000, doubled: true },
  SO_SNDBUFFORCE: { on: 'udp4', set: 5000, doubled: true, seenBy: 'SO_SNDBUF', needs: MACHINE_ADMIN },
  SO_SNDTIMEO: { on: 'udp4', set: 2500 },
  SO_TYPE: { on: 'udp4', reads: 2 },

  TCP_KEEPCNT: { on: 'tcp4', set: 127 },
  TCP_KEEPIDLE: { on: 'tcp4', set: 32767 },
  TCP_KEEPINTVL: { on: 'tcp6', set: 32767 },
  TCP_NODELAY: { on: 'tcp4', set: true },
  TCP_USER_TIMEOUT: { on: 'tcp4', set: 12345 },
}
