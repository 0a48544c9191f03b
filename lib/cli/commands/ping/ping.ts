// `sockctl ping`: its options, and the choice between ICMP, ssmping's client and ssmping's server.

import type { Command } from 'commander'
import { PING_PORT } from '../../../protocols/ssmping.ts'
import { isHost, parseTarget } from '../../../protocols/target.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { lookUpHost, withZone } from '../../shell/host.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { count, duration, group, hops, period, port, wholeNumber } from '../../shell/parsers.ts'
import { quoted } from '../../shell/printable.ts'
import { type Run, runs } from '../../shell/run.ts'
import { type PingTarget, pingByIcmp } from './icmp.ts'
import type { PingOptions } from './ping-options.ts'
import { pingServer } from './ssm-client.ts'
import { servePings } from './ssm-server.ts'

export function pingCommand(command: Command): void {
  command.argument('[target]', 'a group, or a host by address or name; with --ssm a server')
  takesInterface(command, 'on this interface; default: by route')
  command
    .option('-c, --count <number>', 'how many requests to send', wholeNumber(1, 65_535), 5)
    .option('--interval <time>', 'from one request to the next', period, 1000)
    .option('--wait <time>', 'how long to wait for answers after the last request', duration, 1000)
    .option('--size <bytes>', 'the size of the ICMP payload', wholeNumber(0, 65_000), 56)
    .option(
      '--hops <number>',
      'the hop limit (TTL), 0 to 255 (default: 1 to groups, 64 to hosts, to and from servers)',
      hops,
    )
    .option('--ssm', 'join the group a server of ssmping (RFC 6450) sends to, and compare multicast with unicast')
    .option('--any-source', 'with --ssm: join the group from any source')
    .option('--group <group>', "with --ssm: this group (default: the server's choice, or 232.43.211.234)", group)
    .option('--server', 'be a server of ssmping')
    .option('--port <number>', 'the port of the server', port, PING_PORT)
    .option('--answers <number>', 'with --server: end after this many', count)
    .option('-d, --duration <time>', 'with --server: end after this long', duration)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'sockctl ping 224.0.0.1 -i eth0',
    'sockctl ping ff02::1%eth0 -c 1',
    'sockctl ping host.example',
    'sockctl ping --server',
    'sockctl ping --ssm 192.0.2.1 -i eth0',
  )
  runs<[string | undefined], PingOptions>(
    command,
    'an object an answer, and one at the end',
    async (run, [target], options) => {
      if (options.server === true) {
        if (target !== undefined) throw new UsageError('--server takes no target: clients name the group')
        return servePings(run, options)
      }
      if (target === undefined)
        throw new UsageError('name a group or a host to ping, or give --ssm and a server, or --server')
      if (options.ssm === true) return pingServer(run, target, options)
      return pingByIcmp(run, await targetOf(run, target, options), options)
    },
  )
}

const NOTES = `
Without --ssm, requests are ICMP echoes, which need CAP_NET_RAW or a group of yours in net.ipv4.ping_group_range.
A name is looked up once. ICMP errors that come back are told, each kind once.
Exit status 1 if nobody answered or, with --ssm, nothing came by multicast.`

async function targetOf({ out }: Run, text: string, options: PingOptions): Promise<PingTarget> {
  const given = parseTarget(text)
  if (given.port !== undefined) throw new UsageError(`${quoted(text)} names a port, which a ping has not: leave it out`)
  const on = given.interface ?? options.interface
  const common = { interface: on, hops: options.hops }
  if (isHost(given)) return { ...common, address: withZone(await lookUpHost(out, given.host), on), isGroup: false }
  if (given.sources.length + given.blocked.length > 0)
    throw new UsageError(`a ping takes no sources to join or block: name the group alone, ${given.group}`)
  return { ...common, address: given.group, isGroup: true }
}
