// `sockctl ping`: its options, and the choice between ICMP, ssmping's client and ssmping's server.

import type { Command } from 'commander'
import { isMulticast, withoutZone } from '../../../net/address.ts'
import { parseChannel } from '../../../protocols/channel.ts'
import { PING_PORT } from '../../../protocols/ssmping.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { count, duration, group, hops, period, port, wholeNumber } from '../../shell/parsers.ts'
import { quoted } from '../../shell/printable.ts'
import { runs } from '../../shell/run.ts'
import { pingGroup } from './icmp.ts'
import type { PingOptions } from './ping-options.ts'
import { pingServer } from './ssm-client.ts'
import { servePings } from './ssm-server.ts'

export function pingCommand(command: Command): void {
  command.argument('[target]', 'a group; with --ssm a server, by address or name')
  takesInterface(command, 'on this interface; default: by route')
  command
    .option('-c, --count <number>', 'how many requests to send', wholeNumber(1, 65_535), 5)
    .option('--interval <time>', 'from one request to the next', period, 1000)
    .option('--wait <time>', 'how long to wait for answers after the last request', duration, 1000)
    .option('--size <bytes>', 'the size of the ICMP payload', wholeNumber(0, 65_000), 56)
    .option('--hops <number>', 'the hop limit (TTL), 0 to 255 (default: 1 to groups, 64 to and from servers)', hops)
    .option('--ssm', 'join the group a server of ssmping (RFC 6450) sends to, and compare multicast with unicast')
    .option('--any-source', 'with --ssm: join the group from any source')
    .option('--group <group>', 'with --ssm: this group (default: the server’s choice, or 232.43.211.234)', group)
    .option('--server', 'be a server of ssmping')
    .option('--port <number>', 'the port of the server', port, PING_PORT)
    .option('--answers <number>', 'with --server: end after this many', count)
    .option('--duration <time>', 'with --server: end after this long', duration)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'sockctl ping 224.0.0.1 -i eth0',
    'sockctl ping ff02::1%eth0 -c 1',
    'sockctl ping --server',
    'sockctl ping --ssm 192.0.2.1 -i eth0',
  )
  runs<[string | undefined], PingOptions>(
    command,
    'an object an answer, and one at the end',
    (run, [target], options) => {
      if (options.server === true) {
        if (target !== undefined) throw new UsageError('--server takes no target: clients name the group')
        return servePings(run, options)
      }
      if (target === undefined) throw new UsageError('name a group to ping, or give --ssm and a server, or --server')
      if (options.ssm === true) return pingServer(run, target, options)
      const { zone, group: asked } = groupAndZoneOf(target)
      return pingGroup(run, asked, zone === undefined ? options : { ...options, interface: zone })
    },
  )
}

const NOTES = `
Without --ssm, requests are ICMP echoes, which need CAP_NET_RAW or a group of yours in net.ipv4.ping_group_range.
Exit status 1 if nobody answered or, with --ssm, nothing came by multicast.`

function groupAndZoneOf(target: string): { group: string; zone?: string | number } {
  if (!isMulticast(withoutZone(target)))
    throw new UsageError(`${quoted(target)} is not a group; to ping a server of ssmping, give --ssm`)
  const { group: asked, interface: zone } = parseChannel(target)
  return { group: asked, ...(zone !== undefined && { zone }) }
}
