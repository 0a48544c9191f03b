// Pauses of work on thousands of memberships, in which the event loop turns.
import { setImmediate } from 'node:timers/promises'

/** So many memberships are handled before the event loop turns: a turn must not take 5 ms. */
export const MEMBERS_PER_TURN = 64

/** Lets the event loop turn at every so many calls. */
export function createTurn(): () => Promise<void> | undefined {
  let calls = 0
  return () => (++calls % MEMBERS_PER_TURN === 0 ? setImmediate() : undefined)
}
