// Has the network told anew of this host's membership in a group.

import { openSocket, type Receiver } from '../../../index.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import { parseAddress } from '../../../net/address.ts'
import { IPV6_HOPOPTS, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_IF } from '../../../options/index.ts'

/** A hop-by-hop header with the router alert of MLD, without which routers and bridges do not look. RFC 2711 */
const ROUTER_ALERT = Uint8Array.of(0, 0, 5, 2, 0, 0, 1, 0)

const MLDV2_REPORT = 143
const MODE_IS_INCLUDE = 1
const MODE_IS_EXCLUDE = 2
const HEADER_LENGTH = 8
const RECORD_LENGTH = 20
const ADDRESS_LENGTH = 16
/** Far fewer than fit a packet. */
const MAX_SOURCES = 64

/** A report of MLDv2 with the state of one membership; the kernel fills in the checksum. RFC 3810 5.2 */
export function mldReport({ group, mode, sources }: Pick<HostMembership, 'group' | 'mode' | 'sources'>): Uint8Array {
  const isInclude = mode === 'include'
  const listed = sources.filter(({ include, exclude }) => (isInclude ? include : exclude) > 0).slice(0, MAX_SOURCES)
  // What only one of several sockets excludes, the host takes.
  const named = isInclude ? listed : []
  const report = new Uint8Array(HEADER_LENGTH + RECORD_LENGTH + named.length * ADDRESS_LENGTH)
  report[0] = MLDV2_REPORT
  report[7] = 1
  report[HEADER_LENGTH] = isInclude ? MODE_IS_INCLUDE : MODE_IS_EXCLUDE
  report[HEADER_LENGTH + 3] = named.length
  report.set(parseAddress(group)?.bytes ?? [], HEADER_LENGTH + 4)
  for (const [at, { address }] of named.entries())
    report.set(parseAddress(address)?.bytes ?? [], HEADER_LENGTH + RECORD_LENGTH + at * ADDRESS_LENGTH)
  return report
}

async function sendReport(membership: HostMembership): Promise<void> {
  const opened = await openSocket({
    family: 'ipv6',
    type: 'raw',
    protocol: 'IPPROTO_ICMPV6',
    options: [
      [IPV6_MULTICAST_IF, membership.index],
      [IPV6_MULTICAST_HOPS, 1],
      [IPV6_HOPOPTS, ROUTER_ALERT],
    ],
  })
  await using socket = opened.toMessageSocket()
  await socket.send(mldReport(membership), { address: `ff02::16%${membership.interface}` })
}

/**
 * Has this host report its membership anew. In IPv4 the library has the kernel report whatever is joined. In IPv6 the kernel
 * says nothing while another program has joined the group too, so the doctor sends the report that the kernel would send.
 */
export async function reportAnew(receiver: Receiver, membership: HostMembership | undefined): Promise<void> {
  await receiver.renew().catch(() => {})
  if (membership?.family === 'ipv6') await sendReport(membership).catch(() => {})
}
