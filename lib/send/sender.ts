// A sender: datagrams in batches, in order.
import { EventEmitter } from 'node:events'
import { SocketOptionError, wrongType } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { datagramsNative } from '../binding/native.ts'
import type { SocketControl } from '../control/control.ts'
import { type BatchWriter, createBatchWriter } from '../datagram/batch-writer.ts'
import { createInetDestinations } from '../datagram/destination.ts'
import type { ReturnedError, TransmitTimestamp } from '../datagram/error-queue.ts'
import type { Message, SendChoice } from '../datagram/message.ts'
import { createPrepare, type Prepare } from '../datagram/prepare.ts'
import type { SenderStats } from '../datagram/transmit.ts'
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

/**
 * Everything that holds the descriptor. Nothing in here refers to the Sender while no send waits, so that a forgotten
 * Sender can be collected.
 */
interface SenderCore {
  readonly socket: OwnedSocket
  readonly prepare: Prepare
  readonly writer: BatchWriter
  /** Ends the listener of the signal. */
  forgetSignal: (() => void) | undefined
  closing: Promise<void> | undefined
}

const senderClosed = (): SocketOptionError =>
  new SocketOptionError('this sender is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

function closeSender(core: SenderCore): Promise<void> {
  core.closing ??= (async () => {
    core.forgetSignal?.()
    core.writer.close()
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
    if (core?.writer === undefined) throw wrongType('a Sender is opened, not constructed: await openSender(...)')
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
    return core.writer.send(core.prepare(data, to, choice), this)
  }

  /** Counts since the sender was opened. Never throws, also once it is closed. */
  stats(): SenderStats {
    return { ...this.#core.writer.stats }
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
  const { signal, connect: connected } = plan
  signal?.throwIfAborted()
  const ipv6 = plan.family === 'ipv6'
  const leavesBy = await senderInterface(plan)
  const socket = await openSocket({
    family: plan.family,
    type: 'dgram',
    options: [...interfaceSettings(leavesBy, ipv6), ...plan.settings] as never,
    ...bindOf(plan, loopbackSource(leavesBy, plan.interface)),
    ...(connected && plan.to !== undefined ? { connect: reachable(plan.to, ipv6) } : {}),
  })
  let weak: WeakRef<Sender> | undefined
  let writer: BatchWriter | undefined
  try {
    writer = createBatchWriter({
      fd: () => socket.fd,
      segmentation: plan.segmentation,
      interface: leavesBy,
      mtu: () => (connected ? socket.control.getSync(ipv6 ? IPV6_MTU : IP_MTU) : undefined),
      returnedErrors: plan.returnedErrors,
      usesErrorQueue: plan.usesErrorQueue,
      onQueued: (queued) => {
        if ('error' in queued) weak?.deref()?.emit('returned-error', queued.error)
        else weak?.deref()?.emit('transmitted', queued.sent)
      },
      closed: senderClosed,
    })
    signal?.throwIfAborted()
  } catch (error) {
    writer?.close()
    await socket.close()
    throw error
  }
  const peer = connected ? plan.to : undefined
  const sender = new Sender({
    socket,
    prepare: createPrepare(datagramsNative(), {
      ipv6,
      encode: createInetDestinations(datagramsNative(), ipv6),
      to: plan.to,
      peer: () => peer,
      howToName: 'give `to`, here or to openSender',
      context: { family: plan.family, isSet: plan.isSet },
    }),
    writer,
    forgetSignal: signal && onAbort(signal, () => void weak?.deref()?.close()),
    closing: undefined,
  })
  weak = new WeakRef(sender)
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
