// `sockctl receive`: its options, and what its exit status says.

import type { Command } from 'commander'
import { createRtpOrder } from '../../../protocols/rtp-order.ts'
import { createRtpStreams } from '../../../protocols/rtp-streams.ts'
import type { SocketTarget } from '../../../protocols/socket-target.ts'
import type { TargetText } from '../../../protocols/target.ts'
import { channelCommand } from '../../shell/channel-command.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { address, clockRate, count, duration, port, quantity, repeatable, targetOrSocket } from '../../shell/parsers.ts'
import { refuseOptions } from '../../shell/refuse-options.ts'
import { type Run, runs } from '../../shell/run.ts'
import { datagramPrinter } from './datagram-printer.ts'
import { judge, type ReceiveLimits } from './ending.ts'
import { type OpenedReceiver, openHosts, openPlanned } from './opened-receiver.ts'
import { openPayloadSink, type PayloadSink } from './payload-sink.ts'
import { type PlannedSockets, type PlanOptions, planReceivers, type ReceiveBuffer, receiveBuffer } from './plan.ts'
import { receiveMessages } from './receive-messages.ts'
import { receiveUntil } from './receive-until.ts'
import { createReceiveReport } from './report.ts'

interface ReceiveOptions extends PlanOptions, ReceiveLimits {
  output?: string
  hex?: boolean
  buffer?: number
  waitInterface?: boolean
}

export function receiveCommand(command: Command): void {
  command.argument(
    '<target...>',
    'GROUP:PORT, SOURCE@GROUP:PORT, GROUP%INTERFACE:PORT, or a udp:// or rtp:// URL; or what is sent to this host: ADDRESS:PORT, NAME:PORT, :PORT for any address; or raw:PROTOCOL[@ADDRESS], packet:INTERFACE[:PROTOCOL], unix:PATH, unix:@NAME',
    repeatable(targetOrSocket),
  )
  takesInterface(command, 'join, or receive, on this interface')
  command
    .option('-s, --source <address>', 'of groups: take only this source; may be repeated', repeatable(address))
    .option('-b, --block <address>', 'of groups: take all sources but this one; may be repeated', repeatable(address))
    .option('-p, --port <number>', 'the port of targets that name none', port)
    .option('-c, --count <number>', 'end after this many datagrams; of RTP, each packet once', count)
    .option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
    .option('-t, --timeout <time>', 'end once nothing has arrived for this long', duration)
    .option('-e, --expect <number>', 'end after this many, as --count, and fail if fewer arrive', count)
    .option('-o, --output <file>', 'write the payloads to a file, or - for standard output')
    .option('-x, --hex', 'print every datagram')
    .option('--rtp', 'read RTP: loss, reordering, jitter; --output gets the payload of each packet, once')
    .option('--clock <rate>', "the clock of RTP's timestamps, in ticks a second: 48000, 90k (implies --rtp)", clockRate)
    .option('--wait-interface', 'of groups: wait for an interface that is not there yet')
    .option('--buffer <bytes>', `the size of the receive buffer (default: ${DEFAULT_BUFFER})`, quantity)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'sockctl receive 239.1.1.1:5000 -i eth0',
    'sockctl receive 10.0.0.1@232.1.1.1:5000 --json --duration 10s',
    'sockctl receive 239.1.1.1:5000 --block 10.0.0.2 --expect 100 --timeout 5s',
    'sockctl receive rtp://@239.1.1.1:5004 --output - | ffplay -',
    'sockctl receive :5000',
    'sudo sockctl receive raw:igmp',
    'sudo sockctl receive packet:eth0:lldp --hex',
    'sockctl receive unix:/run/user/1000/events.sock',
    'sockctl receive 239.1.1.1:5000 -i wlan0 --wait-interface',
  )
  runs<[(TargetText | SocketTarget)[]], ReceiveOptions>(command, 'an object a second, and one at the end', receive)
}

const NOTES = `
Exit status 1 if nothing arrived, or fewer datagrams than --expect, however it ends. Datagrams of "sockctl send --size"
and of iperf 2 are numbered: LOST counts the missing ones. DROPS counts datagrams the kernel dropped because the receive
buffer was full. A channel whose interface goes away is lost, which is told, and joined again when the interface is back.

raw: takes the packets of an IP protocol (IPv4 unless ADDRESS is of IPv6; a group is joined), packet: whole frames of an
interface, unix: datagrams at a path, which is removed at the end. Each message is a line: its source, and of unix: its
text. raw: and packet: need CAP_NET_RAW, unix: the right to write to the directory. A host called raw is udp://raw:5000.`

const DEFAULT_BUFFER = 16 * 2 ** 20
/** The options of channels and hosts alone. */
const OF_UDP = {
  source: '--source',
  block: '--block',
  port: '--port',
  rtp: '--rtp',
  clock: '--clock',
  waitInterface: '--wait-interface',
}
const NOT_OF = {
  raw: OF_UDP,
  packet: { ...OF_UDP, interface: '--interface' },
  unix: { ...OF_UDP, interface: '--interface', buffer: '--buffer' },
}

async function receive(run: Run, [given]: [(TargetText | SocketTarget)[]], options: ReceiveOptions): Promise<void> {
  const { out } = run
  const toStdout = options.output === '-'
  if (toStdout && out.json)
    throw new UsageError('--output - and --json both write to standard output: give one of them')
  if (toStdout && options.hex)
    throw new UsageError('--output - and --hex both write to standard output: give one of them')
  const targets = given.filter((one): one is TargetText => !('kind' in one))
  const sockets = given.filter((one): one is SocketTarget => 'kind' in one)
  for (const { kind, text } of sockets) refuseOptions(options, NOT_OF[kind], text)
  if (targets.length > 0 && sockets.length > 0)
    throw new UsageError(`${sockets[0]?.text} is received apart from channels and hosts: run another sockctl receive`)
  const planned = await planReceivers(out, targets, options)
  const sink = options.output === undefined ? undefined : await openPayloadSink(options.output)
  try {
    const buffer = await receiveBuffer(options.buffer ?? DEFAULT_BUFFER)
    if (sockets.length > 0) await receiveMessages(run, sockets, options, { buffer, sink, prints: !toStdout })
    else await receivePlanned(run, planned, options, { buffer, sink, quiet: toStdout })
  } finally {
    await sink?.close()
  }
}

async function receivePlanned(
  { out, stop }: Run,
  planned: PlannedSockets,
  options: ReceiveOptions,
  { buffer, sink, quiet }: { buffer: ReceiveBuffer; sink: PayloadSink | undefined; quiet: boolean },
): Promise<void> {
  const telling = options.hex === true
  const opened: OpenedReceiver[] = []
  try {
    const severalPaths = [...planned.channels.flatMap(({ channels }) => channels), ...planned.hosts].length > 1
    const rtp = { streams: createRtpStreams(), clockRate: options.clock, order: createRtpOrder(), severalPaths }
    const choices = { buffer, telling, waitForInterface: options.waitInterface === true, rtp }
    for (const plan of planned.channels) opened.push(await openPlanned(plan, choices))
    for (const plan of planned.hosts) opened.push(...(await openHosts(plan, choices)))
    const report = createReceiveReport(out, quiet || (telling && !out.json))
    const print = telling ? datagramPrinter(out) : undefined
    const result = await receiveUntil(opened, stop, options, { report, sink, print, rtp })
    const first = opened[0]?.joined[0]
    judge(result, options.expect, 'datagrams', first && doctorOf(first))
  } finally {
    await Promise.all(opened.map(({ receiver }) => receiver.close()))
  }
}

/** The command line that finds out why a channel does not arrive. */
const doctorOf = ({ group, port, source, blocked, interface: on }: OpenedReceiver['joined'][number]): string =>
  channelCommand('doctor', { group, port, sources: source === undefined ? [] : [source], blocked, interface: on.name })
