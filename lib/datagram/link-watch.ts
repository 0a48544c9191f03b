// Watches for network interfaces that are removed.
import { watchLinks } from './interface-watch.ts'

/** Called when interfaces were removed, with a function that says which. */
type Listener = (isGone: (index: number) => boolean) => void

/**
 * Calls the listener whenever interfaces are removed, until the function that this one gives is called. The event loop
 * is not kept alive.
 */
export async function onLinkRemoved(listener: Listener): Promise<() => Promise<void>> {
  const watch = await watchLinks((change) => {
    if (change.type === 'resynchronised') listener((index) => !watch.table.has(index))
    else if (change.type === 'link' && change.after === undefined) listener((index) => index === change.before?.index)
  })
  return () => watch.close()
}
