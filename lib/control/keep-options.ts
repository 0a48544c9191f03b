// How a channel is kept, and what is told of one that is.
import { checkFields, type FieldRule, flag, rule, whole } from '../base/check-fields.ts'
import type { SocketOptionError } from '../base/errors.ts'
import type { Channel, Membership } from './membership.ts'

/** How channels are kept. */
export interface KeepOptions {
  /**
   * Milliseconds of silence after which a channel that had been flowing is renewed, 1,000 to 2 ** 30; false: never.
   * Receivers only. Default: 5 s more than the querier of the interface lets pass between two queries, if the process has
   * CAP_NET_RAW to hear one; else 130,000, a little more than the 125 s of RFC 3376 8.2.
   */
  renewAfter?: number | false | undefined
  /**
   * Wait for an interface that is not there yet. `openReceiver` and `Receiver.keep` only. Default false: refused, as a
   * misspelt name must be.
   */
  waitForInterface?: boolean | undefined
}

/**
 * Why a channel is lost, waits or was renewed.
 *
 * - `interface-removed`: the interface was deleted or moved to another network namespace, or is not there yet
 * - `interface-down`: the interface was set down, or has no carrier
 * - `moved`: the route to the group, or the address that named the interface, goes by another interface now
 * - `ipv6-off`: IPv6 was switched off on the interface, by `disable_ipv6` or an MTU below 1280
 * - `enslaved`: the interface belongs to a bridge, bond or team, which takes its datagrams
 * - `silent`: nothing arrived for `renewAfter`
 * - `limit`: a limit of the kernel, which the event's error names
 * - `querier-changed`: the querier of the link is another one, speaks another version of IGMP or MLD, or is back
 * - `unwatched`: the kernel does not tell of interfaces, so the channel is joined but not kept
 * - `asked`: `renew` was called
 */
export type ChannelReason =
  | 'interface-removed'
  | 'interface-down'
  | 'moved'
  | 'ipv6-off'
  | 'enslaved'
  | 'silent'
  | 'limit'
  | 'querier-changed'
  | 'unwatched'
  | 'asked'

/** What became of a channel on an interface. */
export interface ChannelEvent {
  /**
   * - `lost`: nothing arrives any more
   * - `waiting`: not joined, for want of an interface
   * - `refused`: the kernel refused the join; tried again when something changes
   * - `joined`: joined after waiting, or on a further interface
   * - `renewed`: what was lost is back, or the network was told anew
   */
  type: 'joined' | 'waiting' | 'lost' | 'renewed' | 'refused'
  /** The channel, as it was named. */
  channel: Channel
  /** The interface; index 0 if there is none yet. */
  interface: { readonly name: string; readonly index: number }
  /** The cause. Absent if there is none: a further interface was joined. */
  reason?: ChannelReason
  /** Of `renewed`: for how many milliseconds nothing could arrive, or nothing did. */
  gap?: number
  /** Of `refused`: what the kernel said, with the sysctl that decides. */
  error?: SocketOptionError
}

/** A channel that is kept whatever becomes of its interface. */
export interface KeptChannel {
  /** The channel, as it was named. */
  readonly channel: Channel
  /** `joined` on one interface at least; else `refused` by the kernel, or `waiting` for an interface or its return. */
  readonly state: 'joined' | 'waiting' | 'refused'
  /** When the state began, in milliseconds since the epoch. */
  readonly since: number
  /** Why the channel is not joined, or `unwatched`; undefined if all is well. */
  readonly reason: ChannelReason | undefined
  /** How many times the channel was lost. */
  readonly losses: number
  /** How many times the network was told anew, or the channel came back. */
  readonly renewals: number
  /** A membership for each interface; one that waits is not active. */
  readonly memberships: readonly Membership[]
  /**
   * Leaves, and keeps the channel no longer.
   * @throws SocketOptionError as a rejection: as `Membership.leave`
   */
  stop(): Promise<void>
}

/** `KeepOptions` with every default filled in. */
export interface KeepPlan {
  /** Undefined: by the querier. */
  readonly renewAfter: number | false | undefined
  readonly waitForInterface: boolean
}

const interval = whole(1000, 2 ** 30, 'milliseconds')
export const KEEP_FIELDS: Record<keyof KeepOptions, FieldRule> = {
  renewAfter: rule(`${interval.words}, or false,`, (value) => value === false || interval.right(value)),
  waitForInterface: flag,
}

/** What `keep` may be: further fields are checked by `planKeep`. */
export const keepRule: FieldRule<boolean | KeepOptions> = rule(
  'true, false or { renewAfter?, waitForInterface? }',
  (value) => typeof value === 'boolean' || (typeof value === 'object' && value !== null),
)

/** How channels are kept; undefined if they are not. */
export function planKeep(keep: boolean | KeepOptions, whose: string): KeepPlan | undefined {
  if (keep === false) return undefined
  const given = keep === true ? {} : keep
  const { renewAfter, waitForInterface = false } = checkFields(given, KEEP_FIELDS, `${whose}: keep`)
  return { renewAfter, waitForInterface }
}
