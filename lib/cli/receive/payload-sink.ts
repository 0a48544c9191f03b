import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Failure } from '../failure.ts'

/** Where payloads go, one behind the other. */
export interface PayloadSink {
  /**
   * Resolves when there is room for more; what comes meanwhile waits in the kernel, which counts what it drops.
   * `over` ends the wait.
   */
  write(payloads: readonly Uint8Array[], over: AbortSignal): Promise<void> | undefined
  close(): Promise<void>
}

const explain = (path: string, error: Error): Failure => new Failure(`can't write to ${path}: ${error.message}`)

/** To a file, made anew, or with `-` to standard output. */
export async function openPayloadSink(path: string): Promise<PayloadSink> {
  if (path === '-') return { write: (payloads, over) => put(process.stdout, payloads, over), close: async () => {} }
  const file = createWriteStream(path)
  await once(file, 'open').catch((error) => {
    throw explain(path, error)
  })
  const failed = new Promise<never>((_, reject) => file.once('error', (error) => reject(explain(path, error))))
  failed.catch(() => {})
  return {
    write: (payloads, over) => {
      if (file.errored) return failed
      const room = put(file, payloads, over)
      return room && Promise.race([room, failed])
    },
    close: async () => {
      file.end()
      await finished(file).catch((error) => {
        throw explain(path, error)
      })
    },
  }
}

function put(stream: Writable, payloads: readonly Uint8Array[], over: AbortSignal): Promise<void> | undefined {
  const [first] = payloads
  const bytes = payloads.length === 1 && first !== undefined ? first : Buffer.concat(payloads)
  if (stream.write(bytes) || over.aborted) return undefined
  return once(stream, 'drain', { signal: over }).then(
    () => {},
    () => {},
  )
}
