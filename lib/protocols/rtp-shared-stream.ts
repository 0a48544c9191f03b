// One RTP stream by whichever paths its packets come: each number is counted once (ST 2022-7).

import type { RtpPacket } from './rtp.ts'
import { createSequenceCounter, type SequenceStats } from './sequence-counter.ts'

/** How many packets one path may be behind another. */
const WINDOW = 2048
const LIMITS = { cycle: 65536, maxDropout: 32_768, maxMisorder: WINDOW, window: WINDOW }

/** A packet's number, and a print of all else of it. */
export interface PrintedNumber {
  readonly sequence: number
  /** Packets of the same number and other contents hardly share it. */
  readonly print: number
}

/** The number of a packet, with a print of its timestamp, type, length and some of its bytes. */
export function printed({ sequence, timestamp, payloadType, payload }: RtpPacket): PrintedNumber {
  let print = Math.imul(timestamp ^ (payloadType << 24) ^ payload.length, 0x9e3779b1)
  const step = Math.max(1, payload.length >> 4)
  for (let at = 0; at < payload.length; at += step) print = Math.imul(print ^ (payload[at] ?? 0), 0x01000193)
  return { sequence, print: print | 0 }
}

/** The packets of one SSRC that the paths of a redundant sender have in common. */
export interface SharedStream {
  /** Starts again from a number. */
  begin(number: PrintedNumber): void
  /**
   * Where a number stands. `seen`: the packet came already. `open`: it may be the next, or one that another path lost. `other`:
   * another packet has this number. `behind`, `ahead`: too far away to tell.
   */
  place(number: PrintedNumber): 'seen' | 'open' | 'other' | 'behind' | 'ahead'
  /** Counts a number that is `open` or `ahead`; numbers between are lost. */
  add(number: PrintedNumber): void
  /** Counts what a stream before this one lost. */
  carry(stats: SequenceStats): void
  stats(): SequenceStats
}

export function createSharedStream(first: PrintedNumber): SharedStream {
  const numbers = createSequenceCounter(LIMITS)
  const prints = new Int32Array(WINDOW)
  const carried = { lost: 0, gaps: 0, reordered: 0 }

  const keep = ({ sequence, print }: PrintedNumber): void => {
    prints[sequence % WINDOW] = print
  }
  const begin = (number: PrintedNumber): void => {
    numbers.begin(number.sequence)
    keep(number)
  }
  begin(first)

  return {
    begin,
    place({ sequence, print }) {
      const distance = numbers.distance(sequence)
      if (distance >= WINDOW) return 'ahead'
      if (distance <= -WINDOW) return 'behind'
      if (!numbers.has(sequence)) return 'open'
      return prints[sequence % WINDOW] === print ? 'seen' : 'other'
    },
    add(number) {
      numbers.add(number.sequence, () => 'loss')
      keep(number)
    },
    carry({ lost, gaps, reordered }) {
      carried.lost += lost
      carried.gaps += gaps
      carried.reordered += reordered
    },
    stats() {
      const now = numbers.stats()
      return {
        ...now,
        lost: now.lost + carried.lost,
        gaps: now.gaps + carried.gaps,
        reordered: now.reordered + carried.reordered,
      }
    },
  }
}
