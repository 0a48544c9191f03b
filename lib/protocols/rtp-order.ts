// Puts the packets of RTP streams that come by several paths in the order of their numbers, by waiting a little at a gap.

import type { RtpPacket } from './rtp.ts'

/** In milliseconds: how long a gap waits for the other path. ST 2022-7 has 50 for the paths of class B. */
const PATIENCE = 200
/** How many packets of a stream wait at most, and how far its numbers may be off. */
const WINDOW = 2048
/** How many streams are put in order: anybody can send many SSRCs. */
const MAX_STREAMS = 64

interface Waiting {
  /** Two senders may have given the same number. */
  readonly payloads: Uint8Array[]
  readonly arrival: number
}

interface OrderedStream {
  /** The number whose turn is next. */
  next: number
  /** What waits, by number. */
  readonly waiting: Map<number, Waiting>
  /** The number of the first packet behind the gap, and when it arrived; of no meaning if none waits. */
  first: number
  since: number
}

/** Payloads in order. Times are in milliseconds, by one clock. */
export interface RtpOrder {
  /**
   * Takes a packet that is the first of its number, and adds the payloads whose turn has come to `out`.
   *
   * @param waits whether a gap is waited for; else the payload's turn is now
   */
  add(packet: RtpPacket, now: number, waits: boolean, out: Uint8Array[]): void
  /** Adds what has waited long enough. */
  due(now: number, out: Uint8Array[]): void
  /** Adds all that waits. */
  flush(out: Uint8Array[]): void
}

/** From -32,768 to 32,767: how far a number is ahead of another. */
const distance = (number: number, from: number): number => ((number - from) << 16) >> 16

export function createRtpOrder(): RtpOrder {
  const streams = new Map<number, OrderedStream>()

  /** The number of the first packet behind the gap. */
  const firstBehind = ({ waiting, next }: OrderedStream): number => {
    let least = WINDOW
    for (const number of waiting.keys()) least = Math.min(least, distance(number, next))
    return (next + least) & 0xffff
  }

  /** Adds what waits, in order, as far as there is no gap. */
  const proceed = (stream: OrderedStream, out: Uint8Array[]): void => {
    const { waiting } = stream
    if (waiting.size === 0) return
    for (let ready = waiting.get(stream.next); ready !== undefined; ready = waiting.get(stream.next)) {
      out.push(...ready.payloads)
      waiting.delete(stream.next)
      stream.next = (stream.next + 1) & 0xffff
    }
    if (waiting.size === 0) return
    stream.first = firstBehind(stream)
    stream.since = waiting.get(stream.first)?.arrival ?? 0
  }

  /** Gives up gaps: those older than `until`. */
  const skip = (stream: OrderedStream, until: number, out: Uint8Array[]): void => {
    while (stream.waiting.size > 0 && stream.since <= until) {
      stream.next = stream.first
      proceed(stream, out)
    }
  }

  return {
    add({ ssrc, sequence, payload }, now, waits, out) {
      const stream = streams.get(ssrc)
      const ahead = stream === undefined ? 0 : distance(sequence, stream.next)
      if (stream === undefined || Math.abs(ahead) >= WINDOW) {
        // A new stream, or one that goes on elsewhere.
        if (stream !== undefined) skip(stream, Number.POSITIVE_INFINITY, out)
        out.push(payload)
        const next = (sequence + 1) & 0xffff
        if (stream !== undefined) stream.next = next
        else if (streams.size < MAX_STREAMS) streams.set(ssrc, { next, waiting: new Map(), first: next, since: now })
      } else if (ahead <= 0) {
        // In order, or too late for it.
        out.push(payload)
        if (ahead < 0) return
        stream.next = (sequence + 1) & 0xffff
        proceed(stream, out)
      } else if (waits) {
        if (stream.waiting.size === 0 || ahead < distance(stream.first, stream.next)) {
          stream.first = sequence
          stream.since = now
        }
        // A copy: the payload is a window onto the memory of a whole batch.
        const payloads = [...(stream.waiting.get(sequence)?.payloads ?? []), Uint8Array.from(payload)]
        stream.waiting.set(sequence, { payloads, arrival: now })
        skip(stream, now - PATIENCE, out)
      } else {
        skip(stream, Number.POSITIVE_INFINITY, out)
        out.push(payload)
        stream.next = (sequence + 1) & 0xffff
      }
    },
    due(now, out) {
      for (const stream of streams.values()) skip(stream, now - PATIENCE, out)
    },
    flush(out) {
      for (const stream of streams.values()) skip(stream, Number.POSITIVE_INFINITY, out)
    },
  }
}
