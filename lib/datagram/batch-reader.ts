// Reads the sockets of a receiver, and gives their datagrams in batches.
import { onAbort } from '../base/on-abort.ts'
import { datagramsNative, type FilterMode, native } from '../binding/native.ts'
import { FAILED, openPoller, READABLE, watch } from '../binding/poller.ts'
import { type Family, familyNumber, isInet } from '../net/socket-address.ts'
import { createDatagramTable, type Datagram } from './datagram.ts'
import { drainErrorQueue, type Queued } from './error-queue.ts'
import { createReadRate } from './read-rate.ts'

/** A descriptor to read from: an owned socket, or a native one. */
export interface ReadableDescriptor {
  readonly fd: number
}

/** Counts since the reader was made. */
export interface BatchReaderCounts {
  /** Datagrams delivered, and the bytes of their payloads. */
  datagrams: number
  bytes: number
  batches: number
  /** Delivered, but longer than `maxDatagram`. */
  truncated: number
  /** Handed over by the kernel, and not delivered. */
  filtered: number
}

export interface BatchReader {
  counts(): BatchReaderCounts
  add(descriptor: ReadableDescriptor): void
  remove(descriptor: ReadableDescriptor): void
  /**
   * The next batch, of at least one datagram; `undefined` once the reader is closed. One call at a time. Rejects with the
   * signal's reason if the signal is aborted first: then nothing has been read.
   */
  next(signal?: AbortSignal): Promise<Datagram[] | undefined>
  /** Whether the peer of a `seqpacket` socket has closed the connection, and all was read. */
  ended(): boolean
  /** Whether a call of `next` waits for a batch. */
  reading(): boolean
  /** Whether a datagram was lent and given back, so that its fields are another datagram's. */
  isGivenBack(datagram: Datagram): boolean
  /** Whether datagrams to this host, and to all hosts, are delivered. Default: both. */
  admit(fd: number, unicast: boolean, broadcast: boolean): void
  /** Which sources of a group on an interface are delivered. Without any rule the kernel alone decides. */
  setRule(fd: number, group: string, interfaceIndex: number, mode: FilterMode, sources: readonly string[]): void
  /** Whether a call of `next` that waits keeps the event loop alive. Default true. */
  hold(alive: boolean): void
  close(): void
}

export interface BatchReaderPlan {
  /** The most datagrams of a batch: 1 to 1024. */
  readonly batch: number
  /** The longest datagram read whole, in bytes: 1 to 65535. */
  readonly maxDatagram: number
  /** Whether the sockets coalesce datagrams: `UDP_GRO`. Then `maxDatagram` does not count. */
  readonly gro: boolean
  /** The family of the sockets, one for all; default 'ipv4', which reads IPv6 too. */
  readonly family?: Family
  /** The length of the header that packet sockets put before each frame; default 0: none. */
  readonly vnetHeader?: number
  /** Whether the extension headers of IPv6 were asked for, which need more room than other control messages. */
  readonly hasExtensions?: boolean
  /** Datagrams are lent: the next read uses their memory and their objects again. */
  readonly reuseBuffers?: boolean
  /** The least time between two reads under load, in milliseconds; 0: none. */
  readonly readInterval?: number
  /**
   * Called for each entry of a socket's error queue, in a tick of its own. Without this function no error queue is read: netlink has none, and
   * would give its next message instead.
   */
  onQueued?: ((queued: Queued) => void) | undefined
  /** Called with each batch before it is delivered. */
  onBatch?: ((batch: readonly Datagram[]) => void) | undefined
  /** The error with which `next` rejects if a read fails. The reader goes on. */
  toError(errno: number): Error
}

/** A call of `next` that waits. */
interface PendingRead {
  resolve(batch: Datagram[] | undefined): void
  reject(error: unknown): void
  /** Ends the listener of the signal. */
  forgetSignal?: () => void
}

// One cache line more than a slot needs: slots that are a multiple of 64 KiB apart compete for the same cache lines.
const strideFor = (room: number): number => Math.ceil(room / 64) * 64 + 64

/**
 * After a full batch, this many more are read before the event loop turns: a turn costs as much as reading a few
 * datagrams, and other work must not wait for long.
 */
const MAX_FURTHER_BATCHES = 3

/** One poll tells of this many descriptors at most. */
const MAX_READY = 32

/** The longest read that UDP_GRO gives, in bytes. */
const MAX_COALESCED_READ = 65535

/**
 * In bytes, for the control messages of one datagram. An extension header of IPv6 has up to 2,064 bytes, and there are
 * three that an option asks for (RFC 8200 4.3); 253 descriptors take 1,032.
 */
const CONTROL_ROOM = { extensions: 8192, unix: 2048, other: 512 }

/**
 * Reads batches from any number of sockets, and only when `next` is called: until then datagrams stay in the kernel.
 */
export function createBatchReader(plan: BatchReaderPlan): BatchReader {
  const { DatagramReader } = datagramsNative()
  const poller = openPoller()
  // A coalesced read holds many datagrams, so a batch takes fewer reads.
  const slots = plan.gro ? Math.max(1, Math.min(8, plan.batch)) : plan.batch
  const room = plan.gro ? MAX_COALESCED_READ : plan.maxDatagram
  const stride = strideFor(room)
  const { family = 'ipv4', vnetHeader = 0 } = plan
  const controlRoom =
    plan.hasExtensions === true ? CONTROL_ROOM.extensions : CONTROL_ROOM[family === 'unix' ? family : 'other']
  const reader = new DatagramReader(slots, stride, room, controlRoom, isInet(family) ? undefined : familyNumber(family))
  const table = createDatagramTable(reader, { family, vnetHeader })
  const lends = plan.reuseBuffers === true
  const rate =
    plan.readInterval === undefined || plan.readInterval === 0 ? undefined : createReadRate(plan.readInterval)
  // The descriptors that the last poll found ready, each with its events. They are all read before the next poll, so that
  // a busy socket does not starve the others.
  const ready = new Int32Array(MAX_READY * 2)
  let nextReady = 0
  let readyCount = 0
  const counts: BatchReaderCounts = { datagrams: 0, bytes: 0, batches: 0, truncated: 0, filtered: 0 }

  let pending: PendingRead | undefined
  let polling = false
  let alive = true
  let closed = false
  // An error from a read, kept back until the datagrams read before it are delivered.
  let keptError: unknown
  const descriptors = new Set<number>()
  // After a full batch there may be more datagrams to read at once.
  let lastWasFull = false
  // Read since the event loop last turned, besides the first batch.
  let furtherBatches = 0
  /** Runs while the reader rests. */
  let resting: NodeJS.Timeout | undefined

  /** Reads one socket once, and appends the datagrams. */
  const readFrom = (fd: number, into: Datagram[]): void => {
    const count = reader.read(fd)
    if (count === 0) return
    const used = table.used(count)
    const before = into.length
    // A slab that is mostly full is handed over with its datagrams. From another they are copied, and it is used again.
    if (lends) {
      table.lend(count, reader.memory(), into)
    } else if (used * 2 >= stride * slots) {
      table.take(count, reader.handOver(), false, into)
    } else {
      const packed = Buffer.allocUnsafe(used)
      reader.pack(packed, count)
      table.take(count, packed, true, into)
    }
    counts.bytes += used - count * vnetHeader
    counts.datagrams += into.length - before
    for (let index = before; index < into.length; index++) if (into[index]?.truncated === true) counts.truncated++
  }

  /** Passes on what a socket's error queue holds. False: the queue was empty. */
  const drainErrors = (fd: number): boolean =>
    plan.onQueued !== undefined && !drainErrorQueue(fd, plan.onQueued).wasEmpty

  /** Reads the only socket, which needs no poll. */
  const readSingle = (fd: number, into: Datagram[]): void => {
    try {
      readFrom(fd, into)
    } catch (error) {
      // A returned error makes the next call on the socket fail, whatever the call.
      if (!drainErrors(fd)) throw error
    }
  }

  const readReady = (): Datagram[] => {
    const batch: Datagram[] = []
    const [only] = descriptors.size === 1 ? descriptors : []
    if (only !== undefined) readSingle(only, batch)
    if (batch.length > 0) return batch
    if (nextReady === readyCount) {
      readyCount = poller.ready(ready)
      nextReady = 0
    }
    while (nextReady < readyCount && batch.length < plan.batch) {
      const fd = ready[nextReady * 2] as number
      const events = ready[nextReady * 2 + 1] as number
      nextReady++
      if ((events & FAILED) !== 0) drainErrors(fd)
      try {
        readFrom(fd, batch)
      } catch (error) {
        if (batch.length === 0) throw error
        keptError = error
        break
      }
      // The next socket's datagrams would take the memory of these.
      if (lends && batch.length > 0) break
    }
    return batch
  }

  /** Settles a call of `next`. False: there is nothing to deliver yet. */
  const deliver = ({ resolve, reject }: PendingRead): boolean => {
    try {
      if (keptError !== undefined) throw keptError
      const batch = readReady()
      if (batch.length === 0 && reader.ended()) {
        resolve(undefined)
        return true
      }
      if (batch.length === 0) return false
      counts.batches++
      plan.onBatch?.(batch)
      rate?.read(batch.length)
      lastWasFull = batch.length >= plan.batch
      resolve(batch)
    } catch (error) {
      keptError = undefined
      lastWasFull = false
      reject(typeof error === 'number' ? plan.toError(error) : (error as Error))
    }
    return true
  }

  /** Ends the call of `next` that waits, if there is one. */
  const takePending = (): PendingRead | undefined => {
    const taken = pending
    pending = undefined
    taken?.forgetSignal?.()
    clearTimeout(resting)
    resting = undefined
    if (!closed) poller.hold(false)
    return taken
  }

  const onReady = (): void => {
    furtherBatches = 0
    if (pending === undefined) {
      stopPolling()
      return
    }
    if (deliver(pending)) takePending()
  }

  const awaitReady = (): void => {
    if (alive) poller.hold(true)
    if (polling) return
    poller.start(onReady)
    polling = true
  }

  const rest = (milliseconds: number): void => {
    if (polling) stopPolling()
    resting = setTimeout(() => {
      resting = undefined
      furtherBatches = 0
      if (pending === undefined || closed) return
      if (deliver(pending)) takePending()
      else awaitReady()
    }, milliseconds)
    if (!alive) resting.unref()
  }

  const stopPolling = (): void => {
    poller.stop()
    polling = false
  }

  return {
    counts: () => ({ ...counts, filtered: reader.filtered() }),
    add: ({ fd }) => {
      watch(poller, fd, READABLE)
      descriptors.add(fd)
    },
    remove: ({ fd }) => {
      descriptors.delete(fd)
      poller.forget(fd)
      reader.forget(fd)
      // The kernel may give the number to another socket, so what the last poll said of it is void.
      nextReady = readyCount
    },
    next: (signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason)
          return
        }
        if (closed) {
          resolve(undefined)
          return
        }
        // What was lent is given back from here on.
        table.lent = 0
        if (lastWasFull && furtherBatches < MAX_FURTHER_BATCHES) {
          furtherBatches++
          if (deliver({ resolve, reject })) return
        }
        const own: PendingRead = { resolve, reject }
        pending = own
        if (signal !== undefined)
          own.forgetSignal = onAbort(signal, () => {
            if (pending === own) takePending()?.reject(signal.reason)
          })
        const milliseconds = rate?.rest() ?? 0
        if (milliseconds > 0) rest(milliseconds)
        else awaitReady()
      }),
    isGivenBack: (datagram) => table.isGivenBack(datagram),
    ended: () => reader.ended(),
    reading: () => pending !== undefined,
    admit: (fd, unicast, broadcast) => reader.admit(fd, unicast, broadcast),
    setRule: (fd, group, interfaceIndex, mode, sources) =>
      reader.setRule(fd, group, interfaceIndex, native.filterModes[mode], sources),
    hold: (wanted) => {
      alive = wanted
      if (pending === undefined || closed) return
      if (resting === undefined) poller.hold(wanted)
      else if (wanted) resting.ref()
      else resting.unref()
    },
    close: () => {
      if (closed) return
      closed = true
      poller.close()
      reader.release()
      takePending()?.resolve(undefined)
    },
  }
}
