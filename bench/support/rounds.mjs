export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/**
 * Each contestant's median. They take turns, a short one each a round and the other way round every second time, so that
 * whatever else the machine does hits them all. A contestant gives its number for the round.
 */
export async function takeTurns(contestants, rounds) {
  const seen = new Map(Object.keys(contestants).map((name) => [name, []]))
  const order = Object.entries(contestants)
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of order) seen.get(name).push(await run())
    order.reverse()
  }
  return Object.fromEntries([...seen].map(([name, values]) => [name, median(values)]))
}

const now = () => Number(process.hrtime.bigint())

/** Nanoseconds a call. `loop` makes `calls` calls. */
export function perCall(calls, loop) {
  return async () => {
    const start = now()
    await loop(calls)
    return (now() - start) / calls
  }
}
