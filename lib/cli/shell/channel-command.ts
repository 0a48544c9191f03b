// Writes a command line for a channel, as it can be pasted into a shell.

import { hostPort, isIpv6 } from '../../net/address.ts'

export interface CommandChannel {
  readonly group: string
  readonly port: number | undefined
  readonly sources: readonly string[]
  readonly blocked: readonly string[]
  readonly interface: string
}

/** A word of a command line, quoted if a shell would read more into it. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** `sockctl COMMAND SOURCE@GROUP:PORT -i INTERFACE ...` */
export function channelCommand(command: string, channel: CommandChannel): string {
  const { group, port, sources, blocked } = channel
  const [source] = sources
  const to = port === undefined ? group : hostPort(group, port)
  const from = source === undefined ? '' : isIpv6(source) ? `[${source}]@` : `${source}@`
  const words = [
    ...['sockctl', command, `${from}${to}`, '-i', channel.interface],
    ...sources.slice(1).flatMap((one) => ['--source', one]),
    ...(sources.length === 0 ? blocked.flatMap((one) => ['--block', one]) : []),
  ]
  return words.map(word).join(' ')
}
