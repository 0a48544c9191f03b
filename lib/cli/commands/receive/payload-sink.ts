// Where `sockctl receive --output` writes payloads: a file or standard output.

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { drained } from '../../shell/drained.ts'
import { Failure } from '../../shell/failure.ts'

export interface PayloadSink {
  /**
   * Writes payloads one after the other. Resolves once more can be written, or `over` is aborted. Datagrams that arrive
   * meanwhile wait in the kernel, which counts those it drops.
   */
  write(payloads: readonly Uint8Array[], over: AbortSignal): Promise<void> | undefined
  close(): Promise<void>
}

const explain = (path: string, error: Error): Failure => new Failure(`can't write to ${path}: ${error.message}`)

/** Opens a file and empties it; `-` is standard output. */
export async function openPayloadSink(path: string): Promise<PayloadSink> {
  if (path === '-') return { write: (payloads, over) => put(process.stdout, payloads, over), close: async () => {} }
  const file = createWriteStream(path)
  await once(file, 'open').catch((error) => {
    throw explain(path, error)
  })
  file.on('error', () => {})
  const mustWork = (): void => {
    if (file.errored) throw explain(path, file.errored)
  }
  return {
    write: (payloads, over) => {
      mustWork()
      return put(file, payloads, over)?.then(mustWork)
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
  stream.write(bytes)
  return drained(stream, over)
}
