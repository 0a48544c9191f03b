import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Resolves once a stream takes more, or `over` is aborted; undefined where it does now. What comes meanwhile waits in the kernel. */
export function drained(stream: Writable, over: AbortSignal): Promise<void> | undefined {
  if (!stream.writableNeedDrain || over.aborted) return undefined
  return once(stream, 'drain', { signal: over }).then(
    () => {},
    () => {},
  )
}
