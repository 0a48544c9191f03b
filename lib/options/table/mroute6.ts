// The options of IPv6 multicast routing, on a raw socket of IPPROTO_ICMPV6.

import { addsInterface, becomesRouter, flushesRoutes, routes, setsProxyRoutes, setsRoutes } from '../attributes.ts'
import { boolean, int, mf6cctl, mif6ctl, mrt6Flush, mrtPim, trigger, unsigned } from '../codecs.ts'
import { option } from '../option.ts'

/** `MRT6_ADD_MFC`: add or replace a route: packets of a source to a group, from one interface to others. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_ADD_MFC = option('MRT6_ADD_MFC', 'IPPROTO_IPV6', mf6cctl, setsRoutes)
/** `MRT6_ADD_MFC_PROXY`: as `MRT6_ADD_MFC`, of any source, or of any source and group, from any of the interfaces that the route goes out by. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_ADD_MFC_PROXY = option('MRT6_ADD_MFC_PROXY', 'IPPROTO_IPV6', mf6cctl, setsProxyRoutes)
/** `MRT6_ADD_MIF`: give the router an interface. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_ADD_MIF = option('MRT6_ADD_MIF', 'IPPROTO_IPV6', mif6ctl, addsInterface)
/** `MRT6_ASSERT`: tell of packets that came in by an interface that their route goes out by, and, with `MRT6_PIM`, by any but the route's parent: at most one in 3 seconds a route. Default false. net/ipv6/ip6mr.c */
export const MRT6_ASSERT = option('MRT6_ASSERT', 'IPPROTO_IPV6', boolean, routes)
/** `MRT6_DEL_MFC`: take a route away, by source and group. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_DEL_MFC = option('MRT6_DEL_MFC', 'IPPROTO_IPV6', mf6cctl, setsRoutes)
/** `MRT6_DEL_MFC_PROXY`: take away a route of `MRT6_ADD_MFC_PROXY`, by source, group and parent. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_DEL_MFC_PROXY = option('MRT6_DEL_MFC_PROXY', 'IPPROTO_IPV6', mf6cctl, setsProxyRoutes)
/** `MRT6_DEL_MIF`: take an interface from the router, by its number. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_DEL_MIF = option('MRT6_DEL_MIF', 'IPPROTO_IPV6', mif6ctl, setsRoutes)
/** `MRT6_DONE`: stop routing; its interfaces and routes go. Closing the socket does the same. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_DONE = option('MRT6_DONE', 'IPPROTO_IPV6', trigger, becomesRouter)
/** `MRT6_FLUSH`: take interfaces and routes away. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_FLUSH = option('MRT6_FLUSH', 'IPPROTO_IPV6', mrt6Flush, flushesRoutes)
/** `MRT6_INIT`: route multicast by this socket, the only one of its network namespace and table. The kernel then asks it, by ICMPv6 messages of type 0, for a route that it lacks (`struct mrt6msg`). Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_INIT = option('MRT6_INIT', 'IPPROTO_IPV6', trigger, becomesRouter)
/** `MRT6_PIM`: PIM is on: registers are taken, and `MRT6_ASSERT` is on with it. Between `on` and `wrong-interface` the kernel changes nothing: set `off` first. Default off. net/ipv6/ip6mr.c */
export const MRT6_PIM = option('MRT6_PIM', 'IPPROTO_IPV6', mrtPim, routes)
/** `MRT6_TABLE`: the table of routes that this socket is for; before `MRT6_INIT`. Packets come to another table than the default by a rule alone: `ip -6 mrule add iif eth0 table 77`. Default 253, RT_TABLE_DEFAULT. Write-only; may wait. net/ipv6/ip6mr.c */
export const MRT6_TABLE = option('MRT6_TABLE', 'IPPROTO_IPV6', unsigned(0, 999_999_999), setsRoutes)
/** `MRT6_VERSION`: the version of multicast routing, 0x0305. net/ipv6/ip6mr.c */
export const MRT6_VERSION = option('MRT6_VERSION', 'IPPROTO_IPV6', int(), { access: 'read' })
