import type { InterfaceRemoved, Receiver } from './receiver.ts'

/** Tells of each interface that goes away under some receivers, and whether anything is still joined on another. */
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
