// Options that only macOS has.

import { boolean, int, interfaceByIndex, netServiceType, tcpConnectionInfo } from '../codecs.ts'
import { option } from '../option.ts'

/** `IPV6_BOUND_IF`: the interface that IPv6 is sent and received by, by its index; 0: any. Default 0. <netinet6/in6.h> */
export const IPV6_BOUND_IF = option('IPV6_BOUND_IF', 'IPPROTO_IPV6', interfaceByIndex, { darwin: 'only' })
/** `IP_BOUND_IF`: the interface that IPv4 is sent and received by, by its index; 0: any. Default 0. <netinet/in.h> */
export const IP_BOUND_IF = option('IP_BOUND_IF', 'IPPROTO_IP', interfaceByIndex, { darwin: 'only' })
/** `IP_RECVDSTADDR`: a control message has the destination of each datagram received. Default false. ip(4) */
export const IP_RECVDSTADDR = option('IP_RECVDSTADDR', 'IPPROTO_IP', boolean, { darwin: 'only' })
/** `IP_RECVIF`: a control message has the interface of each datagram received. Default false. ip(4) */
export const IP_RECVIF = option('IP_RECVIF', 'IPPROTO_IP', boolean, { darwin: 'only' })
/** `SO_NET_SERVICE_TYPE`: what the traffic is for: best effort (BE), background (BK), signalling (SIG), interactive video (VI) or voice (VO), responsive media (RV), streams (AV), administration (OAM), responsive data (RD). Default BE. <sys/socket.h> */
export const SO_NET_SERVICE_TYPE = option('SO_NET_SERVICE_TYPE', 'SOL_SOCKET', netServiceType, { darwin: 'only' })
/** `SO_NOSIGPIPE`: a write to a connection that is gone raises no SIGPIPE. Default false. getsockopt(2) */
export const SO_NOSIGPIPE = option('SO_NOSIGPIPE', 'SOL_SOCKET', boolean, { darwin: 'only' })
/** `TCP_CONNECTION_INFO`: what the kernel knows of the connection. tcp(4), <netinet/tcp.h> */
export const TCP_CONNECTION_INFO = option('TCP_CONNECTION_INFO', 'IPPROTO_TCP', tcpConnectionInfo, {
  access: 'read',
  darwin: 'only',
})
/** `TCP_KEEPALIVE`: seconds without traffic before the first probe of SO_KEEPALIVE; Linux's TCP_KEEPIDLE. Default 7200: the sysctl net.inet.tcp.keepidle, in milliseconds. tcp(4), bsd/netinet/tcp_usrreq.c */
export const TCP_KEEPALIVE = option('TCP_KEEPALIVE', 'IPPROTO_TCP', int(0, 4_294_967, 'seconds'), {
  darwin: 'only',
})
