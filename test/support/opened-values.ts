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
  xdp: '44, SOCK_RAW, 0',
  can: '29, SOCK_RAW, 1',
  isotp: '29, SOCK_DGRAM, 6',
  j1939: '29, SOCK_DGRAM, 7',
  /** Functions of the test's own: the client of a connection whose TCP_ULP is tls; TCP of a kernel that has the option. */
  tls: 'tls()',
  tcpAo: 'ao()',
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
const AO_KEY = { address: '192.0.2.1', sndid: 5, rcvid: 6 }
const AO_ADD = { ...AO_KEY, algorithm: 'hmac(sha1)', key: { hex: '0102030405' } }
const KEYS = {
  ...{ version: '1.2', cipher: 'aes-gcm-128', iv: { hex: '01'.repeat(8) }, key: { hex: '02'.repeat(16) } },
  ...{ salt: { hex: '03'.repeat(4) }, rec_seq: { hex: '00'.repeat(8) } },
}
const THRESHOLDS = { pathmaxrxt: 4, pathpfthld: 2 }
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
    MPTCP_FULL_INFO: { reads: 'an object' },
    MPTCP_INFO: { reads: 'an object' },
    MPTCP_SUBFLOW_ADDRS: { reads: [] },
    MPTCP_TCPINFO: { reads: [] },
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
    SCTP_AUTH_KEY: { set: { keynumber: 1, key: { hex: '0102' } }, refused: 'permission' },
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
    SCTP_GET_ASSOC_ID_LIST: { unseen: true },
    SCTP_GET_ASSOC_STATS: { unseen: true },
    SCTP_GET_PEER_ADDR_INFO: { unseen: true },
    SCTP_HMAC_IDENT: { set: ['sha1'], unseen: true },
    SCTP_INITMSG: { set: { num_ostreams: 20, max_instreams: 30, max_attempts: 4, max_init_timeo: 1000 } },
    SCTP_INTERLEAVING_SUPPORTED: { unseen: true },
    SCTP_I_WANT_MAPPED_V4_ADDR: { set: false },
    SCTP_LOCAL_AUTH_CHUNKS: { unseen: true },
    SCTP_MAXSEG: { set: { value: 1000 }, reads: { ...assoc, value: 1000 } },
    SCTP_MAX_BURST: { set: { value: 9 }, reads: { ...assoc, value: 9 } },
    SCTP_NODELAY: on,
    SCTP_PARTIAL_DELIVERY_POINT: { set: 1000 },
    SCTP_PEER_ADDR_PARAMS: { set: { hbinterval: 5000, flags: ['HB_ENABLE'] }, unseen: true },
    SCTP_PEER_ADDR_THLDS: { set: THRESHOLDS, unseen: true },
    SCTP_PEER_ADDR_THLDS_V2: { set: { ...THRESHOLDS, pathcpthld: 6 }, unseen: true },
    SCTP_PEER_AUTH_CHUNKS: { unseen: true },
    SCTP_PLPMTUD_PROBE_INTERVAL: { set: { interval: 10_000 }, unseen: true },
    SCTP_PRIMARY_ADDR: { set: { address: { address: '127.0.0.1', port: 7 } }, refused: 'bad-value' },
    SCTP_PR_ASSOC_STATUS: { ask: { policy: 0x10 }, unseen: true },
    SCTP_PR_STREAM_STATUS: { ask: { policy: 0x10 }, unseen: true },
    SCTP_PR_SUPPORTED: { set: { value: 0 }, unseen: true },
    SCTP_RECONFIG_SUPPORTED: supported,
    SCTP_RECVNXTINFO: on,
    SCTP_RECVRCVINFO: on,
    SCTP_REMOTE_UDP_ENCAPS_PORT: { set: { port: 9899 }, unseen: true },
    SCTP_RESET_ASSOC: { set: 0, refused: 'bad-value' },
    SCTP_RESET_STREAMS: { set: { flags: ['outgoing'] }, refused: 'bad-value' },
    SCTP_REUSE_PORT: on,
    SCTP_RTOINFO: {
      set: { initial: 2000, max: 5000, min: 500 },
      reads: { ...assoc, initial: 2000, max: 5000, min: 500 },
    },
    SCTP_SET_PEER_PRIMARY_ADDR: { set: { address: { address: '127.0.0.1', port: 7 } }, refused: 'bad-value' },
    SCTP_STATUS: { unseen: true },
    SCTP_STREAM_SCHEDULER: { set: { value: 2 }, reads: { ...assoc, value: 2 } },
    SCTP_STREAM_SCHEDULER_VALUE: { set: { stream_id: 0, value: 1 }, unseen: true },
  },
  xdp: {
    XDP_MAX_TX_SKB_BUDGET: { set: 64, refused: 'bad-value' },
    XDP_OPTIONS: { reads: { flags: [] } },
    XDP_STATISTICS: {
      reads: {
        ...{ rx_dropped: '$0', rx_invalid_descs: '$0', tx_invalid_descs: '$0', rx_ring_full: '$0' },
        ...{ rx_fill_ring_empty_descs: '$0', tx_ring_empty_descs: '$0' },
      },
    },
  },
  can: {
    CAN_RAW_ERR_FILTER: { set: 0x1fffffff },
    CAN_RAW_FD_FRAMES: on,
    CAN_RAW_FILTER: { set: [{ can_id: 0x123, can_mask: 0x7ff }] },
    CAN_RAW_JOIN_FILTERS: on,
    CAN_RAW_LOOPBACK: { set: false },
    CAN_RAW_RECV_OWN_MSGS: on,
    CAN_RAW_XL_FRAMES: on,
    CAN_RAW_XL_VCID_OPTS: { set: { flags: ['TX_SET'], tx_vcid: 7, rx_vcid: 0, rx_vcid_mask: 0 } },
  },
  isotp: {
    CAN_ISOTP_LL_OPTS: { set: { mtu: 72, tx_dl: 64, tx_flags: 0 } },
    CAN_ISOTP_OPTS: { set: { flags: ['TX_PADDING'], txpad_content: 0x55 }, unseen: true },
    CAN_ISOTP_RECV_FC: { set: { bs: 8, stmin: 5, wftmax: 0 } },
    CAN_ISOTP_RX_STMIN: { set: 1000 },
    CAN_ISOTP_TX_STMIN: { set: 1000 },
  },
  j1939: {
    SO_J1939_ERRQUEUE: on,
    SO_J1939_FILTER: { set: [{ pgn: 0xee00, pgn_mask: 0x3ffff }], unseen: true },
    SO_J1939_PROMISC: on,
    SO_J1939_SEND_PRIO: { set: 3 },
  },
  tls: {
    TLS_RX: { set: KEYS, reads: { version: '1.2', cipher: 'aes-gcm-128' } },
    TLS_RX_EXPECT_NO_PAD: { set: true, refused: 'bad-value' },
    TLS_TX: { set: KEYS, reads: { version: '1.2', cipher: 'aes-gcm-128' } },
    TLS_TX_MAX_PAYLOAD_LEN: { unseen: true },
    TLS_TX_ZEROCOPY_RO: { unseen: true },
  },
  tcpAo: {
    TCP_AO_ADD_KEY: { set: AO_ADD, unseen: true },
    TCP_AO_DEL_KEY: { after: [['TCP_AO_ADD_KEY', AO_ADD]], set: AO_KEY, unseen: true },
    TCP_AO_GET_KEYS: { after: [['TCP_AO_ADD_KEY', AO_ADD]], unseen: true },
    TCP_AO_INFO: {
      after: [['TCP_AO_ADD_KEY', AO_ADD]],
      set: { ao_required: true },
      unseen: true,
      refused: 'unsupported',
    },
    TCP_AO_REPAIR: { unseen: true },
  },
}
