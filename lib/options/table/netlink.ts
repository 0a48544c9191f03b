// The options of level SOL_NETLINK.

import { boolean, netlinkGroups, unsigned } from '../codecs.ts'
import { option } from '../option.ts'

/** `NETLINK_ADD_MEMBERSHIP`: receive the messages of a group, by its number. Some families take CAP_NET_ADMIN. netlink(7) */
export const NETLINK_ADD_MEMBERSHIP = option('NETLINK_ADD_MEMBERSHIP', 'SOL_NETLINK', unsigned(1), { access: 'write' })
/** `NETLINK_BROADCAST_ERROR`: a send to a group reports when a receiver could not take it. Default false. netlink(7) */
export const NETLINK_BROADCAST_ERROR = option('NETLINK_BROADCAST_ERROR', 'SOL_NETLINK', boolean)
/** `NETLINK_CAP_ACK`: acknowledgements do not repeat the request. Default false. netlink(7) */
export const NETLINK_CAP_ACK = option('NETLINK_CAP_ACK', 'SOL_NETLINK', boolean, { since: '4.3' })
/** `NETLINK_DROP_MEMBERSHIP`: leave a group, by its number. netlink(7) */
export const NETLINK_DROP_MEMBERSHIP = option('NETLINK_DROP_MEMBERSHIP', 'SOL_NETLINK', unsigned(1), {
  access: 'write',
})
/** `NETLINK_EXT_ACK`: errors come with a message in words. Default false. netlink(7) */
export const NETLINK_EXT_ACK = option('NETLINK_EXT_ACK', 'SOL_NETLINK', boolean, { since: '4.12' })
/** `NETLINK_GET_STRICT_CHK`: requests to list things are checked and their filters kept to. Default false. net/netlink/af_netlink.c */
export const NETLINK_GET_STRICT_CHK = option('NETLINK_GET_STRICT_CHK', 'SOL_NETLINK', boolean, { since: '4.20' })
/** `NETLINK_LISTEN_ALL_NSID`: receive the messages of all network namespaces that have an id in this one. Default false. In `Datagram.ancillary`, in bytes. netlink(7) */
export const NETLINK_LISTEN_ALL_NSID = option('NETLINK_LISTEN_ALL_NSID', 'SOL_NETLINK', boolean, {
  since: '4.2',
  needs: 'CAP_NET_BROADCAST',
})
/** `NETLINK_LIST_MEMBERSHIPS`: the numbers of the groups this socket is in. netlink(7) */
export const NETLINK_LIST_MEMBERSHIPS = option('NETLINK_LIST_MEMBERSHIPS', 'SOL_NETLINK', netlinkGroups, {
  access: 'read',
  since: '4.2',
})
/** `NETLINK_NO_ENOBUFS`: do not report messages that were lost because the receive buffer was full. Default false. netlink(7) */
export const NETLINK_NO_ENOBUFS = option('NETLINK_NO_ENOBUFS', 'SOL_NETLINK', boolean)
/** `NETLINK_PKTINFO`: tell the group of each message. Default false. In `Datagram.ancillary`, in bytes. netlink(7) */
export const NETLINK_PKTINFO = option('NETLINK_PKTINFO', 'SOL_NETLINK', boolean)
