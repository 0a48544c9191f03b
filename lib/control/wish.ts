// A channel that is kept: what has become of it on each interface.

import { EVERY_INTERFACE } from './group-target.ts'
import type { ChannelEvent, ChannelReason, KeptChannel } from './keep-options.ts'
import { BY_ROUTE, type Channel, type ChannelMembership, type Membership } from './membership.ts'

/** Since when a membership has brought nothing, and why. Times are of `performance.now()`. */
export interface Loss {
  readonly at: number
  /** The reason that was told last. */
  told: ChannelReason
  /** What stands in the way now. */
  reason: ChannelReason
  /** False if the channel has not been joined yet. */
  readonly wasJoined: boolean
  /** The code of the kernel's last refusal, if it refused. */
  refusedWith?: string
}

/** How a keeper is told of what a wish's user asks for. */
export interface WishOptions {
  readonly channel: Channel
  /** Whether memberships come back; else their losses are told. */
  readonly keeps: boolean
  readonly isUnwatched: boolean
  readonly onChange?: ((event: ChannelEvent) => void) | undefined
  readonly onStop: (wish: Wish) => void
}

export class Wish implements KeptChannel {
  readonly channel: Channel
  readonly keeps: boolean
  readonly onChange: ((event: ChannelEvent) => void) | undefined
  losses = 0
  renewals = 0
  /** What is lost of the memberships. */
  readonly lost = new Map<ChannelMembership, Loss>()
  hasEnded = false
  readonly #onStop: (wish: Wish) => void
  readonly #isUnwatched: boolean
  #memberships: readonly ChannelMembership[] = []
  #since = Date.now()
  #state: KeptChannel['state']

  constructor({ channel, keeps, isUnwatched, onChange, onStop }: WishOptions, state: KeptChannel['state']) {
    this.channel = channel
    this.keeps = keeps
    this.onChange = onChange
    this.#onStop = onStop
    this.#isUnwatched = isUnwatched
    this.#state = state
  }

  /** Whether the channel is wanted on every interface. */
  get isForEvery(): boolean {
    return this.channel.interface === EVERY_INTERFACE
  }

  get members(): readonly ChannelMembership[] {
    return this.#memberships
  }

  get memberships(): readonly Membership[] {
    return this.#memberships.filter(({ state }) => state !== 'left')
  }

  get state(): KeptChannel['state'] {
    const held = this.#memberships.filter(({ state }) => state !== 'left')
    if (held.some((member) => !this.lost.has(member))) return 'joined'
    return held.some((member) => this.lost.get(member)?.refusedWith !== undefined) ? 'refused' : 'waiting'
  }

  get since(): number {
    return this.#since
  }

  get reason(): ChannelReason | undefined {
    if (this.state === 'joined') return this.#isUnwatched ? 'unwatched' : undefined
    const [loss] = this.lost.values()
    return loss?.reason
  }

  add(member: ChannelMembership): void {
    this.#memberships = [...this.#memberships, member]
    this.note()
  }

  remove(member: ChannelMembership): void {
    this.#memberships = this.#memberships.filter((other) => other !== member)
    this.lost.delete(member)
    this.note()
  }

  /** Forgets what was left on an interface, so that another interface of this index is joined. */
  forgetLeft(index: number): void {
    for (const member of this.#memberships)
      if (member.state === 'left' && member.interface.index === index) this.remove(member)
  }

  /** Notes when the state began. */
  note(): void {
    const { state } = this
    if (state === this.#state) return
    this.#state = state
    this.#since = Date.now()
  }

  async stop(): Promise<void> {
    this.hasEnded = true
    this.#onStop(this)
    await Promise.all(this.#memberships.map((member) => member.leave()))
  }
}

/** The channel of a membership, as it was named. */
export function channelOf({ group, source, interface: on, named }: ChannelMembership): Channel {
  return {
    group,
    ...(source !== undefined && { source }),
    ...(named !== BY_ROUTE && { interface: named ?? (on.name || on.index) }),
  }
}
