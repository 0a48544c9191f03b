/** What the sequence numbers of one stream say, from its first datagram on. */
export interface SequenceStats {
  /** Missing: expected less those that came, late ones included. Never negative. */
  lost: number
  /** Runs of missing ones, as they were when a later one came; a late one does not take one back. */
  gaps: number
  /** Came after one with a higher number. */
  reordered: number
  duplicates: number
  /** Times the stream went on from another number: a sender that started again. */
  restarts: number
}

export interface SequenceLimits {
  /** How many numbers there are before they begin again at 0: a multiple of 1024. */
  cycle: number
  /** A jump of this many ahead, or of more than `maxMisorder` back, is not loss or reordering but another numbering. */
  maxDropout: number
  maxMisorder: number
}

export interface SequenceCounter {
  /** Begins anew from this number; what was lost before stays lost. */
  begin(sequence: number): void
  /** `stray`: it belongs to no createSequenceCounter yet. `restart`: with it another createSequenceCounter has begun. */
  add(sequence: number): 'counted' | 'stray' | 'restart'
  /** The highest number, with its cycles above it; 0 before the first. */
  highest(): number
  stats(): SequenceStats
}

/** Numbers remembered to tell a duplicate from a late one; more than any `maxMisorder`. */
const WINDOW = 1024

/** Adds up sequence numbers that wrap (RFC 3550 A.1). */
export function createSequenceCounter({ cycle, maxDropout, maxMisorder }: SequenceLimits): SequenceCounter {
  const totals = { gaps: 0, reordered: 0, duplicates: 0, restarts: 0 }
  const seen = new Float64Array(WINDOW).fill(-1)
  let highest = 0
  /** Of this numbering; what earlier numberings lost is in `lostBefore`. */
  let base = 0
  let distinct = 0
  let lostBefore = 0
  let awaited = -1

  const lostNow = (): number => (distinct === 0 ? 0 : Math.max(0, highest - base + 1 - distinct))

  const begin = (sequence: number): void => {
    lostBefore += lostNow()
    // Room below for those that are late from the start.
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
        // One stray is no restart; two in a row are.
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
