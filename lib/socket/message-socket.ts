// A socket for both ways: datagrams in batches, with all the kernel knows, and answers.
import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import { kernelError, type SocketOptionError, wrongType } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { datagramsNative, type NativeSocket, native } from '../binding/native.ts'
import { bindSocket } from '../calls/bind-socket.ts'
import { getNow } from '../calls/call-now.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import { noDescriptor } from '../calls/socket-handle.ts'
import type { SocketControl } from '../control/control.ts'
import { type BatchLoop, createBatchLoop, type ReceiveOptions } from '../datagram/batch-loop.ts'
import { type BatchReader, createBatchReader } from '../datagram/batch-reader.ts'
import { type BatchWriter, createBatchWriter } from '../datagram/batch-writer.ts'
import type { Datagram } from '../datagram/datagram.ts'
import type { Queued, ReturnedError, TransmitTimestamp } from '../datagram/error-queue.ts'
import type { Message, SendChoice } from '../datagram/message.ts'
import { createPrepare, type Prepare } from '../datagram/prepare.ts'
import { createReply, type Reply } from '../datagram/reply.ts'
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
import { IP_MTU, IP_RECVERR } from '../options/table/ip.ts'
import { IPV6_MTU, IPV6_RECVERR } from '../options/table/ipv6.ts'
import { SO_MEMINFO, SO_TIMESTAMPING } from '../options/table/socket.ts'
import { addressOf, peerOf } from './address-of.ts'
import {
  destinationsOf,
  familiesOf,
  isUdp,
  mustHaveMessages,
  replyRouteOf,
  type SocketOfKind,
  vnetHeaderOf,
} from './message-kind.ts'
import { type MessageSocketOptions, type MessageSocketPlan, planMessageSocket } from './message-socket-options.ts'

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
interface Core extends OpenSocket {
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
function inetPeerOf({ socket, family, ports }: OpenSocket): Endpoint | undefined {
  return isInet(family) ? peerOf(socket.fd, family, ports) : undefined
}

const closedError = (): SocketOptionError => noDescriptor('socket', 'the socket was closed; open another')

function openFd({ socket }: Pick<Core, 'socket'>): number {
  if (socket.fd < 0) throw closedError()
  return socket.fd
}

/** How many datagrams the kernel had no room for; the last count there was if the kernel refuses to tell. */
function readDropped(core: Pick<Core, 'socket' | 'dropped'>): number {
  try {
    core.dropped = (getNow(openFd(core), partsOf(SO_MEMINFO), undefined) as { drops: number }).drops
  } catch {
    // Linux before 4.12, a seccomp filter, or a socket that is closed.
  }
  return core.dropped
}

function closeCore(core: Core): Promise<void> {
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

const forgotten = new FinalizationRegistry<Core>((core) => {
  if (core.closing !== undefined) return
  process.emitWarning('a MessageSocket was forgotten without close(): its socket is closed now', 'SockctlWarning')
  void closeCore(core)
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
  readonly #core: Core

  /** @internal Use `toMessageSocket`. */
  constructor(core: Core) {
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
    return addressOf(openFd(this.#core), family, 'getsockname', ports) as SocketAddress<F>
  }

  /** The address of the peer; `undefined` if the socket is not connected. `getpeername(2)` */
  get remoteAddress(): SocketAddress<F> | undefined {
    const { family, ports } = this.#core
    return peerOf(openFd(this.#core), family, ports) as SocketAddress<F> | undefined
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
    if (core.closing !== undefined) throw closedError()
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
      : Promise.reject(closedError())
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
    const errno = native.connect(openFd(core), familyNumber(family), raw)
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
    const fd = openFd(core)
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
    await closeCore(this.#core)
  }

  /** The same as `close`. Never throws. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const receiveError = (errno: number): SocketOptionError =>
  kernelError({ asked: 'receive', errno, syscall: 'recvmmsg', reason: 'system' })

/** Makes a MessageSocket of an open socket. If that fails, the socket stays its owner's. */
export function createMessageSocket<F extends Family>(
  open: OpenSocket,
  options: MessageSocketOptions,
): MessageSocket<F> {
  const { control } = open
  mustHaveMessages(open)
  const plan = planMessageSocket(options, open)
  let made: WeakRef<MessageSocket> | undefined
  // First, since a signal may be a Proxy: code of the caller's may close the socket, and none runs after this.
  const forgetSignal = plan.signal && onAbort(plan.signal, () => void made?.deref()?.close())
  try {
    for (const [option, value] of plan.settings) control.setSync(option, value as never)
    const socket = assemble(open, plan, forgetSignal)
    made = new WeakRef(socket)
    return socket as unknown as MessageSocket<F>
  } catch (error) {
    forgetSignal?.()
    throw error
  }
}

function assemble(open: OpenSocket, plan: MessageSocketPlan, forgetSignal: (() => void) | undefined): MessageSocket {
  const { family, control, socket } = open
  const ipv6 = family === 'ipv6'
  const returnedErrors = familiesOf(open).some(
    (each) => isInet(each) && control.getSync(each === 'ipv6' ? IPV6_RECVERR : IP_RECVERR),
  )
  // A Unix socket and netlink have no error queue: asked for it, they give their next message.
  const hasErrorQueue = isInet(family) || family === 'packet'
  const usesErrorQueue =
    returnedErrors ||
    // A kernel that answers with less than the struct tells no flags.
    (hasErrorQueue && control.getSync(SO_TIMESTAMPING).flags?.some((flag) => String(flag).startsWith('TX_')) === true)
  const vnetHeader = vnetHeaderOf(open)
  // Before anything is opened that would have to be closed.
  const peer = inetPeerOf(open)
  let weak: WeakRef<MessageSocket> | undefined
  const onQueued = (queued: Queued): void => {
    if ('error' in queued) weak?.deref()?.emit('returned-error', queued.error)
    else weak?.deref()?.emit('transmitted', queued.sent)
  }
  const batchReader = createBatchReader({
    ...plan,
    family,
    vnetHeader,
    onQueued: usesErrorQueue ? onQueued : undefined,
    toError: receiveError,
  })
  let writer: BatchWriter | undefined
  try {
    batchReader.add(socket)
    writer = createBatchWriter({
      fd: () => openFd(open),
      segmentation: isUdp(open),
      interface: 0,
      family,
      mtu: () => (core.peer === undefined ? undefined : control.getSync(ipv6 ? IPV6_MTU : IP_MTU)),
      returnedErrors,
      usesErrorQueue,
      onQueued,
      closed: closedError,
    })
  } catch (error) {
    batchReader.close()
    throw error
  }
  const prepare = createPrepare(datagramsNative(), {
    ipv6,
    encode: destinationsOf(open, () => openFd(open)),
    ...(isInet(family) && open.ports === 'ports' ? { peer: () => core.peer } : {}),
    howToName: 'give `to`, or connect the socket',
    header: vnetHeader === 0 ? undefined : new Uint8Array(vnetHeader),
    // The kernel refuses what an option is missing for.
    context: { family, isSet: () => true },
  })
  const core: Core = {
    ...open,
    batchReader,
    writer,
    loop: createBatchLoop({
      name: 'socket',
      batchReader,
      batch: plan.batch,
      reuseBuffers: plan.reuseBuffers,
      isClosed: () => core.closing !== undefined,
      close: () => closeCore(core),
    }),
    prepare,
    reply: createReply({ batchReader, writer, prepare, route: replyRouteOf(open) }),
    peer,
    dropped: 0,
    forgetSignal,
    closing: undefined,
  }
  const made = new MessageSocket(core)
  weak = new WeakRef(made)
  return made
}
