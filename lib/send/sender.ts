import { EventEmitter } from 'node:events'
import { SocketOptionError } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { datagramsNative, type NativePoller } from '../binding/native.ts'
import { CHANGES, openPoller, WRITABLE, watch } from '../binding/poller.ts'
import type { SocketControl } from '../control/control.ts'
import { type ReturnedError, readQueued, type TransmitTimestamp } from '../datagram/error-queue.ts'
import type { Message, SendChoice } from '../datagram/message.ts'
import { createPrepare, type Prepare, type PreparedSend } from '../datagram/prepare.ts'
import { createTransmitter, type SenderStats, type Transmitter } from '../datagram/transmit.ts'
import { toIpv6 } from '../net/address.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { IP_MTU } from '../options/table/ip.ts'
import { IPV6_MTU } from '../options/table/ipv6.ts'
import { openSocket } from '../socket/open-socket.ts'
import type { OwnedSocket } from '../socket/owned-socket.ts'
import { planSender, type SenderOptions } from './sender-options.ts'

interface SenderEvents {
  'returned-error': [error: ReturnedError]
  transmitted: [timestamp: TransmitTimestamp]
}

/** A send that waits for room in the send buffer, and those behind it. */
interface Pending {
  readonly prepared: PreparedSend
  readonly resolve: (sent: number) => void
  readonly reject: (error: unknown) => void
}

/** What holds the descriptor; it knows nothing of the Sender, so that a forgotten one can be collected. */
interface Core {
  readonly socket: OwnedSocket
  readonly poller: NativePoller
  readonly pending: Pending[]
  readonly prepare: Prepare
  readonly transmitter: Transmitter
  /** Errors that come back, or times of sending, are asked for. */
  readonly listens: boolean
  /** The Sender, while a send waits: it must not be collected then. */
  keep: Sender | undefined
  /** Listens to the signal no more. */
  deafen: (() => void) | undefined
  closing: Promise<void> | undefined
}

const closed = (): SocketOptionError =>
  new SocketOptionError('this sender is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

function closeCore(core: Core): Promise<void> {
  core.closing ??= (async () => {
    core.deafen?.()
    core.keep = undefined
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

  /** @internal Use `openSender`. */
  constructor(core: Core) {
    super()
    if (core?.transmitter === undefined)
      throw new TypeError('a Sender is opened, not constructed: await openSender(...)')
    this.#core = core
    forgotten.register(this, core, this)
  }

  get control(): SocketControl {
    return this.#core.socket.control
  }

  /** The local address. */
  get address(): Endpoint {
    return this.#core.socket.address() as Endpoint
  }

  /**
   * Sends one datagram or many, in order: how many the kernel took, which is all unless it rejects.
   *
   * `sendmmsg(2)`, with `UDP_SEGMENT` where datagrams are equal in size. Their bytes are the kernel's to read until the
   * promise settles. Rejects with the index of the datagram that failed; those before it are sent.
   */
  async send(
    data: Uint8Array | readonly (Uint8Array | Message)[],
    to?: Endpoint,
    choice?: SendChoice,
  ): Promise<number> {
    const core = this.#core
    if (core.closing !== undefined) throw closed()
    const prepared = core.prepare(data, to, choice)
    if (core.pending.length === 0 && this.#finish(prepared)) return prepared.done
    // What waits is not to change with the caller's array.
    prepared.datagrams = prepared.datagrams.slice()
    return new Promise((resolve, reject) => {
      core.pending.push({ prepared, resolve, reject })
      if (core.pending.length === 1) this.#await()
    })
  }

  stats(): SenderStats {
    return { ...this.#core.transmitter.stats }
  }

  /** Sends that wait for room are rejected. */
  async close(): Promise<void> {
    forgotten.unregister(this)
    await closeCore(this.#core)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** False where the send buffer is full. */
  #finish(prepared: PreparedSend): boolean {
    while (prepared.done < prepared.datagrams.length) if (this.#core.transmitter.advance(prepared) < 0) return false
    return true
  }

  /** As much of what waits as the kernel takes. */
  #advance(): void {
    const { pending } = this.#core
    for (let first = pending[0]; first !== undefined; first = pending[0]) {
      try {
        if (!this.#finish(first.prepared)) {
          this.#await()
          return
        }
        first.resolve(first.prepared.done)
      } catch (error) {
        first.reject(error)
      }
      pending.shift()
    }
  }

  #await(): void {
    const core = this.#core
    core.transmitter.stats.waits++
    watch(core.poller, core.socket.fd, WRITABLE)
    core.poller.hold(true)
    core.keep = this
  }

  /** @internal The socket is writable, or its error queue holds something. */
  onReady(): void {
    const core = this.#core
    if (core.listens) this.tellQueued()
    if (core.keep === undefined || core.closing !== undefined) return
    core.keep = undefined
    core.poller.hold(false)
    rest(core)
    this.#advance()
  }

  /** @internal Tells what the error queue holds: whether an ICMP error was among it. */
  tellQueued(): boolean {
    let returned = false
    for (;;) {
      const entries = datagramsNative().readErrorQueue(this.#core.socket.fd)
      if (entries.length === 0) return returned
      for (const raw of entries) {
        const queued = readQueued(raw)
        if (queued === undefined) continue
        if ('error' in queued && queued.error.origin.startsWith('icmp')) returned = true
        // What a listener throws is not the sender's to get.
        process.nextTick(() => {
          if ('error' in queued) this.emit('returned-error', queued.error)
          else this.emit('transmitted', queued.sent)
        })
      }
    }
  }
}

/** What a poller is to tell while no send waits: changes only, since a connected socket's error is the next send's. */
function rest({ listens, poller, socket }: Pick<Core, 'listens' | 'poller' | 'socket'>): void {
  if (listens) watch(poller, socket.fd, CHANGES)
  else poller.forget(socket.fd)
}

/**
 * Opens a sender. Linux.
 *
 * @throws SocketOptionError where an option or the bind fails: nothing stays open.
 */
export async function openSender<const V extends readonly unknown[] = readonly unknown[]>(
  options: SenderOptions<V>,
): Promise<Sender> {
  const plan = planSender(options)
  const send = datagramsNative()
  const { signal, interface: through, hops, loopback, connect: connected = false } = options
  signal?.throwIfAborted()
  const ipv6 = plan.family === 'ipv6'
  const socket = await openSocket({
    family: plan.family,
    type: 'dgram',
    options: plan.settings as never,
    ...(plan.bind === undefined ? {} : { bind: plan.bind }),
    ...(connected && plan.to !== undefined ? { connect: reachable(plan.to, ipv6) } : {}),
  })
  let poller: NativePoller | undefined
  try {
    if (through !== undefined) await socket.control.setMulticastInterface(through)
    if (hops !== undefined) await socket.control.setMulticastHops(hops)
    if (loopback !== undefined) await socket.control.setMulticastLoopback(loopback)
    poller = openPoller()
    if (plan.listens) rest({ listens: true, poller, socket })
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
    tellReturned: () => plan.returnedErrors && weak?.deref()?.tellQueued() === true,
    mtu: () => (connected ? socket.control.getSync(ipv6 ? IPV6_MTU : IP_MTU) : undefined),
  })
  const sender = new Sender({
    socket,
    poller,
    pending: [],
    prepare: createPrepare(send, { ipv6, to: plan.to, connected, timed: plan.timed }),
    transmitter,
    listens: plan.listens,
    keep: undefined,
    deafen: signal && onAbort(signal, () => void weak?.deref()?.close()),
    closing: undefined,
  })
  const ref = new WeakRef(sender)
  weak = ref
  poller.start(() => ref.deref()?.onReady())
  return sender
}

/** An IPv6 socket reaches IPv4 by mapped addresses. */
const reachable = ({ address, port }: Endpoint, ipv6: boolean): Endpoint => ({
  address: ipv6 ? toIpv6(address) : address,
  port,
})
