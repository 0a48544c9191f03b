// The options of level IPPROTO_IP.

import { notRedirected } from '../attributes.ts'
import {
  boolean,
  bytes,
  bytesOf,
  int,
  interfaceInNetworkOrder,
  ipMreq,
  ipMreqSource,
  ipMsfilter,
  ipMulticastInterface,
  mtuDiscover,
  portRange,
  sockaddr,
} from '../codecs.ts'
import { option } from '../option.ts'

/** `IP_ADD_MEMBERSHIP`: join a group, any-source. Write-only; may wait. ip(7) */
export const IP_ADD_MEMBERSHIP = option('IP_ADD_MEMBERSHIP', 'IPPROTO_IP', ipMreq, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'join',
})
/** `IP_ADD_SOURCE_MEMBERSHIP`: join one source of a group. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_ADD_SOURCE_MEMBERSHIP = option('IP_ADD_SOURCE_MEMBERSHIP', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'join-source',
})
/** `IP_BIND_ADDRESS_NO_PORT`: bind with port 0 leaves the port to connect, which may share it. Default false. ip(7) */
export const IP_BIND_ADDRESS_NO_PORT = option('IP_BIND_ADDRESS_NO_PORT', 'IPPROTO_IP', boolean, { since: '4.2' })
/** `IP_BLOCK_SOURCE`: stop one source of an any-source membership. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_BLOCK_SOURCE = option('IP_BLOCK_SOURCE', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'block',
})
/** `IP_CHECKSUM`: tell the checksum of each datagram received. Default false. In `Datagram.checksum`. net/ipv4/ip_sockglue.c */
export const IP_CHECKSUM = option('IP_CHECKSUM', 'IPPROTO_IP', boolean, { since: '4.0' })
/** `IP_DROP_MEMBERSHIP`: leave a group, with all its sources. Write-only; may wait. ip(7) */
export const IP_DROP_MEMBERSHIP = option('IP_DROP_MEMBERSHIP', 'IPPROTO_IP', ipMreq, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'leave',
})
/** `IP_DROP_SOURCE_MEMBERSHIP`: leave one source of a group. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_DROP_SOURCE_MEMBERSHIP = option('IP_DROP_SOURCE_MEMBERSHIP', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'leave-source',
})
/** `IP_FREEBIND`: may bind to an address that the host does not have (yet). Default false. ip(7) */
export const IP_FREEBIND = option('IP_FREEBIND', 'IPPROTO_IP', boolean)
/** `IP_HDRINCL`: the program writes the IP header itself. Raw sockets. Default false, true for IPPROTO_RAW. ip(7), raw(7) */
export const IP_HDRINCL = option('IP_HDRINCL', 'IPPROTO_IP', boolean, { darwin: true })
/** `IP_LOCAL_PORT_RANGE`: the ports bind and connect choose from, inside the sysctl net.ipv4.ip_local_port_range. Default { low: 0, high: 0 }. ip(7) */
export const IP_LOCAL_PORT_RANGE = option('IP_LOCAL_PORT_RANGE', 'IPPROTO_IP', portRange, { since: '6.3' })
/** `IP_MINTTL`: drop packets that come in with a TTL below this, 0 to 255. Default 0. RFC 5082 */
export const IP_MINTTL = option('IP_MINTTL', 'IPPROTO_IP', int(0, 255))
/** `IP_MSFILTER`: the source filter of a group in full. Reading it asks for `{ group, interface? }`. RFC 3678 4.1.3. May wait. */
export const IP_MSFILTER = option('IP_MSFILTER', 'IPPROTO_IP', ipMsfilter, {
  waits: true,
  act: 'set-filter',
})
/** `IP_MTU`: the path's MTU in bytes, of a connected socket. ip(7) */
export const IP_MTU = option('IP_MTU', 'IPPROTO_IP', int(), { access: 'read' })
/** `IP_MTU_DISCOVER`: path MTU discovery: don't-fragment never (dont), as the route has it (want), always (do), always and the path's MTU ignored (probe); interface and omit ignore it too. Default want; dont if the sysctl net.ipv4.ip_no_pmtu_disc is 1. ip(7) */
export const IP_MTU_DISCOVER = option('IP_MTU_DISCOVER', 'IPPROTO_IP', mtuDiscover)
/** `IP_MULTICAST_ALL`: deliver groups joined by other sockets of this host too. Default true. ip(7) */
export const IP_MULTICAST_ALL = option('IP_MULTICAST_ALL', 'IPPROTO_IP', boolean)
/** `IP_MULTICAST_IF`: the interface multicast leaves by. Reads the interface's address, 0.0.0.0 if the interface was set by index. Default 0.0.0.0: the kernel chooses. ip(7) */
export const IP_MULTICAST_IF = option('IP_MULTICAST_IF', 'IPPROTO_IP', ipMulticastInterface, {
  act: 'set-interface',
  darwin: true,
})
/** `IP_MULTICAST_LOOP`: deliver multicast that this socket sends to members on this host too. Default true. ip(7) */
export const IP_MULTICAST_LOOP = option('IP_MULTICAST_LOOP', 'IPPROTO_IP', boolean, { darwin: true })
/** `IP_MULTICAST_TTL`: the TTL of multicast sent, 0 to 255. Default 1. ip(7) */
export const IP_MULTICAST_TTL = option('IP_MULTICAST_TTL', 'IPPROTO_IP', int(0, 255), { darwin: true })
/** `IP_NODEFRAG`: raw sockets get fragments one by one, not reassembled. Default false. ip(7) */
export const IP_NODEFRAG = option('IP_NODEFRAG', 'IPPROTO_IP', boolean)
/** `IP_OPTIONS`: the IP options of each packet sent, at most 40 bytes; none if empty, the default. Some, such as source routes, take CAP_NET_RAW. ip(7) */
export const IP_OPTIONS = option('IP_OPTIONS', 'IPPROTO_IP', bytesOf(0, 40), { darwin: true })
/** `IP_PASSSEC`: tell the security label of the peer with each datagram. Default false. In `Datagram.ancillary`, in bytes. ip(7) */
export const IP_PASSSEC = option('IP_PASSSEC', 'IPPROTO_IP', boolean)
/** `IP_PKTINFO`: tell the destination and interface of each datagram received. Default false. In `Datagram.destination` and `Datagram.interfaceIndex`. ip(7) */
export const IP_PKTINFO = option('IP_PKTINFO', 'IPPROTO_IP', boolean, { darwin: true })
/** `IP_PROTOCOL`: the protocol of a raw socket; the local port of others. net/ipv4/ip_sockglue.c */
export const IP_PROTOCOL = option('IP_PROTOCOL', 'IPPROTO_IP', int(), { access: 'read', since: '6.4' })
/** `IP_RECVERR`: keep ICMP errors in the error queue, and report them. Default false. In the event `returned-error`. ip(7) */
export const IP_RECVERR = option('IP_RECVERR', 'IPPROTO_IP', boolean)
/** `IP_RECVERR_RFC4884`: as IP_RECVERR, and tell the extensions of RFC 4884 apart from the payload. Default false. In the event `returned-error`. net/ipv4/icmp.c */
export const IP_RECVERR_RFC4884 = option('IP_RECVERR_RFC4884', 'IPPROTO_IP', boolean, { since: '5.9' })
/** `IP_RECVFRAGSIZE`: tell the size of the largest fragment of each datagram that was fragmented. Default false. Datagram and raw sockets. In `Datagram.ancillary`, in bytes. net/ipv4/ip_sockglue.c */
export const IP_RECVFRAGSIZE = option('IP_RECVFRAGSIZE', 'IPPROTO_IP', boolean, { since: '4.10' })
/** `IP_RECVOPTS`: tell the IP options of each packet received. Default false. In `Datagram.ancillary`, in bytes. ip(7) */
export const IP_RECVOPTS = option('IP_RECVOPTS', 'IPPROTO_IP', boolean, { darwin: true })
/** `IP_RECVORIGDSTADDR`: tell the destination each datagram had before it was redirected. Default false. In `Datagram.originalDestination`. ip(7) */
export const IP_RECVORIGDSTADDR = option('IP_RECVORIGDSTADDR', 'IPPROTO_IP', boolean)
/** `IP_RECVRETOPTS`: the other name of `IP_RETOPTS`. ip(7) */
export const IP_RECVRETOPTS = option('IP_RECVRETOPTS', 'IPPROTO_IP', boolean, { darwin: true })
/** `IP_RECVTOS`: tell the type-of-service octet of each datagram received. Default false. In `Datagram.trafficClass`. ip(7) */
export const IP_RECVTOS = option('IP_RECVTOS', 'IPPROTO_IP', boolean, { darwin: true })
/** `IP_RECVTTL`: tell the TTL of each datagram received. Default false. In `Datagram.hopLimit`. ip(7) */
export const IP_RECVTTL = option('IP_RECVTTL', 'IPPROTO_IP', boolean, { darwin: true })
/** `IP_RETOPTS`: tell the IP options of each packet received, reversed for a reply. Default false. In `Datagram.ancillary`, in bytes. ip(7) */
export const IP_RETOPTS = option('IP_RETOPTS', 'IPPROTO_IP', boolean)
/** `IP_ROUTER_ALERT`: this socket gets the forwarded packets that have a router alert. Raw sockets. Default false. ip(7) */
export const IP_ROUTER_ALERT = option('IP_ROUTER_ALERT', 'IPPROTO_IP', boolean, {
  meanings: {
    EADDRINUSE: { reason: 'bad-value', advice: 'it is on already' },
    ENOBUFS: { reason: 'bad-value', advice: 'it is off already, or the kernel has no memory for it' },
  },
})
/** `IP_TOS`: the type-of-service octet sent; on TCP the kernel clears its two ECN bits. Default 0. ip(7) */
export const IP_TOS = option('IP_TOS', 'IPPROTO_IP', int(0, 255), { darwin: true })
/** `IP_TRANSPARENT`: may bind to an address of another host, and gets packets sent there. Default false. ip(7) */
export const IP_TRANSPARENT = option('IP_TRANSPARENT', 'IPPROTO_IP', boolean, { needs: 'CAP_NET_ADMIN or CAP_NET_RAW' })
/** `IP_TTL`: the TTL of unicast sent, 1 to 255; -1: the default, the sysctl net.ipv4.ip_default_ttl. ip(7) */
export const IP_TTL = option('IP_TTL', 'IPPROTO_IP', int(-1, 255), { darwin: true })
/** `IP_UNBLOCK_SOURCE`: receive a blocked source again. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_UNBLOCK_SOURCE = option('IP_UNBLOCK_SOURCE', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'unblock',
})
/** `IP_UNICAST_IF`: the interface unicast leaves by if the route allows it, by name or index; 0: the route decides. Default 0. net/ipv4/ip_sockglue.c */
export const IP_UNICAST_IF = option('IP_UNICAST_IF', 'IPPROTO_IP', interfaceInNetworkOrder, {
  since: '3.4',
  act: 'set-interface',
})
/** `IP_XFRM_POLICY`: an IPsec policy of this socket, a struct xfrm_userpolicy_info and its templates in bytes. include/uapi/linux/xfrm.h */
export const IP_XFRM_POLICY = option('IP_XFRM_POLICY', 'IPPROTO_IP', bytes, { access: 'write', needs: 'CAP_NET_ADMIN' })
/** `SO_ORIGINAL_DST`: the address a client connected to, before a firewall redirected the connection; reason `unsupported` if connections are not tracked. TCP and SCTP. include/uapi/linux/netfilter_ipv4.h */
export const SO_ORIGINAL_DST = option('SO_ORIGINAL_DST', 'IPPROTO_IP', sockaddr, {
  access: 'read',
  meanings: notRedirected,
})
