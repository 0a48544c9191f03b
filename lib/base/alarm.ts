// Several times at which something is to be done, with one timer for all of them.

/** The event loop is not kept alive. */
export interface Alarm {
  /** Runs the action at a time of `performance.now()`; a later call for the same action sets another time. */
  set(action: () => void, time: number): void
  unset(action: () => void): void
  /** Nothing is run any more. */
  close(): void
}

/** Timers of Node come up to a millisecond early, and take up to 2 ** 31 - 1 ms. */
const EARLY = 1
const LONGEST = 2 ** 31 - 1

export function createAlarm(): Alarm {
  const times = new Map<() => void, number>()
  let timer: NodeJS.Timeout | undefined
  let ringsAt = Infinity
  let isClosed = false

  const wind = (): void => {
    const next = Math.min(...times.values())
    if (next === ringsAt) return
    clearTimeout(timer)
    timer = undefined
    ringsAt = next
    if (next === Infinity || isClosed) return
    timer = setTimeout(ring, Math.min(LONGEST, Math.max(1, Math.ceil(next - performance.now())))).unref()
  }

  const ring = (): void => {
    ringsAt = Infinity
    const now = performance.now() + EARLY
    for (const [action, time] of [...times]) {
      if (time > now) continue
      times.delete(action)
      if (!isClosed) action()
    }
    wind()
  }

  return {
    set: (action, time) => {
      times.set(action, time)
      wind()
    },
    unset: (action) => {
      if (times.delete(action)) wind()
    },
    close: () => {
      isClosed = true
      times.clear()
      wind()
    },
  }
}
