// What becomes of the channels of a command, as text and as an object.

import type { ChannelEvent } from '../../index.ts'
import { hostPort } from '../../net/address.ts'
import type { Output } from './output.ts'
import { seconds } from './units.ts'

const CAUSES: Readonly<Record<NonNullable<ChannelEvent['reason']>, string>> = {
  'interface-removed': 'the interface is not there',
  'interface-down': 'the interface is down',
  moved: 'its way goes by another interface',
  'ipv6-off': 'IPv6 is off on the interface',
  enslaved: 'a bridge or bond has the interface',
  silent: 'nothing arrived',
  limit: 'the kernel takes no more',
  'querier-changed': 'the querier speaks another version',
  unwatched: "interfaces can't be watched",
  asked: 'asked for',
}

/** `lost 239.1.1.1:5000 on eth0: the interface is down`. */
export function channelChangeText(
  { type, channel, interface: on, reason, gap, error }: ChannelEvent,
  port: number,
): string {
  const name = on.name === '' ? '' : ` on ${on.name}`
  const cause = error?.message ?? (reason === undefined ? undefined : CAUSES[reason])
  const after = gap === undefined ? '' : ` after ${seconds(gap)}`
  return `${type} ${hostPort(channel.group, port)}${name}${after}${cause === undefined ? '' : `: ${cause}`}`
}

export const channelChangeObject = (
  { type, channel: { group, source }, interface: on, reason, gap, error }: ChannelEvent,
  port: number,
): object => ({
  event: type,
  group,
  port,
  ...(source !== undefined && { source }),
  interface: on.name,
  reason,
  gap,
  ...(error !== undefined && { error: error.message }),
})

/** Prints a change of a channel: an object, or a line. */
export function printChannelChange(event: ChannelEvent, port: number, out: Output): void {
  if (out.json) out.object(channelChangeObject(event, port))
  else out.line(channelChangeText(event, port))
}
