// How long a reader under load rests between two reads, as a network card moderates its interrupts.

export interface ReadRate {
  /** A read has brought so many datagrams. */
  read(count: number): void
  /** How long to wait before the next read, in milliseconds; 0 or less: not at all. */
  rest(): number
}

/** The load: so many datagrams in one interval. With fewer, a rest would cost time and save no read. */
const DATAGRAMS_UNDER_LOAD = 16
/** The load is measured over so many intervals. */
const INTERVALS_MEASURED = 4

/** `interval`: the least time between two reads under load, in milliseconds. */
export function createReadRate(interval: number): ReadRate {
  let lastRead = 0
  let measuredSince = 0
  let count = 0
  let isUnderLoad = false
  return {
    read: (datagrams) => {
      lastRead = performance.now()
      count += datagrams
      const elapsed = lastRead - measuredSince
      if (elapsed < INTERVALS_MEASURED * interval) return
      isUnderLoad = count * interval >= DATAGRAMS_UNDER_LOAD * elapsed
      measuredSince = lastRead
      count = 0
    },
    rest: () => (isUnderLoad ? lastRead + interval - performance.now() : 0),
  }
}
