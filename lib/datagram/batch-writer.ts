// Sends in order. What the kernel has no room for waits, and so do the sends after it.
import type { SocketOptionError } from '../base/errors.ts'
import { datagramsNative, type NativePoller } from '../binding/native.ts'
import { CHANGES, openPoller, WRITABLE, watch } from '../binding/poller.ts'
import { type ReturnedError, readQueued, type TransmitTimestamp } from './error-queue.ts'
import type { PreparedSend } from './prepare.ts'
import { createTransmitter, type SenderStats } from './transmit.ts'

/** An entry of the error queue. */
export type Queued = { readonly error: ReturnedError } | { readonly sent: TransmitTimestamp }

export interface BatchWriterPlan {
  readonly fd: () => number
  /** Datagrams of equal size may be given to the kernel as one: `UDP_SEGMENT`. */
  readonly segmentation: boolean
  /** The index of the interface that datagrams leave by unless they say otherwise; 0: by route. */
  readonly interface: number
  /** The path's MTU in bytes, if the socket is connected. */
  readonly mtu: () => number | undefined
  /** ICMP errors are asked for. */
  readonly returnedErrors: boolean
  /** The kernel may put ICMP errors or times of sending into the error queue. */
  readonly usesErrorQueue: boolean
  /** Called for each entry of the error queue, in a tick of its own. */
  onQueued(queued: Queued): void
  /** The error of sends that are under way when the writer is closed. */
  closed(): SocketOptionError
}

export interface BatchWriter {
  readonly stats: SenderStats
  /** Fulfils with how many datagrams were sent. While the send waits, `owner` is kept from being collected. */
  send(prepared: PreparedSend, owner: object): Promise<number>
  /** Sends that wait are rejected. */
  close(): void
}

/** A send that waits for room in the send buffer, or for the sends before it. */
interface Pending {
  readonly prepared: PreparedSend
  readonly owner: object
  readonly resolve: (sent: number) => void
  readonly reject: (error: unknown) => void
}

/** Refers to no owner while no send waits, so that an owner that was forgotten can be collected. */
export function createBatchWriter(plan: BatchWriterPlan): BatchWriter {
  const native = datagramsNative()
  const pending: Pending[] = []
  let awaitsRoom = false
  let isClosed = false
  const poller: NativePoller = openPoller()

  /** Passes on what the error queue holds. True if an ICMP error was among it. */
  const passOnQueued = (): boolean => {
    let hasReturned = false
    for (;;) {
      const entries = native.readErrorQueue(plan.fd())
      if (entries.length === 0) return hasReturned
      for (const raw of entries) {
        const queued = readQueued(raw)
        if (queued === undefined) continue
        if ('error' in queued && queued.error.origin.startsWith('icmp')) hasReturned = true
        // In a tick of its own, an error thrown by a listener does not reach the writer.
        process.nextTick(plan.onQueued, queued)
      }
    }
  }

  const transmitter = createTransmitter(native, {
    fd: plan.fd,
    segmentation: plan.segmentation,
    interface: plan.interface,
    mtu: plan.mtu,
    tellReturned: () => plan.returnedErrors && passOnQueued(),
  })

  /** While no send waits, the poller only tells of changes: the error of a connected socket stays for the next send. */
  const watchWhileIdle = (): void => {
    if (plan.usesErrorQueue) watch(poller, plan.fd(), CHANGES)
    else poller.forget(plan.fd())
  }

  const awaitRoom = (): void => {
    transmitter.stats.waits++
    watch(poller, plan.fd(), WRITABLE)
    poller.hold(true)
    awaitsRoom = true
  }

  /** Sends what is left of a send; false if the send buffer is full. */
  const finish = (prepared: PreparedSend): boolean => {
    while (prepared.done < prepared.datagrams.length) if (transmitter.advance(prepared) < 0) return false
    return true
  }

  /** Sends as many of the waiting datagrams as the kernel takes. */
  const sendWaiting = (): void => {
    for (let first = pending[0]; first !== undefined; first = pending[0]) {
      try {
        if (!finish(first.prepared)) {
          awaitRoom()
          return
        }
        first.resolve(first.prepared.done)
      } catch (error) {
        first.reject(error)
      }
      pending.shift()
    }
  }

  /** The socket is writable, or its error queue holds something. */
  const onReady = (): void => {
    if (plan.usesErrorQueue) passOnQueued()
    if (!awaitsRoom || isClosed) return
    awaitsRoom = false
    poller.hold(false)
    watchWhileIdle()
    sendWaiting()
  }

  try {
    if (plan.usesErrorQueue) watchWhileIdle()
    poller.start(onReady)
  } catch (error) {
    poller.close()
    throw error
  }

  return {
    stats: transmitter.stats,
    send: (prepared, owner) => {
      if (isClosed) return Promise.reject(plan.closed())
      return new Promise((resolve, reject) => {
        if (pending.length === 0 && finish(prepared)) {
          resolve(prepared.done)
          return
        }
        if (pending.length === 0) awaitRoom()
        pending.push({ prepared, owner, resolve, reject })
      })
    },
    close: () => {
      if (isClosed) return
      isClosed = true
      for (const { reject } of pending.splice(0)) reject(plan.closed())
      poller.close()
    },
  }
}
