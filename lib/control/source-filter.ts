import { badValue, show } from '../base/errors.ts'
import type { SocketHandle } from '../calls/socket-handle.ts'
import { mustTakeGroup } from '../calls/socket-kind.ts'
import { Call, send } from '../calls/worker-queue.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { Found, Wanted } from '../net/route-lookup.ts'
import { type SourceFilter, wrongFilter } from '../options/codecs/multicast-target.ts'
import { partsOf } from '../options/option.ts'
import { IP_MSFILTER } from '../options/table/ip.ts'
import { MCAST_MSFILTER } from '../options/table/mcast.ts'
import {
  findInterface,
  type GroupOnInterface,
  type GroupTarget,
  groupTargetOf,
  isByMreq,
  lookupFor,
} from './group-target.ts'
import { addMembership, type Memberships, parseSource } from './membership.ts'

/** A whole filter, asked for or, where there is one, set. */
class Filtering extends Call {
  readonly target: GroupTarget
  readonly filter: SourceFilter | undefined
  readonly reflect: ((on: NamedInterface) => void) | undefined
  on: NamedInterface | undefined

  constructor(target: GroupTarget, filter?: SourceFilter, reflect?: (on: NamedInterface) => void) {
    super(partsOf(isByMreq(target) ? IP_MSFILTER : MCAST_MSFILTER))
    this.target = target
    this.filter = filter
    this.reflect = reflect
  }

  override get reading(): boolean {
    return this.filter === undefined
  }

  override get wanted(): Wanted | undefined {
    return lookupFor(this.target)
  }

  prepare(found: Found): unknown {
    const { target, filter } = this
    this.on = findInterface(target, found)
    return { group: target.group, interface: isByMreq(target) ? target.address : this.on.index, ...filter }
  }

  override done(): void {
    this.reflect?.(this.on as NamedInterface)
  }
}

/** The filter the kernel has for a group on an interface. */
export async function getSourceFilter(socket: SocketHandle, on: GroupOnInterface): Promise<SourceFilter> {
  const owner = socket.owner()
  const target = groupTargetOf(on)
  mustTakeGroup(owner, target.group)
  return (await send(owner, new Filtering(target))) as SourceFilter
}

function parseFilter(filter: SourceFilter, group: string): SourceFilter {
  if (typeof filter !== 'object' || filter === null)
    throw new TypeError(`the filter is { mode: 'include' | 'exclude', sources: [...] }, not ${show(filter)}`)
  const wrong = wrongFilter({ ...filter }, group)
  if (wrong !== '') throw badValue(wrong)
  return { mode: filter.mode, sources: filter.sources.map((source) => parseSource(source, group)) }
}

/** Replaces the whole filter at once; including nobody is leaving. */
export async function setSourceFilter(
  socket: SocketHandle,
  registry: Memberships,
  on: GroupOnInterface,
  filter: SourceFilter,
): Promise<void> {
  const owner = socket.owner()
  const target = groupTargetOf(on)
  const wanted = parseFilter(filter, target.group)
  mustTakeGroup(owner, target.group)
  const done = (on: NamedInterface) =>
    reflect(registry, target.group, on, wanted, (source) => addMembership(registry, owner, target.group, on, source))
  await send(owner, new Filtering(target, wanted, done))
}

/** The memberships say what the new filter made of them. */
function reflect(
  registry: Memberships,
  group: string,
  on: NamedInterface,
  filter: SourceFilter,
  add: (source?: string) => ReturnType<typeof addMembership>,
): void {
  const wanted: (string | undefined)[] = filter.mode === 'exclude' ? [undefined] : filter.sources
  const held = registry.on(group, on.index)
  for (const membership of held) if (!wanted.includes(membership.source)) membership.end()
  for (const source of wanted) {
    const membership = held.find((one) => one.source === source) ?? add(source)
    if (source === undefined) membership.setBlocked(filter.sources)
  }
}
