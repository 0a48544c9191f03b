// Calls that are made one after the other.

/** Runs an action when all earlier ones have ended. */
export type Turns = <T>(action: () => Promise<T>) => Promise<T>

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return (action) => {
    const own = last.then(action)
    // Keeps no result: it may be of no use long before the next call.
    last = own.then(
      () => {},
      () => {},
    )
    return own
  }
}
