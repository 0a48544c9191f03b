// Hears the queriers of the links, if the process may: how often each asks, and when the querier of a link changes.
import type { Datagram } from '../datagram/datagram.ts'
import { ICMPV6_FILTER } from '../options/table/raw.ts'
import { decodeIgmp } from '../protocols/igmp.ts'
import { isMalformed } from '../protocols/malformed.ts'
import type { MembershipQuery } from '../protocols/membership-message.ts'
import { decodeMld } from '../protocols/mld.ts'
import { createQuerierTable, type QuerierTable } from '../protocols/querier-table.ts'
import type { MessageSocket } from '../socket/message-socket.ts'
import { openSocket } from '../socket/open-socket.ts'

type Family = 'ipv4' | 'ipv6'

export interface QuerierListener {
  /** The querier of a link is another one than before, speaks another version, or is back. */
  changed(interfaceIndex: number, family: Family): void
  /** How often the querier of a link asks has become known, or is another. */
  paced(): void
}

export interface QuerierWatch {
  /** Milliseconds from one general query to the next, as far as the querier of this link was heard. */
  intervalOf(family: Family, interfaceIndex: number): number | undefined
  close(): Promise<void>
}

interface Hearing {
  readonly queriers: QuerierTable
  readonly listeners: Set<QuerierListener>
  close(): Promise<void>
}

/** The ICMPv6 type. */
const MLD_QUERY = 130

const keyOf = (family: Family, interfaceIndex: number): string => `${family} ${interfaceIndex}`

/** The general query in a packet of a raw socket, with the address that it came from. */
function queryIn(family: Family, { data, source, hopLimit }: Datagram): [MembershipQuery, string] | undefined {
  const headerLength = family === 'ipv4' ? ((data[0] ?? 0) & 15) * 4 : 0
  const timeToLive = family === 'ipv4' ? data[8] : hopLimit
  // With 0 this host asked itself.
  if (timeToLive !== 1) return undefined
  const message = (family === 'ipv4' ? decodeIgmp : decodeMld)(data.subarray(headerLength))
  if (isMalformed(message) || message.type !== 'query' || message.group !== undefined) return undefined
  return [message, source.address]
}

/** A socket that gets the queries of a family; undefined without CAP_NET_RAW, or if this host has not the family. */
async function openRaw(family: Family): Promise<MessageSocket | undefined> {
  const opening =
    family === 'ipv4'
      ? openSocket({ family, type: 'raw', protocol: 'IPPROTO_IGMP' })
      : openSocket({
          family,
          type: 'raw',
          protocol: 'IPPROTO_ICMPV6',
          options: [[ICMPV6_FILTER, { pass: [MLD_QUERY] }]],
        })
  const owned = await opening.catch(() => undefined)
  if (owned === undefined) return undefined
  try {
    return owned.toMessageSocket({ batch: 8, ancillary: { hopLimit: true } }).unref()
  } catch {
    await owned.close()
    return undefined
  }
}

async function openHearing(): Promise<Hearing> {
  const queriers = createQuerierTable()
  const listeners = new Set<QuerierListener>()

  const note = (family: Family, datagram: Datagram): void => {
    const heard = queryIn(family, datagram)
    const { interfaceIndex } = datagram
    if (heard === undefined || interfaceIndex === undefined) return
    const [query, address] = heard
    const { querier, before, isChanged } = queriers.note(
      keyOf(family, interfaceIndex),
      query,
      address,
      performance.now(),
    )
    for (const listener of listeners) {
      if (querier.interval !== before?.interval) listener.paced()
      if (isChanged) listener.changed(interfaceIndex, family)
    }
  }

  const listen = async (family: Family, socket: MessageSocket): Promise<void> => {
    try {
      for await (const batch of socket) for (const datagram of batch) note(family, datagram)
    } catch {
      // Whatever ends the reading ends what is known of the queriers, and nothing else.
      queriers.clear()
    }
  }

  const sockets: MessageSocket[] = []
  for (const family of ['ipv4', 'ipv6'] as const) {
    const socket = await openRaw(family)
    if (socket === undefined) continue
    sockets.push(socket)
    void listen(family, socket)
  }
  return {
    queriers,
    listeners,
    close: async () => {
      await Promise.all(sockets.map((socket) => socket.close()))
    },
  }
}

// Each thread loads this module anew, and has its own sockets.
let shared: { readonly opened: Promise<Hearing>; users: number } | undefined

/**
 * Hears the general queries of every link until the watch is closed. All watches of a thread share a raw socket for each
 * family; without CAP_NET_RAW there is none, and nothing is heard. The event loop is not kept alive.
 */
export async function watchQueriers(listener: QuerierListener): Promise<QuerierWatch> {
  shared ??= { opened: openHearing(), users: 0 }
  const own = shared
  own.users++
  const { queriers, listeners, close } = await own.opened
  listeners.add(listener)
  return {
    intervalOf: (family, interfaceIndex) => queriers.get(keyOf(family, interfaceIndex))?.interval,
    close: async () => {
      if (!listeners.delete(listener) || --own.users > 0) return
      if (shared === own) shared = undefined
      await close()
    },
  }
}
