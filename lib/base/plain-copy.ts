// A copy of what a user gave, which gives the same at each read: a getter may not.

/** Options and channels have no deeper objects, and an object may hold itself. */
const DEEPEST = 8

/** Copies arrays and objects without a class, at every depth. Anything else stays as it is. */
export function plainCopy<T>(given: T): T {
  return copyTo(DEEPEST, given) as T
}

function copyTo(depth: number, given: unknown): unknown {
  if (typeof given !== 'object' || given === null || depth === 0) return given
  if (Array.isArray(given)) return given.map((value) => copyTo(depth - 1, value))
  const prototype: unknown = Object.getPrototypeOf(given)
  if (prototype !== Object.prototype && prototype !== null) return given
  // Defined, not assigned: a key may be __proto__.
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, copyTo(depth - 1, value)]))
}
