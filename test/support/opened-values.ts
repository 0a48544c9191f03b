/** As python3 names a family, a type and a protocol: sockets that neither dgram nor net opens. */
export const KINDS = {
  raw4: 'AF_INET, SOCK_RAW, 1',
  igmp: 'AF_INET, SOCK_RAW, 2',
  icmp6: 'AF_INET6, SOCK_RAW, 58',
  raw6: 'AF_INET6, SOCK_RAW, 58',
  udplite: 'AF_INET, SOCK_DGRAM, 136',
  packet: 'AF_PACKET, SOCK_RAW, 0',
  netlink: 'AF_NETLINK, SOCK_RAW, 0',
  vsock: '40, SOCK_STREAM, 0',
  mptcp: 'AF_INET, SOCK_STREAM, 262',
  sctp: 'AF_INET, SOCK_STREAM, 132',
} as const

export interface OpenedTrial {
  readonly set?: unknown
  /** The value it reads afterwards; default: the value set. */
  readonly reads?: unknown
  /** The option that shows it. */
  readonly seenBy?: string
  readonly ask?: unknown
  readonly after?: readonly (readonly [string, unknown])[]
  /** Nothing shows whether the option is set. */
  readonly unseen?: true
  /** The kernel does not take the option on this socket, or does not tell. */
  readonly refused?: string
}

const on = { set: true } as const
const EVEN = [{ code: 0x06, jt: 0, jf: 0, k: 0 }]
const GROUP = { interface: 'lo', type: 'promiscuous' }
const assoc = { assoc_id: 0 }
const ROUTE = { source: '192.0.2.1', group: '239.1.2.3', parent: 0, ttls: [0, 1] }
const ANY_SOURCE = { group: '239.1.2.3', parent: 0, ttls: [1] }
const ROUTE6 = { source: '2001:db8::1', group: 'ff1e::7', parent: 0, ifset: [1] }
const ANY_SOURCE6 = { group: 'ff1e::7', parent: 0, ifset: [0] }
const supported = { set: { value: 1 }, reads: { ...assoc, value: 1 } }

/** A line for each option that sockets of dgram and net do not have. */
export const openedTrials: Readonly<Record<keyof typeof KINDS, Readonly<Record<string, OpenedTrial>>>> = {
  raw4: {
    ICMP_FILTER: { set: { pass: [0, 8] } },
  },
  // In this order: each trial has a socket of its own, and the one of MRT_INIT stays the router.
  igmp: {
    MRT_DONE: { after: [['MRT_INIT', true]], set: true, unseen: true },
    MRT_INIT: { set: true, unseen: true },
    MRT_ADD_VIF: { set: { vifi: 0, interface: 'lo', threshold: 1 }, unseen: true },
    MRT_ADD_MFC: { set: ROUTE, unseen: true },
    MRT_ADD_MFC_PROXY: { set: ANY_SOURCE, unseen: true },
    MRT_DEL_MFC: { set: ROUTE, unseen: true },
    MRT_DEL_MFC_PROXY: { set: ANY_SOURCE, unseen: true },
    MRT_DEL_VIF: { set: { vifi: 0 }, unseen: true },
    MRT_FLUSH: { set: ['mfc', 'mfc-static', 'vifs', 'vifs-static'], unseen: true },
    MRT_ASSERT: on,
    MRT_PIM: { set: 'wrong-interface', reads: 'on' },
    MRT_TABLE: { set: 100, unseen: true },
    MRT_VERSION: { reads: 0x0305 },
  },
  icmp6: {
    MRT6_DONE: { after: [['MRT6_INIT', true]], set: true, unseen: true },
    MRT6_INIT: { set: true, unseen: true },
    MRT6_ADD_MIF: { set: { mifi: 0, interface: 'lo', threshold: 1 }, unseen: true },
    MRT6_ADD_MFC: { set: ROUTE6, unseen: true },
    MRT6_ADD_MFC_PROXY: { set: ANY_SOURCE6, unseen: true },
    MRT6_DEL_MFC: { set: ROUTE6, unseen: true },
    MRT6_DEL_MFC_PROXY: { set: ANY_SOURCE6, unseen: true },
    MRT6_DEL_MIF: { set: { mifi: 0 }, unseen: true },
    MRT6_FLUSH: { set: ['mfc', 'mfc-static', 'mifs', 'mifs-static'], unseen: true },
    MRT6_ASSERT: on,
    MRT6_PIM: { set: 'wrong-interface', reads: 'on' },
    MRT6_TABLE: { set: 100, unseen: true },
    MRT6_VERSION: { reads: 0x0305 },
  },
  raw6: {
    ICMPV6_FILTER: { set: { pass: [129, 134, 255] } },
    ICMP6_FILTER: { set: { block: [0, 33, 136] } },
  },
  udplite: {
    UDPLITE_RECV_CSCOV: { set: 20 },
    UDPLITE_SEND_CSCOV: { set: 20 },
  },
  packet: {
    PACKET_ADD_MEMBERSHIP: { set: GROUP, unseen: true },
    PACKET_AUXDATA: on,
    PACKET_COPY_THRESH: { set: 100 },
    PACKET_DROP_MEMBERSHIP: { after: [['PACKET_ADD_MEMBERSHIP', GROUP]], set: GROUP, unseen: true },
    PACKET_FANOUT: { set: { id: 7, mode: 'lb', flags: [] }, refused: 'bad-value' },
    PACKET_FANOUT_DATA: { set: EVEN, refused: 'bad-value' },
    PACKET_HDRLEN: { ask: 'v3', reads: 48 },
    PACKET_IGNORE_OUTGOING: on,
    PACKET_LOSS: on,
    PACKET_ORIGDEV: on,
    PACKET_QDISC_BYPASS: on,
    PACKET_RESERVE: { set: 64 },
    PACKET_ROLLOVER_STATS: { refused: 'bad-value' },
    PACKET_STATISTICS: { reads: { packets: 0, drops: 0 } },
    PACKET_TIMESTAMP: { set: ['RAW_HARDWARE'] },
    PACKET_TX_HAS_OFF: on,
    PACKET_VERSION: { set: 'v3' },
    PACKET_VNET_HDR: on,
    PACKET_VNET_HDR_SZ: { set: 12 },
  },
  netlink: {
    NETLINK_ADD_MEMBERSHIP: { set: 3, seenBy: 'NETLINK_LIST_MEMBERSHIPS', reads: [3] },
    NETLINK_BROADCAST_ERROR: on,
    NETLINK_CAP_ACK: on,
    NETLINK_DROP_MEMBERSHIP: {
      after: [
        ['NETLINK_ADD_MEMBERSHIP', 3],
        ['NETLINK_ADD_MEMBERSHIP', 34],
      ],
      set: 3,
      seenBy: 'NETLINK_LIST_MEMBERSHIPS',
      reads: [34],
    },
    NETLINK_EXT_ACK: on,
    NETLINK_GET_STRICT_CHK: on,
    NETLINK_LISTEN_ALL_NSID: on,
    NETLINK_LIST_MEMBERSHIPS: { after: [['NETLINK_ADD_MEMBERSHIP', 1]], reads: [1] },
    NETLINK_NO_ENOBUFS: on,
    NETLINK_PKTINFO: on,
  },
  vsock: {
    SO_VM_SOCKETS_BUFFER_MAX_SIZE: { set: '$524288' },
    SO_VM_SOCKETS_BUFFER_MIN_SIZE: { set: '$256' },
    SO_VM_SOCKETS_BUFFER_SIZE: { set: '$65536' },
    SO_VM_SOCKETS_CONNECT_TIMEOUT: { set: 1500 },
  },
  mptcp: {
    MPTCP_INFO: { reads: 'an object' },
    MPTCP_SUBFLOW_ADDRS: { reads: [] },
  },
  sctp: {
    SCTP_ADAPTATION_LAYER: { set: 7 },
    SCTP_ADD_STREAMS: { set: { instrms: 1, outstrms: 1 }, refused: 'bad-value' },
    SCTP_ASCONF_SUPPORTED: supported,
    SCTP_ASSOCINFO: { set: { asocmaxrxt: 5, cookie_life: 30_000 }, unseen: true },
    SCTP_AUTH_ACTIVE_KEY: { set: { keynumber: 0 }, refused: 'permission' },
    SCTP_AUTH_CHUNK: { set: 0, refused: 'permission' },
    SCTP_AUTH_DEACTIVATE_KEY: { set: { keynumber: 0 }, refused: 'permission' },
    SCTP_AUTH_DELETE_KEY: { set: { keynumber: 0 }, refused: 'permission' },
    SCTP_AUTH_SUPPORTED: { set: { value: 1 }, unseen: true },
    SCTP_AUTOCLOSE: { set: 5, refused: 'unsupported' },
    SCTP_AUTO_ASCONF: { set: false, unseen: true },
    SCTP_CONTEXT: { set: { value: 7 }, reads: { ...assoc, value: 7 } },
    SCTP_DEFAULT_PRINFO: { set: { value: 100, policy: 0x10 }, reads: { ...assoc, value: 100, policy: 0x10 } },
    SCTP_DEFAULT_SNDINFO: { set: { sid: 1 }, unseen: true },
    SCTP_DELAYED_SACK: { set: { delay: 100, freq: 3 }, unseen: true },
    SCTP_DISABLE_FRAGMENTS: on,
    SCTP_ECN_SUPPORTED: { set: { value: 0 }, unseen: true },
    SCTP_ENABLE_STREAM_RESET: { set: { value: 1 }, unseen: true },
    SCTP_EVENT: { set: { type: 0x8001, on: 1 }, unseen: true },
    SCTP_EVENTS: { unseen: true },
    SCTP_EXPOSE_POTENTIALLY_FAILED_STATE: { set: { value: 1 }, unseen: true },
    SCTP_FRAGMENT_INTERLEAVE: { set: 1 },
    SCTP_GET_ASSOC_NUMBER: { unseen: true },
    SCTP_INITMSG: { set: { num_ostreams: 20, max_instreams: 30, max_attempts: 4, max_init_timeo: 1000 } },
    SCTP_INTERLEAVING_SUPPORTED: { unseen: true },
    SCTP_I_WANT_MAPPED_V4_ADDR: { set: false },
    SCTP_MAXSEG: { set: { value: 1000 }, reads: { ...assoc, value: 1000 } },
    SCTP_MAX_BURST: { set: { value: 9 }, reads: { ...assoc, value: 9 } },
    SCTP_NODELAY: on,
    SCTP_PARTIAL_DELIVERY_POINT: { set: 1000 },
    SCTP_PR_SUPPORTED: { set: { value: 0 }, unseen: true },
    SCTP_RECONFIG_SUPPORTED: supported,
    SCTP_RECVNXTINFO: on,
    SCTP_RECVRCVINFO: on,
    SCTP_RESET_ASSOC: { set: 0, refused: 'bad-value' },
    SCTP_REUSE_PORT: on,
    SCTP_RTOINFO: {
      set: { initial: 2000, max: 5000, min: 500 },
      reads: { ...assoc, initial: 2000, max: 5000, min: 500 },
    },
    SCTP_STREAM_SCHEDULER: { set: { value: 2 }, reads: { ...assoc, value: 2 } },
    SCTP_STREAM_SCHEDULER_VALUE: { set: { stream_id: 0, value: 1 }, unseen: true },
  },
}
