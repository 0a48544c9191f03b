// Keeps memberships alive: those whose interface goes away wait, and are joined again when it is back.
import { setImmediate } from 'node:timers/promises'
import { SocketOptionError } from '../base/errors.ts'
import { type LinkWatch, watchLinks } from '../datagram/interface-watch.ts'
import type { LinkChange } from '../datagram/link-synchroniser.ts'
import type { LinkState } from '../kernel/link-table.ts'
import { familyOf } from '../net/address.ts'
import { createBringBack, linkFor, lookUpRoutes } from './bring-back.ts'
import { detachMemberships } from './detach.ts'
import type { ChannelEvent, ChannelReason, KeptChannel } from './keep-options.ts'
import type { KeeperHost } from './keeper-host.ts'
import { forgets, impediment, type Links } from './link-condition.ts'
import { createLinkSteps, type KeptStep } from './link-steps.ts'
import { readListedGroups } from './listed-groups.ts'
import { BY_ROUTE, type Channel, type ChannelMembership, type ChannelTarget } from './membership.ts'
import type { MembershipKeeper } from './registry.ts'
import { renewMemberships } from './renew.ts'
import { createTurn, MEMBERS_PER_TURN } from './turn.ts'
import { channelOf, type Wish } from './wish.ts'
import { createWishList } from './wish-list.ts'

export interface Keeper extends MembershipKeeper<ChannelMembership> {
  /** Begins to watch the interfaces. If they can't be watched, nothing is kept. */
  begin(): Promise<void>
  /** Keeps a membership, or with `keeps: false` tells of its loss. Undefined: as all of the keeper's. */
  keep(member: ChannelMembership, keeps: boolean | undefined, onChange?: (event: ChannelEvent) => void): void
  /** The channel of a membership that is kept. */
  channelOf(member: ChannelMembership): KeptChannel
  /** Keeps a membership that waits for its first interface. */
  keepWaiting(member: ChannelMembership): KeptChannel
  /** Joins a channel on every interface, also on those to come. Settles when those there are have been joined. */
  keepOnEvery(target: ChannelTarget, channel: Channel): Promise<KeptChannel>
  /** Tells that channels are joined and not kept, if that is so. */
  tellUnwatched(): void
  readonly channels: KeptChannel[]
  /**
   * Has the network told anew of the memberships of a group on an interface, which brought nothing since a time of
   * `performance.now()`. False if there are none that are kept.
   */
  renewSilent(group: string, interfaceIndex: number, since: number): boolean
  /** Has the network told anew of the memberships of a family on an interface, for a reason of its own. */
  renewOn(interfaceIndex: number, family: 'ipv4' | 'ipv6', reason: ChannelReason): void
  /** Has the network told anew of every membership. */
  renewAll(): Promise<void>
  close(): Promise<void>
}

/** For memberships that go by a route or an address. */
const NO_NAMES: ReadonlyMap<string, LinkState> = new Map()

/** Why a membership is taken from the kernel, and since when nothing arrived; a time of `performance.now()`. */
interface DetachReason {
  readonly reason: ChannelReason
  readonly at: number
}

export function createKeeper(host: KeeperHost): Keeper {
  /** The kernel has them no more, and shall have them again. */
  const waiting = new Set<ChannelMembership>()
  /** Channels of every interface, with what to join. */
  const everywhere = new Map<Wish, ChannelTarget>()
  const { alarm } = host
  const steps = createLinkSteps(alarm, () => schedule())
  const wishes = createWishList({
    keepsAll: host.keepsAll,
    isOpen: () => !isClosed && host.isOpen(),
    emit: host.emit,
    onStop: (wish) => everywhere.delete(wish),
  })
  /** The newest step when a membership was joined again: its interface was seen as the steps had left it. */
  const joinedAfter = new WeakMap<ChannelMembership, number>()
  let opening: Promise<void> | undefined
  let watch: LinkWatch | undefined
  /** Why interfaces can't be watched. */
  let unwatched: unknown
  let routeWatch: Promise<LinkWatch | undefined> | undefined
  let isClosed = false
  /** Whether the interface that a route or an address names may be another. */
  let mayHaveMoved = false
  /** Whether the kernel may have forgotten memberships without a notice. */
  let isDoubtful = false
  let running: Promise<void> | undefined
  let isDirty = false

  const bringBack = createBringBack({
    host,
    wishes,
    steps,
    waiting,
    everywhere,
    joinedAfter,
    links: () => links(),
    isClosed: () => isClosed,
    schedule: () => schedule(),
    beginning: () => beginning,
  })

  const links = (): Links => watch?.table ?? new Map()

  const onChange = (change: LinkChange): void => {
    if (!host.isOpen()) {
      void close()
      return
    }
    if (change.type === 'link') {
      if (change.before?.addresses !== change.after?.addresses) mayHaveMoved = true
      steps.note(change, links())
    } else if (change.type === 'routes') mayHaveMoved = true
    else isDoubtful = true
    schedule()
  }

  const schedule = (): void => {
    isDirty = true
    if (!isClosed) running ??= run()
  }

  const run = async (): Promise<void> => {
    // Notices that came together are handled together.
    await setImmediate()
    while (isDirty && !isClosed) {
      isDirty = false
      await follow(steps.take())
      if (isDoubtful) await verify()
      if (mayHaveMoved) await move()
      await bringBack()
    }
    running = undefined
  }

  const membersByIndex = (): Map<number, ChannelMembership[]> => {
    const byIndex = new Map<number, ChannelMembership[]>()
    for (const registry of host.registries())
      registry.forEach((member) => {
        const { index } = member.interface
        const others = byIndex.get(index)
        if (others === undefined) byIndex.set(index, [member])
        else others.push(member)
      })
    return byIndex
  }

  /** Does for memberships what the steps of their interfaces ask for. */
  const follow = async (taken: readonly KeptStep[]): Promise<void> => {
    if (taken.length === 0) return
    const byIndex = membersByIndex()
    const gone = new Map<ChannelMembership, DetachReason>()
    const freed: ChannelMembership[] = []
    const doubtful = new Set<ChannelMembership>()
    const turn = createTurn()
    for (const step of taken) {
      const { index, after, isTaken, at } = step
      if (after === undefined) for (const wish of everywhere.keys()) wish.forgetLeft(index)
      const renamed = Object.freeze({ name: after?.name ?? '', index })
      for (const member of byIndex.get(index) ?? []) {
        await turn()
        if (gone.has(member)) continue
        if (after !== undefined && member.interface.name !== after.name) member.interface = renamed
        const family = familyOf(member.group)
        const reason = impediment(after, family, isTaken)
        const isKept = wishes.keeps(member)
        if (after === undefined || (isKept && forgets(after, family))) {
          gone.set(member, { reason: reason ?? 'interface-removed', at })
          // What is older than the join was heeded then.
        } else if (step.number <= (joinedAfter.get(member) ?? 0)) continue
        else if (reason === undefined) {
          if (wishes.lossOf(member)?.reason === 'enslaved') freed.push(member)
          else if (family === 'ipv6' && isKept && member.source !== undefined) doubtful.add(member)
          wishes.regain(member, at)
        } else if (isKept) wishes.lose(member, reason, at)
      }
    }
    await detach(gone, true)
    if (freed.length > 0) void renewUnasked(freed)
    await restoreSources(doubtful)
  }

  /**
   * Linux 6.18 forgets the sources of IPv6 memberships when their interface goes down or its addresses change: its answers
   * to queries lack them from then on.
   */
  const restoreSources = async (members: ReadonlySet<ChannelMembership>): Promise<void> => {
    if (members.size === 0) return
    const isListed = await readListedGroups().catch(() => undefined)
    const expected = [...members].filter((member) => member.active && wishes.lossOf(member) === undefined)
    const forgotten = expected.filter(
      ({ group, source, interface: on }) => isListed?.(group, on.index, source) === false,
    )
    if (forgotten.length > 0) await renewUnasked(forgotten)
  }

  const detach = async (members: ReadonlyMap<ChannelMembership, DetachReason>, isGone: boolean): Promise<void> => {
    if (members.size === 0) return
    const turn = createTurn()
    const all = [...members.keys()].filter((member) => member.state === 'joined')
    for (let from = 0; from < all.length; from += MEMBERS_PER_TURN)
      await detachMemberships(all.slice(from, from + MEMBERS_PER_TURN), wishes.staysAlive, isGone)
    for (const member of all) {
      const { reason, at } = members.get(member) as DetachReason
      await turn()
      wishes.lose(member, reason, at)
      if (member.state === 'waiting') waiting.add(member)
      else wishes.remove(member)
    }
  }

  /** After notices were lost: an interface may have been deleted and made again, with the same index. */
  const verify = async (): Promise<void> => {
    isDoubtful = false
    const isListed = await readListedGroups().catch(() => undefined)
    if (isListed === undefined) return
    const members = [...membersByIndex().values()].flat()
    const gone = members.filter(
      ({ active, group, interface: on }) => active && links().has(on.index) && !isListed(group, on.index),
    )
    const loss = { reason: 'interface-removed', at: performance.now() } as const
    await detach(new Map(gone.map((member) => [member, loss])), true)
  }

  /** Leaves what a route or an address names another interface for now. */
  const move = async (): Promise<void> => {
    mayHaveMoved = false
    const members = [...membersByIndex().values()]
      .flat()
      .filter((member) => member.active && member.named !== undefined && wishes.staysAlive(member))
    if (members.length === 0) return
    const routed = members.filter(({ named }) => named === BY_ROUTE)
    const found = routed.length === 0 ? undefined : await lookUpRoutes(routed)
    const moved = members.filter((member) => {
      const link = linkFor(member, found, links(), NO_NAMES)
      return link !== undefined && link.index !== member.interface.index && member.active
    })
    const lossOf = ({ interface: on }: ChannelMembership): DetachReason => ({
      reason: 'moved',
      at: steps.wentDownAt(on.index) ?? performance.now(),
    })
    await detach(new Map(moved.map((member) => [member, lossOf(member)])), false)
  }

  /** Has the network told anew of memberships. Gives the first error. */
  const renewActive = async (
    members: readonly ChannelMembership[],
    reason?: ChannelReason,
    silentSince?: number,
  ): Promise<unknown> => {
    const active = members.filter((member) => member.active)
    const { lost, refused } = await renewMemberships(active)
    if (isClosed) return undefined
    for (const member of active) {
      const error = lost.get(member)
      if (error === undefined) {
        if (reason !== undefined && refused === undefined && member.active)
          wishes.renewed(member, reason, silentSince && performance.now() - silentSince)
      } else if (!wishes.staysAlive(member)) member.end()
      else {
        const isRefused = error instanceof SocketOptionError && error.reason === 'limit'
        wishes.lose(member, isRefused ? 'limit' : 'interface-removed', performance.now())
        member.await()
        waiting.add(member)
        schedule()
      }
    }
    return refused ?? [...lost.values()][0]
  }

  /** As `renewActive`, when nobody asked. Without a descriptor for the calls all stays as it is, and nobody is told. */
  const renewUnasked = (...renewal: Parameters<typeof renewActive>): Promise<unknown> =>
    renewActive(...renewal).catch(() => {})

  /** The wish whose first memberships are being joined: nothing is told of these. */
  let beginning: Wish | undefined

  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    alarm.close()
    await Promise.all([watch?.close(), routeWatch?.then((opened) => opened?.close())])
  }

  const openWatch = async (): Promise<void> => {
    try {
      watch = await watchLinks(onChange)
      if (isClosed) await watch.close()
    } catch (error) {
      unwatched = error
      wishes.isUnwatched = true
    }
  }

  const watchRoutes = (): void => {
    if (watch === undefined || isClosed) return
    routeWatch ??= watchLinks(
      (change) => {
        if (change.type === 'routes') onChange(change)
      },
      { routes: true },
    ).then(
      async (opened) => {
        if (isClosed) await opened.close()
        return opened
      },
      () => undefined,
    )
  }

  const renew = async (members: readonly ChannelMembership[]): Promise<void> => {
    if (members.some(({ state }) => state === 'waiting')) schedule()
    const error = await renewActive(members, 'asked')
    if (error !== undefined) throw error
  }

  return {
    begin: () => {
      opening ??= openWatch()
      return opening
    },
    joined: ({ named }) => {
      if (named === BY_ROUTE) watchRoutes()
    },
    left: () => {
      // There may be room for what the kernel refused.
      if (waiting.size > 0) schedule()
    },
    keep: (member, keeps = host.keepsAll, onChange) => {
      if (watch !== undefined && !watch.table.has(member.interface.index)) {
        steps.noteMissing(member.interface.index)
        schedule()
      }
      if (keeps && member.named === BY_ROUTE) watchRoutes()
      if (onChange !== undefined || keeps !== host.keepsAll) {
        if (onChange === undefined && keeps) member.isKept = true
        else wishes.add(member, keeps, onChange)
      }
    },
    channelOf: (member) => wishes.of(member) ?? wishes.add(member, true),
    keepWaiting: (member) => {
      const wish = wishes.create(channelOf(member))
      wishes.addTo(wish, member, 'interface-removed')
      waiting.add(member)
      if (member.named === BY_ROUTE) watchRoutes()
      wishes.tell(wish, member.interface, 'waiting', { reason: 'interface-removed' })
      schedule()
      return wish
    },
    keepOnEvery: async (target, channel) => {
      if (watch === undefined) throw unwatched
      const wish = wishes.create(channel)
      everywhere.set(wish, target)
      beginning = wish
      schedule()
      await running
      beginning = undefined
      return wish
    },
    tellUnwatched: () => {
      if (!wishes.isUnwatched) return
      for (const member of [...membersByIndex().values()].flat()) {
        const wish = wishes.of(member)
        if (wish !== undefined) wishes.tell(wish, member.interface, 'joined', { reason: 'unwatched' })
      }
    },
    get channels() {
      const found = new Set<Wish>(everywhere.keys())
      for (const member of [...[...membersByIndex().values()].flat(), ...waiting]) {
        const wish = wishes.keeps(member) ? wishes.of(member) : undefined
        if (wish !== undefined) found.add(wish)
      }
      return [...found]
    },
    forget: async (member) => {
      waiting.delete(member)
      wishes.remove(member)
    },
    renewSilent: (group, interfaceIndex, since) => {
      const members = [...host.registries()]
        .flatMap((registry) => registry.on(group, interfaceIndex))
        .filter(wishes.keeps)
      const expected = members.filter((member) => wishes.lossOf(member) === undefined)
      if (expected.length > 0) void renewUnasked(expected, 'silent', since)
      return members.length > 0
    },
    renewOn: (interfaceIndex, family, reason) => {
      const members = membersByIndex().get(interfaceIndex) ?? []
      const expected = members.filter(
        (member) => familyOf(member.group) === family && wishes.keeps(member) && wishes.lossOf(member) === undefined,
      )
      if (expected.length > 0) void renewUnasked(expected, reason)
    },
    renewAll: () => renew([...[...membersByIndex().values()].flat(), ...waiting]),
    renew,
    close,
  }
}
