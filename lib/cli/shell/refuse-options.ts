// Refuses options that a target has no use for.

import { UsageError } from './failure.ts'

/** @param flags by the names of the options, their flags as a user writes them */
export function refuseOptions(
  options: object,
  flags: Readonly<Record<string, string>>,
  target: string,
  instead = 'leave it out',
): void {
  const given: Readonly<Record<string, unknown>> = { ...options }
  for (const [name, flag] of Object.entries(flags))
    if (given[name] !== undefined) throw new UsageError(`${flag} has no meaning for ${target}: ${instead}`)
}
