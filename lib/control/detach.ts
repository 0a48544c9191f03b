// Memberships whose interface is gone, or no longer has their family.
import { groupBy } from '../base/group-by.ts'
import { workerQueue } from '../calls/worker-queue.ts'
import { type ChannelMembership, targetOf } from './membership.ts'
import { MembershipCall } from './membership-call.ts'

/** Leaves whatever the kernel says: memberships that are kept wait from now on. */
class DetachCall extends MembershipCall {
  readonly members: readonly ChannelMembership[]
  readonly isKept: (member: ChannelMembership) => boolean

  constructor(
    act: 'leave' | 'leave-source',
    members: readonly ChannelMembership[],
    isKept: (member: ChannelMembership) => boolean,
  ) {
    const [first] = members as [ChannelMembership]
    super(act, targetOf(first), act === 'leave' ? undefined : first.source)
    this.members = members
    this.isKept = isKept
  }

  override done(): void {
    for (const member of this.members)
      if (this.isKept(member)) member.await()
      else member.end()
  }

  override recover(): void {
    this.done()
  }
}

/**
 * Has the kernel forget memberships. With `isGone` their interface is gone: the kernel counts such memberships until the socket
 * leaves, and leaves a group only with all its sources. Never rejects.
 */
export async function detachMemberships(
  members: readonly ChannelMembership[],
  isKept: (member: ChannelMembership) => boolean,
  isGone: boolean,
): Promise<void> {
  const groups = groupBy(members, ({ registry }) => registry)
  await Promise.all(
    Array.from(groups.values(), async (ofRegistry) => {
      const { owner } = ofRegistry[0] as ChannelMembership
      const calls = isGone
        ? Array.from(
            groupBy(ofRegistry, ({ group, interface: on }) => `${group} ${on.index}`).values(),
            (ofGroup) => new DetachCall('leave', ofGroup, isKept),
          )
        : ofRegistry.map((one) => new DetachCall(one.source === undefined ? 'leave' : 'leave-source', [one], isKept))
      // Without a descriptor for the calls the kernel can't be asked. What it counts, it forgets with the socket.
      await workerQueue.sendAll(owner, calls).catch(() => {
        for (const call of calls) call.recover()
      })
    }),
  )
}
