export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/**
 * Each contestant's median. They take turns, a short one each a round, in another order each time, so that whatever else the
 * machine does hits them all, and JavaScript's collector, which comes every so often, not always the same one. A contestant
 * gives its number for the round.
 */
export async function takeTurns(contestants, rounds) {
  const seen = new Map(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of shuffled(Object.entries(contestants))) seen.get(name).push(await run())
  return Object.fromEntries([...seen].map(([name, values]) => [name, median(values)]))
}

function shuffled(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1))
    ;[list[i], list[other]] = [list[other], list[i]]
  }
  return list
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
