// The options of level IPPROTO_TCP.

import { repairs } from '../attributes.ts'
import {
  boolean,
  bytes,
  congestion,
  fastOpenKey,
  int,
  saveSyn,
  string,
  tcpAoAdd,
  tcpAoDel,
  tcpAoInfo,
  tcpAoKeys,
  tcpAoRepair,
  tcpCcInfo,
  tcpInfo,
  tcpMd5sig,
  tcpQueue,
  tcpRepair,
  tcpRepairOptions,
  tcpRepairWindow,
  unsigned,
} from '../codecs.ts'
import { option } from '../option.ts'

/** `TCP_AO_ADD_KEY`: add a key of the TCP Authentication Option. Before connect or listen, or on a connection that has keys. Kernels with CONFIG_TCP_AO. RFC 5925, Documentation/networking/tcp_ao.rst */
export const TCP_AO_ADD_KEY = option('TCP_AO_ADD_KEY', 'IPPROTO_TCP', tcpAoAdd, { access: 'write', since: '6.7' })
/** `TCP_AO_DEL_KEY`: delete a key. RFC 5925, Documentation/networking/tcp_ao.rst */
export const TCP_AO_DEL_KEY = option('TCP_AO_DEL_KEY', 'IPPROTO_TCP', tcpAoDel, { access: 'write', since: '6.7' })
/** `TCP_AO_GET_KEYS`: the keys of the socket, all or those asked for, 64 at most. RFC 5925, Documentation/networking/tcp_ao.rst */
export const TCP_AO_GET_KEYS = option('TCP_AO_GET_KEYS', 'IPPROTO_TCP', tcpAoKeys, { access: 'read', since: '6.7' })
/** `TCP_AO_INFO`: the keys in use, what is required of peers, and counters of segments. RFC 5925, Documentation/networking/tcp_ao.rst */
export const TCP_AO_INFO = option('TCP_AO_INFO', 'IPPROTO_TCP', tcpAoInfo, { since: '6.7' })
/** `TCP_AO_REPAIR`: the sequence numbers that keys are made of, of a connection in repair. Documentation/networking/tcp_ao.rst */
export const TCP_AO_REPAIR = option('TCP_AO_REPAIR', 'IPPROTO_TCP', tcpAoRepair, {
  since: '6.7',
  needs: 'CAP_NET_ADMIN',
})
/** `TCP_CC_INFO`: what the congestion control algorithm tells of its state; empty if it tells nothing. include/uapi/linux/inet_diag.h */
export const TCP_CC_INFO = option('TCP_CC_INFO', 'IPPROTO_TCP', tcpCcInfo, { access: 'read', since: '4.1' })
/** `TCP_CONGESTION`: the congestion control algorithm, by name, as the sysctl net.ipv4.tcp_available_congestion_control lists them. Default: the sysctl net.ipv4.tcp_congestion_control. The privilege is needed for an algorithm not in net.ipv4.tcp_allowed_congestion_control. tcp(7) */
export const TCP_CONGESTION = option('TCP_CONGESTION', 'IPPROTO_TCP', congestion, { needs: 'CAP_NET_ADMIN' })
/** `TCP_CORK`: hold back segments that are not full, for 200 ms at most. Default false. tcp(7) */
export const TCP_CORK = option('TCP_CORK', 'IPPROTO_TCP', boolean)
/** `TCP_DEFER_ACCEPT`: a connection is accepted only when data has come, for which the listener waits this many seconds; 0: at once. Reads rounded up to a number of retransmissions. Default 0. tcp(7) */
export const TCP_DEFER_ACCEPT = option('TCP_DEFER_ACCEPT', 'IPPROTO_TCP', int(0, 2 ** 31 - 1, 'seconds'))
/** `TCP_DELACK_MAX_US`: the most microseconds an acknowledgement is delayed, from 2 ticks of the kernel's clock to 200000. Reads back rounded up to the tick: 1000, 4000 or 10000 by CONFIG_HZ. Default 200000. net/ipv4/tcp.c */
export const TCP_DELACK_MAX_US = option('TCP_DELACK_MAX_US', 'IPPROTO_TCP', int(1, 200_000, 'microseconds'), {
  since: '6.15',
})
/** `TCP_FASTOPEN`: a listener takes data with the first segment, from up to this many connections at once; 0: none. Default 0. Capped by the sysctl net.core.somaxconn; net.ipv4.tcp_fastopen must allow it. RFC 7413, tcp(7) */
export const TCP_FASTOPEN = option('TCP_FASTOPEN', 'IPPROTO_TCP', int(0), { since: '3.7', darwin: true })
/** `TCP_FASTOPEN_CONNECT`: connect waits for the first write, whose data go with the first segment. Default false. tcp(7) */
export const TCP_FASTOPEN_CONNECT = option('TCP_FASTOPEN_CONNECT', 'IPPROTO_TCP', boolean, { since: '4.11' })
/** `TCP_FASTOPEN_KEY`: the key of this listener's cookies: 16 bytes, or 32 for a new and an old key. Default empty: the key of the sysctl net.ipv4.tcp_fastopen_key. net/ipv4/tcp_fastopen.c */
export const TCP_FASTOPEN_KEY = option('TCP_FASTOPEN_KEY', 'IPPROTO_TCP', fastOpenKey, { since: '4.15' })
/** `TCP_FASTOPEN_NO_COOKIE`: Fast Open without a cookie. Default false. net/ipv4/tcp.c */
export const TCP_FASTOPEN_NO_COOKIE = option('TCP_FASTOPEN_NO_COOKIE', 'IPPROTO_TCP', boolean, { since: '4.15' })
/** `TCP_INFO`: everything the kernel knows of the connection. tcp(7), include/uapi/linux/tcp.h */
export const TCP_INFO = option('TCP_INFO', 'IPPROTO_TCP', tcpInfo, { access: 'read' })
/** `TCP_INQ`: tell with each receive how many bytes are left to read. Default false. Of streams: Node reads for you, and does not tell. net/ipv4/tcp.c */
export const TCP_INQ = option('TCP_INQ', 'IPPROTO_TCP', boolean, { since: '4.18' })
/** `TCP_IS_MPTCP`: the connection is a Multipath TCP one. Documentation/networking/mptcp.rst */
export const TCP_IS_MPTCP = option('TCP_IS_MPTCP', 'IPPROTO_TCP', boolean, { access: 'read', since: '6.10' })
/** `TCP_KEEPCNT`: unanswered probes before the connection drops, 1 to 127. Default: the sysctl net.ipv4.tcp_keepalive_probes. tcp(7) */
export const TCP_KEEPCNT = option('TCP_KEEPCNT', 'IPPROTO_TCP', int(1, 127), { darwin: true })
/** `TCP_KEEPIDLE`: seconds without traffic before the first probe, 1 to 32767. Default: the sysctl net.ipv4.tcp_keepalive_time. tcp(7) */
export const TCP_KEEPIDLE = option('TCP_KEEPIDLE', 'IPPROTO_TCP', int(1, 32767, 'seconds'))
/** `TCP_KEEPINTVL`: seconds between probes, 1 to 32767. Default: the sysctl net.ipv4.tcp_keepalive_intvl. tcp(7) */
export const TCP_KEEPINTVL = option('TCP_KEEPINTVL', 'IPPROTO_TCP', int(1, 32767, 'seconds'), { darwin: true })
/** `TCP_LINGER2`: seconds a closed socket waits for the peer's FIN, up to 120; -1: not at all; 0: the sysctl net.ipv4.tcp_fin_timeout, which is the default. tcp(7) */
export const TCP_LINGER2 = option('TCP_LINGER2', 'IPPROTO_TCP', int(-1, 2 ** 31 - 1, 'seconds'))
/** `TCP_MAXSEG`: the largest segment in bytes. Set before connect: the size to announce, 88 to 32767; 0, the default, leaves it to the path. Read: the size in use, 536 before the connection is made. tcp(7) */
export const TCP_MAXSEG = option('TCP_MAXSEG', 'IPPROTO_TCP', int(0, 32767, 'bytes'), { darwin: true })
/** `TCP_MD5SIG`: sign segments to and from a peer with a key. Default none. RFC 2385, net/ipv4/tcp_ipv4.c */
export const TCP_MD5SIG = option('TCP_MD5SIG', 'IPPROTO_TCP', tcpMd5sig, { access: 'write' })
/** `TCP_MD5SIG_EXT`: as TCP_MD5SIG, for a whole prefix of addresses or an interface. net/ipv4/tcp_ipv4.c */
export const TCP_MD5SIG_EXT = option('TCP_MD5SIG_EXT', 'IPPROTO_TCP', tcpMd5sig, { access: 'write', since: '4.13' })
/** `TCP_NODELAY`: send small segments at once (no Nagle). Default false. tcp(7) */
export const TCP_NODELAY = option('TCP_NODELAY', 'IPPROTO_TCP', boolean, { darwin: true })
/** `TCP_NOTSENT_LOWAT`: writable only while fewer bytes than this are unsent. Default 0, the sysctl net.ipv4.tcp_notsent_lowat. net/ipv4/tcp.c */
export const TCP_NOTSENT_LOWAT = option('TCP_NOTSENT_LOWAT', 'IPPROTO_TCP', unsigned(0, 2 ** 32 - 1, 'bytes'), {
  since: '3.12',
  darwin: true,
})
/** `TCP_QUEUE_SEQ`: the sequence number of the queue chosen by TCP_REPAIR_QUEUE. Under repair only. net/ipv4/tcp.c */
export const TCP_QUEUE_SEQ = option('TCP_QUEUE_SEQ', 'IPPROTO_TCP', unsigned(), {
  since: '3.5',
  needs: 'CAP_NET_ADMIN',
  meanings: repairs,
})
/** `TCP_QUICKACK`: acknowledge at once; the kernel may go back to delayed acknowledgements by itself. Default true. tcp(7) */
export const TCP_QUICKACK = option('TCP_QUICKACK', 'IPPROTO_TCP', boolean)
/** `TCP_REPAIR`: stop the connection in order to move it: nothing is sent any more, and the connection's state can be read and set. `off-no-window-probes` reads `off`. Default off. net/ipv4/tcp.c */
export const TCP_REPAIR = option('TCP_REPAIR', 'IPPROTO_TCP', tcpRepair, { since: '3.5', needs: 'CAP_NET_ADMIN' })
/** `TCP_REPAIR_OPTIONS`: what the handshake agreed on. Under repair only, established. net/ipv4/tcp.c */
export const TCP_REPAIR_OPTIONS = option('TCP_REPAIR_OPTIONS', 'IPPROTO_TCP', tcpRepairOptions, {
  access: 'write',
  since: '3.5',
  needs: 'CAP_NET_ADMIN',
})
/** `TCP_REPAIR_QUEUE`: the queue that reads, writes and TCP_QUEUE_SEQ speak of. Default none. Under repair only. net/ipv4/tcp.c */
export const TCP_REPAIR_QUEUE = option('TCP_REPAIR_QUEUE', 'IPPROTO_TCP', tcpQueue, {
  since: '3.5',
  needs: 'CAP_NET_ADMIN',
  meanings: repairs,
})
/** `TCP_REPAIR_WINDOW`: the window's state. Under repair only. net/ipv4/tcp.c */
export const TCP_REPAIR_WINDOW = option('TCP_REPAIR_WINDOW', 'IPPROTO_TCP', tcpRepairWindow, {
  since: '4.8',
  needs: 'CAP_NET_ADMIN',
  meanings: repairs,
})
/** `TCP_RTO_MAX_MS`: the most milliseconds between retransmissions, 1000 to 120000. Reads back rounded up to the tick of the kernel's clock: 1, 4 or 10 by CONFIG_HZ. Default: the sysctl net.ipv4.tcp_rto_max_ms, 120000. net/ipv4/tcp.c */
export const TCP_RTO_MAX_MS = option('TCP_RTO_MAX_MS', 'IPPROTO_TCP', int(1000, 120_000, 'milliseconds'), {
  since: '6.15',
})
/** `TCP_RTO_MIN_US`: the least microseconds before a retransmission, from 2 ticks of the kernel's clock to 200000. Reads back rounded up to the tick: 1000, 4000 or 10000 by CONFIG_HZ. Default: the sysctl net.ipv4.tcp_rto_min_us, 200000. net/ipv4/tcp.c */
export const TCP_RTO_MIN_US = option('TCP_RTO_MIN_US', 'IPPROTO_TCP', int(1, 200_000, 'microseconds'), {
  since: '6.15',
})
/** `TCP_SAVED_SYN`: the headers of the first packet of an accepted connection, in bytes; empty if the listener had no TCP_SAVE_SYN. Reading the headers takes them away. net/ipv4/tcp.c */
export const TCP_SAVED_SYN = option('TCP_SAVED_SYN', 'IPPROTO_TCP', bytes, {
  access: 'read',
  since: '4.2',
  consumes: true,
})
/** `TCP_SAVE_SYN`: a listener keeps the first packet of each connection, for TCP_SAVED_SYN. Default off. link: since 5.10. net/ipv4/tcp.c */
export const TCP_SAVE_SYN = option('TCP_SAVE_SYN', 'IPPROTO_TCP', saveSyn, { since: '4.2' })
/** `TCP_SYNCNT`: how often connect repeats its first segment, 1 to 127. Default: the sysctl net.ipv4.tcp_syn_retries. tcp(7) */
export const TCP_SYNCNT = option('TCP_SYNCNT', 'IPPROTO_TCP', int(1, 127))
/** `TCP_THIN_DUPACK`: no effect since 4.11. Documentation/networking/tcp-thin.rst */
export const TCP_THIN_DUPACK = option('TCP_THIN_DUPACK', 'IPPROTO_TCP', boolean)
/** `TCP_THIN_LINEAR_TIMEOUTS`: retransmit a thin stream without doubling the time between. Default false. Documentation/networking/tcp-thin.rst */
export const TCP_THIN_LINEAR_TIMEOUTS = option('TCP_THIN_LINEAR_TIMEOUTS', 'IPPROTO_TCP', boolean)
/** `TCP_TIMESTAMP`: the clock of the timestamp option; settable under repair only. net/ipv4/tcp.c */
export const TCP_TIMESTAMP = option('TCP_TIMESTAMP', 'IPPROTO_TCP', unsigned(), {
  since: '3.9',
  needs: 'CAP_NET_ADMIN',
})
/** `TCP_TX_DELAY`: delay each segment sent by this many microseconds, to imitate a slow path; needs the fq queue. Default 0. Newer kernels take 268435455 at most. net/ipv4/tcp.c */
export const TCP_TX_DELAY = option('TCP_TX_DELAY', 'IPPROTO_TCP', int(0, 2 ** 31 - 1, 'microseconds'), { since: '5.3' })
/** `TCP_ULP`: the protocol above TCP that the kernel handles, e.g. 'tls'; '', the default, for none. A protocol can't be taken away again. Of established connections; the kernel loads the module of 'tls' for CAP_NET_ADMIN alone. Documentation/networking/tls.rst */
export const TCP_ULP = option('TCP_ULP', 'IPPROTO_TCP', string(15), {
  since: '4.13',
  meanings: {
    ENOENT: {
      reason: 'unsupported',
      advice: 'the kernel has no such protocol, or its module is not loaded: modprobe tls, for example',
    },
    ENOTCONN: { reason: 'bad-value', advice: 'the connection must be established first' },
  },
})
/** `TCP_USER_TIMEOUT`: milliseconds that data may go unacknowledged before the connection drops; 0: the system's own limits. Default 0. RFC 5482, tcp(7) */
export const TCP_USER_TIMEOUT = option('TCP_USER_TIMEOUT', 'IPPROTO_TCP', int(0, 2 ** 31 - 1, 'milliseconds'))
/** `TCP_WINDOW_CLAMP`: the largest window to announce, in bytes; 0, before connect only: no bound. Default 0. tcp(7) */
export const TCP_WINDOW_CLAMP = option('TCP_WINDOW_CLAMP', 'IPPROTO_TCP', int(0, 2 ** 31 - 1, 'bytes'))
