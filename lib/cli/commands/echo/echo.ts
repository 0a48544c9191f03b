// `sockctl echo`: its options, and the choice between server and client.

import type { Command } from 'commander'
import { isHost, type TargetText } from '../../../protocols/target.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { lookUpHost, withZone } from '../../shell/host.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import { count, duration, hops, port, repeatable, target, wholeNumber } from '../../shell/parsers.ts'
import { runs } from '../../shell/run.ts'
import { askEcho } from './client.ts'
import type { EchoOptions, EchoTarget } from './echo-options.ts'
import { serveEcho } from './server.ts'

const ALL_HOSTS = '224.0.0.1'

export function echoCommand(command: Command): void {
  command.argument(
    '[target...]',
    `GROUP[:PORT] (default: ${ALL_HOSTS}, all hosts of this network); or a host: ADDRESS[:PORT], NAME[:PORT], :PORT for every address of this host`,
    repeatable(target),
  )
  takesInterface(command, 'on this interface; default: by route')
  command
    .option('-p, --port <number>', 'the port of targets that name none', port, 9877)
    .option('--count <datagrams>', 'end after echoing this many', count)
    .option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
    .option('--client', 'be a client: send one datagram, and print every answer')
    .option('--wait <time>', 'with --client: how long to wait for answers; a host answers once', duration, 5000)
    .option('--text <text>', 'with --client: the text to send (default: hello)')
    .option(
      '--size <bytes>',
      'with --client: send this many bytes; more than the MTU holds are sent in fragments',
      wholeNumber(0, 65_527),
    )
    .option('--hops <number>', 'with --client: the hop limit (TTL), 0 to 255 (default to a group: 1)', hops)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'sockctl echo -i eth0',
    'sockctl echo --client -i eth0 --size 2000',
    'sockctl echo :7777',
    'sockctl echo --client host.example:7777',
  )
  runs<[TargetText[] | undefined], EchoOptions>(
    command,
    'an object an echo or an answer, and one at the end',
    async (run, [given = []], options) => {
      const [first, second] = given
      if (options.client === true && second !== undefined)
        throw new UsageError('--client sends to one group or host: name one')
      if (options.client === true && first !== undefined && isHost(first) && first.host === '')
        throw new UsageError('--client asks a host: write HOST:PORT')
      const targets: EchoTarget[] = []
      for (const one of given) targets.push(await targetOf(run.out, one, options))
      if (given.length === 0)
        targets.push(withInterface({ address: ALL_HOSTS, isGroup: true, port: options.port }, options.interface))
      const [only] = targets
      return options.client === true && only !== undefined
        ? askEcho(run, only, options)
        : serveEcho(run, targets, options)
    },
  )
}

const NOTES = `
With --client, exit status 1 if nobody answered; without, if fewer than --count came within --duration. A host is asked
by a connected socket, which takes an answer from nobody else, and ends with the first answer or with an ICMP error that
comes back. A name is looked up once.`

const withInterface = (target: EchoTarget, on: string | number | undefined): EchoTarget =>
  on === undefined ? target : { ...target, interface: on }

async function targetOf(out: Output, given: TargetText, options: EchoOptions): Promise<EchoTarget> {
  const on = given.interface ?? options.interface
  const port = given.port ?? options.port
  if (isHost(given)) {
    const address = given.host === '' ? '' : withZone(await lookUpHost(out, given.host), on)
    return withInterface({ address, isGroup: false, port }, on)
  }
  if (given.sources.length + given.blocked.length > 0)
    throw new UsageError(`an echo takes no sources to join or block: name the group alone, ${given.group}`)
  return withInterface({ address: given.group, isGroup: true, port }, on)
}
