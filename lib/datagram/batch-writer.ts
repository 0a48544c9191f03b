// Sends in order. What the kernel has no room for waits, and so do the sends after it.
import type { SocketOptionError } from '../base/errors.ts'
import { datagramsNative, type NativePoller, type NativeSendChoice } from '../binding/native.ts'
import { CHANGES, openPoller, WRITABLE, watch } from '../binding/poller.ts'
import type { Family } from '../net/socket-address.ts'
import { drainErrorQueue, type Queued } from './error-queue.ts'
import { holdDescriptors } from './held-descriptors.ts'
import type { PreparedSend } from './prepare.ts'
import { createTransmitter, type SenderStats } from './transmit.ts'

export interface BatchWriterPlan {
  readonly fd: () => number
  /** Datagrams of equal size may be given to the kernel as one: `UDP_SEGMENT`. */
  readonly segmentation: boolean
  /** The index of the interface that datagrams leave by unless they say otherwise; 0: by route. */
  readonly interface: number
  /** The socket's family. Default IPv4 and IPv6. */
  readonly family?: Family
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
  /**
   * Sends one datagram to where `like` goes. It has nothing to do with others: those of one tick go with one call, behind what waits, and
   * one that is refused does not stop the next.
   */
  sendTogether(data: Uint8Array, like: PreparedSend, owner: object): Promise<number>
  /** Sends that wait are rejected. */
  close(): void
}

/** A send that waits for room in the send buffer, or for the sends before it. */
interface Pending {
  /** Closes what was kept for the time of the wait. */
  letGo?: (() => void) | undefined
  readonly prepared: PreparedSend
  readonly owner: object
  /** Settles the promises of what was sent since the last call. */
  sent(): void
  /** The datagram that is next was refused. True: go on behind it. */
  refused(error: unknown): boolean
  /** Rejects all that was not settled. */
  giveUp(error: unknown): void
}

interface Promised {
  readonly resolve: (sent: number) => void
  readonly reject: (error: unknown) => void
}

/** A call that sends all of its datagrams or rejects. */
const oneCall = (prepared: PreparedSend, owner: object, { resolve, reject }: Promised): Pending => ({
  prepared,
  owner,
  sent: () => {
    if (prepared.done === prepared.datagrams.length) resolve(prepared.done)
  },
  refused: (error) => {
    reject(error)
    return false
  },
  giveUp: reject,
})

/** Datagrams of many calls. */
interface Together extends Pending {
  add(data: Uint8Array, like: PreparedSend, control: Uint8Array | undefined, call: Promised): void
}

function createTogether(owner: object): Together {
  const datagrams: Uint8Array[] = []
  const to: (Uint8Array | undefined)[] = []
  const choices: (NativeSendChoice | undefined)[] = []
  const controls: (Uint8Array | undefined)[] = []
  const calls: Promised[] = []
  let settled = 0
  const prepared: PreparedSend = { datagrams, to, choice: undefined, ipv6: false, choices, controls, done: 0 }
  return {
    prepared,
    owner,
    add: (data, like, control, call) => {
      datagrams.push(data)
      to.push(like.to as Uint8Array | undefined)
      choices.push(like.choice)
      controls.push(control)
      calls.push(call)
    },
    sent: () => {
      while (settled < prepared.done) calls[settled++]?.resolve(1)
    },
    refused: (error) => {
      calls[settled++]?.reject(error)
      prepared.done++
      return true
    },
    giveUp: (error) => {
      while (settled < calls.length) calls[settled++]?.reject(error)
    },
  }
}

/** In milliseconds. */
const MOST_RETRY = 20

/** Refers to no owner while no send waits, so that an owner that was forgotten can be collected. */
export function createBatchWriter(plan: BatchWriterPlan): BatchWriter {
  const native = datagramsNative()
  const pending: Pending[] = []
  let awaitsRoom = false
  let isClosed = false
  const poller: NativePoller = openPoller()

  const drain = () => drainErrorQueue(plan.fd(), plan.onQueued)

  const transmitter = createTransmitter(native, {
    fd: plan.fd,
    segmentation: plan.segmentation,
    interface: plan.interface,
    ...(plan.family === undefined ? {} : { family: plan.family }),
    mtu: plan.mtu,
    tellReturned: () => plan.returnedErrors && drain().hadIcmpError,
  })

  /** While no send waits, the poller only tells of changes: the error of a connected socket stays for the next send. */
  const watchWhileIdle = (): void => {
    if (plan.usesErrorQueue) watch(poller, plan.fd(), CHANGES)
    else poller.forget(plan.fd())
  }

  let retry: NodeJS.Timeout | undefined
  let retryAfter = 0

  /**
   * The poller tells of room in the socket's own buffer. If the receiver's queue is full it tells of a Unix socket's peer only,
   * and of netlink nothing: so another send is tried a little later each time.
   */
  const isTold = ({ to }: PreparedSend): boolean =>
    plan.family !== 'netlink' && (plan.family !== 'unix' || to === undefined)

  const tryLater = (): void => {
    retry = setTimeout(() => {
      retry = undefined
      sendWaiting()
    }, retryAfter)
    retryAfter = Math.min(MOST_RETRY, Math.max(1, retryAfter * 2))
  }

  const awaitRoom = (prepared: PreparedSend): void => {
    transmitter.stats.waits++
    if (!isTold(prepared)) {
      tryLater()
      return
    }
    watch(poller, plan.fd(), WRITABLE)
    poller.hold(true)
    awaitsRoom = true
  }

  /** Sends what is left of a send; false if the send buffer is full. */
  const finish = (send: Pending): boolean => {
    const { prepared } = send
    try {
      while (prepared.done < prepared.datagrams.length) {
        try {
          if (transmitter.advance(prepared) < 0) return false
          retryAfter = 0
        } catch (error) {
          send.sent()
          if (!send.refused(error)) return true
        }
      }
    } finally {
      send.sent()
    }
    return true
  }

  /** Sends, or waits for room. */
  const begin = (send: Pending): void => {
    try {
      if (pending.length === 0) {
        if (finish(send)) return
        send.letGo = holdDescriptors(native, send.prepared)
        awaitRoom(send.prepared)
      } else send.letGo = holdDescriptors(native, send.prepared)
      pending.push(send)
    } catch (error) {
      send.letGo?.()
      send.giveUp(error)
    }
  }

  /** Sends as many of the waiting datagrams as the kernel takes. */
  const sendWaiting = (): void => {
    for (let first = pending[0]; first !== undefined; first = pending[0]) {
      if (!finish(first)) {
        try {
          awaitRoom(first.prepared)
          return
        } catch (error) {
          first.giveUp(error)
        }
      }
      first.letGo?.()
      pending.shift()
    }
  }

  let together: Together | undefined
  const sendThem = (): void => {
    const sending = together
    together = undefined
    if (sending === undefined) return
    if (isClosed) sending.giveUp(plan.closed())
    else begin(sending)
  }

  // Most answers have the choice of the one before.
  let last: { readonly choice: NativeSendChoice; readonly ipv6: boolean; readonly control: Uint8Array } | undefined
  const controlOf = ({ choice, ipv6 }: PreparedSend): Uint8Array | undefined => {
    if (choice === undefined) return undefined
    if (last?.choice !== choice || last.ipv6 !== ipv6)
      last = { choice, ipv6, control: native.encodeSendControl(ipv6, choice, 0) }
    return last.control
  }

  /** The socket is writable, or its error queue holds something. */
  const onReady = (): void => {
    if (plan.usesErrorQueue) drain()
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
      // In the order of the calls.
      sendThem()
      return new Promise((resolve, reject) => begin(oneCall(prepared, owner, { resolve, reject })))
    },
    sendTogether: (data, like, owner) => {
      if (isClosed) return Promise.reject(plan.closed())
      return new Promise((resolve, reject) => {
        const control = controlOf(like)
        if (together === undefined) {
          together = createTogether(owner)
          queueMicrotask(sendThem)
        }
        together.add(data, like, control, { resolve, reject })
      })
    },
    close: () => {
      if (isClosed) return
      isClosed = true
      sendThem()
      clearTimeout(retry)
      for (const send of pending.splice(0)) {
        send.letGo?.()
        send.giveUp(plan.closed())
      }
      poller.close()
    },
  }
}
