// The loop of commands that are servers: answers the datagrams of several receivers, one by one.

import { type Datagram, type Receiver, SocketOptionError } from '../../index.ts'
import { hostPort } from '../../net/address.ts'
import { messageOf, printWarning } from './failure.ts'
import type { Output } from './output.ts'
import { startTimer } from './timer.ts'

/** Answers a datagram; false if it needs no answer. If it rejects, no answer could be sent. */
export type AnswerDatagram = (datagram: Datagram) => Promise<boolean>

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
        if (await answer(datagram).catch((error) => tellUnanswered(datagram, error))) answered++
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

function tellUnanswered({ source }: Datagram, error: unknown): false {
  // The command ends, and what came before is not answered any more.
  if (error instanceof SocketOptionError && error.reason === 'closed') return false
  printWarning(`no answer to ${hostPort(source.address, source.port)}: ${messageOf(error)}`)
  return false
}
