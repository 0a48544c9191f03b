import { boolean, int, ipMreq, ipMreqSource, ipMsfilter, ipMulticastInterface } from '../codecs.ts'
import { option } from '../option.ts'

/** `IP_ADD_MEMBERSHIP`: join a group, any-source. Write-only; may wait. ip(7) */
export const IP_ADD_MEMBERSHIP = option('IP_ADD_MEMBERSHIP', 'IPPROTO_IP', ipMreq, {
  access: 'write',
  waits: true,
  act: 'join',
})
/** `IP_ADD_SOURCE_MEMBERSHIP`: join one source of a group. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_ADD_SOURCE_MEMBERSHIP = option('IP_ADD_SOURCE_MEMBERSHIP', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  act: 'join-source',
})
/** `IP_BLOCK_SOURCE`: stop one source of an any-source membership. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_BLOCK_SOURCE = option('IP_BLOCK_SOURCE', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  act: 'block',
})
/** `IP_DROP_MEMBERSHIP`: leave a group, with all its sources. Write-only; may wait. ip(7) */
export const IP_DROP_MEMBERSHIP = option('IP_DROP_MEMBERSHIP', 'IPPROTO_IP', ipMreq, {
  access: 'write',
  waits: true,
  act: 'leave',
})
/** `IP_DROP_SOURCE_MEMBERSHIP`: leave one source of a group. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_DROP_SOURCE_MEMBERSHIP = option('IP_DROP_SOURCE_MEMBERSHIP', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  act: 'leave-source',
})
/** `IP_MSFILTER`: the source filter of a group in full. Reading it asks for `{ group, interface? }`. RFC 3678 4.1.3. May wait. */
export const IP_MSFILTER = option('IP_MSFILTER', 'IPPROTO_IP', ipMsfilter, { waits: true, act: 'set-filter' })
/** `IP_MULTICAST_ALL`: deliver groups joined by other sockets of this host too. Linux default: true. ip(7) */
export const IP_MULTICAST_ALL = option('IP_MULTICAST_ALL', 'IPPROTO_IP', boolean)
/** `IP_MULTICAST_IF`: the interface multicast leaves by. Reads its address, 0.0.0.0 where it was set by index. ip(7) */
export const IP_MULTICAST_IF = option('IP_MULTICAST_IF', 'IPPROTO_IP', ipMulticastInterface, { act: 'set-interface' })
/** `IP_MULTICAST_LOOP`: what this socket sends is delivered on this host too. Default true. ip(7) */
export const IP_MULTICAST_LOOP = option('IP_MULTICAST_LOOP', 'IPPROTO_IP', boolean)
/** `IP_MULTICAST_TTL`: the TTL of multicast sent, 0 to 255. Default 1. ip(7) */
export const IP_MULTICAST_TTL = option('IP_MULTICAST_TTL', 'IPPROTO_IP', int(0, 255))
/** `IP_PKTINFO`: tell the destination and interface of each datagram received. Default false. ip(7) */
export const IP_PKTINFO = option('IP_PKTINFO', 'IPPROTO_IP', boolean)
/** `IP_RECVTTL`: tell the TTL of each datagram received. Default false. ip(7) */
export const IP_RECVTTL = option('IP_RECVTTL', 'IPPROTO_IP', boolean)
/** `IP_TOS`: the type-of-service octet sent; on TCP the kernel clears its two ECN bits. Default 0. ip(7) */
export const IP_TOS = option('IP_TOS', 'IPPROTO_IP', int(0, 255))
/** `IP_TTL`: the TTL of unicast sent, 1 to 255. Default: the sysctl net.ipv4.ip_default_ttl. ip(7) */
export const IP_TTL = option('IP_TTL', 'IPPROTO_IP', int(1, 255))
/** `IP_UNBLOCK_SOURCE`: take a blocked source again. RFC 3678 4.1.1. Write-only; may wait. */
export const IP_UNBLOCK_SOURCE = option('IP_UNBLOCK_SOURCE', 'IPPROTO_IP', ipMreqSource, {
  access: 'write',
  waits: true,
  act: 'unblock',
})
