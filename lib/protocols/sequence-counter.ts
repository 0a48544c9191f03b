// Counts the loss, reordering and duplicates of a stream whose datagrams carry sequence numbers.

/** What the sequence numbers of one stream tell, from its first datagram on. */
export interface SequenceStats {
  /** Datagrams expected less datagrams received; late ones count as received. Never negative. */
  lost: number
  /** Runs of missing numbers, each counted when a later number came. A late datagram takes no run back. */
  gaps: number
  /** Datagrams that came after one with a higher number. */
  reordered: number
  duplicates: number
  /** How often the stream went on from another number, since the sender had started again. */
  restarts: number
}

export interface SequenceLimits {
  /** How many numbers there are until they begin again at 0: a multiple of 1024. */
  cycle: number
  /** A jump ahead by this many or more is no loss: the sender has started again from another number. */
  maxDropout: number
  /** A jump back by more than this is no reordering: the sender has started again from another number. */
  maxMisorder: number
}

export interface SequenceCounter {
  /** Starts again from this number. Datagrams lost before stay counted. */
  begin(sequence: number): void
  /**
   * `stray`: it belongs to no createSequenceCounter yet. `restart`: with it another createSequenceCounter has begun.
   */
  add(sequence: number): 'counted' | 'stray' | 'restart'
  /** The highest number, plus `cycle` for each time the numbers began again; 0 before the first number. */
  highest(): number
  stats(): SequenceStats
}

/**
 * How many of the last numbers are remembered, to tell a duplicate from a late datagram: more than any `maxMisorder`.
 */
const WINDOW = 1024

/** Counts sequence numbers that begin again at 0 after the highest, as RFC 3550 A.1 does. */
export function createSequenceCounter({ cycle, maxDropout, maxMisorder }: SequenceLimits): SequenceCounter {
  const totals = { gaps: 0, reordered: 0, duplicates: 0, restarts: 0 }
  const seen = new Float64Array(WINDOW).fill(-1)
  let highest = 0
  /** The lowest number since the last start; losses before that start are in `lostBefore`. */
  let base = 0
  let distinct = 0
  let lostBefore = 0
  let awaited = -1

  const lostNow = (): number => (distinct === 0 ? 0 : Math.max(0, highest - base + 1 - distinct))

  const begin = (sequence: number): void => {
    lostBefore += lostNow()
    // One cycle up, so that datagrams older than the first one have numbers that are not negative.
    highest = sequence + cycle
    base = highest
    distinct = 1
    awaited = -1
    seen.fill(-1)
    seen[highest % WINDOW] = highest
  }

  return {
    begin,
    add(sequence) {
      const distance = (sequence - highest) % cycle
      const ahead = distance < 0 ? distance + cycle : distance
      if (ahead > 0 && ahead < maxDropout) {
        if (ahead > 1) totals.gaps++
        highest += ahead
      } else if (ahead !== 0 && ahead <= cycle - maxMisorder) {
        // A single number out of range may be a stray. Two that follow each other mean that the sender has started
        // again.
        if (sequence !== awaited) {
          awaited = (sequence + 1) % cycle
          return 'stray'
        }
        totals.restarts++
        begin(sequence)
        return 'restart'
      }
      const extended = ahead < maxDropout ? highest : highest - (cycle - ahead)
      awaited = -1
      const slot = extended % WINDOW
      if (seen[slot] === extended) {
        totals.duplicates++
        return 'counted'
      }
      if (extended < highest) totals.reordered++
      seen[slot] = extended
      if (extended < base) base = extended
      distinct++
      return 'counted'
    },
    highest: () => (distinct === 0 ? 0 : highest - cycle),
    stats: () => ({ ...totals, lost: lostBefore + lostNow() }),
  }
}
