import { native } from '../binding/native.ts'
import { openSocket } from '../socket/open-socket.ts'
import { type BatchReader, createBatchReader } from './batch-reader.ts'

/** Is given which interfaces are gone. */
type Listener = (isGone: (index: number) => boolean) => void

const HEADER = 16
const RTM_DELLINK = 17
const RTMGRP_LINK = 1
const AF_UNSPEC = 0

const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

// One socket for all listeners of a thread, which knows no other's: a module is loaded once a thread.
const listeners = new Set<Listener>()
let watch: Promise<() => Promise<void>> | undefined

/** The indexes of interfaces that a datagram of rtnetlink(7) says are gone. */
function removedIn(message: Buffer): Set<number> {
  const indexes = new Set<number>()
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  for (let at = 0; at + HEADER <= message.length; ) {
    const length = view.getUint32(at, LITTLE)
    if (length < HEADER || at + length > message.length) break
    // struct ifinfomsg: family, padding and type come before the index. Of another family the message tells that an
    // interface has left something, a bridge say, and is still there.
    if (
      view.getUint16(at + 4, LITTLE) === RTM_DELLINK &&
      length >= HEADER + 8 &&
      view.getUint8(at + HEADER) === AF_UNSPEC
    )
      indexes.add(view.getInt32(at + HEADER + 4, LITTLE))
    at += (length + 3) & ~3
  }
  return indexes
}

async function open(): Promise<() => Promise<void>> {
  const socket = await openSocket({ family: 'netlink', type: 'raw', bind: { groups: RTMGRP_LINK } })
  const batchReader = createBatchReader({
    batch: 8,
    maxDatagram: 32768,
    gro: false,
    toError: (errno) => new Error(`netlink: errno ${errno}`),
  })
  batchReader.hold(false)
  batchReader.add(socket)
  void listen(batchReader)
  return async () => {
    batchReader.close()
    await socket.close()
  }
}

async function listen(batchReader: BatchReader): Promise<void> {
  for (;;) {
    try {
      const batch = await batchReader.next()
      if (batch === undefined) return
      for (const { data } of batch) {
        const indexes = removedIn(data)
        if (indexes.size > 0) tell((index) => indexes.has(index))
      }
    } catch {
      // ENOBUFS: the kernel had more to tell than there was room for.
      tell(isMissing)
    }
  }
}

function isMissing(index: number): boolean {
  try {
    return !native.hasInterface(index)
  } catch {
    // Not for want of the interface: of a descriptor to ask with.
    return false
  }
}

function tell(isGone: (index: number) => boolean): void {
  // What a listener throws must not end the watch.
  for (const listener of listeners) process.nextTick(listener, isGone)
}

/** Tells when interfaces are removed, without keeping the event loop alive, until what it gives is called. */
export async function onLinkRemoved(listener: Listener): Promise<() => Promise<void>> {
  listeners.add(listener)
  watch ??= open()
  const opened = watch
  try {
    await opened
  } catch (error) {
    listeners.delete(listener)
    if (watch === opened) watch = undefined
    throw error
  }
  return async () => {
    listeners.delete(listener)
    if (listeners.size > 0 || watch !== opened) return
    watch = undefined
    await (await opened)()
  }
}
