// Asks the kernel what the interfaces of this host have counted.
import { decodeCounters, type InterfaceCounters, linkRequest, RTM_NEWLINK } from '../kernel/rtnl-link.ts'
import { familyNumber } from '../net/socket-address.ts'
import { isMalformed } from '../protocols/malformed.ts'
import { askRtnl, listedMessages, MAX_SPOILT_LISTS, spoiltLists } from './rtnl-questions.ts'

/**
 * What the network interfaces of this host have counted, in order of index: packets, bytes, multicast, drops, errors.
 *
 * The kernel is asked on a worker thread, since it answers under its network lock. What the counters hold is the
 * driver's choice: `ethtool -S` has more. Linux. rtnetlink(7), `IFLA_STATS64`
 * @throws SocketOptionError `limit` if descriptors or memory are used up, `unsupported` without the addon or on another
 * system
 */
export async function interfaceCounters(): Promise<InterfaceCounters[]> {
  // Throws reason `unsupported` where there is no netlink.
  familyNumber('netlink')
  for (let spoilt = 0; spoilt < MAX_SPOILT_LISTS; spoilt++) {
    const listed = listedMessages(await askRtnl([linkRequest(1, undefined, { counters: true })]))
    if (listed === undefined) continue
    return listed
      .filter(({ type }) => type === RTM_NEWLINK)
      .map(decodeCounters)
      .filter((one): one is InterfaceCounters => !isMalformed(one))
      .sort((a, b) => a.index - b.index)
  }
  throw spoiltLists()
}
