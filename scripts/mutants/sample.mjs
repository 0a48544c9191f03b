// Draws mutants by a seed: the same seed and the same sources give the same sample.

/** Numbers from 0 to 1 by a seed (mulberry32). */
function randomBy(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffled(list, random) {
  const left = [...list]
  return list.map(() => left.splice(Math.floor(random() * left.length), 1)[0])
}

/** Kinds that alone would fill a sample (half of lib/options is words), and say least: one in ten of it at most. */
const PLENTIFUL = new Set(['StringLiteral'])

/** All mutants of a room in the order in which they are drawn. */
export function drawn(mutants, seed) {
  const random = randomBy(seed)
  const words = shuffled(
    mutants.filter(({ kind }) => PLENTIFUL.has(kind)),
    random,
  )
  const others = shuffled(
    mutants.filter(({ kind }) => !PLENTIFUL.has(kind)),
    random,
  )
  return mutants.map((_, index) =>
    ((index % 10 === 9 && words.length > 0) || others.length === 0 ? words : others).shift(),
  )
}
