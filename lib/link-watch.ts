import { createReception, type Reception } from './reception.ts'
import { openSocket } from './socket.ts'

type Listener = (index: number) => void

const HEADER = 16
const RTM_DELLINK = 17
const RTMGRP_LINK = 1

const listeners = new Set<Listener>()
let watch: Promise<() => Promise<void>> | undefined

/** The indexes of interfaces that a datagram of rtnetlink(7) says are gone. */
function removedIn(message: Buffer): number[] {
  const indexes: number[] = []
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  for (let at = 0; at + HEADER <= message.length; ) {
    const length = view.getUint32(at, little)
    if (length < HEADER || at + length > message.length) break
    // struct ifinfomsg: family, padding and type come before the index.
    if (view.getUint16(at + 4, little) === RTM_DELLINK && length >= HEADER + 8)
      indexes.push(view.getInt32(at + HEADER + 4, little))
    at += (length + 3) & ~3
  }
  return indexes
}

async function open(): Promise<() => Promise<void>> {
  const socket = await openSocket({ family: 'netlink', type: 'raw', bind: { groups: RTMGRP_LINK } })
  const reception = createReception({
    batch: 8,
    maxDatagram: 32768,
    gro: false,
    groupsOnly: false,
    onQueuedError: () => {},
    toError: (errno) => new Error(`netlink: errno ${errno}`),
  })
  reception.hold(false)
  reception.add(socket)
  void listen(reception)
  return async () => {
    reception.close()
    await socket.close()
  }
}

async function listen(reception: Reception): Promise<void> {
  for (;;) {
    // The kernel had more to tell than there was room for: what was lost is not known.
    const batch = await reception.next().catch(() => [])
    if (batch === undefined) return
    for (const { data } of batch)
      for (const index of removedIn(data)) for (const listener of [...listeners]) listener(index)
  }
}

/** Tells when an interface is removed. One netlink socket serves all listeners and does not keep the event loop alive. */
export async function onLinkRemoved(listener: Listener): Promise<() => Promise<void>> {
  listeners.add(listener)
  watch ??= open()
  const opened = watch
  const forget = async (): Promise<void> => {
    listeners.delete(listener)
    if (listeners.size > 0 || watch !== opened) return
    watch = undefined
    await (await opened)()
  }
  try {
    await opened
  } catch (error) {
    listeners.delete(listener)
    watch = undefined
    throw error
  }
  return forget
}
