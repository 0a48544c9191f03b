// The port of a channel or a host, which its text or the option --port names.

import { hostPort } from '../../net/address.ts'
import { isHost, type TargetText } from '../../protocols/target.ts'
import { UsageError } from './failure.ts'

/** The port in the target's text, else that of --port. */
export function portOf(target: TargetText, option: number | undefined): number {
  const found = target.port ?? option
  const name = isHost(target) ? target.host : target.group
  if (found === undefined) throw new UsageError(`${name} has no port: write ${hostPort(name, 'PORT')}, or give --port`)
  return found
}
