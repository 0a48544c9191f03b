import { canonical } from './address.ts'
import { wrongSource } from './codecs/multicast-target.ts'
import type { Holder } from './descriptor.ts'
import { badValue, SocketOptionError, show } from './errors.ts'
import type { NamedInterface } from './interfaces.ts'
import { type AnyOption, partsOf } from './option.ts'
import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_UNBLOCK_SOURCE,
} from './options/ip.ts'
import {
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
} from './options/mcast.ts'
import { send } from './queue.ts'
import type { Roster } from './roster.ts'
import { mustTakeGroup, type Session } from './session.ts'
import { type GroupOnInterface, type Target, targetOf } from './target.ts'

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

/** One membership call on its way: the struct by the local address where that is how the interface was named. */
function change(
  holder: Holder,
  act: Act,
  target: Pick<Target, 'group' | 'address' | 'lookup' | 'find'>,
  source: string | undefined,
  done: (on: NamedInterface) => void,
): Promise<unknown> {
  const { group, address } = target
  let on: NamedInterface = { name: '', index: 0 }
  return send(holder, {
    option: partsOf(address === undefined ? BY_INDEX[act] : BY_ADDRESS[act]),
    lookup: target.lookup,
    reading: false,
    value: (results) => {
      on = target.find(results)
      return { group, source, interface: address ?? on.index }
    },
    done: () => done(on),
  })
}

export function parseSource(source: unknown, group: string): string {
  const wrong = wrongSource(source, group)
  if (wrong !== '') throw badValue(`${wrong}; an address that hosts send from is needed`)
  return bare(canonical(source as string) ?? (source as string))
}

// The kernel compares sources without their zone.
const bare = (address: string): string => address.split('%', 1)[0] ?? address

class ChannelMembership implements Membership {
  readonly group: string
  declare readonly source?: string
  readonly interface: NamedInterface
  readonly #roster: Roster<ChannelMembership>
  readonly #holder: Holder
  readonly #target: Target
  #leaving: Promise<void> | undefined
  #left = false
  #blocked: string[] = []

  constructor(
    roster: Roster<ChannelMembership>,
    holder: Holder,
    target: Target,
    on: NamedInterface,
    source: string | undefined,
  ) {
    this.group = target.group
    if (source !== undefined) this.source = source
    this.interface = on
    this.#roster = roster
    this.#holder = holder
    // By index from now on: a local address may go while the membership stays.
    this.#target = { group: target.group, lookup: undefined, find: () => on }
  }

  get active(): boolean {
    return !this.#left && this.#roster.isOpen(this.#holder)
  }

  get blocked(): readonly string[] {
    return this.#blocked
  }

  /** The kernel's filter has changed under it. */
  setBlocked(sources: readonly string[]): void {
    this.#blocked = [...sources]
    this.#roster.changed(this)
  }

  end(): void {
    this.#left = true
    this.#roster.remove(this)
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
    await change(this.#holder, act, this.#target, address, () => this.setBlocked(blocked(address)))
  }

  #mustBeActive(act: string): void {
    if (this.active) return
    if (!this.#left) this.#roster.mustBeOpen()
    throw new SocketOptionError(
      `can't ${act}: the membership of ${this.group} on ${this.interface.name} has been left`,
      {
        code: 'ERR_NOT_MEMBER',
        reason: 'not-member',
      },
    )
  }

  async #leave(): Promise<void> {
    if (!this.active) return
    const act = this.source === undefined ? 'leave' : 'leaveSource'
    const end = () => this.end()
    try {
      await change(this.#holder, act, this.#target, this.source, end).catch((error) => this.#leaveDeleted(error))
    } catch (error) {
      // Left by other means meanwhile: what was asked for holds.
      if (!(error instanceof SocketOptionError) || error.reason !== 'not-member') {
        this.#leaving = undefined
        throw error
      }
      this.end()
    }
  }

  /** The kernel leaves no single source of an interface that is gone, only the group with all of them. */
  async #leaveDeleted(error: unknown): Promise<void> {
    if (this.source === undefined || !(error instanceof SocketOptionError) || error.reason !== 'no-interface')
      throw error
    await change(this.#holder, 'leave', this.#target, undefined, () => {
      for (const sibling of this.#roster.on(this.group, this.interface.index)) sibling.end()
    })
  }
}

export type { ChannelMembership }

export type Memberships = Roster<ChannelMembership>

export function addMembership(
  roster: Memberships,
  holder: Holder,
  target: Target,
  on: NamedInterface,
  source?: string,
): ChannelMembership {
  const membership = new ChannelMembership(roster, holder, target, on, source)
  roster.add(membership)
  return membership
}

/** A join that has been checked as far as it can be without the kernel. */
type Plan = () => Promise<Membership>

function plan(session: Session, roster: Memberships, channel: Channel): Plan {
  const holder = session.holder()
  const target = targetOf(channel)
  const source = channel.source === undefined ? undefined : parseSource(channel.source, target.group)
  mustTakeGroup(session, target.group)
  return async () => {
    let membership: ChannelMembership | undefined
    await change(holder, source === undefined ? 'join' : 'joinSource', target, source, (on) => {
      membership = addMembership(roster, holder, target, on, source)
    })
    return membership as ChannelMembership
  }
}

export async function join(session: Session, roster: Memberships, channel: Channel): Promise<Membership> {
  return plan(session, roster, channel)()
}

/** All or none: a channel that can't be joined undoes the others. */
export async function joinAll(
  session: Session,
  roster: Memberships,
  channels: Iterable<Channel>,
): Promise<Membership[]> {
  // Array.from takes one channel for an empty list, and would join nothing without a word.
  if (typeof channels?.[Symbol.iterator] !== 'function')
    throw new TypeError(`joinAll takes an iterable of { group, source?, interface? }, not ${show(channels)}`)
  const plans = Array.from(channels, (channel) => plan(session, roster, channel))
  const results = await Promise.allSettled(plans.map((go) => go()))
  const joined = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return joined
  await Promise.allSettled(joined.map((membership) => membership.leave()))
  throw failed.reason
}
