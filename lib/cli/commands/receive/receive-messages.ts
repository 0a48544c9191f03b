// `sockctl receive` of raw, packet and Unix sockets: prints every message.

import type { SocketTarget } from '../../../protocols/socket-target.ts'
import { batchesUntil } from '../../shell/batches-until.ts'
import { drained } from '../../shell/drained.ts'
import type { Run } from '../../shell/run.ts'
import { plural, seconds } from '../../shell/units.ts'
import { createEnding, judge, type ReceiveLimits } from './ending.ts'
import { printMessages } from './message-printer.ts'
import { type AnyMessage, type OpenedMessageSocket, openMessageSocket } from './message-socket.ts'
import type { PayloadSink } from './payload-sink.ts'
import type { ReceiveBuffer } from './plan.ts'

interface MessageOptions extends ReceiveLimits {
  interface?: string | number
  hex?: boolean
}

interface Opened {
  readonly target: SocketTarget
  readonly socket: OpenedMessageSocket
}

/** @param prints false if standard output is used for the payloads */
export async function receiveMessages(
  { out, stop }: Run,
  targets: readonly SocketTarget[],
  options: MessageOptions,
  {
    buffer,
    sink,
    prints,
  }: { readonly buffer: ReceiveBuffer; readonly sink: PayloadSink | undefined; readonly prints: boolean },
): Promise<void> {
  const start = performance.now()
  const opened: Opened[] = []
  let bytes = 0
  try {
    for (const target of targets)
      opened.push({ target, socket: await openMessageSocket(target, options.interface, buffer) })
    const ending = createEnding(options, stop)
    if (out.json) for (const { text } of targets) out.object({ event: 'listening', target: text })
    else out.hint(`Listening at ${targets.map(({ text }) => text).join(', ')}. Ctrl-C ends.`)

    const read = async ({ target, socket }: Opened): Promise<void> => {
      for await (const batch of batchesUntil(socket, ending.over, 'ENETDOWN')) {
        const taken = batch.slice(0, ending.room)
        ending.arrived(taken.length)
        bytes += taken.reduce((sum, { data }) => sum + data.length, 0)
        if (prints) printMessages(out, target, taken, options.hex === true)
        await closeDescriptors(batch)
        if (prints) await drained(process.stdout, ending.over)
        await sink?.write(
          taken.map(({ data }) => data),
          ending.over,
        )
        if (ending.isOver()) return
      }
    }
    const reading = opened.map((one) => read(one).catch(ending.finish))
    const end = await ending.wait()
    await Promise.all(reading)
    const { total } = ending
    const elapsed = performance.now() - start
    const dropped = opened.reduce((all, { socket }) => all + socket.stats().received.dropped, 0)
    if (out.json) out.object({ event: 'summary', elapsed: elapsed / 1000, messages: total, bytes, dropped })
    else {
      const text = `${plural(total, 'message')}, ${plural(bytes, 'byte')} in ${seconds(elapsed)}: ${dropped} dropped by the kernel`
      if (prints) out.line(text)
      else out.hint(text)
    }
    judge({ end, total, elapsed }, options.expect, 'messages')
  } finally {
    await Promise.all(opened.map(({ socket }) => socket.close()))
  }
}

/** The command has no use for descriptors that a message brings. */
async function closeDescriptors(batch: readonly AnyMessage[]): Promise<void> {
  for (const { descriptors = [] } of batch) await Promise.all(descriptors.map((one) => one.close()))
}
