// The wishes of a keeper, and what is told of them.
import type { SocketOptionError } from '../base/errors.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { ChannelEvent, ChannelReason, KeptChannel } from './keep-options.ts'
import type { Channel, ChannelMembership } from './membership.ts'
import { channelOf, type Loss, Wish } from './wish.ts'

type Listener = ((event: ChannelEvent) => void) | undefined

export interface WishListPlan {
  /** Whether every membership is kept, or only those that were added. */
  readonly keepsAll: boolean
  /** Whether anything may be told now. */
  readonly isOpen: () => boolean
  readonly emit: Listener
  readonly onStop: (wish: Wish) => void
}

/** Times are of `performance.now()`. */
export interface WishList {
  /** Set if interfaces can't be watched. */
  isUnwatched: boolean
  /** The wish of a membership, if anybody wishes it. */
  of(member: ChannelMembership): Wish | undefined
  /** What is lost of a membership. */
  lossOf(member: ChannelMembership): Loss | undefined
  /** Whether a membership is kept. */
  keeps(member: ChannelMembership): boolean
  /** Whether a membership waits when the kernel has it no more; else it ends. */
  staysAlive(member: ChannelMembership): boolean
  /** A wish without a membership yet. */
  create(channel: Channel, onChange?: Listener): Wish
  add(member: ChannelMembership, keeps: boolean, onChange?: Listener): Wish
  /** Adds a membership to a wish; `reason` says why nothing arrives by it yet. */
  addTo(wish: Wish, member: ChannelMembership, reason: ChannelReason | undefined): void
  remove(member: ChannelMembership): void
  lose(member: ChannelMembership, reason: ChannelReason, at: number): void
  regain(member: ChannelMembership, at: number): void
  refuse(member: ChannelMembership, error: SocketOptionError): void
  /** A channel of every interface was refused on one; told once. */
  refuseOnce(wish: Wish, on: NamedInterface, error: SocketOptionError): void
  renewed(member: ChannelMembership, reason: ChannelReason, gap?: number): void
  tell(wish: Wish, on: NamedInterface, type: ChannelEvent['type'], more?: TellMore): void
}

type TellMore = Partial<Pick<ChannelEvent, 'reason' | 'gap' | 'error'>>

export function createWishList(plan: WishListPlan): WishList {
  // Made for a membership when there is something to tell of it: there may be thousands.
  const wishes = new WeakMap<ChannelMembership, Wish>()
  const refused = new WeakSet<Wish>()

  const make = (channel: Channel, keeps: boolean, state: KeptChannel['state'], onChange: Listener): Wish =>
    new Wish({ channel, keeps, isUnwatched: list.isUnwatched, onChange, onStop: plan.onStop }, state)

  const add = (member: ChannelMembership, keeps: boolean, onChange?: Listener): Wish => {
    const wish = make(channelOf(member), keeps, 'joined', onChange)
    wish.add(member)
    wishes.set(member, wish)
    return wish
  }

  const tell = (wish: Wish, on: NamedInterface, type: ChannelEvent['type'], more: TellMore = {}): void => {
    wish.note()
    const event: ChannelEvent = { type, channel: wish.channel, interface: on, ...more }
    // In a tick of its own, an error thrown by a listener is uncaught, and ends nothing of ours.
    process.nextTick(() => {
      if (wish.hasEnded || !plan.isOpen()) return
      if (wish.onChange !== undefined) wish.onChange(event)
      else plan.emit?.(event)
    })
  }

  const list: WishList = {
    isUnwatched: false,
    of: (member) => wishes.get(member) ?? (plan.keepsAll || member.isKept ? add(member, true) : undefined),
    lossOf: (member) => wishes.get(member)?.lost.get(member),
    keeps: (member) => wishes.get(member)?.keeps ?? (plan.keepsAll || member.isKept),
    staysAlive: (member) => {
      const wish = wishes.get(member)
      return wish === undefined ? plan.keepsAll || member.isKept : wish.keeps && !wish.isForEvery && !wish.hasEnded
    },
    create: (channel, onChange) => make(channel, true, 'waiting', onChange),
    add,
    addTo: (wish, member, reason) => {
      wishes.set(member, wish)
      if (reason !== undefined) wish.lost.set(member, { at: performance.now(), told: reason, reason, wasJoined: false })
      wish.add(member)
    },
    remove: (member) => wishes.get(member)?.remove(member),
    lose: (member, reason, at) => {
      const wish = list.of(member) ?? make(channelOf(member), false, 'joined', undefined)
      const loss = wish.lost.get(member)
      if (loss === undefined) {
        wish.lost.set(member, { at, told: reason, reason, wasJoined: true })
        wish.losses++
        tell(wish, member.interface, 'lost', { reason })
        return
      }
      loss.reason = reason
      if (reason !== 'interface-removed' || loss.told === reason) return
      loss.told = reason
      tell(wish, member.interface, 'waiting', { reason })
    },
    regain: (member, at) => {
      const wish = wishes.get(member)
      const loss = wish?.lost.get(member)
      if (wish === undefined || loss === undefined) return
      wish.lost.delete(member)
      const { told: reason, wasJoined } = loss
      if (!wasJoined) return tell(wish, member.interface, 'joined', { reason })
      wish.renewals++
      tell(wish, member.interface, 'renewed', { reason, gap: Math.round(at - loss.at) })
    },
    refuse: (member, error) => {
      const wish = list.of(member)
      const loss = wish?.lost.get(member)
      if (wish === undefined || loss === undefined || loss.refusedWith === error.code) return
      loss.refusedWith = error.code
      tell(wish, member.interface, 'refused', { reason: 'limit', error })
    },
    refuseOnce: (wish, on, error) => {
      if (refused.has(wish)) return
      refused.add(wish)
      tell(wish, on, 'refused', { reason: 'limit', error })
    },
    renewed: (member, reason, gap) => {
      const wish = list.of(member)
      if (wish === undefined) return
      wish.renewals++
      tell(wish, member.interface, 'renewed', gap === undefined ? { reason } : { reason, gap: Math.round(gap) })
    },
    tell,
  }
  return list
}
