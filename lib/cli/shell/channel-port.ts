// The port of a channel, which its text or the option --port names.

import { hostPort } from '../../net/address.ts'
import type { ChannelText } from '../../protocols/channel.ts'
import { UsageError } from './failure.ts'

/** The port in the channel's text, else that of --port. */
export function portOf({ group, port }: ChannelText, option: number | undefined): number {
  const found = port ?? option
  if (found === undefined)
    throw new UsageError(`${group} has no port: write ${hostPort(group, 'PORT')}, or give --port`)
  return found
}
