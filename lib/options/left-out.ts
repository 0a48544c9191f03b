// Options of the headers that the table leaves out, and why.

const OBSOLETE = 'RFC 2292 has been replaced by RFC 3542, whose options are in the table'
const CONTROL_MESSAGE = 'the type of a control message, not an option'
const NEVER = 'no kernel acts on it'
const VARIANT = 'the name without a suffix is the one with the time_t of this system'
const RING = 'a ring is of use only if its memory is mapped, which JavaScript can not do'
const CALL = 'part of a function of libsctp (sctp_bindx, sctp_connectx, sctp_peeloff), which gives more than a value'

/** Options of Linux's UAPI headers that the table leaves out, each with the reason. */
export const leftOut: Readonly<Record<string, string>> = {
  SO_BSDCOMPAT: 'without effect since Linux 2.4',
  SO_DEVMEM_DMABUF: CONTROL_MESSAGE,
  SO_DEVMEM_LINEAR: CONTROL_MESSAGE,
  SO_PEERNAME:
    'it fails if there is more room than the address takes; getpeername(2), as remoteAddress, tells the same',
  SO_RCVTIMEO_NEW: VARIANT,
  SO_RCVTIMEO_OLD: VARIANT,
  SO_SECURITY_AUTHENTICATION: NEVER,
  SO_SECURITY_ENCRYPTION_NETWORK: NEVER,
  SO_SECURITY_ENCRYPTION_TRANSPORT: NEVER,
  SO_SNDTIMEO_NEW: VARIANT,
  SO_SNDTIMEO_OLD: VARIANT,
  SO_TIMESTAMPING_NEW: VARIANT,
  SO_TIMESTAMPING_OLD: VARIANT,
  SO_TIMESTAMPNS_NEW: VARIANT,
  SO_TIMESTAMPNS_OLD: VARIANT,
  SO_TIMESTAMP_NEW: VARIANT,
  SO_TIMESTAMP_OLD: VARIANT,

  IP_IPSEC_POLICY: 'IP_XFRM_POLICY in the form of PF_KEY, which Linux is giving up',
  IP_ORIGDSTADDR: CONTROL_MESSAGE,
  IP_PKTOPTIONS: 'superseded by IP_PKTINFO, IP_RECVTTL and the like',

  IPV6_2292DSTOPTS: OBSOLETE,
  IPV6_2292HOPLIMIT: OBSOLETE,
  IPV6_2292HOPOPTS: OBSOLETE,
  IPV6_2292PKTINFO: OBSOLETE,
  IPV6_2292PKTOPTIONS: OBSOLETE,
  IPV6_2292RTHDR: OBSOLETE,
  IPV6_AUTHHDR: NEVER,
  IPV6_HOPLIMIT: CONTROL_MESSAGE,
  IPV6_IPSEC_POLICY: 'IPV6_XFRM_POLICY in the form of PF_KEY, which Linux is giving up',
  IPV6_NEXTHOP: NEVER,
  IPV6_ORIGDSTADDR: CONTROL_MESSAGE,
  IPV6_USE_MIN_MTU: NEVER,

  TCP_CM_INQ: CONTROL_MESSAGE,
  TCP_ZEROCOPY_RECEIVE: 'it maps pages into an address the program gives, which JavaScript can not do',

  NETLINK_RX_RING: 'taken out of Linux in 4.6',
  NETLINK_TX_RING: 'taken out of Linux in 4.6',

  PACKET_RECV_OUTPUT: NEVER,
  PACKET_RX_RING: RING,
  PACKET_TX_RING: RING,
  PACKET_TX_TIMESTAMP: CONTROL_MESSAGE,

  XDP_MMAP_OFFSETS: RING,
  XDP_RX_RING: RING,
  XDP_TX_RING: RING,
  XDP_UMEM_COMPLETION_RING: RING,
  XDP_UMEM_FILL_RING: RING,
  XDP_UMEM_REG: RING,

  SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW: VARIANT,
  SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD: VARIANT,
  SO_VM_SOCKETS_NONBLOCK_TXRX: 'for drivers in the kernel',
  SO_VM_SOCKETS_PEER_HOST_VM_ID: NEVER,
  SO_VM_SOCKETS_TRUSTED: NEVER,

  SCTP_DEFAULT_SEND_PARAM: 'superseded by SCTP_DEFAULT_SNDINFO, RFC 6458 8.1.13',
  SCTP_DELAYED_ACK: 'another name of SCTP_DELAYED_SACK',
  SCTP_DELAYED_ACK_TIME: 'another name of SCTP_DELAYED_SACK',
  SCTP_EXPOSE_PF_STATE: 'another name of SCTP_EXPOSE_POTENTIALLY_FAILED_STATE',
  SCTP_GET_LOCAL_ADDRS: CALL,
  SCTP_GET_PEER_ADDRS: CALL,
  SCTP_SENDMSG_CONNECT: CALL,
  SCTP_SOCKOPT_BINDX_ADD: CALL,
  SCTP_SOCKOPT_BINDX_REM: CALL,
  SCTP_SOCKOPT_CONNECTX: CALL,
  SCTP_SOCKOPT_CONNECTX3: CALL,
  SCTP_SOCKOPT_CONNECTX_OLD: CALL,
  SCTP_SOCKOPT_PEELOFF: CALL,
  SCTP_SOCKOPT_PEELOFF_FLAGS: CALL,
}
