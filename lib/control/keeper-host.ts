// What a keeper needs of the sockets whose memberships it keeps.
import type { Alarm } from '../base/alarm.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { ChannelEvent } from './keep-options.ts'
import type { ChannelMembership, ChannelTarget } from './membership.ts'
import type { MembershipRegistry } from './registry.ts'

/** A channel to be joined on an interface, for a membership that waited or for a channel of every interface. */
export interface KeptTarget extends ChannelTarget {
  readonly on: NamedInterface
}

/** The sockets whose memberships are kept. */
export interface KeeperHost {
  readonly registries: () => Iterable<MembershipRegistry<ChannelMembership>>
  /** Joins each that can be joined: a membership or an error for each, in their order. */
  readonly join: (targets: readonly KeptTarget[]) => Promise<readonly unknown[]>
  /** Whether every membership is kept, or only those that `keep` was called for. */
  readonly keepsAll: boolean
  readonly isOpen: () => boolean
  readonly emit?: (event: ChannelEvent) => void
  /** The one timer. The keeper closes it. */
  readonly alarm: Alarm
}
