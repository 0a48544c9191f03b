// Writes the general queries of IGMPv2, IGMPv3, MLDv1 and MLDv2, and the IPv4 packet of one from a chosen source.

import { parseAddress } from '../net/address.ts'
import { internetChecksum, viewOf } from './bytes.ts'
import { encodeFloat8, encodeFloat16 } from './membership-fields.ts'

/** What a querier tells the hosts of its network. */
export interface QueryTimes {
  /** In milliseconds: within this time each host answers. */
  readonly maxResponseTime: number
  /** In seconds: how often the querier asks. IGMPv3 and MLDv2 tell it. */
  readonly queryInterval: number
  /** How many lost messages a membership survives, 0 to 7; 0 leaves it to each host. IGMPv3 and MLDv2 tell it. */
  readonly robustness: number
}

/** RFC 2113: routers look at the packet. Hosts take IGMPv3 queries only with it. */
export const ROUTER_ALERT = Uint8Array.of(0x94, 4, 0, 0)
/** The header of hop-by-hop options with the router alert of MLD: RFC 2711, RFC 3810 5 */
export const MLD_HOP_BY_HOP = Uint8Array.of(0, 0, 5, 2, 0, 0, 1, 0)

/** Network byte order, so that a 16-bit checksum can be written behind the fact. */
function withChecksum(message: Uint8Array, at: number): Uint8Array {
  viewOf(message).setUint16(at, internetChecksum(message))
  return message
}

/** The end of a query of IGMPv3 or MLDv2: no S flag, robustness, interval, no sources. RFC 9776 4.1.6, RFC 3810 5.1.8 */
const tailOf = ({ robustness, queryInterval }: QueryTimes): number[] => [robustness, encodeFloat8(queryInterval), 0, 0]

/** A general query of IGMPv2 (RFC 2236 2) or IGMPv3 (RFC 9776 4.1). */
export function encodeIgmpQuery(version: 2 | 3, times: QueryTimes): Uint8Array {
  const tenths = Math.max(1, Math.round(times.maxResponseTime / 100))
  const code = version === 2 ? Math.min(255, tenths) : encodeFloat8(tenths)
  return withChecksum(Uint8Array.of(0x11, code, 0, 0, 0, 0, 0, 0, ...(version === 3 ? tailOf(times) : [])), 2)
}

/**
 * A general query of MLDv1 (RFC 2710 3) or MLDv2 (RFC 3810 5.1). The checksum, which covers the addresses of the packet,
 * is left to the kernel.
 */
export function encodeMldQuery(version: 1 | 2, times: QueryTimes): Uint8Array {
  const query = new Uint8Array(version === 1 ? 24 : 28)
  query[0] = 130
  const wanted = Math.max(1, Math.round(times.maxResponseTime))
  viewOf(query).setUint16(4, version === 1 ? Math.min(65_535, wanted) : encodeFloat16(wanted))
  if (version === 2) query.set(tailOf(times), 24)
  return query
}

const IGMP = 2
/** RFC 9776 4: the precedence of internetwork control. */
const INTERNETWORK_CONTROL = 0xc0
const DONT_FRAGMENT = 0x4000

/** An IPv4 packet to 224.0.0.1 with an IGMP message: TTL 1 and a router alert. The source may be 0.0.0.0. */
export function igmpPacket(source: string, message: Uint8Array): Uint8Array {
  const header = new Uint8Array(20 + ROUTER_ALERT.length)
  const view = viewOf(header)
  header[0] = 0x40 | (header.length / 4)
  header[1] = INTERNETWORK_CONTROL
  view.setUint16(2, header.length + message.length)
  view.setUint16(6, DONT_FRAGMENT)
  header[8] = 1
  header[9] = IGMP
  header.set(parseAddress(source)?.bytes ?? [], 12)
  header.set([224, 0, 0, 1], 16)
  header.set(ROUTER_ALERT, 20)
  return Uint8Array.of(...withChecksum(header, 10), ...message)
}
