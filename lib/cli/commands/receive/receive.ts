// `sockctl receive`: its options, and what its exit status says.

import type { Command } from 'commander'
import { hostPort, isIpv6 } from '../../../net/address.ts'
import type { TargetText } from '../../../protocols/target.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { address, count, duration, port, quantity, repeatable, target } from '../../shell/parsers.ts'
import { type Run, runs } from '../../shell/run.ts'
import { seconds } from '../../shell/units.ts'
import { datagramPrinter } from './datagram-printer.ts'
import { type OpenedReceiver, openHosts, openPlanned } from './opened-receiver.ts'
import { openPayloadSink } from './payload-sink.ts'
import { type PlanOptions, planReceivers, receiveBuffer } from './plan.ts'
import { type ReceiveEnd, type ReceiveLimits, receiveUntil } from './receive-until.ts'
import { createReceiveReport } from './report.ts'

interface ReceiveOptions extends PlanOptions, ReceiveLimits {
  output?: string
  hex?: boolean
  buffer: number
  waitInterface?: boolean
}

export function receiveCommand(command: Command): void {
  command.argument(
    '<target...>',
    'GROUP:PORT, SOURCE@GROUP:PORT, GROUP%INTERFACE:PORT, or a udp:// or rtp:// URL; or what is sent to this host: ADDRESS:PORT, NAME:PORT, :PORT for any address',
    repeatable(target),
  )
  takesInterface(command, 'join, or receive, on this interface')
  command
    .option('-s, --source <address>', 'of groups: take only this source; may be repeated', repeatable(address))
    .option('-b, --block <address>', 'of groups: take all sources but this one; may be repeated', repeatable(address))
    .option('-p, --port <number>', 'the port of targets that name none', port)
    .option('-c, --count <number>', 'end after this many datagrams', count)
    .option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
    .option('-t, --timeout <time>', 'end once nothing has arrived for this long', duration)
    .option('-e, --expect <number>', 'end after this many datagrams, and fail if fewer arrive', count)
    .option('-o, --output <file>', 'write the payloads to a file, or - for standard output')
    .option('-x, --hex', 'print every datagram')
    .option('--rtp', 'read RTP: loss, reordering, jitter; --output gets the payloads of the packets')
    .option('--wait-interface', 'of groups: wait for an interface that is not there yet')
    .option('--buffer <bytes>', 'the size of the receive buffer', quantity, 16 * 2 ** 20)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'sockctl receive 239.1.1.1:5000 -i eth0',
    'sockctl receive 10.0.0.1@232.1.1.1:5000 --json --duration 10s',
    'sockctl receive 239.1.1.1:5000 --block 10.0.0.2 --expect 100 --timeout 5s',
    'sockctl receive rtp://@239.1.1.1:5004 --output - | ffplay -',
    'sockctl receive :5000',
    'sockctl receive 239.1.1.1:5000 -i wlan0 --wait-interface',
  )
  runs<[TargetText[]], ReceiveOptions>(command, 'an object a second, and one at the end', receive)
}

const NOTES = `
Exit status 1 if nothing arrives, or fewer datagrams than --expect. Datagrams of "sockctl send --size" and of iperf 2 are
numbered: LOST counts the missing ones. DROPS counts datagrams the kernel dropped because the receive buffer was full. A channel whose interface
goes away is lost, which is told, and joined again when the interface is back.`

async function receive({ out, stop }: Run, [given]: [TargetText[]], options: ReceiveOptions): Promise<void> {
  const toStdout = options.output === '-'
  if (toStdout && out.json)
    throw new UsageError('--output - and --json both write to standard output: give one of them')
  if (toStdout && options.hex)
    throw new UsageError('--output - and --hex both write to standard output: give one of them')
  const planned = await planReceivers(out, given, options)
  const sink = options.output === undefined ? undefined : await openPayloadSink(options.output)
  const opened: OpenedReceiver[] = []
  try {
    const buffer = await receiveBuffer(options.buffer)
    for (const plan of planned.channels)
      opened.push(await openPlanned(plan, buffer, options.hex === true, options.waitInterface === true))
    for (const plan of planned.hosts) opened.push(...(await openHosts(plan, buffer, options.hex === true)))
    const report = createReceiveReport(out, toStdout || (options.hex === true && !out.json))
    const print = options.hex === true ? datagramPrinter(out) : undefined
    const { end, datagrams, elapsed } = await receiveUntil(opened, stop, options, { report, sink, print })
    judge(end, datagrams, elapsed, options, opened[0]?.joined[0])
  } finally {
    await Promise.all(opened.map(({ receiver }) => receiver.close()))
    await sink?.close()
  }
}

/** The command line that finds out why a channel does not arrive. */
function doctorOf({ group, port, source, interface: on }: OpenedReceiver['joined'][number]): string {
  const from = source === undefined ? '' : `${isIpv6(source) ? `[${source}]` : source}@`
  return `sockctl doctor ${from}${hostPort(group, port)} -i ${on.name}`
}

/**
 * Throws if the command did not do what was asked. That nothing arrived is no failure if the user ended the command,
 * unless
 * --expect was given.
 */
function judge(
  end: ReceiveEnd,
  datagrams: number,
  elapsed: number,
  { expect }: ReceiveOptions,
  first?: OpenedReceiver['joined'][number],
): void {
  if (end instanceof Error) throw end
  if (expect !== undefined && datagrams < expect)
    throw new Failure(`${datagrams} of ${expect} datagrams arrived in ${seconds(elapsed)}`)
  if (datagrams === 0 && end !== 'stopped')
    throw new Failure(
      `nothing arrived in ${seconds(elapsed)}${first === undefined ? '' : `; ${doctorOf(first)} looks for the cause`}`,
    )
}
