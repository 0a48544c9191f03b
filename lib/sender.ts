import { EventEmitter } from 'node:events'
import type { SocketControl } from './control.ts'
import type { Endpoint } from './datagram.ts'
import { badValue, SocketOptionError } from './errors.ts'
import { datagramsNative, type NativeDatagrams, type NativePoller } from './native.ts'
import type { OwnedSocket } from './owned-socket.ts'
import { type ReturnedError, readQueued, type TransmitTimestamp } from './returned-error.ts'
import { checkEndpoint, type Message, planSender, type SendChoice, type SenderOptions } from './sender-options.ts'
import { openSocket } from './socket.ts'
import { createTransmission, type Run, runsOf, type SenderStats, type Transmission } from './transmission.ts'

const WRITABLE = 4

interface SenderEvents {
  'returned-error': [error: ReturnedError]
  transmitted: [timestamp: TransmitTimestamp]
}

/** A send that waits for room in the send buffer, and those behind it. */
interface Pending {
  readonly runs: Run[]
  sent: number
  readonly resolve: (sent: number) => void
  readonly reject: (error: unknown) => void
}

/** What holds the descriptor; it knows nothing of the Sender, so that a forgotten one can be collected. */
interface Core {
  readonly socket: OwnedSocket
  readonly poller: NativePoller
  readonly pending: Pending[]
  /** Errors that come back and times of sending are asked for. */
  readonly listens: boolean
  /** The Sender, while a send waits: it must not be collected then. */
  keep?: Sender | undefined
  closing: Promise<void> | undefined
}

const closed = (): SocketOptionError =>
  new SocketOptionError('this sender is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

function closeCore(core: Core): Promise<void> {
  core.closing ??= (async () => {
    for (const { reject } of core.pending.splice(0)) reject(closed())
    core.poller.close()
    await core.socket.close()
  })()
  return core.closing
}

const forgotten = new FinalizationRegistry<Core>((core) => {
  if (core.closing !== undefined) return
  process.emitWarning('a Sender was forgotten without close(): its socket is closed now', 'SockctlWarning')
  void closeCore(core)
})

/**
 * Sends datagrams in batches. A full send buffer makes `send` wait, in order.
 *
 * Events, where asked for: `returned-error` for ICMP errors, also on an unconnected socket; `transmitted` for the time a
 * datagram left. They do not keep the event loop alive.
 */
export class Sender extends EventEmitter<SenderEvents> implements AsyncDisposable {
  readonly #core: Core
  readonly #transmission: Transmission
  readonly #to: Endpoint | undefined
  readonly #connected: boolean
  readonly #encode: (to: Endpoint) => Uint8Array

  /** @internal Use `openSender`. */
  constructor(
    core: Core,
    transmission: Transmission,
    to: Endpoint | undefined,
    connected: boolean,
    encode: (to: Endpoint) => Uint8Array,
  ) {
    super()
    this.#core = core
    this.#transmission = transmission
    this.#to = to
    this.#connected = connected
    this.#encode = encode
    forgotten.register(this, core)
  }

  get control(): SocketControl {
    return this.#core.socket.control
  }

  /** The local address. */
  get address(): { address: string; port: number } {
    return this.#core.socket.address() as { address: string; port: number }
  }

  /**
   * Sends one datagram or many, in order: how many the kernel took, which is all unless it rejects.
   *
   * `sendmmsg(2)`, with `UDP_SEGMENT` where datagrams are equal in size. Rejects with the index of the datagram that
   * failed; those before it are sent.
   */
  async send(
    data: Uint8Array | readonly (Uint8Array | Message)[],
    to?: Endpoint,
    choice?: SendChoice,
  ): Promise<number> {
    const core = this.#core
    if (core.closing !== undefined) throw closed()
    if (to !== undefined) checkEndpoint(to)
    const runs = runsOf(data, to ?? (this.#connected ? undefined : this.#to), choice, this.#encode)
    for (const { destination } of runs)
      if (destination === undefined && !this.#connected)
        throw new SocketOptionError('this sender has no destination: give `to`, here or to openSender', {
          code: 'ERR_NO_DESTINATION',
          reason: 'bad-value',
        })
    return new Promise((resolve, reject) => {
      core.pending.push({ runs, sent: 0, resolve, reject })
      if (core.pending.length === 1) this.#advance()
    })
  }

  stats(): SenderStats {
    return { ...this.#transmission.stats }
  }

  /** Sends that wait for room are rejected. */
  async close(): Promise<void> {
    forgotten.unregister(this)
    await closeCore(this.#core)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** As much of what waits as the kernel takes. */
  #advance(): void {
    const { pending } = this.#core
    for (let first = pending[0]; first !== undefined; first = pending[0]) {
      try {
        if (!this.#finish(first)) {
          this.#await()
          return
        }
        first.resolve(first.sent)
      } catch (error) {
        first.reject(error)
      }
      pending.shift()
    }
  }

  /** False where the send buffer is full. */
  #finish(send: Pending): boolean {
    for (const run of send.runs) {
      while (run.done < run.datagrams.length) {
        const taken = this.#transmission.advance(run)
        if (taken < 0) return false
        send.sent += taken
      }
    }
    return true
  }

  #await(): void {
    const core = this.#core
    this.#transmission.stats.waits++
    core.poller.watch(core.socket.fd, WRITABLE)
    if (core.keep === undefined) core.poller.hold(true)
    core.keep = this
  }

  /** @internal The socket is writable, or its error queue holds something. */
  onReady(): void {
    const core = this.#core
    for (const raw of datagramsNative().readErrorQueue(core.socket.fd)) this.#tell(readQueued(raw))
    if (core.keep === undefined || core.closing !== undefined) return
    core.keep = undefined
    core.poller.hold(false)
    // Without anything to listen for, a connected socket's error is left for the next send to tell.
    if (core.listens) core.poller.watch(core.socket.fd, 0)
    else core.poller.forget(core.socket.fd)
    this.#advance()
  }

  #tell(queued: ReturnType<typeof readQueued>): void {
    if (queued === undefined) return
    if ('error' in queued) this.emit('returned-error', queued.error)
    else this.emit('transmitted', queued.sent)
  }
}

function encoder(send: NativeDatagrams, ipv6: boolean): (to: Endpoint) => Uint8Array {
  let last: { address: string; port: number; bytes: Uint8Array } | undefined
  return ({ address, port }) => {
    if (last?.address !== address || last.port !== port) {
      if (!ipv6 && address.includes(':')) throw badValue(`to is '${address}': this sender is IPv4`)
      const mapped = ipv6 && !address.includes(':') ? `::ffff:${address}` : address
      last = { address, port, bytes: send.encodeSockaddr(mapped, port) }
    }
    return last.bytes
  }
}

/**
 * Opens a sender. Linux.
 *
 * @throws SocketOptionError where an option or the bind fails: nothing stays open.
 */
export async function openSender(options: SenderOptions): Promise<Sender> {
  const plan = planSender(options)
  const send = datagramsNative()
  const { signal, interface: leaves, hops, loopback } = options
  signal?.throwIfAborted()
  const connected = options.connect === true
  const socket = await openSocket({
    family: plan.family,
    type: 'dgram',
    options: plan.settings as never,
    ...(plan.bind === undefined ? {} : { bind: plan.bind }),
    ...(connected && plan.to !== undefined ? { connect: plan.to } : {}),
  })
  const poller = new send.Poller()
  const listens = options.returnedErrors === true || (options.transmitTimestamps ?? false) !== false
  const core: Core = { socket, poller, pending: [], listens, closing: undefined }
  try {
    if (leaves !== undefined) await socket.control.setMulticastInterface(leaves)
    if (hops !== undefined) await socket.control.setMulticastHops(hops)
    if (loopback !== undefined) await socket.control.setMulticastLoopback(loopback)
    signal?.throwIfAborted()
    const ipv6 = plan.family === 'ipv6'
    const transmission = createTransmission(send, {
      fd: () => socket.fd,
      ipv6,
      segmentation: options.segmentation !== false,
    })
    const sender = new Sender(core, transmission, plan.to, connected, encoder(send, ipv6))
    const weak = new WeakRef(sender)
    poller.start(() => weak.deref()?.onReady())
    if (listens) poller.watch(socket.fd, 0)
    signal?.addEventListener('abort', () => void weak.deref()?.close(), { once: true })
    return sender
  } catch (error) {
    await closeCore(core)
    throw error
  }
}
