// How long the turns of the event loop take.
const now = () => Number(process.hrtime.bigint())

/**
 * Measures the nanoseconds from each turn of the event loop to the next. The time from this call to the first turn
 * counts too, and so does work that the caller does at once.
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
    /** The longest turn since the last call of this function. */
    longest: () => {
      note()
      const most = ticks.reduce((a, b) => Math.max(a, b), 0)
      ticks.length = 0
      return most
    },
    stop: () => clearImmediate(next),
  }
}
