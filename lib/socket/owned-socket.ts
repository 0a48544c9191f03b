// OwnedSocket: a descriptor that its owner closes, gives away or turns into a socket of Node.

import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, ServerOpts, Socket, SocketConstructorOpts } from 'node:net'
import { badValue, SocketOptionError } from '../base/errors.ts'
import type { NativeSocket } from '../binding/native.ts'
import { handleOf, noDescriptor } from '../calls/socket-handle.ts'
import { createControl, type SocketControl, shareControl } from '../control/control.ts'
import type { Family, SocketAddress } from '../net/socket-address.ts'
import { SO_ACCEPTCONN, SO_PROTOCOL } from '../options/table/socket.ts'
import { type AcceptOptions, accept } from './accept.ts'
import { addressOf, peerOf } from './address-of.ts'
import { endWaits } from './connect.ts'
import { createMessageSocket } from './create-message-socket.ts'
import type { MessageSocket } from './message-socket.ts'
import type { MessageSocketOptions } from './message-socket-options.ts'
import { planOfOpened, type SocketPlan, type SocketTypes } from './socket-spec.ts'
import { asDatagram, asServer, asStream, type DatagramOptions } from './to-node-socket.ts'

/**
 * An open socket that its owner closes, or hands over once.
 *
 * The socket is closed when it is disposed of, and when nothing refers to it any more: keep the object for as long as its
 * descriptor's number is in use.
 */
export interface OwnedSocket<F extends Family = Family> extends AsyncDisposable {
  /** The descriptor, nonblocking; throws `ERR_SOCKET_CLOSED` once it is closed. */
  readonly fd: number
  /** The address family. */
  readonly family: F
  /** The type: `SO_TYPE`. */
  readonly type: SocketTypes[F]
  /**
   * The number of the protocol (6: TCP), asked of the kernel: `SO_PROTOCOL`, which is 0 for packet sockets. Throws `closed`, and
   * `unsupported` on macOS.
   */
  readonly protocol: number
  /** Whether the socket listens, asked of the kernel: `SO_ACCEPTCONN`. Throws `closed`. */
  readonly listening: boolean
  /** Whether the socket has a peer, asked of the kernel: `remoteAddress()` has its address. Throws `closed`. */
  readonly connected: boolean
  /** The name that the service manager gave, for a socket of `inheritedSockets` (`LISTEN_FDNAMES`). */
  readonly name: string | undefined
  /** Its options and memberships, also after it was handed over: the same control as that of the socket it became. */
  readonly control: SocketControl
  /**
   * The local address. `getsockname(2)`
   * @throws SocketOptionError `closed`
   */
  address(): SocketAddress<F>
  /**
   * The address of the peer; `undefined` if the socket is not connected. `getpeername(2)`
   * @throws SocketOptionError `closed`
   */
  remoteAddress(): SocketAddress<F> | undefined
  /**
   * Becomes a dgram.Socket, which owns the descriptor from now on. For `dgram` sockets of `ipv4` and `ipv6`.
   *
   * The socket is bound already and receives at once; 'listening' is emitted as after `bind()`, and 'connect' if it is
   * connected. libuv's mistakes with a given descriptor are put right: SO_REUSEADDR stays as it was, and on IPv6 the TTL and
   * multicast methods act on IPv6.
   * @throws SocketOptionError `bad-value` for another kind of socket, `unsupported` by the runtime, `closed`; the socket stays as it is
   */
  toDatagram(options?: DatagramOptions): DatagramSocket
  /**
   * Becomes a MessageSocket, which owns the descriptor from now on: messages in batches, both ways. For `dgram` and `raw`
   * sockets of `ipv4`, `ipv6`, `packet` and `netlink`, and for `dgram` and `seqpacket` sockets of `unix` and `vsock`.
   * @throws SocketOptionError `bad-value` for another kind of socket or wrong options, `closed`, or what an option is
   * refused for; the socket stays as it is
   */
  toMessageSocket(options?: MessageSocketOptions): MessageSocket<F>
  /**
   * Becomes a net.Socket, which owns the descriptor from now on. For connected `stream` sockets of `ipv4`, `ipv6` and `unix`.
   * @throws SocketOptionError `bad-value` for another kind of socket, `unsupported` by the runtime, `closed`; the socket stays as it is
   */
  toStream(options?: Omit<SocketConstructorOpts, 'fd' | 'readable' | 'writable'>): Socket
  /**
   * Becomes a net.Server, which owns the descriptor from now on; 'listening' is emitted as after `listen()`.
   *
   * For `stream` sockets of `ipv4`, `ipv6` and `unix`; a socket that does not listen yet begins to. For other servers, use
   * `server.listen({ fd: owned.release() })`.
   * @throws SocketOptionError `bad-value` for another kind of socket, `closed`, or what listen(2) answers; the socket stays as it is
   */
  toServer(options?: ServerOpts, onConnection?: (socket: Socket) => void): Server
  /**
   * The next connection of a socket that listens, nonblocking and closed on exec. For `seqpacket` sockets, which Node has no
   * server for. `accept4(2)`
   * @throws SocketOptionError as a rejection, with `bad-value` if the socket does not listen, `closed`, or what accept4
   * answers, or once the socket is closed or handed over meanwhile; or the signal's reason: then the socket stays open
   */
  accept(options?: AcceptOptions): Promise<OwnedSocket<F>>
  /**
   * Gives the descriptor away: the caller has to close it from now on.
   * @throws SocketOptionError `closed`
   */
  release(): number
  /** `close(2)`, off the event loop. Does nothing the second time, or after the socket was handed over. Never throws. */
  close(): Promise<void>
}

/** A class of Node's that a socket can become. If `make` throws before it calls `passed`, the socket stays as it is. */
interface Taker<T extends object> {
  readonly name: string
  readonly families: readonly Family[]
  readonly type: string
  make(passed: () => void): T
}

interface Owned<F extends Family> {
  readonly face: OwnedSocket<F>
  /** Adds an action that follows the closing of the descriptor. */
  atEnd(action: () => void): void
}

const INET: readonly Family[] = ['ipv4', 'ipv6']
const INET_AND_UNIX: readonly Family[] = ['ipv4', 'ipv6', 'unix']

export function createOwnedSocket<F extends Family>(socket: NativeSocket, plan: SocketPlan, name?: string): Owned<F> {
  const { family, type, backlog, ports } = plan
  let goneTo: { readonly name: string; readonly fd: () => number; readonly isBareNumber?: true } | undefined
  let closing: Promise<void> | undefined
  const atEnd: (() => void)[] = []
  const end = (): void => {
    for (const action of atEnd.splice(0)) action()
  }

  const openFd = (): number => {
    if (socket.fd < 0) throw noDescriptor('socket', 'the socket was closed; open another')
    return socket.fd
  }

  const mine = (): number => {
    if (goneTo !== undefined)
      throw new SocketOptionError(`this socket was handed over already: ${goneTo.name} has it`, {
        code: 'ERR_SOCKET_HANDED_OVER',
        reason: 'closed',
      })
    return openFd()
  }

  // One object for as long as the socket lives, so that memberships outlast a handover.
  const owner = {
    get fd(): number {
      return goneTo === undefined ? mine() : goneTo.fd()
    },
    get isBareNumber(): boolean {
      return goneTo?.isBareNumber === true
    },
  }
  const control = createControl({
    owner: () => {
      void owner.fd
      return owner
    },
    fd: () => owner.fd,
    onClose: (listener) => void atEnd.push(listener),
  })

  const listening = {
    get fd(): number {
      return mine()
    },
  }

  const give = <T extends object>({ name, families, type: wanted, make }: Taker<T>): T => {
    mine()
    if (!families.includes(family) || type !== wanted)
      throw badValue(
        `Node has no class for a ${type} socket of ${family} to become a ${name}: that takes ${wanted} of ${families.join(', ')}`,
      )
    let passed = false
    const pass = (): void => {
      endWaits(socket.fd)
      const fd = socket.release()
      goneTo = { name, fd: () => fd }
      passed = true
    }
    let taken: T
    try {
      taken = make(pass)
    } catch (error) {
      if (passed) goneTo = { name: `a ${name} that failed and was closed`, fd: mine }
      throw error
    }
    if (!passed) pass()
    goneTo = { name, fd: handleOf(taken as never).fd }
    shareControl(taken, control)
    ;(taken as Socket).once('close', end)
    return taken
  }

  const close = (): Promise<void> => {
    if (goneTo === undefined && socket.fd >= 0) {
      endWaits(socket.fd)
      closing = new Promise<void>((resolve) => socket.close(resolve)).then(() => end())
    }
    return closing ?? Promise.resolve()
  }

  const face: OwnedSocket<F> = {
    get fd() {
      return owner.fd
    },
    family: family as F,
    type: type as SocketTypes[F],
    get protocol() {
      return control.getSync(SO_PROTOCOL)
    },
    get listening() {
      return control.getSync(SO_ACCEPTCONN)
    },
    get connected() {
      return peerOf(owner.fd, family, ports) !== undefined
    },
    name,
    control,
    address: () => addressOf(owner.fd, family as F, 'getsockname', ports),
    remoteAddress: () => peerOf(owner.fd, family as F, ports),
    toDatagram: (options = {}) =>
      give({
        name: 'dgram.Socket',
        families: INET,
        type: 'dgram',
        make: (passed) => asDatagram(owner, control, plan, { ...options }, passed),
      }),
    toMessageSocket: (options = {}) => {
      mine()
      const made = createMessageSocket<F>({ socket, control, family, type, ports, atEnd: () => end() }, options)
      goneTo = { name: 'a MessageSocket', fd: openFd }
      shareControl(made, control)
      return made
    },
    toStream: (options = {}) =>
      give({
        name: 'net.Socket',
        families: INET_AND_UNIX,
        type: 'stream',
        make: () => asStream(owner, plan, { ...options }),
      }),
    toServer: (options = {}, onConnection) =>
      give({
        name: 'net.Server',
        families: INET_AND_UNIX,
        type: 'stream',
        make: () => asServer(owner, backlog, { ...options }, onConnection),
      }),
    accept: async (options) => {
      mine()
      const connection = await accept(listening, family, options)
      return createOwnedSocket<F>(connection, planOfOpened(family, type, plan.numbers.protocol, {})).face
    },
    release: () => {
      const fd = mine()
      endWaits(fd)
      goneTo = { name: 'the caller of release()', fd: () => fd, isBareNumber: true }
      return socket.release()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
  shareControl(face, control)
  return { face, atEnd: (action) => void atEnd.push(action) }
}
