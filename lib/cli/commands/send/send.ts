// `sockctl send`: sends lines, a file, or made-up datagrams to a group.

import type { Command } from 'commander'
import { interfaces, openSender, type Sender } from '../../../index.ts'
import { hostPort } from '../../../net/address.ts'
import type { ChannelText } from '../../../protocols/channel.ts'
import { SEQUENCE_HEADER_LENGTH } from '../../../protocols/sequence-header.ts'
import { portOf } from '../../shell/channel-port.ts'
import { explainNoRoute } from '../../shell/explain-no-route.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { address, channel, count, duration, hops, port, wholeNumber } from '../../shell/parsers.ts'
import { type Run, runs } from '../../shell/run.ts'
import { startTimer } from '../../shell/timer.ts'
import { pace, type Rate, rate } from './pace.ts'
import { madeUpPayloads, type Payloads, payloadsFromFile, payloadsFromLines } from './payloads.ts'
import { createSendReport, type Progress } from './report.ts'

interface SendOptions {
  interface?: string | number
  port?: number
  bind?: string
  hops?: number
  loopback: boolean
  size?: number
  rate?: Rate
  count?: number
  duration?: number
  file?: string
}

/** Seven packets of MPEG-TS, the usual content of a datagram of video. */
const DEFAULT_SIZE = 1316

export function sendCommand(command: Command): void {
  command.argument('<channel>', 'GROUP:PORT, GROUP%INTERFACE:PORT or a udp:// URL', channel)
  takesInterface(command, 'send by this interface; default: that of --bind, else by route')
  command
    .option(
      '-s, --size <bytes>',
      `make up datagrams of this size, or cut --file into them (default: ${DEFAULT_SIZE})`,
      wholeNumber(0, 65_527),
    )
    .option('-r, --rate <rate>', 'datagrams a second, 500 or 200k, or bits of payload a second, 8Mbit', rate)
    .option('-c, --count <number>', 'end after this many datagrams', count)
    .option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
    .option('-f, --file <file>', 'send a file, or - for all of standard input')
    .option('--hops <number>', 'the hop limit (TTL), 0 to 255 (default: 1, this network only)', hops)
    .option('--no-loopback', 'do not send to members on this host')
    .option('--bind <address>', 'send from this address of this host', address)
    .option('-p, --port <number>', 'the port, if the channel names none', port)
  command.addHelpText('after', NOTES)
  examples(
    command,
    'echo hello | sockctl send 239.1.1.1:5000 -i eth0',
    'sockctl send 239.1.1.1:5000 --size 1316 --rate 8Mbit --duration 10s',
    'sockctl send 239.1.1.1:5000 --file film.ts --rate 8Mbit --hops 16',
    'sockctl send 232.1.1.1:5000 --bind 10.0.0.1 --count 100 --rate 10',
  )
  runs<[ChannelText], SendOptions>(command, 'an object a second, and one at the end', send)
}

const NOTES = `
Without --file, --size, --count and --duration, each line of standard input is a datagram. Made-up datagrams of ${SEQUENCE_HEADER_LENGTH}
bytes and more are numbered and timed as iperf 2's are: "sockctl receive" and "iperf -s -u" count the lost ones.`

async function send({ out, stop }: Run, [to]: [ChannelText], options: SendOptions): Promise<void> {
  if (to.sources.length + to.blocked.length > 0)
    throw new UsageError(
      `send takes no sources to join or block: name the group alone, ${to.group}; --bind names the address to send from`,
    )
  const hopLimit = options.hops ?? to.hops
  const end = portOf(to, options.port)
  const isMadeUp =
    options.file === undefined && [options.size, options.count, options.duration].some((given) => given !== undefined)
  const on = to.interface ?? options.interface ?? interfaceOf(options.bind)
  const sender = await openSender({
    to: { address: to.group, port: end },
    loopback: options.loopback,
    // Bound, so that the report can tell the port before the first datagram.
    bind: options.bind === undefined ? {} : { address: options.bind },
    ...(hopLimit !== undefined && { hops: hopLimit }),
    ...(on !== undefined && { interface: on }),
  })
  const payloads = choosePayloads(isMadeUp, options)
  if (!isMadeUp && options.file === undefined && process.stdin.isTTY === true)
    out.hint(`each line is sent to ${hostPort(to.group, end)}; Ctrl-D ends the input`)
  const over = new AbortController()
  const finish = (): void => over.abort()
  stop.addEventListener('abort', finish)
  if (stop.aborted) finish()
  const timer = startTimer(options.duration, finish)
  const progress = { datagrams: 0, bytes: 0 }
  // Nothing is drawn over the lines that a user types.
  const report = createSendReport(out, { ...to, port: end }, sender, progress, options.file !== undefined || isMadeUp)
  try {
    await sendAll(sender, payloads, over.signal, options, progress)
  } catch (error) {
    if (!over.signal.aborted) throw on === undefined ? explainNoRoute(error, to.group) : error
  } finally {
    clearTimeout(timer)
    payloads.close()
    report.end()
    await sender.close()
  }
}

function choosePayloads(isMadeUp: boolean, { file, size = DEFAULT_SIZE }: SendOptions): Payloads {
  if (isMadeUp) return madeUpPayloads(size)
  if (file === undefined) return payloadsFromLines(process.stdin)
  if (size === 0) throw new UsageError("a file can't be cut into datagrams of --size 0: give a size of 1 or more")
  return payloadsFromFile(file, size, process.stdin)
}

/** The interface of an address to send from. The kernel would choose the interface by route, whatever the address. */
function interfaceOf(bind: string | undefined): string | undefined {
  if (bind === undefined) return undefined
  const list = interfaces()
  const own = list.find(({ addresses }) => addresses.some((one) => one.address === bind))
  // Every address in 127/8 belongs to the loopback interface, which lists only the first.
  return (own ?? list.find(({ flags }) => flags.loopback && bind.startsWith('127.')))?.name
}

/**
 * The result of some work; rejects once `over` is aborted. Not Promise.race, which leaks memory at each call as long as
 * one of its promises never settles.
 */
function unlessAborted<T>(over: AbortSignal, work: T | Promise<T>): T | Promise<T> {
  if (!(work instanceof Promise)) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(over.reason)
    over.addEventListener('abort', abort)
    if (over.aborted) abort()
    work.then(resolve, reject).finally(() => over.removeEventListener('abort', abort))
  })
}

async function sendAll(
  sender: Sender,
  payloads: Payloads,
  over: AbortSignal,
  { count: limit = Number.POSITIVE_INFINITY, rate: wanted, size = DEFAULT_SIZE }: SendOptions,
  progress: Progress,
): Promise<void> {
  const { due, spend } = pace(wanted, size)
  while (progress.datagrams < limit) {
    const most = Math.min(await due(over), limit - progress.datagrams)
    // Standard input may have nothing for a long time.
    const batch = await unlessAborted(over, payloads.next(most))
    if (batch.length === 0) return
    await unlessAborted(over, sender.send(batch))
    const bytes = batch.reduce((sum, { length }) => sum + length, 0)
    spend(batch.length, bytes)
    progress.datagrams += batch.length
    progress.bytes += bytes
  }
}
