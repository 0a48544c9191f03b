// The options of RFC 3678 for IPv4 and IPv6 alike: the level is IPPROTO_IP or IPPROTO_IPV6, by the group.

import { byGroup } from '../by-group.ts'
import { groupReq, groupSourceReq } from '../codecs/membership.ts'
import { groupFilter } from '../codecs/source-filter.ts'
import { option } from '../option.ts'

/** `MCAST_BLOCK_SOURCE`: stop one source of an any-source membership. RFC 3678 5.1.1. Write-only; may wait. */
export const MCAST_BLOCK_SOURCE = option('MCAST_BLOCK_SOURCE', 'IPPROTO_IP', groupSourceReq, {
  access: 'write',
  waits: true,
  byGroup,
  darwin: true,
  act: 'block',
})
/** `MCAST_JOIN_GROUP`: join a group, any-source. RFC 3678 5.1.1. Write-only; may wait. */
export const MCAST_JOIN_GROUP = option('MCAST_JOIN_GROUP', 'IPPROTO_IP', groupReq, {
  access: 'write',
  waits: true,
  byGroup,
  darwin: true,
  act: 'join',
})
/** `MCAST_JOIN_SOURCE_GROUP`: join one source of a group. RFC 3678 5.1.1. Write-only; may wait. */
export const MCAST_JOIN_SOURCE_GROUP = option('MCAST_JOIN_SOURCE_GROUP', 'IPPROTO_IP', groupSourceReq, {
  access: 'write',
  waits: true,
  byGroup,
  darwin: true,
  act: 'join-source',
})
/** `MCAST_LEAVE_GROUP`: leave a group, with all its sources. RFC 3678 5.1.1. Write-only; may wait. */
export const MCAST_LEAVE_GROUP = option('MCAST_LEAVE_GROUP', 'IPPROTO_IP', groupReq, {
  access: 'write',
  waits: true,
  byGroup,
  darwin: true,
  act: 'leave',
})
/** `MCAST_LEAVE_SOURCE_GROUP`: leave one source of a group. RFC 3678 5.1.1. Write-only; may wait. */
export const MCAST_LEAVE_SOURCE_GROUP = option('MCAST_LEAVE_SOURCE_GROUP', 'IPPROTO_IP', groupSourceReq, {
  access: 'write',
  waits: true,
  byGroup,
  darwin: true,
  act: 'leave-source',
})
/** `MCAST_MSFILTER`: the source filter of a group in full. Reading it asks for `{ group, interface? }`; on macOS the option of setsourcefilter(3), not run. RFC 3678 5.1.3. May wait. */
export const MCAST_MSFILTER = option('MCAST_MSFILTER', 'IPPROTO_IP', groupFilter, {
  waits: true,
  byGroup,
  darwin: true,
  act: 'set-filter',
})
/** `MCAST_UNBLOCK_SOURCE`: receive a blocked source again. RFC 3678 5.1.1. Write-only; may wait. */
export const MCAST_UNBLOCK_SOURCE = option('MCAST_UNBLOCK_SOURCE', 'IPPROTO_IP', groupSourceReq, {
  access: 'write',
  waits: true,
  byGroup,
  darwin: true,
  act: 'unblock',
})
