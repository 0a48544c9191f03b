// What the exit status of a command that waits for others says if nothing came.

import { Failure } from './failure.ts'
import { stop } from './stop.ts'

/**
 * Throws if nothing came of what a command waits for, whether the command ended by itself or by a signal. A reader that
 * closed the pipe had all it wanted, so that is no failure.
 */
export function mustHaveCome(count: number, message: string): void {
  if (count === 0 && !stop.outputClosed) throw new Failure(message)
}
