// Calls that join, leave, block and unblock: which option each sets, and to what.

import type { NativeBatch } from '../binding/native.ts'
import { Call } from '../calls/call.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { Found, Wanted } from '../net/route-lookup.ts'
import type { Act } from '../options/attributes.ts'
import { type OptionParts, partsOf } from '../options/option.ts'
import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_UNBLOCK_SOURCE,
} from '../options/table/ip.ts'
import {
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
} from '../options/table/mcast.ts'
import { findInterface, type GroupTarget } from './group-target.ts'

export type MembershipAct = Exclude<Act, 'set-filter' | 'set-interface'>

const BY_INDEX: Record<MembershipAct, OptionParts> = {
  join: partsOf(MCAST_JOIN_GROUP),
  leave: partsOf(MCAST_LEAVE_GROUP),
  'join-source': partsOf(MCAST_JOIN_SOURCE_GROUP),
  'leave-source': partsOf(MCAST_LEAVE_SOURCE_GROUP),
  block: partsOf(MCAST_BLOCK_SOURCE),
  unblock: partsOf(MCAST_UNBLOCK_SOURCE),
}

const BY_ADDRESS: Record<MembershipAct, OptionParts> = {
  join: partsOf(IP_ADD_MEMBERSHIP),
  leave: partsOf(IP_DROP_MEMBERSHIP),
  'join-source': partsOf(IP_ADD_SOURCE_MEMBERSHIP),
  'leave-source': partsOf(IP_DROP_SOURCE_MEMBERSHIP),
  block: partsOf(IP_BLOCK_SOURCE),
  unblock: partsOf(IP_UNBLOCK_SOURCE),
}

/**
 * A call that changes a membership. It is itself the struct that the kernel is given, by the field names of `group_req`,
 * `group_source_req`, `ip_mreq` and `ip_mreq_source`. The target was checked, so the struct needs no further check.
 */
export class MembershipCall extends Call {
  declare readonly option: OptionParts
  declare readonly syscall: 'setsockopt'
  declare readonly lookup: Wanted | undefined
  declare readonly group: string
  declare readonly source: string | undefined
  declare readonly address: string | undefined
  declare readonly isByMreq: boolean | undefined
  declare on: NamedInterface | undefined
  /** The index or the local address, from when the call is added to a batch. */
  declare interface: number | string

  constructor(act: MembershipAct, target: GroupTarget, source: string | undefined) {
    super()
    this.option = (target.isByMreq ? BY_ADDRESS : BY_INDEX)[act]
    this.syscall = 'setsockopt'
    this.lookup = target.on === undefined ? target.lookup : undefined
    this.group = target.group
    this.source = source
    this.address = target.address
    this.isByMreq = target.isByMreq
    this.on = target.on
    this.interface = 0
  }

  get value(): this {
    return this
  }

  override addTo(batch: NativeBatch, found: Found): void {
    this.on ??= findInterface(this, found)
    this.interface = this.isByMreq ? (this.address as string) : this.on.index
    batch.set(this.descriptor.fd, this.option.toWrite(this).index, this)
  }
}
