// The options of level IPPROTO_IPV6.

import { notRedirected } from '../attributes.ts'
import {
  addressPreferences,
  anycast,
  boolean,
  bytes,
  flowLabel,
  in6Pktinfo,
  int,
  interfaceByIndex,
  interfaceInNetworkOrder,
  ip6Mtuinfo,
  ipv6Mreq,
  mtuDiscover,
  sockaddr,
} from '../codecs.ts'
import { option } from '../option.ts'

/** `IPV6_ADDRFORM`: turn a connected socket with an IPv4-mapped address into an IPv4 socket: set 2 (AF_INET). Reads the family. ipv6(7) */
export const IPV6_ADDRFORM = option('IPV6_ADDRFORM', 'IPPROTO_IPV6', int())
/** `IPV6_ADDR_PREFERENCES`: which source address is preferred if the host has several. Reads one preference of each kind; the cryptographic ones have no effect. Default ['public-or-temporary-default', 'home']. RFC 5014 */
export const IPV6_ADDR_PREFERENCES = option('IPV6_ADDR_PREFERENCES', 'IPPROTO_IPV6', addressPreferences)
/** `IPV6_ADD_MEMBERSHIP`: the older name of `IPV6_JOIN_GROUP`. Write-only; may wait. ipv6(7) */
export const IPV6_ADD_MEMBERSHIP = option('IPV6_ADD_MEMBERSHIP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'join',
})
/** `IPV6_AUTOFLOWLABEL`: give each flow a label by its hash. Default: the sysctl net.ipv6.auto_flowlabels. RFC 6438 */
export const IPV6_AUTOFLOWLABEL = option('IPV6_AUTOFLOWLABEL', 'IPPROTO_IPV6', boolean, { since: '3.17' })
/** `IPV6_CHECKSUM`: the even offset, in bytes, of the checksum that the kernel computes in a raw socket's payload; -1: no checksum. Default -1; always 2 for IPPROTO_ICMPV6. RFC 3542 3.1 */
export const IPV6_CHECKSUM = option('IPV6_CHECKSUM', 'IPPROTO_IPV6', int(-1), { darwin: true })
/** `IPV6_DONTFRAG`: do not fragment: a packet that is too big is an error. Default false. RFC 3542 11.2 */
export const IPV6_DONTFRAG = option('IPV6_DONTFRAG', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_DROP_MEMBERSHIP`: the older name of `IPV6_LEAVE_GROUP`. Write-only; may wait. ipv6(7) */
export const IPV6_DROP_MEMBERSHIP = option('IPV6_DROP_MEMBERSHIP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'leave',
})
/** `IPV6_DSTOPTS`: the destination options header of each packet sent, in bytes; none if empty, the default. RFC 3542 9.2 */
export const IPV6_DSTOPTS = option('IPV6_DSTOPTS', 'IPPROTO_IPV6', bytes, { needs: 'CAP_NET_RAW', darwin: true })
/** `IPV6_FLOWINFO`: tell the flow label and traffic class of each datagram received. Default false. In `Datagram.ancillary`, in bytes. net/ipv6/ipv6_sockglue.c */
export const IPV6_FLOWINFO = option('IPV6_FLOWINFO', 'IPPROTO_IPV6', boolean)
/** `IPV6_FLOWINFO_SEND`: a flow label given with an address is used. Default false. net/ipv6/ipv6_sockglue.c */
export const IPV6_FLOWINFO_SEND = option('IPV6_FLOWINFO_SEND', 'IPPROTO_IPV6', boolean)
/** `IPV6_FLOWLABEL_MGR`: get, put back or renew a flow label; reading gives the label in use. An expiry or linger of more than 150 seconds takes CAP_NET_ADMIN of the kernel's own user namespace. RFC 6437, net/ipv6/ip6_flowlabel.c */
export const IPV6_FLOWLABEL_MGR = option('IPV6_FLOWLABEL_MGR', 'IPPROTO_IPV6', flowLabel, {
  meanings: {
    ENOENT: { reason: 'bad-value', advice: 'this socket has no such flow label' },
    EPERM: {
      reason: 'permission',
      advice:
        'another socket has this label for itself, until some seconds after the socket closes: ask for label 0, which is any; or an expiry or linger of more than 150 seconds takes CAP_NET_ADMIN',
    },
  },
})
/** `IPV6_FREEBIND`: may bind to an address that the host does not have (yet). Default false. net/ipv6/ipv6_sockglue.c */
export const IPV6_FREEBIND = option('IPV6_FREEBIND', 'IPPROTO_IPV6', boolean, { since: '4.15' })
/** `IPV6_HDRINCL`: the program writes the IPv6 header itself. Raw sockets. Default false, true for IPPROTO_RAW. net/ipv6/raw.c */
export const IPV6_HDRINCL = option('IPV6_HDRINCL', 'IPPROTO_IPV6', boolean, { since: '4.5' })
/** `IPV6_HOPOPTS`: the hop-by-hop options header of each packet sent, in bytes; none if empty, the default. RFC 3542 8.2 */
export const IPV6_HOPOPTS = option('IPV6_HOPOPTS', 'IPPROTO_IPV6', bytes, { needs: 'CAP_NET_RAW', darwin: true })
/** `IPV6_JOIN_ANYCAST`: receive packets to an anycast address; a host may join one within a prefix of the interface. net/ipv6/anycast.c */
export const IPV6_JOIN_ANYCAST = option('IPV6_JOIN_ANYCAST', 'IPPROTO_IPV6', anycast, {
  access: 'write',
  waits: true,
  needs: 'CAP_NET_ADMIN',
})
/** `IPV6_JOIN_GROUP`: join a group, any-source. RFC 3493 5.2. Write-only; may wait. */
export const IPV6_JOIN_GROUP = option('IPV6_JOIN_GROUP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'join',
})
/** `IPV6_LEAVE_ANYCAST`: leave an anycast address. net/ipv6/anycast.c */
export const IPV6_LEAVE_ANYCAST = option('IPV6_LEAVE_ANYCAST', 'IPPROTO_IPV6', anycast, {
  access: 'write',
  waits: true,
})
/** `IPV6_LEAVE_GROUP`: leave a group, with all its sources. RFC 3493 5.2. Write-only; may wait. */
export const IPV6_LEAVE_GROUP = option('IPV6_LEAVE_GROUP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  darwin: true,
  act: 'leave',
})
/** `IPV6_MINHOPCOUNT`: drop packets that come in with a hop limit below this, 0 to 255. Default 0. RFC 5082 */
export const IPV6_MINHOPCOUNT = option('IPV6_MINHOPCOUNT', 'IPPROTO_IPV6', int(0, 255))
/** `IPV6_MTU`: the path's MTU in bytes, of a connected socket; when set, the largest packet in bytes, 1280 or more, 0 for no bound. Default 0. ipv6(7) */
export const IPV6_MTU = option('IPV6_MTU', 'IPPROTO_IPV6', int())
/** `IPV6_MTU_DISCOVER`: path MTU discovery, as IP_MTU_DISCOVER. Default want. ipv6(7) */
export const IPV6_MTU_DISCOVER = option('IPV6_MTU_DISCOVER', 'IPPROTO_IPV6', mtuDiscover)
/** `IPV6_MULTICAST_ALL`: deliver groups joined by other sockets of this host too. Default true. net/ipv6/ipv6_sockglue.c */
export const IPV6_MULTICAST_ALL = option('IPV6_MULTICAST_ALL', 'IPPROTO_IPV6', boolean, { since: '4.20' })
/** `IPV6_MULTICAST_HOPS`: the hop limit of multicast sent, 0 to 255; -1: the default, 1. RFC 3493 5.2 */
export const IPV6_MULTICAST_HOPS = option('IPV6_MULTICAST_HOPS', 'IPPROTO_IPV6', int(-1, 255), { darwin: true })
/** `IPV6_MULTICAST_IF`: the interface multicast leaves by; reads its index, 0 if the kernel chooses. Default 0. RFC 3493 5.2 */
export const IPV6_MULTICAST_IF = option('IPV6_MULTICAST_IF', 'IPPROTO_IPV6', interfaceByIndex, {
  darwin: true,
  act: 'set-interface',
})
/** `IPV6_MULTICAST_LOOP`: deliver multicast that this socket sends to members on this host too. Default true. RFC 3493 5.2 */
export const IPV6_MULTICAST_LOOP = option('IPV6_MULTICAST_LOOP', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_PATHMTU`: the path's MTU in bytes, of a connected socket. RFC 3542 11.4 */
export const IPV6_PATHMTU = option('IPV6_PATHMTU', 'IPPROTO_IPV6', ip6Mtuinfo, { access: 'read', darwin: true })
/** `IPV6_PKTINFO`: the source address and interface of each packet sent; by default the kernel chooses both. RFC 3542 6 */
export const IPV6_PKTINFO = option('IPV6_PKTINFO', 'IPPROTO_IPV6', in6Pktinfo, { access: 'write', darwin: true })
/** `IPV6_RECVDSTOPTS`: tell the destination options of each datagram received. Default false. In `Datagram.ancillary`, in bytes. RFC 3542 9 */
export const IPV6_RECVDSTOPTS = option('IPV6_RECVDSTOPTS', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_RECVERR`: keep ICMPv6 errors in the error queue, and report them. Default false. In the event `returned-error`. ipv6(7) */
export const IPV6_RECVERR = option('IPV6_RECVERR', 'IPPROTO_IPV6', boolean)
/** `IPV6_RECVERR_RFC4884`: as IPV6_RECVERR, and tell the extensions of RFC 4884 apart from the payload. Default false. In the event `returned-error`. net/ipv6/ipv6_sockglue.c */
export const IPV6_RECVERR_RFC4884 = option('IPV6_RECVERR_RFC4884', 'IPPROTO_IPV6', boolean, { since: '5.9' })
/** `IPV6_RECVFRAGSIZE`: tell the size of the largest fragment of each datagram that was fragmented. Default false. In `Datagram.ancillary`, in bytes. net/ipv6/ipv6_sockglue.c */
export const IPV6_RECVFRAGSIZE = option('IPV6_RECVFRAGSIZE', 'IPPROTO_IPV6', boolean, { since: '4.10' })
/** `IPV6_RECVHOPLIMIT`: tell the hop limit of each datagram received. Default false. In `Datagram.hopLimit`. RFC 3542 6.3 */
export const IPV6_RECVHOPLIMIT = option('IPV6_RECVHOPLIMIT', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_RECVHOPOPTS`: tell the hop-by-hop options of each datagram received. Default false. In `Datagram.ancillary`, in bytes. RFC 3542 8 */
export const IPV6_RECVHOPOPTS = option('IPV6_RECVHOPOPTS', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_RECVORIGDSTADDR`: tell the destination each datagram had before it was redirected. Default false. In `Datagram.originalDestination`. net/ipv6/ipv6_sockglue.c */
export const IPV6_RECVORIGDSTADDR = option('IPV6_RECVORIGDSTADDR', 'IPPROTO_IPV6', boolean)
/** `IPV6_RECVPATHMTU`: an empty datagram tells the path's MTU when a send was too big for it. The kernel wakes no reader for it: it comes with the next datagram. Default false. In `Datagram.ancillary`, in bytes. RFC 3542 11.3 */
export const IPV6_RECVPATHMTU = option('IPV6_RECVPATHMTU', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_RECVPKTINFO`: tell the destination and interface of each datagram received. Default false. In `Datagram.destination` and `Datagram.interfaceIndex`. RFC 3542 4 */
export const IPV6_RECVPKTINFO = option('IPV6_RECVPKTINFO', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_RECVRTHDR`: tell the routing header of each datagram received. Default false. In `Datagram.ancillary`, in bytes. RFC 3542 7 */
export const IPV6_RECVRTHDR = option('IPV6_RECVRTHDR', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_RECVTCLASS`: tell the traffic class of each datagram received. Default false. In `Datagram.trafficClass`. RFC 3542 6.5 */
export const IPV6_RECVTCLASS = option('IPV6_RECVTCLASS', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_ROUTER_ALERT`: this socket gets the forwarded packets that have a router alert of this value; -1: no more. IPPROTO_RAW only. Reads 0 if the option was never set, else 1. ipv6(7) */
export const IPV6_ROUTER_ALERT = option('IPV6_ROUTER_ALERT', 'IPPROTO_IPV6', int(-1, 65535))
/** `IPV6_ROUTER_ALERT_ISOLATE`: receive router alerts of this socket's network namespace only. Default false. net/ipv6/ipv6_sockglue.c */
export const IPV6_ROUTER_ALERT_ISOLATE = option('IPV6_ROUTER_ALERT_ISOLATE', 'IPPROTO_IPV6', boolean, { since: '5.1' })
/** `IPV6_RTHDR`: the routing header of each packet sent, in bytes; none if empty, the default. RFC 3542 7 */
export const IPV6_RTHDR = option('IPV6_RTHDR', 'IPPROTO_IPV6', bytes, { darwin: true })
/** `IPV6_RTHDRDSTOPTS`: the destination options header ahead of the routing header, in bytes; none if empty, the default. RFC 3542 9 */
export const IPV6_RTHDRDSTOPTS = option('IPV6_RTHDRDSTOPTS', 'IPPROTO_IPV6', bytes, {
  needs: 'CAP_NET_RAW',
  darwin: true,
})
/** `IPV6_TCLASS`: the traffic class octet sent, 0 to 255; -1: the default, 0. RFC 3542 6.5 */
export const IPV6_TCLASS = option('IPV6_TCLASS', 'IPPROTO_IPV6', int(-1, 255), { darwin: true })
/** `IPV6_TRANSPARENT`: may bind to an address of another host, and gets packets sent there. Default false. net/ipv6/ipv6_sockglue.c */
export const IPV6_TRANSPARENT = option('IPV6_TRANSPARENT', 'IPPROTO_IPV6', boolean, {
  needs: 'CAP_NET_ADMIN or CAP_NET_RAW',
})
/** `IPV6_UNICAST_HOPS`: the hop limit of unicast sent, 0 to 255; -1: the default, the sysctl net.ipv6.conf.*.hop_limit or the limit that a router announces. RFC 3493 5.1 */
export const IPV6_UNICAST_HOPS = option('IPV6_UNICAST_HOPS', 'IPPROTO_IPV6', int(-1, 255), { darwin: true })
/** `IPV6_UNICAST_IF`: the interface unicast leaves by if the route allows it, by name or index; 0: the route decides. Default 0. net/ipv6/ipv6_sockglue.c */
export const IPV6_UNICAST_IF = option('IPV6_UNICAST_IF', 'IPPROTO_IPV6', interfaceInNetworkOrder, {
  since: '3.4',
  act: 'set-interface',
})
/** `IPV6_V6ONLY`: no IPv4 through this socket. Settable before bind only. Default: the sysctl net.ipv6.bindv6only. RFC 3493 5.3 */
export const IPV6_V6ONLY = option('IPV6_V6ONLY', 'IPPROTO_IPV6', boolean, { darwin: true })
/** `IPV6_XFRM_POLICY`: an IPsec policy of this socket, a struct xfrm_userpolicy_info and its templates in bytes. include/uapi/linux/xfrm.h */
export const IPV6_XFRM_POLICY = option('IPV6_XFRM_POLICY', 'IPPROTO_IPV6', bytes, {
  access: 'write',
  needs: 'CAP_NET_ADMIN',
})
/** `IP6T_SO_ORIGINAL_DST`: `SO_ORIGINAL_DST` of IPv6. include/uapi/linux/netfilter_ipv6/ip6_tables.h */
export const IP6T_SO_ORIGINAL_DST = option('IP6T_SO_ORIGINAL_DST', 'IPPROTO_IPV6', sockaddr, {
  access: 'read',
  meanings: notRedirected,
  since: '3.8',
})
