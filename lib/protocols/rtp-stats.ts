// Statistics of the RTP packets of one SSRC: loss, reordering, restarts, jitter.

import type { RtpPacket } from './rtp.ts'
import { type ClockSource, createClockEstimator, type RtpClock, staticClock } from './rtp-clock.ts'
import {
  createSequenceCounter,
  type JumpJudge,
  type SequenceLimits,
  type SequenceOutcome,
  type SequenceStats,
} from './sequence-counter.ts'

/** Statistics of the packets of one SSRC, from the first on. */
export interface RtpStats extends SequenceStats {
  ssrc: number
  payloadType: number
  /** All packets, duplicates included. */
  received: number
  /** The highest sequence number; above its 16 bits, how often the numbers began again (RFC 3550 A.1). */
  extendedSequence: number
  /** Ticks a second of the payload's clock; absent until known. */
  clockRate?: number
  clockSource?: ClockSource
  /** Interarrival jitter in seconds (RFC 3550 A.8), from when the clock is known. */
  jitter?: number
}

/** The limits of RFC 3550 A.1. Of longer jumps ahead, the timestamps say whether they are losses. */
const LIMITS: SequenceLimits = { cycle: 65536, maxDropout: 3000, maxMisorder: 100 }
/** Lost packets advance timestamps and time as others do, give or take a factor of so much. */
const PACE_FACTOR = 8
/** From so many numbers on, the older of them count less for the pace. */
const PACE_SPAN = 16_384

export interface RtpStream {
  /** Counts a packet that arrived at a time in seconds, of any clock that only goes forward. */
  add(packet: RtpPacket, arrival: number): SequenceOutcome
  /** All packets, duplicates included. */
  readonly received: number
  /** The highest sequence number, extended as in `stats`. */
  highest(): number
  stats(): RtpStats
}

/**
 * Collects the statistics of the packets of one SSRC.
 *
 * @param clockRate ticks a second of the payload's clock. Default: as RFC 3551 says of a static payload type, else
 *   estimated
 */
export function createRtpStream(first: RtpPacket, clockRate?: number): RtpStream {
  const numbers = createSequenceCounter(LIMITS)
  const given: RtpClock | undefined = clockRate === undefined ? undefined : { rate: clockRate, source: 'given' }
  let { payloadType } = first
  let clock = given ?? staticClock(payloadType)
  let estimator = createClockEstimator()
  let received = 0
  let jitter = 0
  let previous: { arrival: number; timestamp: number } | undefined
  /** How far timestamps and arrival have advanced over how many numbers, and the last of both. */
  const pace = { ticks: 0, seconds: 0, numbers: 0, timestamp: first.timestamp, arrival: 0 }

  const current = { timestamp: first.timestamp, arrival: 0 }
  const isAsLong = (advanced: number, usual: number, ahead: number): boolean => {
    const expected = (ahead * usual) / pace.numbers
    return advanced > expected / PACE_FACTOR && advanced < expected * PACE_FACTOR
  }
  const judge: JumpJudge = (ahead) => {
    if (pace.numbers === 0 || pace.ticks <= 0) return undefined
    if (!isAsLong((current.timestamp - pace.timestamp) >>> 0, pace.ticks, ahead)) return 'restart'
    // Of so long a jump ahead, a jump back is as likely, unless the packets were away for as long.
    const isLong = ahead >= LIMITS.cycle / 2
    return isLong && !isAsLong(current.arrival - pace.arrival, pace.seconds, ahead) ? 'restart' : 'loss'
  }

  const keepPace = (timestamp: number, arrival: number, advanced: number): void => {
    pace.ticks += (timestamp - pace.timestamp) | 0
    pace.seconds += arrival - pace.arrival
    pace.numbers += advanced
    pace.timestamp = timestamp
    pace.arrival = arrival
    if (pace.numbers > PACE_SPAN) {
      pace.ticks /= 2
      pace.seconds /= 2
      pace.numbers /= 2
    }
  }

  const beginTiming = ({ timestamp }: RtpPacket, arrival: number): void => {
    previous = undefined
    Object.assign(pace, { ticks: 0, seconds: 0, numbers: 0, timestamp, arrival })
    estimator = createClockEstimator()
  }

  const keepTime = ({ timestamp }: RtpPacket, arrival: number): void => {
    clock ??= estimator.add(timestamp, arrival)
    if (clock !== undefined && previous !== undefined) {
      const arrivalTime = arrival - previous.arrival
      const mediaTime = ((timestamp - previous.timestamp) | 0) / clock.rate
      jitter += (Math.abs(arrivalTime - mediaTime) - jitter) / 16
    }
    if (clock !== undefined) previous = { arrival, timestamp }
  }

  const count = (packet: RtpPacket, arrival: number): SequenceOutcome => {
    if (received++ === 0) {
      numbers.begin(packet.sequence)
      beginTiming(packet, arrival)
      return 'next'
    }
    current.timestamp = packet.timestamp
    current.arrival = arrival
    const before = numbers.highest()
    const outcome = numbers.add(packet.sequence, judge)
    if (outcome === 'next') keepPace(packet.timestamp, arrival, numbers.highest() - before)
    if (outcome === 'restart') beginTiming(packet, arrival)
    return outcome
  }

  return {
    add(packet, arrival) {
      const outcome = count(packet, arrival)
      if (outcome === 'stray' || outcome === 'duplicate') return outcome
      if (packet.payloadType !== payloadType) {
        payloadType = packet.payloadType
        clock = given ?? staticClock(payloadType)
        beginTiming(packet, arrival)
      }
      keepTime(packet, arrival)
      return outcome
    },
    get received() {
      return received
    },
    highest: () => numbers.highest(),
    stats: () => ({
      ssrc: first.ssrc,
      payloadType,
      received,
      ...numbers.stats(),
      extendedSequence: numbers.highest(),
      ...(clock !== undefined && { clockRate: clock.rate, clockSource: clock.source, jitter }),
    }),
  }
}
