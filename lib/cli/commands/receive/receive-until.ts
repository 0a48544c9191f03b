// Receives until a limit, a signal or an error ends it.

import type { RtpStreams } from '../../../protocols/rtp-streams.ts'
import { drained } from '../../shell/drained.ts'
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
  /** The RTP streams of all receivers. */
  readonly streams: RtpStreams
}

/** Receives until one of the limits, a signal or an error ends it, and closes the receivers. */
export async function receiveUntil(
  opened: readonly OpenedReceiver[],
  stop: AbortSignal,
  limits: ReceiveLimits,
  { report, sink, print, streams }: Outlets,
): Promise<ReceiveResult> {
  const ending = createEnding(limits, stop)
  const viewer = createViewer(opened, streams)

  const read = async (receiving: OpenedReceiver): Promise<void> => {
    for await (const batch of receiving.receiver) {
      const wanted = receiving.wants === undefined ? batch : batch.filter(receiving.wants)
      if (wanted.length === 0) continue
      const payloads: Uint8Array[] | undefined = sink && []
      const { taken, counted } = receiving.counter.take(wanted, ending.room, payloads)
      ending.arrived(counted)
      print?.(wanted.slice(0, taken), receiving)
      if (print !== undefined) await drained(process.stdout, ending.over)
      const room = payloads && sink?.write(payloads, ending.over)
      if (room !== undefined) await room
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

  const end = await ending.wait()
  clearInterval(second)
  await Promise.all(opened.map(({ receiver }) => receiver.close()))
  await Promise.all(reading)
  const view = viewer.whole()
  report.end(view)
  return { end, total: ending.total, elapsed: view.elapsed }
}
