// Several receivers of one service, whose interface goes away.
import type { InterfaceRemoved, Receiver } from './receiver.ts'

/** Calls `tell` for each interface that is removed, with whether any of the receivers is still joined on another. */
export function onInterfaceRemoved(
  receivers: readonly Receiver[],
  tell: (removed: InterfaceRemoved, anyLeft: boolean) => void,
): void {
  for (const receiver of receivers)
    receiver.on('interface-removed', (removed) =>
      tell(
        removed,
        receivers.some(({ memberships }) => memberships.length > 0),
      ),
    )
}
