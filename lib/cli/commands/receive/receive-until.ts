// Receives until a limit, a signal or an error ends it.

import { drained } from '../../shell/drained.ts'
import type { RtpChoice } from './arrivals.ts'
import type { DatagramPrinter } from './datagram-printer.ts'
import { createEnding, type ReceiveLimits, type ReceiveResult } from './ending.ts'
import type { OpenedReceiver } from './opened-receiver.ts'
import type { PayloadSink } from './payload-sink.ts'
import type { ReceiveReport } from './report.ts'
import { createViewer } from './view.ts'

/** Where the datagrams and what is counted of them go. */
interface Outlets {
  readonly report: ReceiveReport
  readonly sink: PayloadSink | undefined
  readonly print: DatagramPrinter | undefined
  /** The RTP streams of all receivers, and the order of what is written. */
  readonly rtp: Pick<RtpChoice, 'streams' | 'order'>
}

/** Receives until one of the limits, a signal or an error ends it, and closes the receivers. */
export async function receiveUntil(
  opened: readonly OpenedReceiver[],
  stop: AbortSignal,
  limits: ReceiveLimits,
  { report, sink, print, rtp: { streams, order } }: Outlets,
): Promise<ReceiveResult> {
  const ending = createEnding(limits, stop)
  const viewer = createViewer(opened, streams)

  const put = async (payloads: readonly Uint8Array[]): Promise<void> => {
    if (payloads.length > 0) await sink?.write(payloads, ending.over)
  }
  /** Writes what waits for a packet that comes no more. */
  const putDue = (): void => {
    const due: Uint8Array[] = []
    order.due(performance.now(), due)
    put(due).catch(ending.finish)
  }

  const read = async (receiving: OpenedReceiver): Promise<void> => {
    for await (const batch of receiving.receiver) {
      const wanted = receiving.wants === undefined ? batch : batch.filter(receiving.wants)
      if (wanted.length === 0) continue
      const payloads: Uint8Array[] | undefined = sink && []
      const { taken, counted } = receiving.counter.take(wanted, ending.room, payloads)
      ending.arrived(counted)
      print?.(wanted.slice(0, taken), receiving)
      if (print !== undefined) await drained(process.stdout, ending.over)
      if (payloads !== undefined) await put(payloads)
      if (ending.isOver()) return
    }
  }

  for (const { joined, listening, port } of opened) {
    for (const channel of joined) report.joined(channel)
    if (listening !== undefined) report.listening(listening, port)
  }
  for (const { receiver, port } of opened) receiver.on('channel-change', (event) => report.changed(event, port))
  const reading = opened.map((one) => read(one).catch(ending.finish))
  const second = setInterval(() => report.interval(viewer.now(), viewer.history), 1000)

  // Behind the sockets' turn: what has arrived meanwhile is read first.
  const often = sink && setInterval(setImmediate, 50, putDue)

  const end = await ending.wait()
  clearInterval(second)
  clearInterval(often)
  await Promise.all(opened.map(({ receiver }) => receiver.close()))
  await Promise.all(reading)
  const rest: Uint8Array[] = []
  order.flush(rest)
  await put(rest)
  const view = viewer.whole()
  report.end(view)
  return { end, total: ending.total, elapsed: view.elapsed }
}
