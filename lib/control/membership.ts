import { badValue, SocketOptionError, show } from '../base/errors.ts'
import type { DescriptorOwner, SocketHandle } from '../calls/socket-handle.ts'
import { mustTakeGroup } from '../calls/socket-kind.ts'
import { Call, send, sendAll } from '../calls/worker-queue.ts'
import { canonical, withoutZone } from '../net/address.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { Found, Wanted } from '../net/route-lookup.ts'
import { wrongSource } from '../options/codecs/multicast-target.ts'
import { type AnyOption, partsOf } from '../options/option.ts'
import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_UNBLOCK_SOURCE,
} from '../options/table/ip.ts'
import {
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
} from '../options/table/mcast.ts'
import {
  findInterface,
  type GroupOnInterface,
  type GroupTarget,
  groupTargetOf,
  isByMreq,
  lookupFor,
} from './group-target.ts'
import type { MembershipRegistry } from './registry.ts'

/** What to join: a group from any source, or one source of a group. */
export interface Channel extends GroupOnInterface {
  source?: string
}

/** A joined channel. It says what to do next; the kernel holds the state. Leaves when disposed of. */
export interface Membership extends AsyncDisposable {
  readonly group: string
  /** The source, where the membership is source-specific. */
  readonly source?: string
  /** The interface it is on, also where the kernel chose it. */
  readonly interface: { readonly name: string; readonly index: number }
  /** False once left, or once the socket is closed. */
  readonly active: boolean
  /** The sources blocked now. */
  readonly blocked: readonly string[]
  /** Stops one source of an any-source membership. `IP_BLOCK_SOURCE`, `MCAST_BLOCK_SOURCE`; RFC 3678 4.1.1. */
  block(source: string): Promise<void>
  /** Takes a blocked source again. `IP_UNBLOCK_SOURCE`, `MCAST_UNBLOCK_SOURCE`; RFC 3678 4.1.1. */
  unblock(source: string): Promise<void>
  /** Leaves; on a membership that is left already it does nothing. */
  leave(): Promise<void>
}

type Act = 'join' | 'leave' | 'joinSource' | 'leaveSource' | 'block' | 'unblock'

const BY_INDEX: Record<Act, AnyOption> = {
  join: MCAST_JOIN_GROUP,
  leave: MCAST_LEAVE_GROUP,
  joinSource: MCAST_JOIN_SOURCE_GROUP,
  leaveSource: MCAST_LEAVE_SOURCE_GROUP,
  block: MCAST_BLOCK_SOURCE,
  unblock: MCAST_UNBLOCK_SOURCE,
}

const BY_ADDRESS: Record<Act, AnyOption> = {
  join: IP_ADD_MEMBERSHIP,
  leave: IP_DROP_MEMBERSHIP,
  joinSource: IP_ADD_SOURCE_MEMBERSHIP,
  leaveSource: IP_DROP_SOURCE_MEMBERSHIP,
  block: IP_BLOCK_SOURCE,
  unblock: IP_UNBLOCK_SOURCE,
}

/** A membership call, which is the struct it is made of: by the local address where that is how the interface was named. */
class Change extends Call implements GroupTarget {
  readonly group: string
  readonly source: string | undefined
  readonly address: string | undefined
  on: NamedInterface | undefined
  interface: string | number = 0

  constructor(act: Act, target: GroupTarget, source: string | undefined) {
    super(partsOf((isByMreq(target) ? BY_ADDRESS : BY_INDEX)[act]))
    this.group = target.group
    this.source = source
    this.address = target.address
    this.on = target.on
  }

  override get checked(): boolean {
    return true
  }

  override get wanted(): Wanted | undefined {
    return lookupFor(this)
  }

  prepare(found: Found): unknown {
    this.on = findInterface(this, found)
    this.interface = isByMreq(this) ? (this.address as string) : this.on.index
    return this
  }
}

export function parseSource(source: unknown, group: string): string {
  const wrong = wrongSource(source, group)
  if (wrong !== '') throw badValue(`${wrong}; an address that hosts send from is needed`)
  return withoutZone(canonical(source as string) ?? (source as string))
}

// The kernel compares sources without their zone.

class ChannelMembership implements Membership {
  readonly group: string
  declare readonly source?: string
  readonly interface: NamedInterface
  readonly #registry: MembershipRegistry<ChannelMembership>
  readonly #owner: DescriptorOwner
  #leaving: Promise<void> | undefined
  #left = false
  #blocked: readonly string[] = NONE

  constructor(
    registry: MembershipRegistry<ChannelMembership>,
    owner: DescriptorOwner,
    group: string,
    on: NamedInterface,
    source: string | undefined,
  ) {
    this.group = group
    if (source !== undefined) this.source = source
    this.interface = on
    this.#registry = registry
    this.#owner = owner
  }

  get active(): boolean {
    return !this.#left && this.#registry.isOpen(this.#owner)
  }

  get blocked(): readonly string[] {
    return this.#blocked
  }

  /** The kernel's filter has changed under it. */
  setBlocked(sources: readonly string[]): void {
    this.#blocked = [...sources]
    this.#registry.changed(this)
  }

  /** Leaving failed: it may be tried again. */
  stay(): void {
    this.#leaving = undefined
  }

  end(): void {
    this.#left = true
    this.#registry.remove(this)
  }

  async block(source: string): Promise<void> {
    await this.#change('block', source, (address) => [...this.#blocked, address])
  }

  async unblock(source: string): Promise<void> {
    await this.#change('unblock', source, (address) => this.#blocked.filter((blocked) => blocked !== address))
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  async #change(act: 'block' | 'unblock', source: string, blocked: (address: string) => string[]): Promise<void> {
    const address = parseSource(source, this.group)
    this.#mustBeActive(act)
    if (this.source !== undefined)
      throw new SocketOptionError(
        `can't ${act} ${address}: this membership of ${this.group} is source-specific and takes only ${this.source}`,
        { code: 'ERR_FILTER_MODE', reason: 'filter-mode' },
      )
    await this.#send(act, address, () => this.setBlocked(blocked(address)))
  }

  #send(act: Act, source: string | undefined, done: () => void): Promise<unknown> {
    // By index from now on: a local address may go while the membership stays.
    return send(this.#owner, new Move(act, { group: this.group, on: this.interface }, source, done))
  }

  #mustBeActive(act: string): void {
    if (this.active) return
    if (!this.#left) this.#registry.mustBeOpen()
    throw new SocketOptionError(
      `can't ${act}: the membership of ${this.group} on ${this.interface.name} has been left`,
      {
        code: 'ERR_NOT_MEMBER',
        reason: 'not-member',
      },
    )
  }

  #leave(): Promise<void> {
    if (!this.active) return Promise.resolve()
    return send(this.#owner, new Leave(this)) as Promise<void>
  }

  /** The kernel leaves no single source of an interface that is gone, only the group with all of them. */
  async leaveAll(): Promise<void> {
    await this.#send('leave', undefined, () => {
      for (const sibling of this.#registry.on(this.group, this.interface.index)) sibling.end()
    })
  }
}

const NONE: readonly string[] = []

/** What a membership does next. */
class Move extends Change {
  override readonly done: () => void

  constructor(act: Act, target: GroupTarget, source: string | undefined, done: () => void) {
    super(act, target, source)
    this.done = done
  }
}

/** A membership's end. */
class Leave extends Change {
  readonly membership: ChannelMembership

  constructor(membership: ChannelMembership) {
    const { group, interface: on, source } = membership
    super(source === undefined ? 'leave' : 'leaveSource', { group, on }, source)
    this.membership = membership
  }

  override done(): void {
    this.membership.end()
  }

  override recover(error: unknown): unknown {
    const reason = error instanceof SocketOptionError ? error.reason : undefined
    // Left by other means meanwhile, or closed: what was asked for holds.
    if (reason === 'not-member' || reason === 'closed') return this.done()
    if (reason === 'no-interface' && this.source !== undefined)
      return this.membership.leaveAll().catch((left) => this.recover(left))
    this.membership.stay()
    throw error
  }
}

export type { ChannelMembership }

export type Memberships = MembershipRegistry<ChannelMembership>

export function addMembership(
  registry: Memberships,
  owner: DescriptorOwner,
  group: string,
  on: NamedInterface,
  source?: string,
): ChannelMembership {
  const membership = new ChannelMembership(registry, owner, group, on, source)
  registry.add(membership)
  return membership
}

/** A channel, checked as far as it can be without the kernel. */
export interface ChannelTarget extends GroupTarget {
  readonly source: string | undefined
}

export function channelTargetOf(channel: Channel): ChannelTarget {
  const { group, on, address } = groupTargetOf(channel)
  const source = channel.source === undefined ? undefined : parseSource(channel.source, group)
  return { group, on, address, source }
}

/** A join, checked as far as it can be without the kernel. */
class Join extends Change {
  readonly registry: Memberships

  constructor(registry: Memberships, target: ChannelTarget) {
    super(target.source === undefined ? 'join' : 'joinSource', target, target.source)
    this.registry = registry
  }

  override done(): Membership {
    return addMembership(this.registry, this.copy.owner, this.group, this.on as NamedInterface, this.source)
  }
}

/** A join of `channel`; throws if the socket can't be a member of the group. */
function checkedJoin(owner: DescriptorOwner, registry: Memberships, channel: Channel): Join {
  const target = channelTargetOf(channel)
  mustTakeGroup(owner, target.group)
  return new Join(registry, target)
}

/** A join among others, whose failure is its own. */
class JoinOfMany extends Join {
  override prepare(found: Found): unknown {
    mustTakeGroup(this.copy.owner, this.group)
    return super.prepare(found)
  }

  override recover(error: unknown): unknown {
    return error
  }
}

export function join(socket: SocketHandle, registry: Memberships, channel: Channel): Promise<Membership> {
  try {
    const owner = socket.owner()
    return send(owner, checkedJoin(owner, registry, channel)) as Promise<Membership>
  } catch (error) {
    return Promise.reject(error)
  }
}

/** All or none: a channel that can't be joined undoes the others. */
export async function joinAll(
  socket: SocketHandle,
  registry: Memberships,
  channels: Iterable<Channel>,
): Promise<Membership[]> {
  if (typeof channels?.[Symbol.iterator] !== 'function')
    throw new TypeError(`joinAll takes an iterable of { group, source?, interface? }, not ${show(channels)}`)
  // To its end first: it may be a generator, which may close the socket.
  const wanted = [...channels]
  const owner = socket.owner()
  const joins = wanted.map((channel) => checkedJoin(owner, registry, channel))
  const { answers, errors } = await sendAll(owner, joins)
  const joined = answers as Membership[]
  if (errors.length === 0) return joined
  await Promise.allSettled(joined.map((membership) => membership.leave()))
  throw errors[0]
}

/** Joins each of them that can be joined: a membership or an error for each, in their order. */
export async function joinEach(
  socket: SocketHandle,
  registry: Memberships,
  targets: readonly ChannelTarget[],
): Promise<unknown[]> {
  const owner = socket.owner()
  const joins = targets.map((target) => new JoinOfMany(registry, target))
  return (await sendAll(owner, joins)).answers
}
