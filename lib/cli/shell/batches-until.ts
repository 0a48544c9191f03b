// Reads the messages of a socket of any family until a signal ends it.

import type { Datagram, Family, MessageSocket } from '../../index.ts'

/**
 * Gives the messages of a socket, in batches, until `stop`. The caller closes the socket. Errors of the given code are
 * passed over: ENOBUFS of netlink (messages were lost), ENETDOWN of packet sockets (the interface may come back).
 */
export async function* batchesUntil<F extends Family>(
  socket: MessageSocket<F>,
  stop: AbortSignal,
  passedOver?: string,
): AsyncGenerator<Datagram<F>[], void> {
  while (!stop.aborted) {
    try {
      yield await socket.receive({ signal: stop })
    } catch (error) {
      if (stop.aborted) return
      if (passedOver === undefined || (error as NodeJS.ErrnoException).code !== passedOver) throw error
    }
  }
}
