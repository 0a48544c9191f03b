import { SocketOptionError } from '../../index.ts'
import { Failure } from './failure.ts'

/** The kernel's complaint that it does not know where a group is, in the command's own words. */
export const explainNoRoute = (error: unknown, group: string): unknown =>
  error instanceof SocketOptionError && error.reason === 'no-route'
    ? new Failure(`there is no route to ${group}: name the interface with -i`)
    : error
