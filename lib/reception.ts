import { createDatagramTable, type Datagram } from './datagram.ts'
import { datagramsNative, type NativeQueuedError } from './native.ts'

const READABLE = 1
const FAILED = 8

/** What a reception reads from. */
export interface Intake {
  readonly fd: number
}

export interface ReceptionCounts {
  datagrams: number
  bytes: number
  batches: number
  truncated: number
  filtered: number
}

export interface Reception {
  readonly counts: ReceptionCounts
  add(intake: Intake): void
  remove(intake: Intake): void
  /** The next batch, of at least one datagram; `undefined` once closed. One at a time. */
  next(): Promise<Datagram[] | undefined>
  readonly reading: boolean
  setRule(
    fd: number,
    group: string,
    interfaceIndex: number,
    mode: 'none' | 'include' | 'exclude',
    sources: string[],
  ): void
  /** Whether a read that waits keeps the event loop alive. */
  hold(alive: boolean): void
  close(): void
}

export interface ReceptionPlan {
  readonly batch: number
  readonly maxDatagram: number
  readonly groupsOnly: boolean
  /** Coalesced reads are as long as a socket makes them. */
  readonly gro: boolean
  /** An entry of a socket's error queue. */
  onQueuedError(error: NativeQueuedError): void
  /** What a read met, as an errno; the reception goes on. */
  toError(errno: number): Error
}

interface Waiting {
  resolve(batch: Datagram[] | undefined): void
  reject(error: Error): void
}

const MODES = { none: 0, include: 1, exclude: 2 } as const

// Slots a multiple of 64 KiB apart would share their cache lines.
const strideFor = (room: number): number => Math.ceil(room / 64) * 64 + 64

/** A coalesced read (UDP_GRO) is at most this long. */
const COALESCED = 65535

/** Reads batches from any number of sockets, when asked to: what nobody asks for stays in the kernel. */
export function createReception(plan: ReceptionPlan): Reception {
  const { Poller, DatagramReader } = datagramsNative()
  const poller = new Poller()
  // A coalesced read holds many datagrams, so fewer of them make a batch.
  const slots = plan.gro ? Math.max(1, Math.min(8, plan.batch)) : plan.batch
  const room = plan.gro ? COALESCED : plan.maxDatagram
  const stride = strideFor(room)
  const reader = new DatagramReader(slots)
  reader.groupsOnly(plan.groupsOnly)
  const table = createDatagramTable(reader, slots)
  const intakes: Intake[] = []
  const ready = new Int32Array(64)
  const counts: ReceptionCounts = { datagrams: 0, bytes: 0, batches: 0, truncated: 0, filtered: 0 }

  let slab: Buffer | undefined
  let waiting: Waiting | undefined
  let polling = false
  let alive = true
  let closed = false
  // What a read met when there was a batch to hand over first.
  let failure: unknown

  /** One read of one socket; its datagrams go behind those there are. */
  const readFrom = (fd: number, into: Datagram[]): void => {
    slab ??= Buffer.allocUnsafeSlow(stride * slots)
    const count = reader.read(fd, slab, stride, room, fd === intakes[0]?.fd, table.bytes, 0)
    if (count === 0) return
    const used = table.used(count)
    const before = into.length
    // A slab mostly full goes to the reader as it is; else its datagrams are copied out and it is used again.
    if (used * 2 >= slab.length) {
      table.take(count, slab, false, into)
      slab = undefined
    } else {
      const packed = Buffer.allocUnsafeSlow(used)
      reader.pack(slab, packed, count)
      table.take(count, packed, true, into)
    }
    counts.bytes += used
    counts.datagrams += into.length - before
    for (let place = before; place < into.length; place++) if (into[place]?.truncated === true) counts.truncated++
  }

  const drainErrors = (fd: number): void => {
    for (const error of datagramsNative().readErrorQueue(fd)) plan.onQueuedError(error)
  }

  const readReady = (): Datagram[] => {
    const batch: Datagram[] = []
    const count = poller.ready(ready)
    for (let place = 0; place < count && batch.length < plan.batch; place++) {
      const fd = ready[place * 2] as number
      if (((ready[place * 2 + 1] as number) & FAILED) !== 0) drainErrors(fd)
      try {
        readFrom(fd, batch)
      } catch (error) {
        if (batch.length === 0) throw error
        failure = error
        break
      }
    }
    return batch
  }

  const onReady = (): void => {
    if (waiting === undefined) {
      rest()
      return
    }
    const { resolve, reject } = waiting
    try {
      if (failure !== undefined) throw failure
      const batch = readReady()
      if (batch.length === 0) return
      waiting = undefined
      poller.hold(false)
      counts.batches++
      resolve(batch)
    } catch (error) {
      failure = undefined
      waiting = undefined
      poller.hold(false)
      reject(typeof error === 'number' ? plan.toError(error) : (error as Error))
    }
  }

  const rest = (): void => {
    poller.stop()
    polling = false
  }

  return {
    get counts() {
      counts.filtered = reader.filtered()
      return counts
    },
    add: (intake) => {
      intakes.push(intake)
      poller.watch(intake.fd, READABLE)
    },
    remove: (intake) => {
      const place = intakes.indexOf(intake)
      if (place < 0) return
      intakes.splice(place, 1)
      poller.forget(intake.fd)
      reader.forget(intake.fd)
    },
    next: () =>
      new Promise((resolve, reject) => {
        if (closed) {
          resolve(undefined)
          return
        }
        waiting = { resolve, reject }
        if (alive) poller.hold(true)
        if (polling) return
        poller.start(onReady)
        polling = true
      }),
    get reading() {
      return waiting !== undefined
    },
    setRule: (fd, group, interfaceIndex, mode, sources) =>
      reader.setRule(fd, group, interfaceIndex, MODES[mode], sources),
    hold: (wanted) => {
      alive = wanted
      if (waiting !== undefined && !closed) poller.hold(wanted)
    },
    close: () => {
      if (closed) return
      closed = true
      poller.close()
      waiting?.resolve(undefined)
      waiting = undefined
    },
  }
}
