// Has the network told anew of memberships that a switch may have forgotten.
import { groupBy } from '../base/group-by.ts'
import { OptionCall } from '../calls/call.ts'
import { workerQueue } from '../calls/worker-queue.ts'
import { familyOf } from '../net/address.ts'
import { partsOf } from '../options/option.ts'
import { MCAST_MSFILTER } from '../options/table/mcast.ts'
import { filterOf } from './filter-state.ts'
import { type ChannelMembership, targetOf } from './membership.ts'
import { MembershipCall } from './membership-call.ts'
import { queryOwnHost } from './query-own-host.ts'

/** What renewing has come to. */
export interface RenewalOutcome {
  /** The memberships that the kernel refused to join again, with the error of each. */
  readonly lost: ReadonlyMap<ChannelMembership, unknown>
  /** Why memberships were not left: they are joined as before. Undefined if none was refused. */
  readonly refused?: unknown
}

/**
 * Has the network told anew of active memberships, by the gentlest way there is.
 *
 * IPv4 with CAP_NET_RAW: a query that the host sends to itself, one for each interface. Else the memberships are left and
 * joined again with nothing between: in IGMPv3 and MLDv2 the kernel then reports the join alone.
 */
export async function renewMemberships(members: readonly ChannelMembership[]): Promise<RenewalOutcome> {
  const queried = new Map<number, Promise<boolean>>()
  const asked = await Promise.all(
    members.map(({ group, interface: { index } }) => {
      if (familyOf(group) === 'ipv6') return false
      if (!queried.has(index)) queried.set(index, queryOwnHost(index))
      return queried.get(index)
    }),
  )
  return rejoin(members.filter((member, i) => asked[i] !== true && member.active && !member.isLeaving))
}

/** As `renewMemberships`, for memberships that nobody keeps: those that are lost end, and the first error is thrown. */
export async function renewOrEnd(members: readonly ChannelMembership[]): Promise<void> {
  const { lost, refused } = await renewMemberships(members)
  for (const member of lost.keys()) member.end()
  const error = refused ?? [...lost.values()][0]
  if (error !== undefined) throw error
}

/** A call of a renewal: the membership object stays as it is. */
class RenewCall extends MembershipCall {
  override done(): void {}

  override recover(error: unknown): unknown {
    return error
  }
}

/** The calls that leave and join a group on an interface. The kernel leaves a group with all its sources. */
function callsFor(members: readonly ChannelMembership[]): (RenewCall | OptionCall)[] {
  const [first] = members as [ChannelMembership]
  const target = targetOf(first)
  const calls: (RenewCall | OptionCall)[] = [new RenewCall('leave', target, undefined)]
  for (const { source } of members)
    calls.push(new RenewCall(source === undefined ? 'join' : 'join-source', target, source))
  const blocks = blockCall(first)
  if (blocks !== undefined) calls.push(blocks)
  return calls
}

/** The call that has the kernel block what an any-source membership blocks; undefined if that is nothing. */
export function blockCall({ group, interface: on, source, blocked }: Blocking): OptionCall | undefined {
  if (source !== undefined || blocked.length === 0) return undefined
  return new OptionCall(partsOf(MCAST_MSFILTER), 'setsockopt', {
    group,
    interface: on.index,
    ...filterOf([{ source, blocked }]),
  })
}

interface Blocking {
  readonly group: string
  readonly source?: string | undefined
  readonly interface: { readonly index: number }
  readonly blocked: readonly string[]
}

/** Has the kernel block exactly what a membership blocks. What the kernel refuses shows when a source is blocked or unblocked next. */
export async function blockAgain({ group, interface: on, owner, blocked }: ChannelMembership): Promise<void> {
  const filter = { group, interface: on.index, mode: 'exclude', sources: blocked }
  await workerQueue.send(owner, new OptionCall(partsOf(MCAST_MSFILTER), 'setsockopt', filter)).catch(() => {})
}

async function rejoin(members: readonly ChannelMembership[]): Promise<RenewalOutcome> {
  const lost = new Map<ChannelMembership, unknown>()
  let refused: unknown
  await Promise.all(
    Array.from(
      groupBy(members, ({ registry }) => registry),
      async ([registry, ofRegistry]) => {
        const { owner } = ofRegistry[0] as ChannelMembership
        const byGroup = groupBy(ofRegistry, ({ group, interface: on }) => `${group} ${on.index}`)
        // The siblings of a membership are left with it.
        const groups = Array.from(byGroup.values(), ([one]) => {
          const { group, interface: on } = one as ChannelMembership
          return registry.on(group, on.index).filter(({ isLeaving }) => !isLeaving)
        }).filter((siblings) => siblings.length > 0)
        const calls = groups.map(callsFor)
        const outcomes = await workerQueue.sendAll(owner, calls.flat())
        let at = 0
        for (const [i, siblings] of groups.entries()) {
          // Behind the leave, a join for each.
          if (outcomes[at] instanceof Error) refused = outcomes[at]
          else
            for (const [j, member] of siblings.entries()) {
              const outcome = outcomes[at + 1 + j]
              if (outcome instanceof Error) lost.set(member, outcome)
            }
          at += calls[i]?.length ?? 0
        }
      },
    ),
  )
  return { lost, refused }
}
