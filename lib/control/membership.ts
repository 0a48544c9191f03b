// A channel, and what it becomes once joined: a membership, which blocks and unblocks sources and leaves.

import { type Reason, SocketOptionError } from '../base/errors.ts'
import { explain } from '../calls/explain-option.ts'
import type { DescriptorOwner } from '../calls/socket-handle.ts'
import { workerQueue } from '../calls/worker-queue.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import { filterOf } from './filter-state.ts'
import { followKernel } from './follow-kernel.ts'
import { type GroupOnInterface, type GroupTarget, groupTargetOf, parseSource } from './group-target.ts'
import { type MembershipAct, MembershipCall } from './membership-call.ts'
import type { MembershipRegistry } from './registry.ts'

/** What to join: a group from any source, or one source of a group. */
export interface Channel extends GroupOnInterface {
  /** The address of a host, of the family of the group. Default: any source. */
  source?: string | undefined
}

/** A channel, with its interface settled as far as no lookup is needed. */
export interface ChannelTarget extends GroupTarget {
  readonly source: string | undefined
  /** A membership that waited, which the join brings back. */
  readonly revived?: ChannelMembership | undefined
  /** The sources that the revived membership blocks. */
  readonly blocked?: readonly string[]
}

/** How a kept membership finds its interface again: by this, by a local address, or else by the interface's name. */
export const BY_ROUTE = ''

export const CHANNEL_FIELDS = ['group', 'source', 'interface']

export function channelTargetOf(channel: Channel | Membership): ChannelTarget {
  if (channel instanceof ChannelMembership) return { ...targetOf(channel), source: channel.source }
  const { group, on, address, lookup } = groupTargetOf(channel as Channel, CHANNEL_FIELDS)
  const given = channel.source
  const source = given === undefined ? undefined : parseSource(given, group)
  return { group, on, address, lookup, source }
}

/** A group on an interface, which a membership names too. */
export const groupTargetFrom = (on: GroupOnInterface | Membership): GroupTarget =>
  on instanceof ChannelMembership ? targetOf(on) : groupTargetOf(on as GroupOnInterface)

/** A joined channel. It says what to do next; the kernel holds the state. Leaves when disposed of. */
export interface Membership extends AsyncDisposable {
  /** In its canonical spelling, without a zone. */
  readonly group: string
  /** The source, if the membership is source-specific. */
  readonly source?: string
  /**
   * The interface of the membership, also if the kernel chose it. A kept channel may come back on another; index 0 if it
   * waits for its first.
   */
  readonly interface: { readonly name: string; readonly index: number }
  /** Whether the kernel has it now: false while a kept channel waits; for good once left, or once the socket is closed. */
  readonly active: boolean
  /** The sources blocked now. */
  readonly blocked: readonly string[]
  /**
   * Stops one source of an any-source membership; while a kept channel waits, from its return on. `IP_BLOCK_SOURCE`, `MCAST_BLOCK_SOURCE`; RFC 3678 4.1.1.
   * @throws SocketOptionError as a rejection: `already-member`, `not-member`, `filter-mode`, `limit`, `bad-value`, `closed`
   */
  block(source: string): Promise<void>
  /**
   * Takes a blocked source again. `IP_UNBLOCK_SOURCE`, `MCAST_UNBLOCK_SOURCE`; RFC 3678 4.1.1.
   * @throws SocketOptionError as a rejection: `not-member`, `filter-mode`, `bad-value`, `closed`
   */
  unblock(source: string): Promise<void>
  /**
   * Has the network told of the membership anew, as a switch may have forgotten it: by the gentlest way there is.
   * With CAP_NET_RAW, IPv4: a query that the host sends to itself, which never leaves it; every membership of the
   * interface is reported, and nothing is missed. Else the membership is left and joined again, and what arrives between is missed.
   * A membership that waits is tried again.
   * @throws SocketOptionError as a rejection: `not-member` if left, `closed`, or what the kernel answers
   */
  renew(): Promise<void>
  /**
   * Leaves, and ends what keeps the channel. A second call does nothing.
   * @throws SocketOptionError as a rejection: what the kernel answers; a membership that it does not know has left already
   */
  leave(): Promise<void>
}

const NONE: readonly string[] = []

/** `waiting`: the kernel has it not, and shall have it again. */
export type MembershipState = 'joined' | 'waiting' | 'left'

/** What the kernel refuses a change with if the socket was changed otherwise than through its memberships. */
const STALE: readonly Reason[] = ['already-member', 'not-member', 'filter-mode']

export class ChannelMembership implements Membership {
  readonly group: string
  declare readonly source?: string
  interface: NamedInterface
  /** Whether the keeper of its socket keeps it, though not every membership. */
  isKept = false
  /** `BY_ROUTE`, a local address, or undefined if the interface goes by its name. */
  readonly named: string | undefined
  #registry: MembershipRegistry<ChannelMembership>
  #owner: DescriptorOwner
  #leaving: Promise<void> | undefined
  #state: MembershipState = 'joined'
  #blocked = NONE

  constructor(
    registry: MembershipRegistry<ChannelMembership>,
    owner: DescriptorOwner,
    group: string,
    on: NamedInterface,
    source: string | undefined,
    named?: string,
  ) {
    this.group = group
    if (source !== undefined) this.source = source
    this.interface = on
    this.named = named
    this.#registry = registry
    this.#owner = owner
  }

  get active(): boolean {
    return this.#state === 'joined' && this.#registry.isOpen(this.#owner)
  }

  get state(): MembershipState {
    return this.#state
  }

  /** Whether leaving is under way, or done. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined
  }

  get owner(): DescriptorOwner {
    return this.#owner
  }

  get registry(): MembershipRegistry<ChannelMembership> {
    return this.#registry
  }

  get blocked(): readonly string[] {
    return this.#blocked
  }

  async block(source: string): Promise<void> {
    const address = this.#mayChange('block', source)
    if (this.#state === 'waiting') return this.#blockLater(address)
    await this.#send('block', address, () => this.setBlocked([...filterOf([this]).sources, address]))
  }

  async unblock(source: string): Promise<void> {
    const address = this.#mayChange('unblock', source)
    if (this.#state === 'waiting') return this.#unblockLater(address)
    await this.#send('unblock', address, () => {
      this.setBlocked(filterOf([this]).sources.filter((blocked) => blocked !== address))
    })
  }

  leave(): Promise<void> {
    if (this.#state === 'waiting') {
      this.#state = 'left'
      this.#blocked = NONE
      this.#leaving = this.#registry.keeper?.forget(this)
    }
    this.#leaving ??= this.active
      ? (workerQueue.send(this.#owner, new LeaveCall(this)) as Promise<void>)
      : Promise.resolve()
    return this.#leaving
  }

  async renew(): Promise<void> {
    this.#registry.mustBeOpen()
    if (this.#state === 'left') throw this.#hasLeft('renew')
    const { keeper, renew } = this.#registry
    await (keeper?.renew ?? renew)([this])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  /** The kernel blocks these sources from now on. */
  setBlocked(sources: readonly string[]): void {
    this.#blocked = [...sources]
    this.#registry.changed(this)
  }

  /** The kernel has the membership no longer. */
  end(): void {
    this.#state = 'left'
    this.#blocked = NONE
    this.#registry.remove(this)
  }

  /** The kernel has the membership no longer, and shall have it again. */
  await(): void {
    if (this.#state !== 'joined') return
    this.#state = 'waiting'
    this.#registry.remove(this)
  }

  /** The kernel has the membership again. */
  revive(registry: MembershipRegistry<ChannelMembership>, owner: DescriptorOwner, on: NamedInterface): void {
    this.#registry = registry
    this.#owner = owner
    this.interface = on
    this.#state = 'joined'
    registry.add(this)
  }

  #blockLater(address: string): void {
    if (this.#blocked.includes(address))
      throw new SocketOptionError(`can't block ${address}: it is blocked already`, {
        code: 'ERR_ALREADY_MEMBER',
        reason: 'already-member',
      })
    this.#blocked = [...this.#blocked, address]
  }

  #unblockLater(address: string): void {
    if (!this.#blocked.includes(address))
      throw new SocketOptionError(`can't unblock ${address}: it is not blocked`, {
        code: 'ERR_NOT_MEMBER',
        reason: 'not-member',
      })
    this.#blocked = this.#blocked.filter((blocked) => blocked !== address)
  }

  #hasLeft(act: string): SocketOptionError {
    return new SocketOptionError(
      `can't ${act}: the membership of ${this.group} on ${this.interface.name} has been left`,
      { code: 'ERR_NOT_MEMBER', reason: 'not-member' },
    )
  }

  /** The source to block or unblock; throws if this membership can't. */
  #mayChange(act: 'block' | 'unblock', source: string): string {
    const address = parseSource(source, this.group)
    if (this.#state !== 'left') this.#registry.mustBeOpen()
    else throw this.#hasLeft(act)
    if (filterOf([this]).mode === 'include')
      throw new SocketOptionError(
        `can't ${act} ${address}: this membership of ${this.group} is source-specific and takes only ${this.source}`,
        { code: 'ERR_FILTER_MODE', reason: 'filter-mode' },
      )
    return address
  }

  async #send(act: MembershipAct, source: string | undefined, done: () => void): Promise<void> {
    try {
      await workerQueue.send(this.#owner, new ChangeCall(this, act, source, done))
    } catch (error) {
      if (error instanceof SocketOptionError && STALE.includes(error.reason))
        await followKernel(this.#owner, this.#registry, this.group)
      throw error
    }
  }

  /** The kernel leaves no single source of an interface that is gone, only the group with all its sources. */
  leaveGroup(): Promise<void> {
    return this.#send('leave', undefined, () => {
      for (const sibling of this.#registry.on(this.group, this.interface.index)) sibling.end()
    })
  }

  /** Leaving failed, and may be tried again. */
  stay(): void {
    this.#leaving = undefined
  }
}

/** By index, however the interface was named: a local address may go while the membership stays. */
export const targetOf = ({ group, interface: on }: ChannelMembership): GroupTarget => ({ group, on })

/** Blocks or unblocks a source, or leaves the group. */
class ChangeCall extends MembershipCall {
  override readonly done: () => void

  constructor(membership: ChannelMembership, act: MembershipAct, source: string | undefined, done: () => void) {
    super(act, targetOf(membership), source)
    this.done = done
  }
}

class LeaveCall extends MembershipCall {
  readonly membership: ChannelMembership

  constructor(membership: ChannelMembership) {
    super(membership.source === undefined ? 'leave' : 'leave-source', targetOf(membership), membership.source)
    this.membership = membership
  }

  override get givesBack(): boolean {
    return true
  }

  override makeNow(fd: number): unknown {
    this.interface = this.membership.interface.index
    const outcome = this.option.toWrite(this).set(fd, this)
    return outcome === undefined || outcome === 0
      ? this.done()
      : this.recover(explain(this.option, outcome, this, 'setsockopt'))
  }

  override done(): void {
    this.membership.end()
  }

  override recover(error: unknown): unknown {
    const reason = error instanceof SocketOptionError ? error.reason : undefined
    // Left by other means meanwhile, or closed: what was asked for holds.
    if (reason === 'not-member' || reason === 'closed') return this.done()
    if (reason === 'no-interface' && this.source !== undefined)
      return this.membership.leaveGroup().catch((left) => this.recover(left))
    this.membership.stay()
    throw error
  }
}
