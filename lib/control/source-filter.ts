// The whole source filter of a group on an interface: asked of the kernel, and replaced at once.

import { mustKnow } from '../base/check-fields.ts'
import { badValue, show, wrongType } from '../base/errors.ts'
import type { NativeBatch } from '../binding/native.ts'
import { OptionCall } from '../calls/call.ts'
import type { DescriptorOwner, SocketHandle } from '../calls/socket-handle.ts'
import { mustTakeGroup } from '../calls/socket-kind.ts'
import { workerQueue } from '../calls/worker-queue.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { Found } from '../net/route-lookup.ts'
import { type SourceFilter, wrongFilter } from '../options/codecs/multicast-target.ts'
import { partsOf } from '../options/option.ts'
import { MCAST_MSFILTER } from '../options/table/mcast.ts'
import { membershipsOf } from './filter-state.ts'
import { followFilter } from './follow-kernel.ts'
import { findInterface, type GroupOnInterface, type GroupTarget, parseSource } from './group-target.ts'
import { ChannelMembership, groupTargetFrom, type Membership } from './membership.ts'
import type { MembershipRegistry } from './registry.ts'

/** A call that reads the whole filter, or replaces it by the one given. */
class FilterCall extends OptionCall {
  declare readonly value: { group: string; interface: string | number } & Partial<SourceFilter>
  readonly #target: GroupTarget
  readonly #onDone: (on: NamedInterface) => void
  #on: NamedInterface | undefined

  constructor(target: GroupTarget, filter?: SourceFilter, onDone = (_on: NamedInterface): void => {}) {
    const syscall = filter === undefined ? 'getsockopt' : 'setsockopt'
    super(partsOf(MCAST_MSFILTER), syscall, { group: target.group, interface: 0, ...filter }, target.lookup)
    this.#target = target
    this.#onDone = onDone
  }

  override addTo(batch: NativeBatch, found: Found): void {
    this.#on = findInterface(this.#target, found)
    this.value.interface = this.#on.index
    super.addTo(batch, found)
  }

  override done(answer: unknown): unknown {
    this.#onDone(this.#on as NamedInterface)
    return answer
  }
}

/** The filter the kernel has for a group on an interface. */
export async function getSourceFilter(socket: SocketHandle, on: GroupOnInterface | Membership): Promise<SourceFilter> {
  const owner = socket.owner()
  const target = groupTargetFrom(on)
  mustTakeGroup(owner, target.group)
  return (await workerQueue.send(owner, new FilterCall(target))) as SourceFilter
}

/** Replaces the whole filter at once; including nobody is leaving. */
export async function setSourceFilter(
  socket: SocketHandle,
  registry: MembershipRegistry<ChannelMembership>,
  on: GroupOnInterface | Membership,
  given: SourceFilter,
): Promise<void> {
  const owner = socket.owner()
  const target = groupTargetFrom(on)
  const filter = parseFilter(given, target.group)
  mustTakeGroup(owner, target.group)
  const done = (on: NamedInterface): void => follow(filter, registry, owner, target.group, on)
  await workerQueue.send(owner, new FilterCall(target, filter, done))
}

function parseFilter(filter: SourceFilter, group: string): SourceFilter {
  if (typeof filter !== 'object' || filter === null)
    throw wrongType(`the filter is { mode: 'include' | 'exclude', sources: [...] }, not ${show(filter)}`)
  mustKnow(['mode', 'sources'], filter, 'the filter')
  const { mode, sources } = filter
  const wrong = wrongFilter({ mode, sources }, group)
  if (wrong !== '') throw badValue(wrong)
  return { mode, sources: sources.map((source) => parseSource(source, group)) }
}

/** The memberships become what the new filter made of them: `filterOf` of them is that filter. */
function follow(
  filter: SourceFilter,
  registry: MembershipRegistry<ChannelMembership>,
  owner: DescriptorOwner,
  group: string,
  on: NamedInterface,
): void {
  const held = registry.on(group, on.index)
  for (const { source } of membershipsOf(filter))
    if (!held.some((one) => one.source === source))
      registry.add(new ChannelMembership(registry, owner, group, on, source))
  followFilter(registry.on(group, on.index), filter)
}
