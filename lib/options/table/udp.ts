// The options of level IPPROTO_UDP, and of level SOL_UDPLITE.

import { boolean, int, udpEncapsulation } from '../codecs.ts'
import { option } from '../option.ts'

/** `UDPLITE_RECV_CSCOV`: drop datagrams whose checksum covers fewer bytes than this, 8 or more; 0: fewer than all. Default 0. RFC 3828, udplite(7) */
export const UDPLITE_RECV_CSCOV = option('UDPLITE_RECV_CSCOV', 'SOL_UDPLITE', int(0, 65535, 'bytes'))
/** `UDPLITE_SEND_CSCOV`: how many bytes the checksum covers, the header included, 8 or more; 0: all. Default 0. RFC 3828, udplite(7) */
export const UDPLITE_SEND_CSCOV = option('UDPLITE_SEND_CSCOV', 'SOL_UDPLITE', int(0, 65535, 'bytes'))
/** `UDP_CORK`: collect everything written into one datagram, which is sent when this is false again. Default false. udp(7) */
export const UDP_CORK = option('UDP_CORK', 'IPPROTO_UDP', boolean)
/** `UDP_ENCAP`: this socket's datagrams carry another protocol: esp for IPsec through NAT, l2tp; newer kernels refuse esp-non-ike, and those that drivers of the kernel set: gtp0, gtp1u, rxrpc. Default none. RFC 3948, net/ipv4/udp.c */
export const UDP_ENCAP = option('UDP_ENCAP', 'IPPROTO_UDP', udpEncapsulation)
/** `UDP_GRO`: receive datagrams of one flow together, and tell their size. Default false. Datagrams of a receiver with `gro` are split by it. udp(7) */
export const UDP_GRO = option('UDP_GRO', 'IPPROTO_UDP', boolean, { since: '5.0' })
/** `UDP_NO_CHECK6_RX`: receive datagrams over IPv6 that have no checksum. Default false. RFC 6935 */
export const UDP_NO_CHECK6_RX = option('UDP_NO_CHECK6_RX', 'IPPROTO_UDP', boolean, { since: '3.16' })
/** `UDP_NO_CHECK6_TX`: send datagrams over IPv6 without a checksum. Default false. RFC 6935 */
export const UDP_NO_CHECK6_TX = option('UDP_NO_CHECK6_TX', 'IPPROTO_UDP', boolean, { since: '3.16' })
/** `UDP_SEGMENT`: cut each write into datagrams of this many bytes, at most 128 of them (64 before 6.9); 0: don't. Default 0. udp(7) */
export const UDP_SEGMENT = option('UDP_SEGMENT', 'IPPROTO_UDP', int(0, 65535, 'bytes'), { since: '4.18' })
