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
const filterOfError = (error: unknown): SourceFilter | undefined =>
  error instanceof SocketOptionError && error.reason === 'not-member' ? NOBODY : undefined

/**
 * Reads the filter of a group on an interface, and lets the memberships follow when the call is settled: calls are settled
 * in the order in which the kernel took them, so no later join is among the memberships by then.
 */
class FollowCall extends OptionCall {
  readonly #follow: (filter: SourceFilter | undefined) => void

  constructor(registry: MembershipRegistry<Follower>, group: string, index: number) {
    super(partsOf(MCAST_MSFILTER), 'getsockopt', { group, interface: index })
    this.#follow = (filter) => {
      if (filter !== undefined) followFilter(registry.on(group, index), filter)
    }
  }

  override done(filter: unknown): void {
    this.#follow(filter as SourceFilter)
  }

  override recover(error: unknown): void {
    this.#follow(filterOfError(error))
  }
}

/** Asks the kernel for the filters of a group that has memberships, and lets these follow. */
export async function followKernel<M extends Follower>(
  owner: DescriptorOwner,
  registry: MembershipRegistry<M>,
  group: string,
): Promise<void> {
  const followed = registry as unknown as MembershipRegistry<Follower>
  const calls = Array.from(indexesOf(followed, group), (index) => new FollowCall(followed, group, index))
  // Without a descriptor for the call the kernel can't be asked, and the memberships stay as they are.
  await workerQueue.sendAll(owner, calls).catch(() => {})
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
