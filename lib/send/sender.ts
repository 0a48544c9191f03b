// A sender: datagrams in batches, in order.
import { EventEmitter } from 'node:events'
import { SocketOptionError, wrongType } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { datagramsNative, type NativePoller } from '../binding/native.ts'
import { CHANGES, openPoller, WRITABLE, watch } from '../binding/poller.ts'
import type { SocketControl } from '../control/control.ts'
import { type ReturnedError, readQueued, type TransmitTimestamp } from '../datagram/error-queue.ts'
import type { Message, SendChoice } from '../datagram/message.ts'
import { createPrepare, type Prepare, type PreparedSend } from '../datagram/prepare.ts'
import { createTransmitter, type SenderStats, type Transmitter } from '../datagram/transmit.ts'
import { isOfOneLink, toIpv6, unmapped, withoutZone } from '../net/address.ts'
import { loopbackSource } from '../net/interfaces.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { IP_MTU } from '../options/table/ip.ts'
import { IPV6_MTU } from '../options/table/ipv6.ts'
import { openSocket } from '../socket/open-socket.ts'
import type { OwnedSocket } from '../socket/owned-socket.ts'
import {
  interfaceSettings,
  planSender,
  type SenderOptions,
  type SenderPlan,
  senderInterface,
} from './sender-options.ts'

interface SenderEvents {
  'returned-error': [error: ReturnedError]
  transmitted: [timestamp: TransmitTimestamp]
}

/** A send that waits for room in the send buffer, or for the sends before it. */
interface Pending {
  readonly prepared: PreparedSend
  readonly resolve: (sent: number) => void
  readonly reject: (error: unknown) => void
}

/**
 * Everything that holds the descriptor. Nothing in here refers to the Sender while no send waits, so that a forgotten
 * Sender can be collected.
 */
interface SenderCore {
  readonly socket: OwnedSocket
  readonly poller: NativePoller
  readonly pending: Pending[]
  readonly prepare: Prepare
  readonly transmitter: Transmitter
  /** The kernel may put ICMP errors or times of sending into the error queue. */
  readonly usesErrorQueue: boolean
  /** The Sender while a send waits, which keeps it from being collected. */
  waiting: Sender | undefined
  /** Ends the listener of the signal. */
  forgetSignal: (() => void) | undefined
  closing: Promise<void> | undefined
}

const senderClosed = (): SocketOptionError =>
  new SocketOptionError('this sender is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

function closeSender(core: SenderCore): Promise<void> {
  core.closing ??= (async () => {
    core.forgetSignal?.()
    core.waiting = undefined
    for (const { reject } of core.pending.splice(0)) reject(senderClosed())
    core.poller.close()
    await core.socket.close()
  })()
  return core.closing
}

const forgotten = new FinalizationRegistry<SenderCore>((core) => {
  if (core.closing !== undefined) return
  process.emitWarning('a Sender was forgotten without close(): its socket is closed now', 'SockctlWarning')
  void closeSender(core)
})

/**
 * Sends datagrams in batches. A full send buffer makes `send` wait, in order.
 *
 * Events, which must be asked for: `returned-error` for ICMP errors, also on an unconnected socket; `transmitted` for
 * the time a datagram left. Waiting for events does not keep the event loop alive.
 */
export class Sender extends EventEmitter<SenderEvents> implements AsyncDisposable {
  readonly #core: SenderCore

  /** @internal Use `openSender`. */
  constructor(core: SenderCore) {
    super()
    if (core?.transmitter === undefined) throw wrongType('a Sender is opened, not constructed: await openSender(...)')
    this.#core = core
    forgotten.register(this, core, this)
  }

  /** Every option of the socket. */
  get control(): SocketControl {
    return this.#core.socket.control
  }

  /** The local address. */
  get address(): Endpoint {
    return this.#core.socket.address() as Endpoint
  }

  /**
   * Sends one datagram or many, in order. Fulfils with their number once the kernel has taken all.
   *
   * `sendmmsg(2)`, with `UDP_SEGMENT` for datagrams of equal size. Do not change the bytes until the promise settles.
   * @throws SocketOptionError as a rejection, with the index of the datagram that failed; the datagrams before it are sent
   */
  async send(
    data: Uint8Array | readonly (Uint8Array | Message)[],
    to?: Endpoint,
    choice?: SendChoice,
  ): Promise<number> {
    const core = this.#core
    if (core.closing !== undefined) throw senderClosed()
    const prepared = core.prepare(data, to, choice)
    if (core.pending.length === 0 && this.#finish(prepared)) return prepared.done
    return new Promise((resolve, reject) => {
      core.pending.push({ prepared, resolve, reject })
      if (core.pending.length === 1) this.#awaitRoom()
    })
  }

  /** Counts since the sender was opened. Never throws, also once it is closed. */
  stats(): SenderStats {
    return { ...this.#core.transmitter.stats }
  }

  /** Closes the socket. Sends that wait for room are rejected. Never throws. */
  async close(): Promise<void> {
    forgotten.unregister(this)
    await closeSender(this.#core)
  }

  /** The same as `close`. Never throws. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Sends what is left of a send; false if the send buffer is full. */
  #finish(prepared: PreparedSend): boolean {
    while (prepared.done < prepared.datagrams.length) if (this.#core.transmitter.advance(prepared) < 0) return false
    return true
  }

  /** Sends as many of the waiting datagrams as the kernel takes. */
  #sendWaiting(): void {
    const { pending } = this.#core
    for (let first = pending[0]; first !== undefined; first = pending[0]) {
      try {
        if (!this.#finish(first.prepared)) {
          this.#awaitRoom()
          return
        }
        first.resolve(first.prepared.done)
      } catch (error) {
        first.reject(error)
      }
      pending.shift()
    }
  }

  #awaitRoom(): void {
    const core = this.#core
    core.transmitter.stats.waits++
    watch(core.poller, core.socket.fd, WRITABLE)
    core.poller.hold(true)
    core.waiting = this
  }

  /** @internal The socket is writable, or its error queue holds something. */
  onReady(): void {
    const core = this.#core
    if (core.usesErrorQueue) this.emitQueued()
    if (core.waiting === undefined || core.closing !== undefined) return
    core.waiting = undefined
    core.poller.hold(false)
    watchWhileIdle(core)
    this.#sendWaiting()
  }

  /** @internal Emits what the error queue holds. True if an ICMP error was among it. */
  emitQueued(): boolean {
    let hasReturned = false
    for (;;) {
      const entries = datagramsNative().readErrorQueue(this.#core.socket.fd)
      if (entries.length === 0) return hasReturned
      for (const raw of entries) {
        const queued = readQueued(raw)
        if (queued === undefined) continue
        if ('error' in queued && queued.error.origin.startsWith('icmp')) hasReturned = true
        // In a tick of its own, an error thrown by a listener does not reach the sender.
        process.nextTick(() => {
          if ('error' in queued) this.emit('returned-error', queued.error)
          else this.emit('transmitted', queued.sent)
        })
      }
    }
  }
}

/** While no send waits, the poller only tells of changes: the error of a connected socket stays for the next send. */
function watchWhileIdle({
  usesErrorQueue,
  poller,
  socket,
}: Pick<SenderCore, 'usesErrorQueue' | 'poller' | 'socket'>): void {
  if (usesErrorQueue) watch(poller, socket.fd, CHANGES)
  else poller.forget(socket.fd)
}

/**
 * Opens a sender. Linux.
 *
 * @throws SocketOptionError if an option or the bind fails: then nothing stays open.
 */
export async function openSender<const V extends readonly unknown[] = readonly unknown[]>(
  options: SenderOptions<V>,
): Promise<Sender> {
  const plan = planSender(options)
  const send = datagramsNative()
  const { signal, connect: connected = false } = options
  signal?.throwIfAborted()
  const ipv6 = plan.family === 'ipv6'
  const leavesBy = await senderInterface(options)
  const socket = await openSocket({
    family: plan.family,
    type: 'dgram',
    options: [...interfaceSettings(leavesBy, ipv6), ...plan.settings] as never,
    ...bindOf(plan, loopbackSource(leavesBy, options.interface)),
    ...(connected && plan.to !== undefined ? { connect: reachable(plan.to, ipv6) } : {}),
  })
  let poller: NativePoller | undefined
  try {
    poller = openPoller()
    if (plan.usesErrorQueue) watchWhileIdle({ usesErrorQueue: true, poller, socket })
    signal?.throwIfAborted()
  } catch (error) {
    poller?.close()
    await socket.close()
    throw error
  }
  let weak: WeakRef<Sender> | undefined
  const transmitter = createTransmitter(send, {
    fd: () => socket.fd,
    segmentation: plan.segmentation,
    interface: leavesBy,
    tellReturned: () => plan.returnedErrors && weak?.deref()?.emitQueued() === true,
    mtu: () => (connected ? socket.control.getSync(ipv6 ? IPV6_MTU : IP_MTU) : undefined),
  })
  const sender = new Sender({
    socket,
    poller,
    pending: [],
    prepare: createPrepare(send, { ipv6, to: plan.to, connected, isSet: plan.isSet }),
    transmitter,
    usesErrorQueue: plan.usesErrorQueue,
    waiting: undefined,
    forgetSignal: signal && onAbort(signal, () => void weak?.deref()?.close()),
    closing: undefined,
  })
  const ref = new WeakRef(sender)
  weak = ref
  poller.start(() => ref.deref()?.onReady())
  return sender
}

/** What to bind to. The source of what leaves by lo, unless the address to bind to is given, is bound to as well. */
function bindOf({ bind, family }: SenderPlan, source: string | undefined): Pick<SenderOptions, 'bind'> {
  if (source === undefined || family === 'ipv6' || bind?.address !== undefined)
    return bind === undefined ? {} : { bind }
  return { bind: { ...bind, address: source } }
}

/** The destination as the socket's family writes it: an IPv6 socket reaches IPv4 by mapped addresses. */
function reachable({ address, port }: Endpoint, ipv6: boolean): Endpoint {
  // The zone of any other address is ignored by the kernel, and the interface was set.
  const given = isOfOneLink(address) ? address : withoutZone(address)
  return { address: ipv6 ? toIpv6(given) : unmapped(given), port }
}
