// The payloads of `sockctl send`: given, lines, pieces of a file, or made up.

import { createReadStream } from 'node:fs'
import { SEQUENCE_HEADER_LENGTH, writeSequence } from '../../../protocols/sequence-header.ts'
import { Failure } from '../../shell/failure.ts'

/** A sequence of payloads to send. */
export interface Payloads {
  /** The next payloads, at most `limit`; none at the end. They are valid until the next call. */
  next(limit: number): Promise<readonly Uint8Array[]> | readonly Uint8Array[]
  close(): void
}

/** The longest payload of a UDP datagram over IPv4; over IPv6 it may be 20 bytes longer. */
const MAX_PAYLOAD = 65_507
const POOL_SIZE = 1024

/** Payloads of one size, without end. They are numbered if the size leaves room for that: see `writeSequence`. */
export function madeUpPayloads(size: number): Payloads {
  const slab = Buffer.alloc(Math.max(1, size) * POOL_SIZE)
  const pool = Array.from({ length: POOL_SIZE }, (_, i) => slab.subarray(i * size, (i + 1) * size))
  let sequence = 0
  return {
    next(limit) {
      const batch = limit < POOL_SIZE ? pool.slice(0, limit) : pool
      if (size < SEQUENCE_HEADER_LENGTH) return batch
      const now = performance.timeOrigin + performance.now()
      const seconds = Math.floor(now / 1000)
      const microseconds = Math.floor((now - seconds * 1000) * 1000)
      for (const bytes of batch) writeSequence(bytes, ++sequence, seconds, microseconds)
      return batch
    },
    close: () => {},
  }
}

/** One payload: once, or without end. */
export function givenPayload(bytes: Uint8Array, repeats: boolean): Payloads {
  let left = repeats ? Number.POSITIVE_INFINITY : 1
  return {
    next(limit) {
      const batch = Array.from({ length: Math.min(limit, left, POOL_SIZE) }, () => bytes)
      left -= batch.length
      return batch
    },
    close: () => {},
  }
}

/** A payload for each line, without its line feed. */
export function payloadsFromLines(input: NodeJS.ReadableStream): Payloads {
  return cutInput(input, (bytes, ended) => {
    const lines: Buffer[] = []
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      lines.push(bytes.subarray(start, end))
      start = end + 1
    }
    if (ended && start < bytes.length) lines.push(bytes.subarray(start))
    else if (bytes.length - start > MAX_PAYLOAD)
      throw new Failure(`a line of more than ${MAX_PAYLOAD} bytes is longer than a datagram can be`)
    return { whole: lines, rest: bytes.subarray(start) }
  })
}

/** A file, or standard input for `-`, cut into payloads of one size; the last may be shorter. */
export function payloadsFromFile(path: string, size: number, standardInput: NodeJS.ReadableStream): Payloads {
  const input = path === '-' ? standardInput : createReadStream(path, { highWaterMark: 2 ** 18 })
  const explain = (error: Error): Failure => new Failure(`can't read ${path}: ${error.message}`)
  return cutInput(
    input,
    (bytes, ended) => {
      const pieces: Buffer[] = []
      let start = 0
      for (; start + size <= bytes.length; start += size) pieces.push(bytes.subarray(start, start + size))
      if (!ended || start === bytes.length) return { whole: pieces, rest: bytes.subarray(start) }
      return { whole: [...pieces, bytes.subarray(start)], rest: Buffer.alloc(0) }
    },
    explain,
  )
}

type Cut = (bytes: Buffer, ended: boolean) => { whole: Buffer[]; rest: Buffer }

function cutInput(
  input: NodeJS.ReadableStream,
  cut: Cut,
  explain: (error: Error) => Error = (error) => error,
): Payloads {
  const chunks = input[Symbol.asyncIterator]()
  // An error before the first reading is not lost: the iterator throws it at that reading.
  input.on('error', () => {})
  let ready: Buffer[] = []
  let rest: Buffer = Buffer.alloc(0)
  let ended = false
  const refill = async (): Promise<void> => {
    while (ready.length === 0 && !ended) {
      const { done, value } = await chunks.next().catch((error) => {
        throw explain(error)
      })
      ended = done === true
      const bytes = ended ? rest : Buffer.concat([rest, value as Buffer])
      const pieces = cut(bytes, ended)
      ready = pieces.whole
      rest = pieces.rest
    }
  }
  return {
    async next(limit) {
      if (ready.length === 0) await refill()
      return ready.splice(0, limit)
    },
    close: () => {
      if ('destroy' in input && typeof input.destroy === 'function') input.destroy()
    },
  }
}
