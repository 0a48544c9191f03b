// joinAll joins all channels or none: a channel that can't be joined undoes the others.

import { SocketOptionError } from '../base/errors.ts'
import type { Membership } from './membership.ts'

const MOST_NAMED = 10

/** Leaves what was joined, and throws the error that ended the joining; if something stays joined, an error that names it. */
export async function undoJoins(joined: readonly Membership[], error: unknown): Promise<never> {
  const leaves = await Promise.allSettled(joined.map((membership) => membership.leave()))
  const refusals = leaves.flatMap((leave) => (leave.status === 'rejected' ? [leave.reason as unknown] : []))
  if (refusals.length === 0) throw error
  const held = joined.filter((_, index) => leaves[index]?.status === 'rejected').map(describe)
  const more = held.length > MOST_NAMED ? ` and ${held.length - MOST_NAMED} more` : ''
  const { code = 'ERR_STILL_JOINED', reason = 'system' } = error instanceof SocketOptionError ? error : {}
  const what = error instanceof Error ? error.message : String(error)
  const list = `${held.slice(0, MOST_NAMED).join(', ')}${more}`
  throw new SocketOptionError(`${what}; what was joined before could not be left, and is joined still: ${list}`, {
    code,
    reason,
    cause: new AggregateError([error, ...refusals], 'the error of joinAll, and those of leaving again'),
  })
}

const describe = ({ group, source, interface: { name } }: Membership): string =>
  `${source === undefined ? '' : `${source} of `}${group} on ${name}`
