import { boolean, int, interfaceByIndex, ipv6Mreq } from '../codecs.ts'
import { option } from '../option.ts'

/** `IPV6_ADD_MEMBERSHIP`: the older name of `IPV6_JOIN_GROUP`. Write-only; may wait. ipv6(7) */
export const IPV6_ADD_MEMBERSHIP = option('IPV6_ADD_MEMBERSHIP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  act: 'join',
})
/** `IPV6_DROP_MEMBERSHIP`: the older name of `IPV6_LEAVE_GROUP`. Write-only; may wait. ipv6(7) */
export const IPV6_DROP_MEMBERSHIP = option('IPV6_DROP_MEMBERSHIP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  act: 'leave',
})
/** `IPV6_JOIN_GROUP`: join a group, any-source. RFC 3493 5.2. Write-only; may wait. */
export const IPV6_JOIN_GROUP = option('IPV6_JOIN_GROUP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  act: 'join',
})
/** `IPV6_LEAVE_GROUP`: leave a group, with all its sources. RFC 3493 5.2. Write-only; may wait. */
export const IPV6_LEAVE_GROUP = option('IPV6_LEAVE_GROUP', 'IPPROTO_IPV6', ipv6Mreq, {
  access: 'write',
  waits: true,
  act: 'leave',
})
/** `IPV6_MULTICAST_ALL`: deliver groups joined by other sockets of this host too. Default true. Linux 4.20 */
export const IPV6_MULTICAST_ALL = option('IPV6_MULTICAST_ALL', 'IPPROTO_IPV6', boolean)
/** `IPV6_MULTICAST_HOPS`: the hop limit of multicast sent, 0 to 255; -1: the default, 1. RFC 3493 5.2 */
export const IPV6_MULTICAST_HOPS = option('IPV6_MULTICAST_HOPS', 'IPPROTO_IPV6', int(-1, 255))
/** `IPV6_MULTICAST_IF`: the interface multicast leaves by; reads its index, 0 where the kernel chooses. RFC 3493 5.2 */
export const IPV6_MULTICAST_IF = option('IPV6_MULTICAST_IF', 'IPPROTO_IPV6', interfaceByIndex, { act: 'set-interface' })
/** `IPV6_MULTICAST_LOOP`: what this socket sends is delivered on this host too. Default true. RFC 3493 5.2 */
export const IPV6_MULTICAST_LOOP = option('IPV6_MULTICAST_LOOP', 'IPPROTO_IPV6', boolean)
/** `IPV6_RECVPKTINFO`: tell the destination and interface of each datagram received. Default false. RFC 3542 4 */
export const IPV6_RECVPKTINFO = option('IPV6_RECVPKTINFO', 'IPPROTO_IPV6', boolean)
/** `IPV6_UNICAST_HOPS`: the hop limit of unicast sent, 0 to 255; -1: the default. RFC 3493 5.1 */
export const IPV6_UNICAST_HOPS = option('IPV6_UNICAST_HOPS', 'IPPROTO_IPV6', int(-1, 255))
/** `IPV6_V6ONLY`: no IPv4 through this socket. Settable before bind only. Default: the sysctl net.ipv6.bindv6only. RFC 3493 5.3 */
export const IPV6_V6ONLY = option('IPV6_V6ONLY', 'IPPROTO_IPV6', boolean)
