// The loop of commands that are servers: answers the datagrams of several receivers, one by one.

import type { Datagram, Receiver } from '../../index.ts'
import type { Output } from './output.ts'
import { startTimer } from './timer.ts'

/** Answers a datagram; false if it needs no answer, or the answer could not be sent. */
export type AnswerDatagram = (datagram: Datagram) => boolean

/**
 * Answers until `count` datagrams were answered, `duration` milliseconds are over, or the receivers are closed, and closes
 * the receivers. Gives how many datagrams were answered.
 *
 * @param answererOf makes the function that answers the datagrams of one receiver
 */
export async function answerDatagrams(
  out: Output,
  receivers: readonly Receiver[],
  { count = Number.POSITIVE_INFINITY, duration }: { readonly count?: number; readonly duration?: number },
  answererOf: (receiver: Receiver) => AnswerDatagram,
): Promise<number> {
  let answered = 0
  const close = (): Promise<unknown> => Promise.all(receivers.map((receiver) => receiver.close()))
  const serve = async (receiver: Receiver): Promise<void> => {
    const answer = answererOf(receiver)
    for await (const batch of receiver) {
      for (const datagram of batch) {
        if (answered >= count) break
        if (answer(datagram)) answered++
      }
      if (answered >= count) {
        void close()
        return
      }
      await out.drained()
    }
  }
  const timer = startTimer(duration, close)
  try {
    await Promise.all(receivers.map(serve))
  } finally {
    clearTimeout(timer)
    await close()
  }
  return answered
}
