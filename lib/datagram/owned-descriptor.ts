// Descriptors that this process got from another: with messages, SCM_RIGHTS, SCM_PIDFD, or as a duplicate.
import { datagramsNative, type NativeDatagramReader, type NativeSocket, native } from '../binding/native.ts'
import { noDescriptor } from '../calls/socket-handle.ts'

/**
 * A descriptor that came with a message or from another process, which closes on exec. It is closed by `close()`, when the object is disposed of, and when nothing
 * refers to the object any more. At each read a socket keeps 512 of those that nobody has asked for by `fd` or `release()`, and closes the older ones.
 */
export interface OwnedDescriptor extends AsyncDisposable {
  /** The descriptor's number; throws `ERR_SOCKET_CLOSED` once it is closed or released. */
  readonly fd: number
  /**
   * Gives the descriptor away: the caller has to close it from now on. If it is a socket, `adoptSocket(descriptor.release())`.
   * @throws SocketOptionError `closed`
   */
  release(): number
  /** `close(2)`, off the event loop. Does nothing the second time. Never throws. */
  close(): Promise<void>
}

/** So many descriptors that nobody has asked for stay open. A peer may send any number of them. */
const MOST_UNTAKEN = 512

/** Takes the descriptors of the messages that a reader has read. */
export interface DescriptorTaker {
  /** All that the message of a row brought, but a pidfd. */
  rights(row: number): readonly OwnedDescriptor[]
  pidfd(row: number): OwnedDescriptor | undefined
  /** Called before the messages of a read are taken. */
  begin(): void
}

export function createDescriptorTaker(reader: NativeDatagramReader): DescriptorTaker {
  const { takeDescriptor } = datagramsNative()
  // In the order they came. Who forgets a descriptor has it closed by the collector.
  const untaken = new Set<WeakRef<NativeSocket>>()

  const closeOldest = (): void => {
    const [oldest] = untaken
    if (oldest === undefined) return
    untaken.delete(oldest)
    const socket = oldest.deref()
    if (socket !== undefined && socket.fd >= 0) socket.close(() => {})
  }

  const take = (row: number, index: number): OwnedDescriptor | undefined => {
    const socket = new native.Socket()
    if (!takeDescriptor(reader, row, index, socket)) return undefined
    const mark = new WeakRef(socket)
    untaken.add(mark)
    return ownedDescriptor(socket, () => void untaken.delete(mark))
  }

  return {
    rights: (row) => {
      const taken: OwnedDescriptor[] = []
      for (let index = 0; index < reader.descriptors(row); index++) {
        const one = take(row, index)
        if (one !== undefined) taken.push(one)
      }
      return taken
    },
    pidfd: (row) => take(row, -1),
    begin: () => {
      while (untaken.size > MOST_UNTAKEN) closeOldest()
    },
  }
}

export function ownedDescriptor(socket: NativeSocket, taken: () => void): OwnedDescriptor {
  const openFd = (): number => {
    taken()
    if (socket.fd < 0)
      throw noDescriptor('descriptor', 'the descriptor was closed or released; of those nobody asks for 512 are kept')
    return socket.fd
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    taken()
    if (socket.fd >= 0) closing = new Promise((resolve) => socket.close(resolve))
    return closing ?? Promise.resolve()
  }
  return {
    get fd() {
      return openFd()
    },
    release: () => {
      openFd()
      return socket.release()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
