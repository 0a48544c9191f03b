// accept(2) without holding up the event loop.
import { constants } from 'node:os'
import { abortSignal, checkFields } from '../base/check-fields.ts'
import { type NativeSocket, native } from '../binding/native.ts'
import { READABLE } from '../binding/poller.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import type { DescriptorOwner } from '../calls/socket-handle.ts'
import type { Family } from '../net/socket-address.ts'
import { readyOrAborted } from './connect.ts'

/** What `accept` takes. */
export interface AcceptOptions {
  /** Gives up: the promise is rejected with the signal's reason, and the listening socket stays open. */
  signal?: AbortSignal | undefined
}

/** No connection waits, or the one that waited went away again. accept(2) */
const NONE_WAITS: readonly number[] = [constants.errno.EAGAIN, constants.errno.EINTR, constants.errno.ECONNABORTED]

/** The next connection of a listening socket, whose `fd` throws once it is closed or handed over. `accept4(2)` */
export async function accept(
  listening: DescriptorOwner,
  family: Family,
  options: AcceptOptions = {},
): Promise<NativeSocket> {
  options = checkFields(options, { signal: abortSignal }, 'accept')
  const { signal } = options
  signal?.throwIfAborted()
  for (;;) {
    const socket = new native.Socket()
    const errno = socket.accept(listening.fd)
    if (errno === 0) return socket
    if (!NONE_WAITS.includes(errno)) throw explainSocket('accept', 'accept a connection', errno, family)
    await readyOrAborted(listening.fd, READABLE, signal)
    signal?.throwIfAborted()
  }
}
