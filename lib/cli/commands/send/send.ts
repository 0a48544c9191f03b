// `sockctl send`: sends a text, lines, a file, or made-up datagrams to a group, a host or a socket.

import { once } from 'node:events'
import type { Command } from 'commander'
import { SEQUENCE_HEADER_LENGTH } from '../../../protocols/sequence-header.ts'
import type { SocketTarget } from '../../../protocols/socket-target.ts'
import type { TargetText } from '../../../protocols/target.ts'
import { explainNoRoute } from '../../shell/explain-no-route.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { address, count, duration, hexBytes, hops, port, targetOrSocket, wholeNumber } from '../../shell/parsers.ts'
import { createReturnedErrors } from '../../shell/returned-errors.ts'
import { type Run, runs } from '../../shell/run.ts'
import { startTimer } from '../../shell/timer.ts'
import { destinationOf } from './destination.ts'
import { pace, type Rate, rate } from './pace.ts'
import { givenPayload, madeUpPayloads, type Payloads, payloadsFromFile, payloadsFromLines } from './payloads.ts'
import { createSendReport, type Progress } from './report.ts'
import type { DestinationOptions, SendSocket } from './send-target.ts'

interface SendOptions extends DestinationOptions {
  size?: number
  rate?: Rate
  count?: number
  duration?: number
  file?: string
  hex?: Buffer
}

/** Seven packets of MPEG-TS, the usual content of a datagram of video. */
const DEFAULT_SIZE = 1316
/** In milliseconds. */
const DEFAULT_WAIT = 500

export function sendCommand(command: Command): void {
  command.argument(
    '<target>',
    'GROUP:PORT, GROUP%INTERFACE:PORT or a udp:// URL; or a host, ADDRESS:PORT, NAME:PORT, BROADCAST-ADDRESS:PORT; or raw:PROTOCOL@ADDRESS, packet:INTERFACE[:PROTOCOL], unix:PATH, unix:@NAME',
    targetOrSocket,
  )
  command.argument('[text]', 'send this text')
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
    .option('-x, --hex <bytes>', 'send these bytes, in hexadecimal', hexBytes)
    .option('--hops <number>', 'the hop limit (TTL), 0 to 255 (default to a group: 1, this network only)', hops)
    .option('--no-loopback', 'to a group: do not send to members on this host')
    .option('--bind <address>', 'send from this address of this host', address)
    .option('-p, --port <number>', 'the port, if the target names none', port)
    .option(
      '--wait <time>',
      `to a host: how long to wait for ICMP errors after the last datagram (default: ${DEFAULT_WAIT})`,
      duration,
    )
  command.addHelpText('after', NOTES)
  examples(
    command,
    'echo hello | sockctl send 239.1.1.1:5000 -i eth0',
    'sockctl send 239.1.1.1:5000 --size 1316 --rate 8Mbit --duration 10s',
    'sockctl send 239.1.1.1:5000 --file film.ts --rate 8Mbit --hops 16',
    'sockctl send 232.1.1.1:5000 --bind 10.0.0.1 --count 100 --rate 10',
    'sockctl send host.example:5000 hello',
    'sockctl send 255.255.255.255:5000 hello -i eth0',
    "sudo sockctl send raw:igmp@224.0.0.1 -i eth0 --hex '11 64 ee 9b 00 00 00 00'",
    'sudo sockctl send packet:eth0 --file frame.bin',
    'sockctl send unix:/run/x.sock hello',
  )
  runs<[TargetText | SocketTarget, string?], SendOptions>(command, 'an object a second, and one at the end', send)
}

const NOTES = `
Without a text, --hex, --file, --size, --count and --duration, each line of standard input is a datagram. Made-up datagrams of ${SEQUENCE_HEADER_LENGTH}
bytes and more are numbered and timed as iperf 2's are: "sockctl receive" and "iperf -s -u" count the lost ones.
A name is looked up once. ICMP errors that a host or a router sends back are told, each kind once; then the exit status is 1.

A text or --hex is sent once, or again and again with --count or --duration. packet: takes whole frames, from the link-layer header on.
raw: and packet: need CAP_NET_RAW, unix: the right to write to the path. A host called raw is udp://raw:5000.`

async function send(
  { out, stop }: Run,
  [given, text]: [TargetText | SocketTarget, string?],
  options: SendOptions,
): Promise<boolean> {
  const to = await destinationOf(out, given, options)
  const { payloads, isTyped } = choosePayloads(given, text, options)
  const socket = await to.open().catch((error) => {
    throw to.hasInterface ? error : explainNoRoute(error, to.address)
  })
  const errors = createReturnedErrors(out, to.address)
  socket.events.on('returned-error', errors.add)
  if (isTyped && process.stdin.isTTY === true) out.hint(`each line is sent to ${to.text}; Ctrl-D ends the input`)
  const over = new AbortController()
  const finish = (): void => over.abort()
  stop.addEventListener('abort', finish)
  if (stop.aborted) finish()
  const timer = startTimer(options.duration, finish)
  const progress = { datagrams: 0, bytes: 0 }
  // Nothing is drawn over the lines that a user types.
  const report = createSendReport(out, to, socket, progress, !isTyped)
  try {
    await sendAll(socket, payloads, over.signal, options, progress).catch((error) => {
      if (!over.signal.aborted) throw to.hasInterface ? error : explainNoRoute(error, to.address)
    })
    report.stop()
    if (to.kind === 'unicast' && errors.count === 0) await waitForError(socket, options.wait ?? DEFAULT_WAIT, stop)
  } finally {
    clearTimeout(timer)
    payloads.close()
    report.end()
    await socket.close()
  }
  return errors.count === 0
}

/** Waits until an ICMP error comes back, the time is over, or the user ends the command. */
async function waitForError({ events }: SendSocket, milliseconds: number, stop: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(milliseconds)])
  // The timer of AbortSignal.timeout does not keep the process alive.
  const alive = setTimeout(() => {}, milliseconds)
  await once(events, 'returned-error', { signal }).catch(() => {})
  clearTimeout(alive)
}

/** `isTyped`: the lines of standard input are the payloads. */
function choosePayloads(
  target: TargetText | SocketTarget,
  text: string | undefined,
  { hex, file, size, count: limit, duration: time }: SendOptions,
): { payloads: Payloads; isTyped: boolean } {
  const given = hex ?? (text === undefined ? undefined : Buffer.from(text))
  if (given !== undefined) {
    if ([hex, text, file, size].filter((one) => one !== undefined).length > 1)
      throw new UsageError('a text, --hex, --file and --size each say what to send: give one of them')
    return { payloads: givenPayload(given, limit !== undefined || time !== undefined), isTyped: false }
  }
  if (file !== undefined) {
    if (size === 0) throw new UsageError("a file can't be cut into datagrams of --size 0: give a size of 1 or more")
    return { payloads: payloadsFromFile(file, size ?? DEFAULT_SIZE, process.stdin), isTyped: false }
  }
  if ('kind' in target && target.kind === 'packet')
    throw new UsageError(`${target.text} takes whole frames, from the link-layer header on: give --hex or --file`)
  if ([size, limit, time].some((one) => one !== undefined))
    return { payloads: madeUpPayloads(size ?? DEFAULT_SIZE), isTyped: false }
  return { payloads: payloadsFromLines(process.stdin), isTyped: true }
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
  socket: SendSocket,
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
    await unlessAborted(over, socket.send(batch))
    const bytes = batch.reduce((sum, { length }) => sum + length, 0)
    spend(batch.length, bytes)
    progress.datagrams += batch.length
    progress.bytes += bytes
  }
}
