import { datagramsNative, type FilterMode, type NativeQueuedError, native } from '../binding/native.ts'
import { FAILED, openPoller, READABLE, watch } from '../binding/poller.ts'
import { createDatagramTable, type Datagram } from './datagram.ts'

/** What a batchReader reads from. */
export interface ReadableDescriptor {
  readonly fd: number
}

export interface BatchReaderCounts {
  datagrams: number
  bytes: number
  batches: number
  truncated: number
  filtered: number
}

export interface BatchReader {
  counts(): BatchReaderCounts
  add(descriptor: ReadableDescriptor): void
  remove(descriptor: ReadableDescriptor): void
  /** The next batch, of at least one datagram; `undefined` once closed. One at a time. */
  next(): Promise<Datagram[] | undefined>
  /** Whether somebody waits for a batch. */
  reading(): boolean
  /** What is delivered of what is sent to no group: default all. */
  admit(fd: number, unicast: boolean, broadcast: boolean): void
  /** What is delivered of a group; without any rule the kernel alone decides. */
  setRule(fd: number, group: string, interfaceIndex: number, mode: FilterMode, sources: readonly string[]): void
  /** Whether a read that waits keeps the event loop alive. */
  hold(alive: boolean): void
  close(): void
}

export interface BatchReaderPlan {
  readonly batch: number
  readonly maxDatagram: number
  /** Coalesced reads are as long as a socket makes them. */
  readonly gro: boolean
  /** An entry of a socket's error queue. Without it there is none: netlink would hand over its next message instead. */
  onQueuedError?(error: NativeQueuedError): void
  /** What a read met, as an errno; the batchReader goes on. */
  toError(errno: number): Error
}

interface PendingRead {
  resolve(batch: Datagram[] | undefined): void
  reject(error: Error): void
}

// Slots a multiple of 64 KiB apart would share their cache lines.
const strideFor = (room: number): number => Math.ceil(room / 64) * 64 + 64

/** So many full batches are read before the event loop turns: asking it costs as much as reading a few datagrams. */
const MAX_FURTHER_BATCHES = 3

/** A coalesced read (UDP_GRO) is at most this long. */
const MAX_COALESCED_READ = 65535

/** Reads batches from any number of sockets, when asked to: what nobody asks for stays in the kernel. */
export function createBatchReader(plan: BatchReaderPlan): BatchReader {
  const { DatagramReader, readErrorQueue } = datagramsNative()
  const poller = openPoller()
  // A coalesced read holds many datagrams, so fewer of them make a batch.
  const slots = plan.gro ? Math.max(1, Math.min(8, plan.batch)) : plan.batch
  const room = plan.gro ? MAX_COALESCED_READ : plan.maxDatagram
  const stride = strideFor(room)
  const reader = new DatagramReader(slots, stride, room)
  const table = createDatagramTable(reader)
  const ready = new Int32Array(64)
  // Of those the poller has told of, which are still to be read: the first one of many must not starve the others.
  let nextReady = 0
  let readyCount = 0
  const counts: BatchReaderCounts = { datagrams: 0, bytes: 0, batches: 0, truncated: 0, filtered: 0 }

  let pending: PendingRead | undefined
  let polling = false
  let alive = true
  let closed = false
  // What a read met when there was a batch to hand over first.
  let keptError: unknown
  const descriptors = new Set<number>()
  // The last batch was full, so there may be another; and how many were read since the event loop last turned.
  let lastWasFull = false
  let furtherBatches = 0

  /** One read of one socket; its datagrams go behind those there are. */
  const readFrom = (fd: number, into: Datagram[]): void => {
    const count = reader.read(fd)
    if (count === 0) return
    const used = table.used(count)
    const before = into.length
    // A slab mostly full goes to the reader as it is; else its datagrams are copied out and it is used again.
    if (used * 2 >= stride * slots) {
      table.take(count, reader.handOver(), false, into)
    } else {
      const packed = Buffer.allocUnsafe(used)
      reader.pack(packed, count)
      table.take(count, packed, true, into)
    }
    counts.bytes += used
    counts.datagrams += into.length - before
    for (let index = before; index < into.length; index++) if (into[index]?.truncated === true) counts.truncated++
  }

  /** Tells what a socket's error queue holds: whether there was anything. */
  const drainErrors = (fd: number): boolean => {
    const errors = plan.onQueuedError === undefined ? [] : readErrorQueue(fd)
    for (const error of errors) plan.onQueuedError?.(error)
    return errors.length > 0
  }

  /** With one socket there is no need to ask which is ready, save where it has nothing to read. */
  const readSingle = (fd: number, into: Datagram[]): void => {
    try {
      readFrom(fd, into)
    } catch (error) {
      // An error in the queue makes the next call fail, whatever that asks for.
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
    }
    return batch
  }

  /** Hands a batch, if there is one, to whoever waits. */
  const deliver = ({ resolve, reject }: PendingRead): boolean => {
    try {
      if (keptError !== undefined) throw keptError
      const batch = readReady()
      if (batch.length === 0) return false
      counts.batches++
      lastWasFull = batch.length >= plan.batch
      resolve(batch)
    } catch (error) {
      keptError = undefined
      lastWasFull = false
      reject(typeof error === 'number' ? plan.toError(error) : (error as Error))
    }
    return true
  }

  const onReady = (): void => {
    furtherBatches = 0
    if (pending === undefined) {
      stopPolling()
      return
    }
    if (!deliver(pending)) return
    pending = undefined
    poller.hold(false)
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
      // Its number may become another's.
      nextReady = readyCount
    },
    next: () =>
      new Promise((resolve, reject) => {
        if (closed) {
          resolve(undefined)
          return
        }
        if (lastWasFull && furtherBatches < MAX_FURTHER_BATCHES) {
          furtherBatches++
          if (deliver({ resolve, reject })) return
        }
        pending = { resolve, reject }
        if (alive) poller.hold(true)
        if (polling) return
        poller.start(onReady)
        polling = true
      }),
    reading: () => pending !== undefined,
    admit: (fd, unicast, broadcast) => reader.admit(fd, unicast, broadcast),
    setRule: (fd, group, interfaceIndex, mode, sources) =>
      reader.setRule(fd, group, interfaceIndex, native.filterModes[mode], sources),
    hold: (wanted) => {
      alive = wanted
      if (pending !== undefined && !closed) poller.hold(wanted)
    },
    close: () => {
      if (closed) return
      closed = true
      poller.close()
      pending?.resolve(undefined)
      pending = undefined
    },
  }
}
