const now = () => Number(process.hrtime.bigint())

/**
 * Watches the event loop from now on: the nanoseconds from each turn to the next, the time before the first turn
 * included, so that what the caller does at once counts too.
 */
export function watchTicks() {
  const ticks = []
  let last = now()
  let next
  const note = () => {
    const time = now()
    ticks.push(time - last)
    last = time
  }
  const turn = () => {
    note()
    next = setImmediate(turn)
  }
  next = setImmediate(turn)
  return {
    /** The longest since this was last asked. */
    longest: () => {
      note()
      const most = ticks.reduce((a, b) => Math.max(a, b), 0)
      ticks.length = 0
      return most
    },
    stop: () => clearImmediate(next),
  }
}
