// `sockctl echo`: its options, and the choice between server and client.

import type { Command } from 'commander'
import type { ChannelText } from '../../../protocols/channel.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { channel, count, duration, hops, port, repeatable, wholeNumber } from '../../shell/parsers.ts'
import { runs } from '../../shell/run.ts'
import { askEcho } from './client.ts'
import type { EchoOptions, EchoTarget } from './echo-options.ts'
import { serveEcho } from './server.ts'

const ALL_HOSTS = '224.0.0.1'

export function echoCommand(command: Command): void {
  command.argument(
    '[channel...]',
    `GROUP[:PORT] (default: ${ALL_HOSTS}, all hosts of this network)`,
    repeatable(channel),
  )
  takesInterface(command, 'on this interface; default: by route')
  command
    .option('-p, --port <number>', 'the port of channels that name none', port, 9877)
    .option('--count <datagrams>', 'end after echoing this many', count)
    .option('--duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
    .option('--client', 'be a client: send one datagram, and print every answer')
    .option('--wait <time>', 'with --client: how long to wait for answers', duration, 5000)
    .option('--text <text>', 'with --client: the text to send (default: hello)')
    .option(
      '--size <bytes>',
      'with --client: send this many bytes; more than the MTU holds are sent in fragments',
      wholeNumber(0, 65_527),
    )
    .option('--hops <number>', 'with --client: the hop limit (TTL), 0 to 255 (default: 1)', hops)
  command.addHelpText('after', '\nWith --client, exit status 1 if nobody answered.')
  examples(command, 'sockctl echo -i eth0', 'sockctl echo --client -i eth0 --size 2000')
  runs<[ChannelText[] | undefined], EchoOptions>(
    command,
    'an object an echo or an answer, and one at the end',
    (run, [given = []], options) => {
      const targets = targetsOf(given, options)
      const [first, second] = targets
      if (options.client !== true) return serveEcho(run, targets, options)
      if (first === undefined || second !== undefined)
        throw new UsageError('--client sends to one group: name one channel')
      return askEcho(run, first, options)
    },
  )
}

function targetsOf(given: readonly ChannelText[], options: EchoOptions): EchoTarget[] {
  const channels = given.length === 0 ? [{ group: ALL_HOSTS, sources: [], blocked: [] }] : given
  return channels.map(
    ({ sources, blocked, ...one }: Pick<ChannelText, 'group' | 'sources' | 'blocked'> & Partial<ChannelText>) => {
      if (sources.length + blocked.length > 0)
        throw new UsageError(`an echo takes no sources to join or block: name the group alone, ${one.group}`)
      const on = one.interface ?? options.interface
      return { group: one.group, port: one.port ?? options.port, ...(on !== undefined && { interface: on }) }
    },
  )
}
