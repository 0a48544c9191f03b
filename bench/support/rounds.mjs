// Contestants that take turns, and the medians of what they give.
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/**
 * The median of each contestant. A contestant is a function that gives a number. All take a short turn each round, in
 * another order each time: other work of the machine then disturbs all alike, and the garbage collector, which comes at
 * regular intervals, does not always meet the same one.
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

/** A contestant: the nanoseconds of one call. `loop` makes so many calls. */
export function perCall(calls, loop) {
  return async () => {
    const start = now()
    await loop(calls)
    return (now() - start) / calls
  }
}
