// Reads the datagrams of any socket the command has opened.

import { kernelError } from '../../base/errors.ts'
import { createBatchReader } from '../../datagram/batch-reader.ts'
import type { Datagram, OwnedSocket } from '../../index.ts'

const MAX_DATAGRAM = 65535

/**
 * Gives the datagrams of a socket of any family, in batches, until `stop`. The caller closes the socket. Errors of the
 * given codes are passed over: ENOBUFS of netlink (messages were lost), ENETDOWN of packet sockets (the interface may
 * come back).
 */
export async function* readBatches(
  socket: OwnedSocket,
  stop: AbortSignal,
  passedOverCodes: readonly string[] = [],
): AsyncGenerator<Datagram[], void> {
  const batchReader = createBatchReader({
    batch: 32,
    maxDatagram: MAX_DATAGRAM,
    gro: false,
    toError: (errno) => kernelError({ asked: 'receive', errno, syscall: 'recvmmsg' }),
  })
  const close = (): void => batchReader.close()
  batchReader.add(socket)
  stop.addEventListener('abort', close, { once: true })
  if (stop.aborted) close()
  try {
    for (;;) {
      const batch = await batchReader.next().catch((error: NodeJS.ErrnoException) => {
        if (!passedOverCodes.includes(error.code ?? '')) throw error
        return []
      })
      if (batch === undefined) return
      if (batch.length > 0) yield batch
    }
  } finally {
    stop.removeEventListener('abort', close)
    close()
  }
}
