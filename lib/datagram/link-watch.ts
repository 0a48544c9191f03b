// Watches for network interfaces that are removed.
import { kernelError } from '../base/errors.ts'
import { type NativeSocket, native } from '../binding/native.ts'
import { bindSocket } from '../calls/bind-socket.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import { netlinkMessages, netlinkNumber } from '../kernel/netlink.ts'
import { familyNumber, parseSocketAddress } from '../net/socket-address.ts'
import { type BatchReader, createBatchReader } from './batch-reader.ts'

/** Called when interfaces were removed, with a function that says which. */
type Listener = (isGone: (index: number) => boolean) => void

const RTM_DELLINK = 17
const RTMGRP_LINK = 1
const AF_UNSPEC = 0

/** The index in struct ifinfomsg, after family, padding and type. */
const INDEX_OFFSET = 4

// All listeners of a thread share one socket. Each thread loads this module anew, and has its own.
const listeners = new Set<Listener>()
let watch: Promise<() => Promise<void>> | undefined

/** The indexes of the interfaces that a datagram of rtnetlink(7) reports as removed. */
function removedIn(datagram: Uint8Array): Set<number> {
  const indexes = new Set<number>()
  // With another family than AF_UNSPEC the message says that an interface left a bridge, for example, and still exists.
  for (const { type, payload } of netlinkMessages(datagram))
    if (type === RTM_DELLINK && payload.length >= INDEX_OFFSET + 4 && payload[0] === AF_UNSPEC)
      indexes.add(netlinkNumber(payload, INDEX_OFFSET))
  return indexes
}

/** A socket of rtnetlink(7) that receives changes of links. */
async function openLinkSocket(): Promise<NativeSocket> {
  const socket = new native.Socket()
  const errno = socket.open(familyNumber('netlink'), native.constants.SOCK_RAW ?? -1, 0)
  if (errno !== 0) throw explainSocket('socket', 'open a raw socket of netlink', errno, 'netlink')
  try {
    bindSocket(socket.fd, 'netlink', parseSocketAddress('netlink', 'bind', { groups: RTMGRP_LINK }))
    return socket
  } catch (error) {
    await close(socket)
    throw error
  }
}

const close = (socket: NativeSocket): Promise<void> => new Promise((resolve) => socket.close(resolve))

async function openWatch(): Promise<() => Promise<void>> {
  const socket = await openLinkSocket()
  try {
    const batchReader = readerOf(socket)
    void readChanges(batchReader)
    return async () => {
      batchReader.close()
      await close(socket)
    }
  } catch (error) {
    await close(socket)
    throw error
  }
}

/** A reader of the socket. On failure the socket stays open, and nothing else. */
function readerOf(socket: NativeSocket): BatchReader {
  const batchReader = createBatchReader({
    batch: 8,
    maxDatagram: 32768,
    gro: false,
    toError: (errno) => kernelError({ asked: 'read changes of interfaces', errno, syscall: 'recvmmsg' }),
  })
  try {
    batchReader.hold(false)
    batchReader.add(socket)
    return batchReader
  } catch (error) {
    batchReader.close()
    throw error
  }
}

async function readChanges(batchReader: BatchReader): Promise<void> {
  for (;;) {
    try {
      const batch = await batchReader.next()
      if (batch === undefined) return
      for (const { data } of batch) {
        const indexes = removedIn(data)
        if (indexes.size > 0) notify((index) => indexes.has(index))
      }
    } catch {
      // ENOBUFS: messages were lost, so each listener must ask for each of its interfaces.
      notify(isMissing)
    }
  }
}

function isMissing(index: number): boolean {
  try {
    return !native.hasInterface(index)
  } catch {
    // The kernel could not be asked, for want of a descriptor. The interface may well exist.
    return false
  }
}

function notify(isGone: (index: number) => boolean): void {
  // An error that a listener throws must not end the watch.
  for (const listener of listeners) process.nextTick(listener, isGone)
}

/**
 * Calls the listener whenever interfaces are removed, until the function that this one gives is called. The event loop
 * is not kept alive.
 */
export async function onLinkRemoved(listener: Listener): Promise<() => Promise<void>> {
  listeners.add(listener)
  watch ??= openWatch()
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
