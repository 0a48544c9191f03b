// Waiting for a slow reader of the output.

import { once } from 'node:events'
import type { Writable } from 'node:stream'

/**
 * Resolves once a stream takes more bytes, or `over` is aborted; undefined if the stream takes more at once. A command
 * that waits for it reads nothing meanwhile, so datagrams wait in the kernel and not in memory.
 */
export function drained(stream: Writable, over: AbortSignal): Promise<void> | undefined {
  if (!stream.writableNeedDrain || over.aborted) return undefined
  return once(stream, 'drain', { signal: over }).then(
    () => {},
    () => {},
  )
}
