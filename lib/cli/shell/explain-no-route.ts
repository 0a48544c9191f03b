// What to do if the kernel has no route to a group.

import { SocketOptionError } from '../../index.ts'
import { Failure } from './failure.ts'

/**
 * An error of the kernel's that says there is no route to the group becomes a failure that says what to do; any other
 * error stays.
 */
export const explainNoRoute = (error: unknown, group: string): unknown =>
  error instanceof SocketOptionError && error.reason === 'no-route'
    ? new Failure(`there is no route to ${group}: name an interface with -i`)
    : error
