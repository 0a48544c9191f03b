import type { Membership } from './membership.ts'
import type { InterfaceRemoved, Receiver } from './receiver.ts'

/** Tells of each interface that goes away under some receivers, and whether anything is still joined on another. */
export function onInterfaceRemoved(
  receivers: readonly Receiver[],
  tell: (removed: InterfaceRemoved, anyLeft: boolean) => void,
): void {
  const gone = new Set<Membership>()
  for (const receiver of receivers)
    receiver.on('interface-removed', (removed) => {
      for (const membership of removed.memberships) gone.add(membership)
      tell(
        removed,
        receivers.some(({ memberships }) => memberships.some((held) => !gone.has(held))),
      )
    })
}
