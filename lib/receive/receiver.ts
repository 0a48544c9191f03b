// A receiver: datagrams of joined channels, in batches.
import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import { badValue, show, wrongType } from '../base/errors.ts'
import { datagramsNative } from '../binding/native.ts'
import type { SocketControl } from '../control/control.ts'
import type { ChannelEvent, KeptChannel } from '../control/keep-options.ts'
import type { Keeper } from '../control/keeper.ts'
import type { Channel, ChannelMembership, Membership } from '../control/membership.ts'
import { absentTargetOf, isOnEvery, targetOnEvery } from '../control/wanted-interface.ts'
import type { BatchLoop, ReceiveOptions } from '../datagram/batch-loop.ts'
import type { BatchReader } from '../datagram/batch-reader.ts'
import { type BatchWriter, createBatchWriter } from '../datagram/batch-writer.ts'
import type { Datagram } from '../datagram/datagram.ts'
import { createInetDestinations } from '../datagram/destination.ts'
import type { Queued, ReturnedError } from '../datagram/error-queue.ts'
import type { Message, SendChoice } from '../datagram/message.ts'
import { createPrepare, type Prepare } from '../datagram/prepare.ts'
import { createReply, type Reply } from '../datagram/reply.ts'
import type { Endpoint } from '../net/socket-address.ts'
import type { ReceiverPlan } from './receiver-options.ts'
import { type ReceiverSockets, receiverClosed } from './receiver-sockets.ts'
import type { Turns } from './turns.ts'

/** Counts since the receiver was opened. */
export interface ReceiverStats {
  /** Datagrams delivered, and the bytes of their payloads. */
  datagrams: number
  /** The bytes of their payloads. */
  bytes: number
  /** How many batches they came in. */
  batches: number
  /** Delivered, but longer than `maxDatagram`. */
  truncated: number
  /** Dropped by the kernel, mostly for want of room in the receive buffer. `SO_MEMINFO` */
  dropped: number
  /** Handed over by the kernel, but not joined: not delivered. */
  filtered: number
  /** Sockets in use: more than one if one has no room for all channels. */
  sockets: number
}

interface ReceiverEvents {
  'returned-error': [error: ReturnedError]
  'channel-change': [event: ChannelEvent]
}

/** Everything that holds descriptors. It does not refer to the Receiver, so that a forgotten one can be collected. */
export interface ReceiverCore {
  readonly plan: ReceiverPlan
  readonly batchReader: BatchReader
  readonly sockets: ReceiverSockets
  readonly keeper: Keeper
  /** Joins are made one after the other. */
  readonly inTurn: Turns
  /** Run at close. */
  readonly cleanups: (() => unknown)[]
  readonly loop: BatchLoop
  /** Opened by the first send or answer. */
  writing: Writing | undefined
  closing: Promise<void> | undefined
}

/** How a receiver sends from its first socket. */
interface Writing {
  readonly prepare: Prepare
  readonly writer: BatchWriter
  readonly reply: Reply
}

/** Channels of `join` that no joinAll separates; they are joined together when their turn comes. */
interface WaitingJoins {
  readonly channels: (Channel | Membership)[]
  readonly outcomes: Promise<unknown[]>
}

const forgotten = new FinalizationRegistry<ReceiverCore>((core) => {
  if (core.closing !== undefined) return
  process.emitWarning('a Receiver was forgotten without close(): its sockets are closed now', 'SockctlWarning')
  void closeReceiver(core)
})

export function closeReceiver(core: ReceiverCore): Promise<void> {
  core.closing ??= (async () => {
    core.batchReader.close()
    core.writing?.writer.close()
    await Promise.all([core.keeper.close(), ...core.cleanups.map((cleanup) => cleanup()), core.sockets.close()])
  })()
  return core.closing
}

/** Receivers send no datagrams whose times they were asked for. */
export const tellReturned =
  (receiver: () => Receiver | undefined) =>
  (queued: Queued): void => {
    if ('error' in queued) receiver()?.emit('returned-error', queued.error)
  }

function openWriting({ plan, sockets, batchReader }: ReceiverCore, receiver: WeakRef<Receiver>): Writing {
  if (plan.type === 'raw') throw badValue('a raw receiver has no port to answer from: open a socket of its own')
  const { control } = sockets
  const ipv6 = plan.family === 'ipv6'
  const prepare = createPrepare(datagramsNative(), {
    ipv6,
    encode: createInetDestinations(datagramsNative(), ipv6),
    peer: () => undefined,
    howToName: 'give `to`',
    // The kernel refuses what an option is missing for.
    context: { family: plan.family, isSet: () => true },
  })
  const writer = createBatchWriter({
    fd: () => control.fd,
    segmentation: true,
    interface: 0,
    mtu: () => undefined,
    returnedErrors: plan.returnedErrors,
    // While somebody reads, the reader tells of them.
    usesErrorQueue: false,
    onQueued: tellReturned(() => receiver.deref()),
    closed: receiverClosed,
  })
  return { prepare, writer, reply: createReply({ batchReader, writer, prepare }) }
}

/**
 * Reads datagrams in batches, with all the kernel knows of each. Only datagrams of joined channels are delivered.
 *
 * Read with `for await (const batch of receiver)`, `receiver.receive()` or `receiver.readable()`, one reader at a time. While nobody reads,
 * datagrams stay in the kernel's buffer; the kernel drops and counts those it has no room for. Only a reader that waits
 * keeps the event loop alive. The event `returned-error`, for ICMP errors, must be asked for and comes while somebody
 * reads.
 *
 * A channel is kept: if its interface goes away the membership waits, and is joined again when the interface is back. The
 * event `channel-change` tells of each loss and return.
 */
export class Receiver extends EventEmitter<ReceiverEvents> implements AsyncIterable<Datagram[]>, AsyncDisposable {
  readonly #core: ReceiverCore
  #waiting: WaitingJoins | undefined

  /** @internal Use `openReceiver`. */
  constructor(core: ReceiverCore) {
    super()
    if (core?.batchReader === undefined)
      throw wrongType('a Receiver is opened, not constructed: await openReceiver(...)')
    this.#core = core
    forgotten.register(this, core, this)
  }

  /** The options of the first socket, which is mostly the only one. */
  get control(): SocketControl {
    return this.#core.sockets.control
  }

  /** The local address of the first socket. */
  get address(): Endpoint {
    return this.#core.sockets.address
  }

  /** The channels joined and not left, on all sockets. */
  get memberships(): readonly Membership[] {
    return this.#core.sockets.memberships()
  }

  /**
   * Joins a channel; opens a further socket if the sockets there are have no room for it. Joins that are asked for while
   * an earlier one is under way travel together.
   * @throws SocketOptionError as a rejection: as `SocketControl.join`
   */
  async join(channel: Channel | Membership): Promise<Membership> {
    this.#waiting ??= this.#startWaiting()
    const { channels, outcomes } = this.#waiting
    const index = channels.push(channel) - 1
    const outcome = (await outcomes)[index]
    if (outcome instanceof Error) throw outcome
    return outcome as Membership
  }

  /**
   * Joins all channels or none, together. The memberships have the order of the channels.
   * @throws SocketOptionError as a rejection: as `SocketControl.join`, of the first that fails; then none is joined
   */
  async joinAll(channels: Iterable<Channel | Membership>): Promise<Membership[]> {
    // One channel taken for an empty list would join nothing, without a word.
    if (typeof channels?.[Symbol.iterator] !== 'function')
      throw wrongType(`joinAll takes an iterable of { group, source?, interface? }, not ${show(channels)}`)
    const wanted = [...channels]
    this.#waiting = undefined
    const { inTurn, sockets } = this.#core
    return inTurn(() => sockets.joinAll(wanted))
  }

  #startWaiting(): WaitingJoins {
    const waiting: WaitingJoins = {
      channels: [],
      outcomes: this.#core.inTurn(() => {
        if (this.#waiting === waiting) this.#waiting = undefined
        return this.#core.sockets.joinEach(waiting.channels)
      }),
    }
    return waiting
  }

  /**
   * Joins a channel and keeps it, also if the receiver was opened with `keep: false`. With `interface: '*'` it is joined on
   * every interface that takes multicast, also on those to come. With `waitForInterface` among the receiver's options it may wait for its
   * interface.
   * @throws SocketOptionError as a rejection: as `SocketControl.join`; for `'*'` if interfaces can't be watched
   */
  async keep(channel: Channel | Membership): Promise<KeptChannel> {
    const { keeper, plan, sockets, inTurn } = this.#core
    if (this.#core.closing !== undefined) throw receiverClosed()
    if (isOnEvery(channel)) return keeper.keepOnEvery(targetOnEvery(channel), { ...channel })
    const absent: (Channel | Membership)[] = []
    const waits = plan.keep?.waitForInterface === true ? absent : undefined
    const [joined] = await inTurn(() => sockets.joinAll([channel], undefined, waits))
    if (joined === undefined) return keeper.keepWaiting(sockets.absent(absentTargetOf(channel)))
    keeper.keep(joined as ChannelMembership, true)
    return keeper.channelOf(joined as ChannelMembership)
  }

  /** The channels that are kept, those that wait included. Never throws. */
  get channels(): readonly KeptChannel[] {
    return this.#core.keeper.channels
  }

  /**
   * Has the network told anew of every membership, as `Membership.renew`.
   * @throws SocketOptionError as a rejection: of the first membership that the kernel refused to join again
   */
  async renew(): Promise<void> {
    if (this.#core.closing !== undefined) throw receiverClosed()
    await this.#core.keeper.renewAll()
  }

  /** Counts since the receiver was opened. Never throws, also once it is closed. */
  stats(): ReceiverStats {
    const { batchReader, sockets } = this.#core
    return { ...batchReader.counts(), dropped: sockets.dropped(), sockets: sockets.count }
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

  /** Ends the loop that reads, if any, leaves all groups and closes the sockets. Never throws. */
  async close(): Promise<void> {
    forgotten.unregister(this)
    await closeReceiver(this.#core)
  }

  /** The same as `close`. Never throws. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Batches, until closed; leaving the loop early closes the receiver.
   * @throws SocketOptionError if somebody reads already, or, as a rejection, if a read fails: the next read goes on
   */
  [Symbol.asyncIterator](): AsyncIterator<Datagram[], undefined> {
    return this.#core.loop.iterate(this)
  }

  /**
   * The datagrams as an object stream; destroying it closes the receiver.
   * @throws SocketOptionError if somebody reads already, or with `reuseBuffers`
   */
  readable(): Readable {
    return this.#core.loop.readable(this)
  }

  /**
   * One batch, of one datagram at least.
   *
   * @throws SocketOptionError as a rejection, if somebody reads already, a read fails or the receiver is closed; or the
   * signal's reason: then nothing is lost, and the receiver stays open
   */
  receive(options?: ReceiveOptions): Promise<Datagram[]> {
    return this.#core.loop.receive(options, this)
  }

  /**
   * Sends from the receiver's port, so that answers come back here: for a receiver opened with `unicast: true`. As
   * `MessageSocket.send`.
   * @throws SocketOptionError as a rejection: without `unicast`, since a socket bound to a group never hears an answer; else
   * with the index of the datagram that failed, and the datagrams before it are sent
   */
  async send(
    data: Uint8Array | readonly (Uint8Array | Message)[],
    to?: Endpoint,
    choice?: SendChoice,
  ): Promise<number> {
    const { plan } = this.#core
    if (!plan.unicast)
      throw badValue('this receiver hears no answers: open it with `unicast: true` to send, or reply to a datagram')
    const { prepare, writer } = this.#writing()
    return writer.send(prepare(data, to, choice), this)
  }

  /**
   * Answers a datagram from the receiver's port: to its source, by the interface that it came in on, and from the address
   * that it was sent to. If that was a group or a broadcast address, the kernel chooses the address of the interface.
   *
   * `sendmmsg(2)` with `IP_PKTINFO` or `IPV6_PKTINFO`.
   * @throws SocketOptionError as a rejection, with the index of the datagram that failed; or if a lent datagram was given
   * back, or the receiver is raw or closed
   */
  async reply(
    to: Datagram,
    data: Uint8Array | readonly (Uint8Array | Message)[],
    choice?: SendChoice,
  ): Promise<number> {
    return this.#writing().reply(to, data, choice, this)
  }

  #writing(): Writing {
    const core = this.#core
    if (core.closing !== undefined) throw receiverClosed()
    core.writing ??= openWriting(core, new WeakRef(this))
    return core.writing
  }
}
