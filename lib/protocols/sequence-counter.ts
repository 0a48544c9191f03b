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
  /** A jump ahead by this many or more may be a loss, or a sender that has started again from another number. */
  maxDropout: number
  /** A jump back by more than this is no reordering: the sender has started again from another number. */
  maxMisorder: number
  /**
   * How many of the last numbers are remembered, to tell a duplicate from a late datagram: a power of two of at least
   * `maxMisorder`. Default 1024.
   */
  window?: number
}

/**
 * What became of a number. `late`: lower than the highest, and not seen before. `stray`: far off, and counted only if the
 * next number follows it. `restart`: the sender has started again.
 */
export type SequenceOutcome = 'next' | 'late' | 'duplicate' | 'stray' | 'restart'

/**
 * Says whether a sender that jumps ahead by so many numbers has lost them, or has started again; `undefined` if nothing
 * tells.
 */
export type JumpJudge = (ahead: number) => 'loss' | 'restart' | undefined

export interface SequenceCounter {
  /** Starts again from this number. Datagrams lost before stay counted. */
  begin(sequence: number): void
  /** Counts a number. Without a judge, a long jump is a restart. */
  add(sequence: number, judge?: JumpJudge): SequenceOutcome
  /** How far a number is ahead of the highest; negative if behind. 0 before the first number. */
  distance(sequence: number): number
  /** Whether a number, at most `maxMisorder` behind the highest, came already. */
  has(sequence: number): boolean
  /** The highest number, plus `cycle` for each time the numbers began again; 0 before the first number. */
  highest(): number
  stats(): SequenceStats
}

/** Counts sequence numbers that begin again at 0 after the highest, as RFC 3550 A.1 does. */
export function createSequenceCounter({
  cycle,
  maxDropout,
  maxMisorder,
  window = 1024,
}: SequenceLimits): SequenceCounter {
  const totals = { gaps: 0, reordered: 0, duplicates: 0, restarts: 0 }
  const seen = new Uint8Array(window)
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
    seen.fill(0)
    seen[highest % window] = 1
  }

  const aheadOf = (sequence: number): number => {
    const distance = (sequence - highest) % cycle
    return distance < 0 ? distance + cycle : distance
  }

  const advance = (ahead: number): void => {
    if (ahead > 1) totals.gaps++
    if (ahead >= window) seen.fill(0)
    else for (let skipped = 1; skipped < ahead; skipped++) seen[(highest + skipped) % window] = 0
    highest += ahead
    seen[highest % window] = 1
    distinct++
  }

  const behind = (by: number): SequenceOutcome => {
    const extended = highest - by
    const slot = extended % window
    if (seen[slot] === 1) {
      totals.duplicates++
      return 'duplicate'
    }
    totals.reordered++
    seen[slot] = 1
    if (extended < base) base = extended
    distinct++
    return 'late'
  }

  const jump = (sequence: number, ahead: number, judge?: JumpJudge): SequenceOutcome => {
    const verdict = judge?.(ahead)
    const follows = sequence === awaited
    // A single number out of range may be a stray. Two that follow each other mean that the sender goes on from there.
    if (verdict !== 'loss' && !follows) {
      awaited = (sequence + 1) % cycle
      return 'stray'
    }
    if (verdict !== 'loss' && (verdict === 'restart' || judge === undefined || ahead >= cycle / 8)) {
      totals.restarts++
      begin(sequence)
      return 'restart'
    }
    if (follows) {
      advance(ahead - 1)
      advance(1)
    } else advance(ahead)
    awaited = -1
    return 'next'
  }

  return {
    begin,
    add(sequence, judge) {
      const ahead = aheadOf(sequence)
      if (ahead >= maxDropout && ahead <= cycle - maxMisorder) return jump(sequence, ahead, judge)
      awaited = -1
      if (ahead === 0 || ahead >= maxDropout) return behind(ahead === 0 ? 0 : cycle - ahead)
      advance(ahead)
      return 'next'
    },
    distance(sequence) {
      const ahead = distinct === 0 ? 0 : aheadOf(sequence)
      return ahead > cycle / 2 ? ahead - cycle : ahead
    },
    has(sequence) {
      const ahead = aheadOf(sequence)
      const by = ahead === 0 ? 0 : cycle - ahead
      return by < window && by <= maxMisorder && seen[(highest - by) % window] === 1
    },
    highest: () => (distinct === 0 ? 0 : highest - cycle),
    stats: () => ({ ...totals, lost: lostBefore + lostNow() }),
  }
}
