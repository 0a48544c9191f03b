// Statistics of one stream of RTP packets: loss, reordering, jitter.

import type { RtpPacket } from './rtp.ts'
import { createSequenceCounter, type SequenceStats } from './sequence-counter.ts'

/** Statistics of a stream of RTP packets, from its first packet on. */
export interface RtpStats extends SequenceStats {
  /** The SSRC of the last packet; absent before the first packet. */
  ssrc?: number
  /** All packets, duplicates included. */
  received: number
  /** The highest sequence number; above its 16 bits, how often the numbers began again (RFC 3550 A.1). */
  extendedSequence: number
  /** Interarrival jitter in seconds (RFC 3550 A.8). */
  jitter: number
  /** How often the stream went on with another SSRC. */
  ssrcChanges: number
}

export interface RtpStatsOptions {
  /** Ticks a second of the payload's clock. Default: as RFC 3551 says for the payload type, else 90,000. */
  clockRate?: number
}

/** The limits of RFC 3550 A.1. */
const SEQUENCE_LIMITS = { cycle: 65536, maxDropout: 3000, maxMisorder: 100 }

/** The static payload types of RFC 3551 6 whose clock is not the one `clockRateOf` supposes. */
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
 * Collects the statistics of one stream.
 *
 * `add` takes a packet and the time of its arrival, in nanoseconds of any clock that only goes forward. `stats` gives a
 * copy.
 */
export function rtpStats(options: RtpStatsOptions = {}): {
  add(packet: RtpPacket, arrival: bigint): void
  stats(): RtpStats
} {
  const numbers = createSequenceCounter(SEQUENCE_LIMITS)
  let received = 0
  let ssrcChanges = 0
  let ssrc: number | undefined
  let jitter = 0
  let previous: { arrival: bigint; timestamp: number } | undefined

  return {
    add(packet, arrival) {
      received++
      if (packet.ssrc !== ssrc) {
        if (ssrc !== undefined) ssrcChanges++
        ssrc = packet.ssrc
        numbers.begin(packet.sequence)
        previous = undefined
      } else {
        const outcome = numbers.add(packet.sequence)
        if (outcome === 'stray') return
        if (outcome === 'restart') previous = undefined
      }
      if (previous !== undefined) {
        const rate = options.clockRate ?? clockRateOf(packet.payloadType)
        const arrivalTime = Number(arrival - previous.arrival) / 1e9
        const mediaTime = ((packet.timestamp - previous.timestamp) | 0) / rate
        jitter += (Math.abs(arrivalTime - mediaTime) - jitter) / 16
      }
      previous = { arrival, timestamp: packet.timestamp }
    },
    stats: () => ({
      ...(ssrc !== undefined && { ssrc }),
      received,
      ssrcChanges,
      ...numbers.stats(),
      extendedSequence: numbers.highest(),
      jitter,
    }),
  }
}
