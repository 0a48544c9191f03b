// Receives until a limit, a signal or an error ends it.

import type { Datagram } from '../../../index.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { decodeRtp } from '../../../protocols/rtp.ts'
import { drained } from '../../shell/drained.ts'
import { startTimer } from '../../shell/timer.ts'
import type { DatagramPrinter } from './datagram-printer.ts'
import type { OpenedReceiver } from './opened-receiver.ts'
import type { PayloadSink } from './payload-sink.ts'
import type { ReceiveReport } from './report.ts'
import { createViewer } from './view.ts'

/** When to end. Times are in milliseconds. */
export interface ReceiveLimits {
  count?: number
  expect?: number
  duration?: number
  /** End once no datagram has arrived for this long. */
  timeout?: number
}

export type ReceiveEnd = 'count' | 'duration' | 'timeout' | 'stopped' | Error

/** Where the datagrams and what is counted of them go. */
interface Outlets {
  readonly report: ReceiveReport
  readonly sink: PayloadSink | undefined
  readonly print: DatagramPrinter | undefined
}

/** Receives until one of the limits, a signal or an error ends it, and closes the receivers. */
export async function receiveUntil(
  opened: readonly OpenedReceiver[],
  stop: AbortSignal,
  limits: ReceiveLimits,
  { report, sink, print }: Outlets,
): Promise<{ end: ReceiveEnd; datagrams: number; elapsed: number }> {
  const over = new AbortController()
  const viewer = createViewer(opened)
  const limit = limits.count ?? limits.expect ?? Number.POSITIVE_INFINITY
  let total = 0
  let lastArrival = performance.now()
  let finish: (end: ReceiveEnd) => void = () => {}
  const ended = new Promise<ReceiveEnd>((resolve) => {
    finish = resolve
  })

  const read = async (receiving: OpenedReceiver): Promise<void> => {
    for await (const batch of receiving.receiver) {
      const taken = batch.length > limit - total ? batch.slice(0, limit - total) : batch
      total += taken.length
      lastArrival = performance.now()
      receiving.counter.take(taken)
      print?.(taken, receiving)
      if (print !== undefined) await drained(process.stdout, over.signal)
      const room = sink?.write(payloadsOf(taken, receiving.rtp), over.signal)
      if (room !== undefined) await room
      if (total >= limit) finish('count')
      if (total >= limit || over.signal.aborted) return
    }
  }
  let idle: NodeJS.Timeout | undefined
  const watchIdle = (timeout: number): void => {
    const left = lastArrival + timeout - performance.now()
    if (left <= 0) finish('timeout')
    else idle = setTimeout(watchIdle, left, timeout)
  }

  for (const { joined, listening, port } of opened) {
    for (const channel of joined) report.joined(channel)
    if (listening !== undefined) report.listening(listening, port)
  }
  for (const { receiver, port } of opened) receiver.on('channel-change', (event) => report.changed(event, port))
  const reading = opened.map((one) => read(one).catch(finish))
  const second = setInterval(() => report.interval(viewer.now(), viewer.history), 1000)
  const durationTimer = startTimer(limits.duration, () => finish('duration'))
  if (limits.timeout !== undefined) watchIdle(limits.timeout)
  stop.addEventListener('abort', () => finish('stopped'))
  if (stop.aborted) finish('stopped')

  const end = await ended
  clearInterval(second)
  clearTimeout(durationTimer)
  clearTimeout(idle)
  over.abort()
  await Promise.all(opened.map(({ receiver }) => receiver.close()))
  await Promise.all(reading)
  const view = viewer.whole()
  report.end(view)
  return { end, datagrams: total, elapsed: view.elapsed }
}

function payloadsOf(batch: readonly Datagram[], rtp: boolean): Uint8Array[] {
  if (!rtp) return batch.map(({ data }) => data)
  return batch.flatMap(({ data }) => {
    const packet = decodeRtp(data)
    return isMalformed(packet) ? [] : packet.payload
  })
}
