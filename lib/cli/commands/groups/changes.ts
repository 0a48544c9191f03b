// Finds out what changed between two readings of the kernel's lists.

import type { HostMembership } from '../../../kernel/proc-net.ts'
import type { MulticastNotice } from '../../../kernel/rtnl-multicast.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import { isHeldForReading } from './host-groups.ts'

export interface GroupChange {
  /** `change`: the membership has other users, sources or versions than before. */
  event: 'join' | 'leave' | 'change'
  membership: HostMembership
}

const keyOf = ({ index, group }: { index: number; group: string }): string => `${index} ${group}`

const byKey = (memberships: readonly HostMembership[]): Map<string, HostMembership> =>
  new Map(memberships.map((membership) => [keyOf(membership), membership]))

const comparableText = ({ users, mode, sources, igmpVersion }: HostMembership): string =>
  JSON.stringify([users, mode, sources, igmpVersion])

/** What is known of a membership that was over before it could be read. */
const briefMembership = ({ family, index, group }: MulticastNotice): HostMembership => ({
  interface: interfaceLabel(index),
  index,
  family,
  group,
  users: 1,
  sources: [],
  sourcesListed: false,
})

export interface ChangeTracker {
  /** The changes since the last call, in order: those the notices tell, then those only the lists show. */
  since(notices: readonly MulticastNotice[], now: readonly HostMembership[]): GroupChange[]
}

export function createChangeTracker(first: readonly HostMembership[]): ChangeTracker {
  let known = byKey(first)

  const changesOf = (notices: readonly MulticastNotice[], listed: Map<string, HostMembership>): GroupChange[] => {
    const changes: GroupChange[] = []
    for (const notice of notices) {
      const key = keyOf(notice)
      const before = known.get(key)
      // A change that the lists have shown already is not reported again.
      if (isHeldForReading(notice.index, notice.group) || notice.joined === (before !== undefined)) continue
      const membership = before ?? listed.get(key) ?? briefMembership(notice)
      changes.push({ event: notice.joined ? 'join' : 'leave', membership })
      if (notice.joined) known.set(key, membership)
      else known.delete(key)
    }
    return changes
  }

  return {
    since: (notices, now) => {
      const listed = byKey(now)
      const changes = changesOf(notices, listed)
      for (const [key, membership] of known) if (!listed.has(key)) changes.push({ event: 'leave', membership })
      for (const [key, membership] of listed) {
        const before = known.get(key)
        if (before === undefined) changes.push({ event: 'join', membership })
        else if (comparableText(before) !== comparableText(membership)) changes.push({ event: 'change', membership })
      }
      known = listed
      return changes
    },
  }
}
