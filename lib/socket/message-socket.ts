// A socket for both ways: datagrams in batches, with all the kernel knows, and answers.
import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import { type SocketOptionError, wrongType } from '../base/errors.ts'
import { type NativeSocket, native } from '../binding/native.ts'
import { bindSocket } from '../calls/bind-socket.ts'
import { getNow } from '../calls/call-now.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import { noDescriptor } from '../calls/socket-handle.ts'
import type { SocketControl } from '../control/control.ts'
import type { BatchLoop, ReceiveOptions } from '../datagram/batch-loop.ts'
import type { BatchReader } from '../datagram/batch-reader.ts'
import type { BatchWriter } from '../datagram/batch-writer.ts'
import type { Datagram } from '../datagram/datagram.ts'
import type { ReturnedError, TransmitTimestamp } from '../datagram/error-queue.ts'
import type { Message, SendChoice } from '../datagram/message.ts'
import type { Prepare } from '../datagram/prepare.ts'
import type { Reply } from '../datagram/reply.ts'
import type { SenderStats } from '../datagram/transmit.ts'
import { leastPortOf } from '../net/ports.ts'
import {
  type Destination,
  type Endpoint,
  type Family,
  familyNumber,
  isInet,
  parseSocketAddress,
  type SocketAddress,
} from '../net/socket-address.ts'
import { partsOf } from '../options/option.ts'
import { SO_MEMINFO } from '../options/table/socket.ts'
import { addressOf, peerOf } from './address-of.ts'
import type { SocketOfKind } from './message-kind.ts'

/** Counts of what a MessageSocket has received since it was opened. */
export interface ReceivedStats {
  /** Datagrams delivered. */
  datagrams: number
  /** The bytes of their payloads. */
  bytes: number
  /** How many batches they came in. */
  batches: number
  /** Delivered, but longer than `maxDatagram`. */
  truncated: number
  /** Dropped by the kernel, mostly for want of room in the receive buffer. `SO_MEMINFO` */
  dropped: number
}

/** Counts since a MessageSocket was opened. */
export interface MessageSocketStats {
  /** What was received. */
  received: ReceivedStats
  /** What was sent. */
  sent: SenderStats
}

interface MessageSocketEvents {
  'returned-error': [error: ReturnedError]
  transmitted: [timestamp: TransmitTimestamp]
}

/** What a MessageSocket is made of: an open socket, whose owner it becomes. */
export interface OpenSocket extends SocketOfKind {
  readonly socket: NativeSocket
  /** Called when the descriptor is closed. */
  atEnd(): void
}

/** The families whose sources are written like those of a family. */
type Alike<F extends Family> = F extends 'ipv4' | 'ipv6' ? 'ipv4' | 'ipv6' : F

/** Everything that holds the descriptor. It does not refer to the MessageSocket, so that a forgotten one can be collected. */
export interface MessageSocketCore extends OpenSocket {
  readonly batchReader: BatchReader
  readonly writer: BatchWriter
  readonly loop: BatchLoop
  readonly prepare: Prepare
  readonly reply: Reply
  peer: Endpoint | undefined
  dropped: number
  readonly forgetSignal: (() => void) | undefined
  closing: Promise<void> | undefined
}

/** The peer of a socket of IPv4 or IPv6. */
export function inetPeerOf({ socket, family, ports }: OpenSocket): Endpoint | undefined {
  return isInet(family) ? peerOf(socket.fd, family, ports) : undefined
}

export const messageSocketClosed = (): SocketOptionError =>
  noDescriptor('socket', 'the socket was closed; open another')

export function descriptorOf({ socket }: Pick<MessageSocketCore, 'socket'>): number {
  if (socket.fd < 0) throw messageSocketClosed()
  return socket.fd
}

/** How many datagrams the kernel had no room for; the last count there was if the kernel refuses to tell. */
function readDropped(core: Pick<MessageSocketCore, 'socket' | 'dropped'>): number {
  try {
    core.dropped = (getNow(descriptorOf(core), partsOf(SO_MEMINFO), undefined) as { drops: number }).drops
  } catch {
    // Linux before 4.12, a seccomp filter, or a socket that is closed.
  }
  return core.dropped
}

export function closeMessageSocket(core: MessageSocketCore): Promise<void> {
  core.closing ??= (async () => {
    core.forgetSignal?.()
    readDropped(core)
    core.batchReader.close()
    core.writer.close()
    await new Promise<void>((resolve) => core.socket.close(resolve))
    core.atEnd()
  })()
  return core.closing
}

const forgotten = new FinalizationRegistry<MessageSocketCore>((core) => {
  if (core.closing !== undefined) return
  process.emitWarning('a MessageSocket was forgotten without close(): its socket is closed now', 'SockctlWarning')
  void closeMessageSocket(core)
})

/**
 * Reads and sends messages in batches, and answers them: datagrams of IPv4 and IPv6, packets of raw sockets and of the link,
 * messages of Unix and netlink sockets. Made by `toMessageSocket`.
 *
 * Read with `receive()`, `for await (const batch of socket)` or `readable()`, one reader at a time; leaving a loop early
 * closes the socket. While nobody reads, datagrams stay in the kernel's buffer; the kernel drops and counts those it has no
 * room for. Only a reader or a send that waits keeps the event loop alive. Events, which must be asked for:
 * `returned-error` for ICMP errors, `transmitted` for the times of sending that `SO_TIMESTAMPING` asks for.
 */
export class MessageSocket<F extends Family = 'ipv4' | 'ipv6'>
  extends EventEmitter<MessageSocketEvents>
  implements AsyncIterable<Datagram<F>[]>, AsyncDisposable
{
  readonly #core: MessageSocketCore

  /** @internal Use `toMessageSocket`. */
  constructor(core: MessageSocketCore) {
    super()
    if (core?.batchReader === undefined)
      throw wrongType('a MessageSocket is made, not constructed: (await openSocket(...)).toMessageSocket()')
    this.#core = core
    forgotten.register(this, core, this)
  }

  /** Its options and memberships: the same control as that of the socket that it was. */
  get control(): SocketControl {
    return this.#core.control
  }

  /** The local address. `getsockname(2)` */
  get address(): SocketAddress<F> {
    const { family, ports } = this.#core
    return addressOf(descriptorOf(this.#core), family, 'getsockname', ports) as SocketAddress<F>
  }

  /** The address of the peer; `undefined` if the socket is not connected. `getpeername(2)` */
  get remoteAddress(): SocketAddress<F> | undefined {
    const { family, ports } = this.#core
    return peerOf(descriptorOf(this.#core), family, ports) as SocketAddress<F> | undefined
  }

  /**
   * One batch, of one datagram at least.
   *
   * @throws SocketOptionError as a rejection, if somebody reads already, a read fails or the socket is closed; or the
   * signal's reason: then nothing is lost, and the socket stays open
   */
  receive(options?: ReceiveOptions): Promise<Datagram<F>[]> {
    return this.#core.loop.receive(options, this) as Promise<Datagram<F>[]>
  }

  /**
   * Batches, until the socket is closed, or the peer of a `seqpacket` socket has closed the connection; leaving the loop early closes the socket.
   * @throws SocketOptionError if somebody reads already, or, as a rejection, if a read fails: the next read goes on
   */
  [Symbol.asyncIterator](): AsyncIterator<Datagram<F>[], undefined> {
    return this.#core.loop.iterate(this) as AsyncIterator<Datagram<F>[], undefined>
  }

  /**
   * The datagrams as an object stream; destroying it closes the socket.
   * @throws SocketOptionError if somebody reads already, or with `reuseBuffers`
   */
  readable(): Readable {
    return this.#core.loop.readable(this)
  }

  /**
   * Sends one datagram or many, in order. Fulfils with their number once the kernel has taken all.
   *
   * `sendmmsg(2)`, with `UDP_SEGMENT` for datagrams of equal size. Without `to`, they go to the peer that the socket is
   * connected to; of netlink to the kernel; of a packet socket out by the interface that the socket is bound to. Do not change the
   * bytes until the promise settles. If the receiver's queue is full, a Unix socket waits.
   * @throws SocketOptionError as a rejection, with the index of the datagram that failed; the datagrams before it are sent
   */
  async send(
    data: Uint8Array | readonly (Uint8Array | Message<F>)[],
    to?: Destination<F>,
    choice?: SendChoice,
  ): Promise<number> {
    const core = this.#core
    if (core.closing !== undefined) throw messageSocketClosed()
    return core.writer.send(core.prepare(data as Uint8Array, to, choice), this)
  }

  /**
   * Answers a datagram: to its source, by the interface that it came in on, and from the address that it was sent to. If
   * that was a group or a broadcast address, the kernel chooses the address of the interface.
   *
   * `sendmmsg(2)` with `IP_PKTINFO` or `IPV6_PKTINFO`. In other families, to the source; on a connection, to the peer.
   * @throws SocketOptionError as a rejection: as `send`, or if a lent datagram was given back
   */
  reply(
    to: Datagram<Alike<F>>,
    data: Uint8Array | readonly (Uint8Array | Message<F>)[],
    choice?: SendChoice,
  ): Promise<number> {
    const core = this.#core
    return core.closing === undefined
      ? core.reply(to as Datagram, data as Uint8Array, choice, this)
      : Promise.reject(messageSocketClosed())
  }

  /**
   * From now on datagrams go to this peer if they name no other, and only the peer's are received. `connect(2)`
   *
   * With port 0 the kernel takes what any port of the peer sends; then each send names its destination, and `remoteAddress`
   * is `undefined`. Connect again to have another peer. The local address is the kernel's choice for this peer, unless it is bound.
   * @throws SocketOptionError as a rejection, for a wrong address, or what connect(2) answers
   */
  async connect(to: Destination<F>): Promise<void> {
    const core = this.#core
    const { family, type, ports } = core
    const { raw, text } = parseSocketAddress(family, 'connect', to, leastPortOf(ports, type))
    const errno = native.connect(descriptorOf(core), familyNumber(family), raw)
    if (errno !== 0) throw explainSocket('connect', `connect to ${text}`, errno, family)
    core.peer = inetPeerOf(core)
  }

  /**
   * The socket has no peer any more, and receives from everybody. `connect(2)` with `AF_UNSPEC`
   *
   * The socket keeps its port: the kernel gives up a port that it had chosen, and this binds to the port again at once.
   * @throws SocketOptionError as a rejection: `closed`, or if another socket has taken the port in between
   */
  async disconnect(): Promise<void> {
    const core = this.#core
    const { family, ports } = core
    const fd = descriptorOf(core)
    const before = addressOf(fd, family, 'getsockname')
    const errno = native.disconnect(fd)
    if (errno !== 0) throw explainSocket('connect', 'disconnect', errno, family)
    core.peer = undefined
    if (!isInet(family) || ports === 'none') return
    const { port } = before as Endpoint
    const local = addressOf(fd, family, 'getsockname')
    if (local.port !== port) bindSocket(fd, family, parseSocketAddress(family, 'bind', { ...local, port }))
  }

  /** Counts since the socket was opened. Never throws, also once it is closed. */
  stats(): MessageSocketStats {
    const core = this.#core
    const { filtered: _, ...received } = core.batchReader.counts()
    return { received: { ...received, dropped: readDropped(core) }, sent: { ...core.writer.stats } }
  }

  /** A reader that waits keeps the event loop alive: the default. Never throws. */
  ref(): this {
    this.#core.batchReader.hold(true)
    return this
  }

  /** A reader that waits does not keep the event loop alive. Never throws. */
  unref(): this {
    this.#core.batchReader.hold(false)
    return this
  }

  /** Ends the loop that reads, if any, rejects sends that wait, and closes the socket. Never throws. */
  async close(): Promise<void> {
    forgotten.unregister(this)
    await closeMessageSocket(this.#core)
  }

  /** The same as `close`. Never throws. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
