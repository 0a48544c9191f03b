// Joining one channel, or many together.

import { SocketOptionError, show, wrongType } from '../base/errors.ts'
import type { NativeBatch } from '../binding/native.ts'
import type { Call } from '../calls/call.ts'
import type { SocketHandle } from '../calls/socket-handle.ts'
import { mustTakeGroup } from '../calls/socket-kind.ts'
import { workerQueue } from '../calls/worker-queue.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import type { Found } from '../net/route-lookup.ts'
import { type JoinOptions, joinKept } from './keep-on-socket.ts'
import {
  BY_ROUTE,
  type Channel,
  ChannelMembership,
  type ChannelTarget,
  channelTargetOf,
  type Membership,
} from './membership.ts'
import { MembershipCall } from './membership-call.ts'
import type { MembershipRegistry } from './registry.ts'
import { blockCall } from './renew.ts'
import { undoJoins } from './undo-joins.ts'

type ChannelRegistry = MembershipRegistry<ChannelMembership>

class JoinCall extends MembershipCall {
  declare readonly registry: ChannelRegistry
  declare readonly named: string | undefined
  declare readonly revived: ChannelMembership | undefined

  constructor(registry: ChannelRegistry, target: ChannelTarget) {
    super(target.source === undefined ? 'join' : 'join-source', target, target.source)
    this.registry = registry
    this.named = target.address ?? (typeof target.lookup === 'object' ? BY_ROUTE : undefined)
    this.revived = target.revived
  }

  override done(): ChannelMembership {
    const { registry, descriptor, group, on, source, named, revived } = this
    // A membership that was left meanwhile does not come back: the caller leaves what is joined now.
    if (revived?.state === 'waiting') {
      revived.revive(registry, descriptor.owner, on as NamedInterface)
      return revived
    }
    const membership = new ChannelMembership(registry, descriptor.owner, group, on as NamedInterface, source, named)
    registry.add(membership)
    return membership
  }
}

const LEFT_MEANWHILE = new SocketOptionError('the membership was left before it was joined again', {
  code: 'ERR_NOT_MEMBER',
  reason: 'not-member',
})

/** A join among others: if the socket can't be a member of the group, the others go on. */
class JoinOfMany extends JoinCall {
  override addTo(batch: NativeBatch, found: Found): void {
    mustTakeGroup(this.descriptor.owner, this.group)
    if (this.revived?.state === 'left') throw LEFT_MEANWHILE
    super.addTo(batch, found)
  }
}

/** The joins of a control. */
export interface Joins {
  /**
   * Joins a group from any source, or one source of it. `MCAST_JOIN_GROUP`, `MCAST_JOIN_SOURCE_GROUP`; RFC 3678.
   * A membership, of this socket or another, names its channel. With `keep` the membership is joined again if its interface comes back.
   * @throws SocketOptionError as a rejection: `already-member`, `filter-mode`, `limit`, `no-interface`, `no-route`, `bad-value`,
   *   `unsupported`, `closed`
   */
  join(channel: Channel | Membership, options?: JoinOptions): Promise<Membership>
  /**
   * Joins all of them or none.
   * @throws SocketOptionError as a rejection: as `join`, of the first that fails; then none is joined
   */
  joinAll(channels: Iterable<Channel | Membership>): Promise<Membership[]>
}

export function createJoins(socket: SocketHandle, registry: ChannelRegistry): Joins {
  const join = (channel: Channel | Membership, options?: JoinOptions): Promise<Membership> => {
    if (options !== undefined) return joinKept(socket, registry, () => join(channel), joinEach, options)
    try {
      const owner = socket.owner()
      const target = channelTargetOf(channel)
      mustTakeGroup(owner, target.group)
      return workerQueue.send(owner, new JoinCall(registry, target)) as Promise<Membership>
    } catch (error) {
      return Promise.reject(error)
    }
  }
  return {
    join,
    joinAll: async (channels) => {
      if (typeof channels?.[Symbol.iterator] !== 'function')
        throw wrongType(`joinAll takes an iterable of { group, source?, interface? }, not ${show(channels)}`)
      // To its end first: the iterable may be a generator, which may close the socket.
      const wanted = [...channels]
      const owner = socket.owner()
      const targets = wanted.map((channel) => channelTargetOf(channel))
      for (const { group } of targets) mustTakeGroup(owner, group)
      const joins = targets.map((target) => new JoinCall(registry, target))
      const outcomes = await workerQueue.sendAll(owner, joins)
      const joined = outcomes.filter((outcome) => outcome instanceof ChannelMembership)
      if (joined.length === outcomes.length) return joined
      const error = outcomes.find((outcome) => !(outcome instanceof ChannelMembership))
      return undoJoins(joined, error)
    },
  }
}

/**
 * Joins each that can be joined. It gives a membership or an error for each, in their order. What a revived membership
 * blocks is blocked with nothing between.
 */
export async function joinEach(
  socket: SocketHandle,
  registry: ChannelRegistry,
  targets: readonly ChannelTarget[],
): Promise<unknown[]> {
  const owner = socket.owner()
  const joins = targets.map((target) => new JoinOfMany(registry, target))
  if (targets.every(({ blocked = [] }) => blocked.length === 0)) return workerQueue.sendAll(owner, joins)
  const calls = joins.flatMap((join, i): Call[] => {
    const { group, source, on, blocked = [] } = targets[i] as ChannelTarget
    const blocks = on && blockCall({ group, source, interface: on, blocked })
    return blocks === undefined ? [join] : [join, blocks]
  })
  const outcomes = await workerQueue.sendAll(owner, calls)
  return outcomes.filter((_, i) => calls[i] instanceof JoinCall)
}
