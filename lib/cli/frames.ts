import type { Datagram } from '../datagram.ts'
import { describeErrno } from '../errors.ts'
import type { OwnedSocket } from '../owned-socket.ts'
import { createReception } from '../reception.ts'

const ROOM = 65535

/** Whatever arrives on a socket of any family, in batches, until `stop`; the socket stays the caller's. */
export async function* frames(socket: OwnedSocket, stop: AbortSignal): AsyncGenerator<Datagram[], void> {
  const reception = createReception({
    batch: 32,
    maxDatagram: ROOM,
    groupsOnly: false,
    gro: false,
    onQueuedError: () => {},
    toError: (errno) => Object.assign(new Error(describeErrno(errno).text), { code: describeErrno(errno).code }),
  })
  const close = (): void => reception.close()
  reception.add(socket)
  stop.addEventListener('abort', close, { once: true })
  if (stop.aborted) close()
  try {
    for (let batch = await reception.next(); batch !== undefined; batch = await reception.next()) yield batch
  } finally {
    stop.removeEventListener('abort', close)
    close()
  }
}
