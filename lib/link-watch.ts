import { netlinkMessages, netlinkNumber } from './protocols/netlink.ts'
import { createReception, type Reception } from './reception.ts'
import { openSocket } from './socket.ts'

type Listener = (index: number) => void

const RTM_DELLINK = 17
const RTMGRP_LINK = 1

const listeners = new Set<Listener>()
let watch: Promise<() => Promise<void>> | undefined

/** The indexes of interfaces that a datagram of rtnetlink(7) says are gone. */
function removedIn(datagram: Buffer): number[] {
  return [...netlinkMessages(datagram)].flatMap(({ type, payload }) =>
    // struct ifinfomsg: family, padding and type come before the index.
    type === RTM_DELLINK && payload.length >= 8 ? [netlinkNumber(payload, 4)] : [],
  )
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
