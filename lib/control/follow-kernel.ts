// The memberships follow the kernel when a socket was changed otherwise: by its options, or by other code.

import { SocketOptionError } from '../base/errors.ts'
import { OptionCall } from '../calls/call.ts'
import { getNow } from '../calls/call-now.ts'
import type { DescriptorOwner } from '../calls/socket-handle.ts'
import { workerQueue } from '../calls/worker-queue.ts'
import type { SourceFilter } from '../options/codecs/multicast-target.ts'
import { partsOf } from '../options/option.ts'
import { MCAST_MSFILTER } from '../options/table/mcast.ts'
import { type FilteredMembership, membershipsOf } from './filter-state.ts'
import type { MembershipRegistry } from './registry.ts'

/** A membership as far as it follows a filter. */
interface Follower extends FilteredMembership {
  readonly group: string
  readonly source?: string
  readonly interface: { readonly index: number }
  readonly active: boolean
  setBlocked(sources: readonly string[]): void
  end(): void
}

const NOBODY: SourceFilter = { mode: 'include', sources: [] }

/** Ends the memberships that a filter has not, and gives the others its blocked sources. */
export function followFilter(held: readonly Follower[], filter: SourceFilter): void {
  const wanted = membershipsOf(filter)
  for (const membership of held) {
    const found = wanted.find(({ source }) => source === membership.source)
    if (found === undefined) membership.end()
    else if (found.blocked !== undefined) membership.setBlocked(found.blocked)
  }
}

const indexesOf = (registry: MembershipRegistry<Follower>, group: string): Set<number> =>
  new Set(registry.all().flatMap((one) => (one.group === group ? [one.interface.index] : [])))

/** No filter, if the error says that there is no membership; any other error tells nothing. */
function filterOfError(error: unknown): SourceFilter | undefined {
  const isOver = error instanceof SocketOptionError && ['not-member', 'no-interface'].includes(error.reason)
  return isOver ? NOBODY : undefined
}

/** Asks the kernel for the filters of a group that has memberships, and lets these follow. */
export async function followKernel<M extends Follower>(
  owner: DescriptorOwner,
  registry: MembershipRegistry<M>,
  group: string,
): Promise<void> {
  const option = partsOf(MCAST_MSFILTER)
  for (const index of indexesOf(registry as never, group)) {
    const filter = await workerQueue
      .send(owner, new OptionCall(option, 'getsockopt', { group, interface: index }))
      .catch(filterOfError)
    if (filter !== undefined) followFilter(registry.on(group, index), filter as SourceFilter)
  }
}

/** As `followKernel`, at once on this thread. */
export function followKernelNow<M extends Follower>(
  owner: DescriptorOwner,
  registry: MembershipRegistry<M>,
  group: string,
): void {
  for (const index of indexesOf(registry as never, group)) {
    let filter: SourceFilter | undefined
    try {
      filter = getNow(owner.fd, partsOf(MCAST_MSFILTER), { group, interface: index }) as SourceFilter
    } catch (error) {
      filter = filterOfError(error)
    }
    if (filter !== undefined) followFilter(registry.on(group, index), filter)
  }
}
