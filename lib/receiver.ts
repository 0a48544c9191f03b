import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { control, rosterOf, type SocketControl } from './control.ts'
import type { Datagram } from './datagram.ts'
import { describeErrno, SocketOptionError } from './errors.ts'
import { onLinkRemoved } from './link-watch.ts'
import type { Channel, Membership } from './membership.ts'
import type { NativeQueuedError } from './native.ts'
import { SO_MEMINFO } from './options/socket.ts'
import type { OwnedSocket } from './owned-socket.ts'
import { lookUp } from './queue.ts'
import { planReceiver, type ReceiverOptions, type ReceiverPlan } from './receiver-options.ts'
import { createReception, type Reception } from './reception.ts'
import { type ReturnedError, readQueued } from './returned-error.ts'
import { openSocket } from './socket.ts'
import { targetOf } from './target.ts'

/** Counts since the receiver was opened. */
export interface ReceiverStats {
  /** Datagrams delivered, and the bytes of their payloads. */
  datagrams: number
  bytes: number
  batches: number
  /** Delivered, but longer than `maxDatagram`. */
  truncated: number
  /** Dropped by the kernel, mostly for want of room in the receive buffer. `SO_MEMINFO` */
  dropped: number
  /** Handed over by the kernel, but not joined: not delivered. */
  filtered: number
  /** Sockets in use: more than one where the channels are more than one takes. */
  sockets: number
}

/** An interface that went away, with the memberships on it, which end. */
export interface InterfaceRemoved {
  name: string
  index: number
  memberships: Membership[]
}

interface ReceiverEvents {
  'returned-error': [error: ReturnedError]
  'interface-removed': [event: InterfaceRemoved]
}

interface Entry {
  readonly socket: OwnedSocket
  readonly control: SocketControl
  /** The group it is bound to, where it is bound to one. */
  readonly boundTo: string | undefined
  /** No room for a further group. */
  full: boolean
}

/** What holds descriptors; it knows nothing of the Receiver, so that a forgotten one can be collected. */
interface Core {
  readonly plan: ReceiverPlan
  readonly reception: Reception
  readonly entries: Entry[]
  droppedBefore: number
  unwatch: (() => Promise<void>) | undefined
  closing: Promise<void> | undefined
}

const forgotten = new FinalizationRegistry<Core>((core) => {
  if (core.closing !== undefined) return
  process.emitWarning('a Receiver was forgotten without close(): its sockets are closed now', 'SockctlWarning')
  void closeCore(core)
})

const dropsOf = ({ control }: Entry): number => control.getSync(SO_MEMINFO).drops

function closeCore(core: Core): Promise<void> {
  core.closing ??= (async () => {
    core.droppedBefore += core.entries.map(dropsOf).reduce((sum, drops) => sum + drops, 0)
    core.reception.close()
    await Promise.all([core.unwatch?.(), ...core.entries.splice(0).map(({ socket }) => socket.close())])
  })()
  return core.closing
}

async function addSocket(core: Core, address: string, port: number): Promise<Entry> {
  const { plan } = core
  const socket = await openSocket({
    family: plan.family,
    type: plan.type,
    ...(plan.protocol === undefined ? {} : { protocol: plan.protocol }),
    options: plan.settings as never,
    bind: { address, port },
  })
  const own = control(socket)
  const entry: Entry = { socket, control: own, boundTo: isWildcard(address) ? undefined : address, full: false }
  const roster = rosterOf(own)
  roster.onChange = (group, index) => {
    const [first, ...more] = roster.on(group, index)
    const fd = socket.fd
    if (first === undefined) core.reception.setRule(fd, group, index, 'none', [])
    else if (first.source === undefined) core.reception.setRule(fd, group, index, 'exclude', [...first.blocked])
    else
      core.reception.setRule(
        fd,
        group,
        index,
        'include',
        [first, ...more].map(({ source }) => source as string),
      )
  }
  core.entries.push(entry)
  core.reception.add(socket)
  return entry
}

const isWildcard = (address: string): boolean => address === '::' || address === '0.0.0.0'

/**
 * Reads datagrams in batches, with all the kernel knows of each. Only what it joined is delivered.
 *
 * `for await (const batch of receiver)`, or `receiver.readable()`; one reader at a time. Nobody reading leaves datagrams
 * in the kernel's buffer, which drops what it has no room for and counts it. The event loop is kept alive only while
 * someone reads. ICMP errors, where asked for, come as `returned-error` events while someone reads; an interface that
 * goes away as an `interface-removed` event, and its memberships end.
 */
export class Receiver extends EventEmitter<ReceiverEvents> implements AsyncIterable<Datagram[]>, AsyncDisposable {
  readonly #core: Core
  #reader: object | undefined
  #joining: Promise<unknown> = Promise.resolve()

  /** @internal Use `openReceiver`. */
  constructor(core: Core) {
    super()
    this.#core = core
    forgotten.register(this, core)
  }

  /** The options of the first socket; the only one, mostly. */
  get control(): SocketControl {
    const [first] = this.#core.entries
    if (first === undefined) throw closed()
    return first.control
  }

  /** The local address of the first socket. */
  get address(): { address: string; port: number } {
    const [first] = this.#core.entries
    if (first === undefined) throw closed()
    return first.socket.address() as { address: string; port: number }
  }

  /** The channels joined and still held, on whichever socket. */
  get memberships(): readonly Membership[] {
    return this.#core.entries.flatMap(({ control }) => control.memberships)
  }

  /** Joins a channel, on a further socket where the ones there are take no more. */
  join(channel: Channel): Promise<Membership> {
    const joined = this.#joining.then(() => this.#join(channel))
    this.#joining = joined.catch(() => {})
    return joined
  }

  stats(): ReceiverStats {
    const { reception, entries, droppedBefore } = this.#core
    const { datagrams, bytes, batches, truncated, filtered } = reception.counts
    const dropped = droppedBefore + entries.map(dropsOf).reduce((sum, drops) => sum + drops, 0)
    return { datagrams, bytes, batches, truncated, dropped, filtered, sockets: entries.length }
  }

  /** A reader that waits keeps the event loop alive: the default. */
  ref(): this {
    this.#core.reception.hold(true)
    return this
  }

  /** A reader that waits does not keep the event loop alive. */
  unref(): this {
    this.#core.reception.hold(false)
    return this
  }

  /** Ends the loop that reads, if any, leaves all groups and closes the sockets. */
  async close(): Promise<void> {
    forgotten.unregister(this)
    await closeCore(this.#core)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Batches, until closed; leaving the loop early closes the receiver. */
  [Symbol.asyncIterator](): AsyncIterator<Datagram[], undefined> {
    const reader = {}
    this.#take(reader)
    return {
      next: async () => {
        if (this.#reader !== reader) throw busy()
        if (this.#core.reception.reading) throw busy()
        const value = await this.#core.reception.next()
        if (value !== undefined) return { done: false, value }
        this.#reader = undefined
        return { done: true, value: undefined }
      },
      return: async () => {
        this.#reader = undefined
        await this.close()
        return { done: true, value: undefined }
      },
    }
  }

  /** The datagrams as an object stream; destroying it closes the receiver. */
  readable(): Readable {
    const iterator = this[Symbol.asyncIterator]()
    let rest: Datagram[] = []
    return new Readable({
      objectMode: true,
      highWaterMark: this.#core.plan.batch,
      read() {
        const push = (): void => {
          while (rest.length > 0) if (!this.push(rest.shift())) return
        }
        if (rest.length > 0) {
          push()
          return
        }
        iterator.next().then(
          ({ done, value }) => {
            if (done === true) this.push(null)
            else {
              rest = value
              push()
            }
          },
          (error) => this.destroy(error),
        )
      },
      destroy: (error, done) => void iterator.return?.().then(() => done(error), done),
    })
  }

  /** @internal The kernel keeps an IPv4 membership of an interface that is gone, and counts it, until it is left. */
  interfaceRemoved(index: number): void {
    const memberships = this.memberships.filter((held) => held.interface.index === index)
    const [first] = memberships
    if (first === undefined) return
    for (const membership of memberships) membership.leave().catch(() => {})
    this.emit('interface-removed', { name: first.interface.name, index, memberships })
  }

  #take(reader: object): void {
    if (this.#core.closing === undefined && this.#reader !== undefined) throw busy()
    this.#reader = reader
  }

  async #join(channel: Channel): Promise<Membership> {
    const core = this.#core
    if (core.closing !== undefined) throw closed()
    const target = targetOf(channel)
    const found = await lookUp(typeof target.lookup === 'object' ? [target.group] : [])
    const { index } = target.find(found)
    const port = core.plan.type === 'raw' ? 0 : this.address.port
    let refused: unknown
    for (const entry of candidates(core, target.group, index, channel.source)) {
      try {
        return await entry.control.join(channel)
      } catch (error) {
        if (!(error instanceof SocketOptionError) || error.reason !== 'limit') throw error
        refused = error
        if (!holds(entry, target.group)) entry.full = true
      }
    }
    if (core.closing !== undefined) throw closed()
    const wide = core.plan.family === 'ipv6' ? '::' : '0.0.0.0'
    const entry = await addSocket(core, core.plan.address === target.group ? target.group : wide, port)
    try {
      return await entry.control.join(channel)
    } catch (error) {
      core.entries.splice(core.entries.indexOf(entry), 1)
      core.reception.remove(entry.socket)
      await entry.socket.close()
      throw refused ?? error
    }
  }
}

const holds = ({ control }: Entry, group: string): boolean => control.memberships.some((held) => held.group === group)

/** The sockets a channel may go to, best first. */
function candidates(core: Core, group: string, index: number, source: string | undefined): Entry[] {
  const fits = core.entries.filter(({ boundTo }) => boundTo === undefined || boundTo === group)
  const here = fits.filter(({ control }) =>
    control.memberships.some((held) => held.group === group && held.interface.index === index),
  )
  // One socket must refuse what it can't hold together with what it has: any-source beside source-specific, or twice.
  const clash = here.find(({ control }) =>
    control.memberships.some(
      (held) =>
        held.group === group &&
        held.interface.index === index &&
        (source === undefined || held.source === undefined || held.source === source),
    ),
  )
  if (clash !== undefined) return [clash]
  // IPv6 holds one filter for a group on all interfaces of a socket, so each interface has a socket of its own.
  const others = fits.filter(
    (entry) => !here.includes(entry) && !entry.full && !(group.includes(':') && holds(entry, group)),
  )
  return [...here, ...others]
}

const busy = (): SocketOptionError =>
  new SocketOptionError('this receiver has a reader already: one at a time', {
    code: 'ERR_READER_BUSY',
    reason: 'bad-value',
  })

const closed = (): SocketOptionError =>
  new SocketOptionError('this receiver is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

function readError(errno: number): SocketOptionError {
  const { code, text } = describeErrno(errno)
  return new SocketOptionError(`receiving failed (${code}: ${text})`, {
    code,
    errno,
    syscall: 'recvmmsg',
    reason: 'system',
  })
}

/**
 * Opens a receiver: one socket or more, bound, with its channels joined.
 *
 * Defaults for multicast: `SO_REUSEADDR`, `IP_MULTICAST_ALL` off, and bound to the group where there is one only.
 * Linux. @throws SocketOptionError where an option, the bind or a join fails: nothing stays open.
 */
export async function openReceiver(options: ReceiverOptions): Promise<Receiver> {
  const plan = planReceiver(options)
  const { signal } = options
  signal?.throwIfAborted()
  let listener: ((raw: NativeQueuedError) => void) | undefined
  const reception = createReception({
    ...plan,
    onQueuedError: (raw) => listener?.(raw),
    toError: readError,
  })
  const core: Core = { plan, reception, entries: [], droppedBefore: 0, unwatch: undefined, closing: undefined }
  try {
    await addSocket(core, plan.address, plan.port)
    const receiver = new Receiver(core)
    const weak = new WeakRef(receiver)
    listener = (raw) => {
      const queued = readQueued(raw)
      if (queued !== undefined && 'error' in queued) weak.deref()?.emit('returned-error', queued.error)
    }
    core.unwatch = await onLinkRemoved((index) => weak.deref()?.interfaceRemoved(index))
    for (const channel of plan.channels) await receiver.join(channel)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', () => void weak.deref()?.close(), { once: true })
    return receiver
  } catch (error) {
    await closeCore(core)
    throw error
  }
}
