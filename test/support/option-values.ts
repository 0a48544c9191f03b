import { randomInt } from 'node:crypto'
import type { Reason } from 'sockctl'
import type * as options from 'sockctl/options'
import { expect } from 'vitest'
import type { SocketKind } from './sockets.ts'

type Name = keyof typeof options

/** The result of reading an option that the kernel refuses to read. */
export interface Refused {
  readonly refused: Reason
}

/**
 * How one option is tested: on a socket of this kind it is read, must not read `reads` yet, is set,
 * and must then read `reads`. A read-only option has no `set`, and must read `reads`.
 */
export interface Trial {
  readonly on: SocketKind
  readonly set?: unknown
  /** The value it reads afterwards; default: the value set. May hold vitest's asymmetric matchers. */
  readonly reads?: unknown
  /** The kernel doubles the value: the option reads twice the number that was set. */
  readonly doubled?: true
  /** The question for reading the option, `{ group, interface? }`. */
  readonly ask?: object
  /** Another option that shows the effect, if the option itself can't be read. */
  readonly seenBy?: Name
  /** Options that must be set first. */
  readonly after?: readonly (readonly [Name, unknown])[]
  /**
   * The capability without which setting must be refused with `permission`. `of: 'machine'`: a user
   * namespace's is not enough.
   */
  readonly needs?: { readonly capability: 'CAP_NET_ADMIN' | 'CAP_NET_RAW'; readonly of: 'namespace' | 'machine' }
  /** The kernel refuses to set the option on such a socket: it reads `reads` before and after. */
  readonly refuses?: Reason
  /** Nothing shows whether the option is set: the test only holds that the kernel takes it. */
  readonly unseen?: true
  /** The first kernel that has the option, `6.12`; an older one must answer `unsupported`. */
  readonly since?: string
}

const NAMESPACE_ADMIN = { capability: 'CAP_NET_ADMIN', of: 'namespace' } as const
const MACHINE_ADMIN = { capability: 'CAP_NET_ADMIN', of: 'machine' } as const

const MREQ = { group: '239.1.2.3', interface: '127.0.0.1' }
const SOURCE = { ...MREQ, source: '127.0.0.9' }
const GROUP = { group: '239.1.2.3', interface: 'lo' }
const GROUP_SOURCE = { ...GROUP, source: '127.0.0.9' }
const GROUP6 = { group: 'ff15::123', interface: 'lo' }

const SET_ONLY: Refused = { refused: 'bad-value' }
/** `ret #65535`: a BPF program that accepts every packet. */
const ACCEPT_ALL = [{ code: 0x06, jt: 0, jf: 0, k: 0xffff }]
/** A header of options, all padding: next header, length, PadN of 4 bytes. */
const PADDING = Buffer.from([0, 0, 1, 4, 0, 0, 0, 0])
const NOT_MEMBER: Refused = { refused: 'not-member' }
const EVERYBODY = { mode: 'exclude', sources: [] }
const ALL_BUT_ONE = { mode: 'exclude', sources: ['127.0.0.9'] }
const ONLY_ONE = { mode: 'include', sources: ['127.0.0.9'] }

const FILTER = { on: 'udp4', seenBy: 'IP_MSFILTER', ask: MREQ } as const
const FILTER_BY_INDEX = { on: 'udp4', seenBy: 'MCAST_MSFILTER', ask: GROUP } as const
const FILTER6 = { on: 'udp6', seenBy: 'MCAST_MSFILTER', ask: GROUP6 } as const

/** A line for each option. For an option of the table without a line, a test of its name fails. */
export const trials: Readonly<Record<string, Trial>> = {
  IP_BIND_ADDRESS_NO_PORT: { on: 'udp4', set: true },
  IP_CHECKSUM: { on: 'udp4', set: true },
  IP_FREEBIND: { on: 'udp4', set: true },
  IP_HDRINCL: { on: 'udp4', set: true, refuses: 'unsupported', reads: false },
  IP_LOCAL_PORT_RANGE: { on: 'udp4', set: { low: 40_000, high: 50_000 }, since: '6.3' },
  IP_MINTTL: { on: 'tcp4', set: 255 },
  IP_MTU: { on: 'tcp4', reads: 65_535 },
  IP_MTU_DISCOVER: { on: 'udp4', set: 'probe' },
  IP_NODEFRAG: { on: 'udp4', set: true, refuses: 'unsupported', reads: false },
  IP_OPTIONS: { on: 'udp4', set: Buffer.from([1, 1, 1, 0]) },
  IP_PASSSEC: { on: 'udp4', set: true },
  IP_PROTOCOL: { on: 'udp4', reads: expect.any(Number), since: '6.4' },
  IP_RECVERR: { on: 'udp4', set: true },
  IP_RECVERR_RFC4884: { on: 'udp4', set: true },
  IP_RECVFRAGSIZE: { on: 'udp4', set: true },
  IP_RECVOPTS: { on: 'udp4', set: true },
  IP_RECVORIGDSTADDR: { on: 'udp4', set: true },
  IP_RECVRETOPTS: { on: 'udp4', set: true },
  IP_RECVTOS: { on: 'udp4', set: true },
  IP_RETOPTS: { on: 'udp4', set: true },
  IP_ROUTER_ALERT: { on: 'udp4', set: true, refuses: 'bad-value', reads: false },
  IP_TRANSPARENT: { on: 'udp4', set: true, needs: NAMESPACE_ADMIN },
  IP_UNICAST_IF: { on: 'udp4', set: 'lo', reads: 1 },
  SO_ORIGINAL_DST: { on: 'udp4', reads: { refused: 'unsupported' } },
  IP_XFRM_POLICY: { on: 'udp4', set: Buffer.alloc(4), refuses: 'bad-value', reads: SET_ONLY },
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

  IPV6_ADDRFORM: { on: 'tcp6', set: 2, refuses: 'bad-value', reads: 10 },
  IPV6_ADDR_PREFERENCES: { on: 'udp6', set: ['temporary', 'care-of'] },
  IPV6_AUTOFLOWLABEL: { on: 'udp6', set: false },
  IPV6_CHECKSUM: { on: 'udp6', set: 4, refuses: 'unsupported', reads: { refused: 'unsupported' } },
  IPV6_DONTFRAG: { on: 'udp6', set: true },
  IPV6_DSTOPTS: { on: 'udp6', set: PADDING },
  IPV6_FLOWINFO: { on: 'udp6', set: true },
  IPV6_FLOWINFO_SEND: { on: 'udp6', set: true },
  IPV6_FLOWLABEL_MGR: {
    on: 'udp6',
    // A label of its own, since a test beside this one may have the same for itself.
    set: { action: 'get', destination: '::1', label: randomInt(1, 2 ** 20), flags: ['create'], share: 'exclusive' },
    unseen: true,
  },
  IPV6_FREEBIND: { on: 'udp6', set: true },
  IPV6_HDRINCL: { on: 'udp6', set: true, refuses: 'unsupported', reads: { refused: 'unsupported' } },
  IPV6_HOPOPTS: { on: 'udp6', set: PADDING },
  IPV6_JOIN_ANYCAST: {
    on: 'udp6',
    set: { address: '2001:db8::9', interface: 'lo' },
    refuses: 'bad-value',
    reads: SET_ONLY,
  },
  IPV6_LEAVE_ANYCAST: {
    on: 'udp6',
    set: { address: 'fd00::1', interface: 'lo' },
    refuses: 'bad-value',
    reads: SET_ONLY,
  },
  IPV6_MINHOPCOUNT: { on: 'udp6', set: 255 },
  IPV6_MTU: { on: 'tcp6', set: 1280, unseen: true },
  IPV6_MTU_DISCOVER: { on: 'udp6', set: 'probe' },
  IPV6_PATHMTU: { on: 'tcp6', reads: { destination: '::', mtu: 65_536 } },
  IPV6_PKTINFO: { on: 'udp6', set: { address: '::1', interface: 'lo' }, unseen: true },
  IPV6_RECVDSTOPTS: { on: 'udp6', set: true },
  IPV6_RECVERR: { on: 'udp6', set: true },
  IPV6_RECVERR_RFC4884: { on: 'udp6', set: true },
  IPV6_RECVFRAGSIZE: { on: 'udp6', set: true },
  IPV6_RECVHOPLIMIT: { on: 'udp6', set: true },
  IPV6_RECVHOPOPTS: { on: 'udp6', set: true },
  IPV6_RECVORIGDSTADDR: { on: 'udp6', set: true },
  IPV6_RECVPATHMTU: { on: 'udp6', set: true },
  IPV6_RECVRTHDR: { on: 'udp6', set: true },
  IPV6_RECVTCLASS: { on: 'udp6', set: true },
  IPV6_ROUTER_ALERT: { on: 'udp6', set: 1, refuses: 'unsupported', reads: 0 },
  IPV6_ROUTER_ALERT_ISOLATE: { on: 'udp6', set: true },
  IPV6_RTHDR: { on: 'udp6', set: Buffer.alloc(8), refuses: 'bad-value', reads: Buffer.alloc(0) },
  IPV6_RTHDRDSTOPTS: { on: 'udp6', set: PADDING },
  IPV6_TCLASS: { on: 'udp6', set: 0xb8 },
  IPV6_TRANSPARENT: { on: 'udp6', set: true, needs: NAMESPACE_ADMIN },
  IPV6_UNICAST_IF: { on: 'udp6', set: 'lo', reads: 1 },
  IP6T_SO_ORIGINAL_DST: { on: 'udp6', reads: { refused: 'unsupported' } },
  IPV6_XFRM_POLICY: { on: 'udp6', set: Buffer.alloc(4), refuses: 'bad-value', reads: SET_ONLY },
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

  SO_ACCEPTCONN: { on: 'listener4', reads: true },
  SO_ATTACH_BPF: { on: 'udp4', set: 0, refuses: 'bad-value', reads: SET_ONLY },
  SO_ATTACH_FILTER: { on: 'udp4', set: ACCEPT_ALL, seenBy: 'SO_GET_FILTER' },
  SO_ATTACH_REUSEPORT_CBPF: { on: 'udp4', set: ACCEPT_ALL, refuses: 'bad-value', reads: SET_ONLY },
  SO_ATTACH_REUSEPORT_EBPF: { on: 'udp4', set: 0, refuses: 'bad-value', reads: SET_ONLY },
  SO_BINDTOIFINDEX: { on: 'udp4', set: 'lo', reads: 1 },
  SO_BPF_EXTENSIONS: { on: 'udp4', reads: 64 },
  SO_BUF_LOCK: { on: 'udp4', set: ['send', 'receive'] },
  SO_BUSY_POLL: { on: 'udp4', set: 50 },
  SO_BUSY_POLL_BUDGET: { on: 'udp4', set: 8, unseen: true, needs: MACHINE_ADMIN },
  SO_CNX_ADVICE: { on: 'tcp4', set: 1, unseen: true },
  SO_COOKIE: { on: 'udp4', reads: expect.any(BigInt) },
  SO_DEBUG: { on: 'udp4', set: true, needs: MACHINE_ADMIN },
  SO_DETACH_BPF: {
    on: 'udp4',
    after: [['SO_ATTACH_FILTER', ACCEPT_ALL]],
    set: true,
    seenBy: 'SO_GET_FILTER',
    reads: [],
  },
  SO_DETACH_FILTER: {
    on: 'udp4',
    after: [['SO_ATTACH_FILTER', ACCEPT_ALL]],
    set: true,
    seenBy: 'SO_GET_FILTER',
    reads: [],
  },
  SO_DETACH_REUSEPORT_BPF: { on: 'udp4', set: true, refuses: 'bad-value', reads: SET_ONLY },
  SO_DEVMEM_DONTNEED: { on: 'tcp4', set: [{ token: 1, count: 1 }], unseen: true, since: '6.12' },
  SO_DONTROUTE: { on: 'udp4', set: true },
  SO_GET_FILTER: { on: 'udp4', after: [['SO_ATTACH_FILTER', ACCEPT_ALL]], reads: ACCEPT_ALL },
  SO_INCOMING_CPU: { on: 'udp4', set: 0 },
  SO_INCOMING_NAPI_ID: { on: 'udp4', reads: 0 },
  SO_INQ: { on: 'unix', set: true, unseen: true, since: '6.17' },
  SO_LOCK_FILTER: { on: 'udp4', set: true },
  SO_MAX_PACING_RATE: { on: 'tcp4', set: 2n ** 40n + 1n },
  SO_MEMINFO: { on: 'udp4', reads: expect.objectContaining({ drops: 0, rcvbuf: expect.any(Number) }) },
  SO_NETNS_COOKIE: { on: 'udp4', reads: expect.any(BigInt) },
  SO_NOFCS: { on: 'udp4', set: true },
  SO_NO_CHECK: { on: 'udp4', set: true },
  SO_OOBINLINE: { on: 'tcp4', set: true },
  SO_PASSCRED: { on: 'unix', set: true },
  SO_PASSPIDFD: { on: 'unix', set: true, since: '6.5' },
  SO_PASSRIGHTS: { on: 'unix', set: false, since: '6.16' },
  SO_PASSSEC: { on: 'unix', set: true },
  SO_PEEK_OFF: { on: 'udp4', set: 5 },
  SO_PEERCRED: { on: 'unix', reads: { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() } },
  SO_PEERGROUPS: { on: 'unix', reads: expect.any(Array) },
  SO_PEERPIDFD: { on: 'unix', reads: expect.any(Number), since: '6.5' },
  SO_PEERSEC: { on: 'udp4', reads: { refused: 'unsupported' } },
  SO_PREFER_BUSY_POLL: { on: 'udp4', set: true, needs: MACHINE_ADMIN },
  SO_RCVLOWAT: { on: 'tcp4', set: 1000 },
  SO_RCVMARK: { on: 'udp4', set: true },
  SO_RCVPRIORITY: { on: 'udp4', set: true, since: '6.14' },
  SO_RESERVE_MEM: { on: 'udp4', set: 1, refuses: 'unsupported', reads: 0 },
  SO_RXQ_OVFL: { on: 'udp4', set: true },
  SO_SELECT_ERR_QUEUE: { on: 'udp4', set: true },
  SO_SNDLOWAT: { on: 'udp4', reads: 1 },
  SO_TIMESTAMP: { on: 'udp4', set: true },
  SO_TIMESTAMPING: {
    on: 'udp4',
    set: { flags: ['RX_SOFTWARE', 'SOFTWARE', 'OPT_CMSG'] },
    reads: { flags: ['RX_SOFTWARE', 'SOFTWARE', 'OPT_CMSG'], phc: 0 },
  },
  SO_TIMESTAMPNS: { on: 'udp4', set: true },
  SO_TXREHASH: { on: 'tcp4', set: false },
  SO_TXTIME: { on: 'udp4', set: { clock: 'tai', flags: ['reportErrors'] }, needs: NAMESPACE_ADMIN },
  SO_WIFI_STATUS: { on: 'udp4', set: true },
  SO_ZEROCOPY: { on: 'udp4', set: true },
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

  TCP_CC_INFO: { on: 'tcp4', after: [['TCP_CONGESTION', 'reno']], reads: { words: [] } },
  TCP_CONGESTION: { on: 'tcp4', set: 'reno' },
  TCP_CORK: { on: 'tcp4', set: true },
  TCP_DEFER_ACCEPT: { on: 'listener4', set: 10, reads: expect.toSatisfy((seconds: number) => seconds >= 10) },
  TCP_DELACK_MAX_US: { on: 'tcp4', set: 20_000, since: '6.15' },
  TCP_FASTOPEN: { on: 'listener4', set: 5 },
  TCP_FASTOPEN_CONNECT: { on: 'tcp4', set: true, refuses: 'bad-value', reads: false },
  TCP_FASTOPEN_KEY: { on: 'listener4', set: Buffer.alloc(32, 7) },
  TCP_FASTOPEN_NO_COOKIE: { on: 'listener4', set: true },
  TCP_INFO: {
    on: 'tcp4',
    reads: expect.objectContaining({
      state: 'ESTABLISHED',
      ca_state: 'Open',
      snd_mss: expect.any(Number),
      bytes_sent: 0n,
    }),
  },
  TCP_INQ: { on: 'tcp4', set: true },
  TCP_IS_MPTCP: { on: 'tcp4', reads: false, since: '6.10' },
  TCP_LINGER2: { on: 'tcp4', set: 30 },
  TCP_MAXSEG: { on: 'listener4', set: 1000 },
  TCP_MD5SIG: { on: 'listener4', set: { address: '127.0.0.9', key: Buffer.from('secret') }, unseen: true },
  TCP_MD5SIG_EXT: {
    on: 'listener4',
    set: { address: '127.0.9.0', prefixLength: 24, key: Buffer.from('secret'), flags: ['prefix'] },
    unseen: true,
  },
  TCP_NOTSENT_LOWAT: { on: 'tcp4', set: 16_384 },
  TCP_QUEUE_SEQ: { on: 'tcp4', set: 1, refuses: 'permission', reads: { refused: 'bad-value' } },
  TCP_QUICKACK: { on: 'tcp4', set: false },
  TCP_REPAIR: { on: 'tcp4', set: 'on', needs: NAMESPACE_ADMIN },
  TCP_REPAIR_OPTIONS: {
    on: 'tcp4',
    after: [['TCP_REPAIR', 'on']],
    set: [{ option: 'mss', value: 1000 }],
    unseen: true,
  },
  TCP_REPAIR_QUEUE: { on: 'tcp4', after: [['TCP_REPAIR', 'on']], set: 'send' },
  TCP_REPAIR_WINDOW: {
    on: 'tcp4',
    after: [['TCP_REPAIR', 'on']],
    set: { snd_wl1: 0, snd_wnd: 1, max_window: 0, rcv_wnd: 0, rcv_wup: 0 },
    refuses: 'bad-value',
    reads: expect.objectContaining({ rcv_wnd: expect.any(Number) }),
  },
  TCP_RTO_MAX_MS: { on: 'tcp4', set: 5000, since: '6.15' },
  TCP_RTO_MIN_US: { on: 'tcp4', set: 100_000, since: '6.15' },
  TCP_SAVED_SYN: { on: 'tcp4', reads: Buffer.alloc(0) },
  TCP_SAVE_SYN: { on: 'listener4', set: 'link' },
  TCP_SYNCNT: { on: 'tcp4', set: 127 },
  TCP_THIN_DUPACK: { on: 'tcp4', set: true, unseen: true },
  TCP_THIN_LINEAR_TIMEOUTS: { on: 'tcp4', set: true },
  TCP_TIMESTAMP: { on: 'tcp4', set: 7, refuses: 'permission', reads: expect.any(Number) },
  TCP_TX_DELAY: { on: 'tcp4', set: 1000 },
  TCP_ULP: { on: 'tcp4', set: 'no-such-protocol', refuses: 'bad-value', reads: '' },
  TCP_WINDOW_CLAMP: { on: 'tcp4', set: 40_000 },
  UDP_CORK: { on: 'udp4', set: true },
  UDP_ENCAP: { on: 'udp4', set: 'l2tp' },
  UDP_GRO: { on: 'udp4', set: true },
  UDP_NO_CHECK6_RX: { on: 'udp6', set: true },
  UDP_NO_CHECK6_TX: { on: 'udp6', set: true },
  UDP_SEGMENT: { on: 'udp4', set: 1316 },

  TCP_KEEPCNT: { on: 'tcp4', set: 127 },
  TCP_KEEPIDLE: { on: 'tcp4', set: 32767 },
  TCP_KEEPINTVL: { on: 'tcp6', set: 32767 },
  TCP_NODELAY: { on: 'tcp4', set: true },
  TCP_USER_TIMEOUT: { on: 'tcp4', set: 12345 },
}
