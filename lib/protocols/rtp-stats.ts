import type { RtpPacket } from './rtp.ts'

/** What a stream of RTP packets looked like, from the first packet on. */
export interface RtpStats {
  /** The source heard last; absent before the first packet. */
  ssrc?: number
  /** Packets given, duplicates among them. */
  received: number
  /** Packets missing: expected less those that came, late ones included. Never negative. */
  lost: number
  /** Runs of missing packets, as they were when a later packet came; a late packet does not take one back. */
  gaps: number
  /** Packets that came after one with a higher number. */
  reordered: number
  duplicates: number
  /** The highest sequence number, with its cycles above the 16 bits (RFC 3550 A.1). */
  extendedSequence: number
  /** Interarrival jitter in seconds (RFC 3550 A.8). */
  jitter: number
  /** Times the stream went on from another SSRC. */
  ssrcChanges: number
  /** Times the same SSRC went on from another sequence number: a sender that started again. */
  restarts: number
}

export interface RtpStatsOptions {
  /** Hertz of the payload's clock. By the payload type where RFC 3551 fixes it, else 90,000. */
  clockRate?: number
}

/** RFC 3550 A.1: a jump this far ahead, or this far back, is not loss or reordering but another numbering. */
const MAX_DROPOUT = 3000
const MAX_MISORDER = 100
const CYCLE = 65536
/** Sequence numbers remembered to tell a duplicate from a late packet; more than MAX_MISORDER, and a divisor of CYCLE. */
const WINDOW = 1024

/** RFC 3551 6, the static types whose clock is not 8,000 Hz or 90,000 Hz. */
const CLOCK_RATES: Partial<Record<number, number>> = {
  6: 16_000,
  10: 44_100,
  11: 44_100,
  14: 90_000,
  16: 11_025,
  17: 22_050,
}

function clockRateOf(payloadType: number): number {
  return CLOCK_RATES[payloadType] ?? (payloadType <= 18 ? 8000 : 90_000)
}

/**
 * Adds up the packets of one stream.
 *
 * `add` takes a packet and its arrival in nanoseconds, by any clock that only goes forward. `stats` is a copy.
 */
export function rtpStats(options: RtpStatsOptions = {}): {
  add(packet: RtpPacket, arrival: bigint): void
  stats(): RtpStats
} {
  const totals = { received: 0, gaps: 0, reordered: 0, duplicates: 0, ssrcChanges: 0, restarts: 0 }
  const seen = new Float64Array(WINDOW).fill(-1)
  let ssrc: number | undefined
  let highest = 0
  /** Of this numbering; what earlier numberings lost is in `lostBefore`. */
  let base = 0
  let distinct = 0
  let lostBefore = 0
  let awaited = -1
  let jitter = 0
  let previous: { arrival: bigint; timestamp: number } | undefined

  const lostNow = (): number => (distinct === 0 ? 0 : Math.max(0, highest - base + 1 - distinct))

  const begin = (packet: RtpPacket): void => {
    lostBefore += lostNow()
    // Room below for packets that are late from the start.
    highest = packet.sequence + CYCLE
    base = highest
    distinct = 1
    awaited = -1
    seen.fill(-1)
    seen[highest % WINDOW] = highest
    previous = undefined
    ssrc = packet.ssrc
  }

  /** False where the packet belongs to no numbering yet. */
  const place = (packet: RtpPacket): boolean => {
    const ahead = (packet.sequence - highest) & 0xffff
    if (ahead > 0 && ahead < MAX_DROPOUT) {
      if (ahead > 1) totals.gaps++
      highest += ahead
    } else if (ahead !== 0 && ahead <= CYCLE - MAX_MISORDER) {
      // One stray packet is no restart; two in a row are.
      if (packet.sequence !== awaited) {
        awaited = (packet.sequence + 1) % CYCLE
        return false
      }
      totals.restarts++
      begin(packet)
      return true
    }
    const extended = ahead < MAX_DROPOUT ? highest : highest - (CYCLE - ahead)
    awaited = -1
    if (seen[extended % WINDOW] === extended) {
      totals.duplicates++
      return true
    }
    if (extended < highest) totals.reordered++
    seen[extended % WINDOW] = extended
    base = Math.min(base, extended)
    distinct++
    return true
  }

  return {
    add(packet, arrival) {
      totals.received++
      if (packet.ssrc !== ssrc) {
        if (ssrc !== undefined) totals.ssrcChanges++
        begin(packet)
      } else if (!place(packet)) return
      if (previous !== undefined) {
        const rate = options.clockRate ?? clockRateOf(packet.payloadType)
        const elapsed = Number(arrival - previous.arrival) / 1e9
        const spoken = ((packet.timestamp - previous.timestamp) | 0) / rate
        jitter += (Math.abs(elapsed - spoken) - jitter) / 16
      }
      previous = { arrival, timestamp: packet.timestamp }
    },
    stats: () => ({
      ...(ssrc !== undefined && { ssrc }),
      ...totals,
      lost: lostBefore + lostNow(),
      extendedSequence: ssrc === undefined ? 0 : highest - CYCLE,
      jitter,
    }),
  }
}
