import { boolean, int } from '../codecs.ts'
import { option } from '../option.ts'

/** `TCP_KEEPCNT`: unanswered probes before the connection drops, 1 to 127. Default: the sysctl net.ipv4.tcp_keepalive_probes. tcp(7) */
export const TCP_KEEPCNT = option('TCP_KEEPCNT', 'IPPROTO_TCP', int(1, 127))
/** `TCP_KEEPIDLE`: seconds without traffic before the first probe, 1 to 32767. Default: the sysctl net.ipv4.tcp_keepalive_time. tcp(7) */
export const TCP_KEEPIDLE = option('TCP_KEEPIDLE', 'IPPROTO_TCP', int(1, 32767))
/** `TCP_KEEPINTVL`: seconds between probes, 1 to 32767. Default: the sysctl net.ipv4.tcp_keepalive_intvl. tcp(7) */
export const TCP_KEEPINTVL = option('TCP_KEEPINTVL', 'IPPROTO_TCP', int(1, 32767))
/** `TCP_NODELAY`: send small segments at once (no Nagle). Default false. tcp(7) */
export const TCP_NODELAY = option('TCP_NODELAY', 'IPPROTO_TCP', boolean)
/** `TCP_USER_TIMEOUT`: milliseconds that data may go unacknowledged before the connection drops; 0: as the system has it. RFC 5482, tcp(7) */
export const TCP_USER_TIMEOUT = option('TCP_USER_TIMEOUT', 'IPPROTO_TCP', int(0))
