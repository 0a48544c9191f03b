// Hears the general queries of IGMP and MLD on every interface, and keeps what they tell of the queriers.

import { withoutZone } from '../../net/address.ts'
import { isMalformed } from '../../protocols/malformed.ts'
import { decodeMembershipPacket } from '../../protocols/membership-packet.ts'
import { createQuerierTable, type NotedQuery, type Querier } from '../../protocols/querier-table.ts'
import { openCapture } from './capture.ts'
import { MEMBERSHIP_FILTER } from './membership-filter.ts'
import { whyUntaken } from './untaken-query.ts'

type Family = 'ipv4' | 'ipv6'

/** A general query, and what it tells. */
export interface HeardGeneralQuery extends NotedQuery {
  readonly interfaceIndex: number
  readonly family: Family
}

/** Times of queriers are of `Date.now()`. */
export interface QuerierHearing extends AsyncDisposable {
  /** The querier that was heard last on an interface. */
  querierOf(interfaceIndex: number, family: Family): Querier | undefined
  /** Hears until `stop`. Queries that came since the hearing was opened are told first. */
  listen(stop: AbortSignal, heard: (query: HeardGeneralQuery) => void): Promise<void>
}

const linkOf = (interfaceIndex: number, family: Family): string => `${family} ${interfaceIndex}`

/** Needs CAP_NET_RAW. Queries that the kernel passes over do not count; those that this host sends do. */
export async function openQuerierHearing(): Promise<QuerierHearing> {
  const capture = await openCapture(undefined, MEMBERSHIP_FILTER)
  const queriers = createQuerierTable()
  return {
    querierOf: (interfaceIndex, family) => queriers.get(linkOf(interfaceIndex, family)),
    async listen(stop, heard) {
      for await (const batch of capture.packets(stop))
        for (const frame of batch) {
          const packet = decodeMembershipPacket(frame.data)
          if (packet === undefined || isMalformed(packet)) continue
          const { message, source } = packet
          const { interfaceIndex = 0, timestamp } = frame
          if (message.type !== 'query' || message.group !== undefined || whyUntaken(frame, packet) !== undefined)
            continue
          // A query of this host's is seen as it leaves; with a hop limit of 0 this host asks itself alone.
          if (frame.source.packetType === 'loopback' || packet.hopLimit === 0) continue
          const family = message.protocol === 'IGMP' ? 'ipv4' : 'ipv6'
          const at = timestamp === undefined ? Date.now() : Number(timestamp / 1_000_000n)
          const noted = queriers.note(linkOf(interfaceIndex, family), message, withoutZone(source), at)
          heard({ interfaceIndex, family, ...noted })
        }
    },
    [Symbol.asyncDispose]: () => capture[Symbol.asyncDispose](),
  }
}
