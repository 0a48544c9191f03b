// Joins again what waited, and on further interfaces what is wanted on every one.
import { SocketOptionError } from '../base/errors.ts'
import type { LinkState } from '../kernel/link-table.ts'
import { familyOf } from '../net/address.ts'
import { lookUp } from '../net/route-lookup.ts'
import { detachMemberships } from './detach.ts'
import type { KeeperHost, KeptTarget } from './keeper-host.ts'
import { forgets, impediment, isForEvery, isTakenByMaster, type Links, linkWithAddress } from './link-condition.ts'
import type { LinkSteps } from './link-steps.ts'
import { BY_ROUTE, type ChannelMembership, type ChannelTarget } from './membership.ts'
import { blockAgain } from './renew.ts'
import { createTurn } from './turn.ts'
import type { Wish } from './wish.ts'
import type { WishList } from './wish-list.ts'

/** In milliseconds: a join that failed for another cause than its interface is tried again, at first after this long. */
const RETRY_AFTER = 1000
const MAX_RETRY_AFTER = 60_000

/** So many channels are joined together: the event loop must not wait for 5 ms. */
const TARGETS_PER_JOIN = 256

/** What was found of the routes to some groups. */
type Routes = { route(group: string): number } | undefined

export const lookUpRoutes = (members: readonly ChannelMembership[]): Promise<Routes> =>
  lookUp(members.map(({ group }) => group)).catch(() => undefined)

/** The interface that a membership wants. */
export function linkFor(
  { group, named, interface: was }: ChannelMembership,
  found: Routes,
  table: Links,
  byName: ReadonlyMap<string, LinkState>,
): LinkState | undefined {
  if (named === BY_ROUTE) return table.get(found?.route(group) ?? 0)
  if (named !== undefined) return linkWithAddress(table, named)
  return was.name === '' ? table.get(was.index) : byName.get(was.name)
}

export interface BringBackPlan {
  readonly host: KeeperHost
  readonly wishes: WishList
  readonly steps: LinkSteps
  /** Memberships that the kernel has no more, and shall have again. */
  readonly waiting: Set<ChannelMembership>
  /** Channels of every interface, with what to join. */
  readonly everywhere: ReadonlyMap<Wish, ChannelTarget>
  /** The newest step when a membership was joined again: its interface was seen as the steps had left it. */
  readonly joinedAfter: WeakMap<ChannelMembership, number>
  readonly links: () => Links
  readonly isClosed: () => boolean
  readonly schedule: () => void
  /** The wish whose first memberships are being joined: nothing is told of these. */
  readonly beginning: () => Wish | undefined
}

/** Gives the function that joins what can be joined now. */
export function createBringBack(plan: BringBackPlan): () => Promise<void> {
  const { host, wishes, steps, waiting, everywhere, joinedAfter, links, isClosed, schedule, beginning } = plan
  const { alarm } = host
  const cleared = new WeakSet<ChannelMembership>()
  let retryAfter = RETRY_AFTER

  const bringBack = async (): Promise<void> => {
    const routed = [...waiting].filter(({ named }) => named === BY_ROUTE)
    const found = routed.length === 0 ? undefined : await lookUpRoutes(routed)
    const table = links()
    const byName = new Map([...table.values()].map((link) => [link.name, link]))
    const targets: KeptTarget[] = []
    const ofWish: (Wish | undefined)[] = []
    const want = (target: ChannelTarget, { name, index }: LinkState, wish?: Wish): void => {
      targets.push({ ...target, on: { name, index } })
      ofWish.push(wish)
    }
    const turn = createTurn()
    for (const member of [...waiting]) {
      await turn()
      const { group, source, blocked } = member
      const link = linkFor(member, found, table, byName)
      if (link !== undefined && !forgets(link, familyOf(group))) want({ group, source, revived: member, blocked }, link)
    }
    for (const [wish, target] of everywhere)
      for (const link of table.values())
        if (
          isForEvery(link, table, familyOf(target.group)) &&
          !wish.members.some((member) => member.interface.index === link.index)
        )
          want(target, link, wish)
    if (targets.length === 0 || isClosed()) return
    for (let from = 0; from < targets.length; from += TARGETS_PER_JOIN) {
      const piece = targets.slice(from, from + TARGETS_PER_JOIN)
      const outcomes = await host.join(piece).catch((error: unknown) => piece.map(() => error))
      for (const [i, target] of piece.entries()) {
        await turn()
        await settle(target, outcomes[i], ofWish[from + i])
      }
    }
  }

  const settle = async (target: KeptTarget, outcome: unknown, wish: Wish | undefined): Promise<void> => {
    if (outcome instanceof Error) return settleRefusal(target, outcome, wish)
    const member = outcome as ChannelMembership
    const { revived } = target
    // Left meanwhile.
    if (wish?.hasEnded === true || (revived !== undefined && revived !== member)) {
      await member.leave().catch(() => {})
      return
    }
    const link = links().get(member.interface.index)
    const reason = impediment(link, familyOf(member.group), isTakenByMaster(link, links()))
    joinedAfter.set(member, steps.newest)
    if (wish !== undefined) {
      wishes.addTo(wish, member, reason)
      if (reason === undefined && beginning() !== wish) wishes.tell(wish, member.interface, 'joined')
      return
    }
    waiting.delete(member)
    retryAfter = RETRY_AFTER
    if (member.blocked !== target.blocked) await blockAgain(member)
    const loss = wishes.lossOf(member)
    if (loss === undefined) return
    delete loss.refusedWith
    if (reason === undefined) wishes.regain(member, performance.now())
    else loss.reason = reason
  }

  const settleRefusal = async ({ revived, on }: KeptTarget, error: Error, wish: Wish | undefined): Promise<void> => {
    const reason = error instanceof SocketOptionError ? error.reason : undefined
    if (reason === 'closed') return
    if (wish !== undefined) {
      if (reason === 'limit') wishes.refuseOnce(wish, on, error as SocketOptionError)
      return
    }
    if (revived?.state !== 'waiting') return
    if (reason === 'limit') wishes.refuse(revived, error as SocketOptionError)
    if (reason === 'already-member') {
      // Another membership of the program is in its place.
      if (revived.registry.on(revived.group, on.index).some(({ source }) => source === revived.source)) {
        await revived.leave()
        return
      }
      // Else the kernel counts one whose interface it has forgotten.
      revived.interface = on
      await detachMemberships([revived], () => true, true)
      if (!cleared.has(revived)) schedule()
      cleared.add(revived)
    }
    alarm.set(schedule, performance.now() + retryAfter)
    retryAfter = Math.min(2 * retryAfter, MAX_RETRY_AFTER)
  }

  return bringBack
}
