// Calls that join, leave, block and unblock: which option each sets, and to what.

import type { NativeBatch } from '../binding/native.ts'
import { Call } from '../calls/call.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { Found, Wanted } from '../net/route-lookup.ts'
import type { Act } from '../options/attributes.ts'
import { type OptionParts, partsOf } from '../options/option.ts'
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

const OPTIONS: Record<MembershipAct, OptionParts> = {
  join: partsOf(MCAST_JOIN_GROUP),
  leave: partsOf(MCAST_LEAVE_GROUP),
  'join-source': partsOf(MCAST_JOIN_SOURCE_GROUP),
  'leave-source': partsOf(MCAST_LEAVE_SOURCE_GROUP),
  block: partsOf(MCAST_BLOCK_SOURCE),
  unblock: partsOf(MCAST_UNBLOCK_SOURCE),
}

/**
 * A call that changes a membership. It is itself the struct that the kernel is given, by the field names of `group_req` and
 * `group_source_req`. The target was checked, so the struct needs no further check.
 */
export class MembershipCall extends Call {
  declare readonly option: OptionParts
  declare readonly syscall: 'setsockopt'
  declare readonly lookup: Wanted | undefined
  declare readonly group: string
  declare readonly source: string | undefined
  declare readonly address: string | undefined
  declare on: NamedInterface | undefined
  /** The index, from when the call is added to a batch. */
  declare interface: number

  constructor(act: MembershipAct, target: GroupTarget, source: string | undefined) {
    super()
    this.option = OPTIONS[act]
    this.syscall = 'setsockopt'
    this.lookup = target.on === undefined ? target.lookup : undefined
    this.group = target.group
    this.source = source
    this.address = target.address
    this.on = target.on
    this.interface = 0
  }

  get value(): this {
    return this
  }

  override addTo(batch: NativeBatch, found: Found): void {
    this.on ??= findInterface(this, found)
    this.interface = this.on.index
    batch.set(this.descriptor.fd, this.option.toWrite(this).index, this)
  }
}
