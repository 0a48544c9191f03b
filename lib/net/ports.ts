// Which sockets of IPv4 and IPv6 have ports.
import { type Family, isInet, NO_PORTS } from './socket-address.ts'

/** `none`: raw sockets. `identifier`: ICMP sockets, whose own port is the identifier of their echo requests. icmp(7) */
export type Ports = 'ports' | 'identifier' | 'none'

const IPPROTO_ICMP = 1
const IPPROTO_ICMPV6 = 58

/** What the port of a socket's address is, by the socket's protocol: 0 is that of its type. */
export function portsOf(family: Family, type: string, protocol: number): Ports {
  if (!isInet(family)) return 'ports'
  if (type === 'raw') return 'none'
  return type === 'dgram' && (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) ? 'identifier' : 'ports'
}

/** The least port of a peer of such a socket. A datagram socket may connect to port 0: every port of the peer. */
export const leastPortOf = (ports: Ports, type: string): number =>
  ports === 'ports' ? (type === 'dgram' ? 0 : 1) : NO_PORTS
