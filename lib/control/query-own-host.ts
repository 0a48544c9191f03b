// Has the kernel report every IGMP membership of an interface, by a query that never leaves the host.
import { native } from '../binding/native.ts'
import { setNow } from '../calls/call-now.ts'
import { sendDatagram } from '../datagram/send-datagram.ts'
import { familyNumber } from '../net/socket-address.ts'
import { partsOf } from '../options/option.ts'
import { IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_OPTIONS } from '../options/table/ip.ts'
import { encodeIgmpQuery, ROUTER_ALERT } from '../protocols/membership-query.ts'

/** To be answered within 0.1 s; the robustness is left to each host. */
const AT_ONCE = { maxResponseTime: 100, queryInterval: 125, robustness: 0 }

const ALL_HOSTS = { address: '224.0.0.1', port: 0 }

/**
 * Sends a general query of IGMPv3 from this host to itself: with TTL 0 the kernel loops it back and sends it nowhere.
 * False if that can't be: without CAP_NET_RAW, for example.
 */
export async function queryOwnHost(interfaceIndex: number): Promise<boolean> {
  const { SOCK_RAW = -1, IPPROTO_IGMP = 2 } = native.constants
  const socket = new native.Socket()
  if (socket.open(familyNumber('ipv4'), SOCK_RAW, IPPROTO_IGMP) !== 0) return false
  try {
    setNow(socket.fd, partsOf(IP_OPTIONS), ROUTER_ALERT)
    setNow(socket.fd, partsOf(IP_MULTICAST_IF), interfaceIndex)
    setNow(socket.fd, partsOf(IP_MULTICAST_TTL), 0)
    sendDatagram(socket.fd, encodeIgmpQuery(3, AT_ONCE), ALL_HOSTS)
    return true
  } catch {
    return false
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve))
  }
}
