// The options of IPv4 multicast routing, on a raw socket of IPPROTO_IGMP.

import { addsInterface, becomesRouter, flushesRoutes, routes, setsProxyRoutes, setsRoutes } from '../attributes.ts'
import { boolean, int, mfcctl, mrtFlush, mrtPim, trigger, unsigned, vifctl } from '../codecs.ts'
import { option } from '../option.ts'

/** `MRT_ADD_MFC`: add or replace a route: packets of a source to a group, from one interface to others. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_ADD_MFC = option('MRT_ADD_MFC', 'IPPROTO_IP', mfcctl, setsRoutes)
/** `MRT_ADD_MFC_PROXY`: as `MRT_ADD_MFC`, of any source, or of any source and group, from any of the interfaces that the route goes out by. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_ADD_MFC_PROXY = option('MRT_ADD_MFC_PROXY', 'IPPROTO_IP', mfcctl, setsProxyRoutes)
/** `MRT_ADD_VIF`: give the router an interface. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_ADD_VIF = option('MRT_ADD_VIF', 'IPPROTO_IP', vifctl, addsInterface)
/** `MRT_ASSERT`: tell of packets that came in by an interface that their route goes out by, and, with `MRT_PIM`, by any but the route's parent: at most one in 3 seconds a route. Default false. net/ipv4/ipmr.c */
export const MRT_ASSERT = option('MRT_ASSERT', 'IPPROTO_IP', boolean, routes)
/** `MRT_DEL_MFC`: take a route away, by source and group. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_DEL_MFC = option('MRT_DEL_MFC', 'IPPROTO_IP', mfcctl, setsRoutes)
/** `MRT_DEL_MFC_PROXY`: take away a route of `MRT_ADD_MFC_PROXY`, by source, group and parent. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_DEL_MFC_PROXY = option('MRT_DEL_MFC_PROXY', 'IPPROTO_IP', mfcctl, setsProxyRoutes)
/** `MRT_DEL_VIF`: take an interface from the router, by its number. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_DEL_VIF = option('MRT_DEL_VIF', 'IPPROTO_IP', vifctl, setsRoutes)
/** `MRT_DONE`: stop routing; its interfaces and routes go. Closing the socket does the same. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_DONE = option('MRT_DONE', 'IPPROTO_IP', trigger, becomesRouter)
/** `MRT_FLUSH`: take interfaces and routes away. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_FLUSH = option('MRT_FLUSH', 'IPPROTO_IP', mrtFlush, flushesRoutes)
/** `MRT_INIT`: route multicast by this socket, the only one of its network namespace and table. The kernel then asks it, by messages with protocol 0, for a route that it lacks (`struct igmpmsg`). Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_INIT = option('MRT_INIT', 'IPPROTO_IP', trigger, becomesRouter)
/** `MRT_PIM`: PIM is on: registers are taken, and `MRT_ASSERT` is on with it. Between `on` and `wrong-interface` the kernel changes nothing: set `off` first. Default off. net/ipv4/ipmr.c */
export const MRT_PIM = option('MRT_PIM', 'IPPROTO_IP', mrtPim, routes)
/** `MRT_TABLE`: the table of routes that this socket is for; before `MRT_INIT`. Packets come to another table than the default by a rule alone: `ip mrule add iif eth0 table 77`. Default 253, RT_TABLE_DEFAULT. Write-only; may wait. net/ipv4/ipmr.c */
export const MRT_TABLE = option('MRT_TABLE', 'IPPROTO_IP', unsigned(0, 999_999_999), setsRoutes)
/** `MRT_VERSION`: the version of multicast routing, 0x0305. net/ipv4/ipmr.c */
export const MRT_VERSION = option('MRT_VERSION', 'IPPROTO_IP', int(), { access: 'read' })
