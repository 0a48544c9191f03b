// What a MessageSocket of each family and type reads and sends.
import { badValue } from '../base/errors.ts'
import { datagramsNative } from '../binding/native.ts'
import type { SocketControl } from '../control/control.ts'
import { createDestinations, createInetDestinations, type EncodeDestination } from '../datagram/destination.ts'
import {
  type ReplyRoute,
  replyRoute,
  replyToPeer,
  replyToPortId,
  replyToSource,
  replyWithoutPort,
} from '../datagram/reply-route.ts'
import { VNET_HEADER_LENGTH } from '../datagram/vnet-header.ts'
import type { Ports } from '../net/ports.ts'
import { PROTOCOLS } from '../net/protocol-numbers.ts'
import { type Family, isInet } from '../net/socket-address.ts'
import { PACKET_VNET_HDR, PACKET_VNET_HDR_SZ } from '../options/table/packet.ts'
import { SO_ACCEPTCONN, SO_PROTOCOL } from '../options/table/socket.ts'
import { addressOf } from './address-of.ts'

/** An open socket, as far as it matters here. */
export interface SocketOfKind {
  readonly control: SocketControl
  readonly family: Family
  readonly type: string
  readonly ports: Ports
}

const TYPES: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ['dgram', 'raw'],
  ipv6: ['dgram', 'raw'],
  unix: ['dgram', 'seqpacket'],
  packet: ['dgram', 'raw'],
  netlink: ['dgram', 'raw'],
  vsock: ['dgram', 'seqpacket'],
}

/** Refuses a socket that has no messages to read. */
export function mustHaveMessages({ control, family, type }: SocketOfKind): void {
  if (!TYPES[family].includes(type))
    throw badValue(
      `a ${type} socket of ${family} can't become a MessageSocket: that takes ${TYPES[family].join(' or ')} of ${family}`,
    )
  if (type === 'seqpacket' && control.getSync(SO_ACCEPTCONN))
    throw badValue('this socket listens: a connection that it accept()s can become a MessageSocket')
}

/** Whether the kernel may take many datagrams as one: `UDP_SEGMENT`, UDP alone. */
export const isUdp = ({ control, family, type }: SocketOfKind): boolean =>
  isInet(family) && type === 'dgram' && control.getSync(SO_PROTOCOL) === PROTOCOLS.IPPROTO_UDP

/**
 * The families whose options count: those of IPv4 for the IPv4 datagrams of an IPv6 socket too, but a raw one, which gets none.
 */
export function familiesOf({ family, type }: SocketOfKind): readonly Family[] {
  return family === 'ipv6' && type === 'dgram' ? ['ipv6', 'ipv4'] : [family]
}

/** The length of the header that a packet socket puts before each frame; 0: none. */
export function vnetHeaderOf({ control, family }: SocketOfKind): number {
  if (family !== 'packet' || !control.getSync(PACKET_VNET_HDR)) return 0
  try {
    return control.getSync(PACKET_VNET_HDR_SZ)
  } catch {
    // Linux before 6.6 has one length.
    return VNET_HEADER_LENGTH
  }
}

/** Checks and converts the destinations of a socket. */
export function destinationsOf(socket: SocketOfKind, fd: () => number): EncodeDestination {
  const { family, type, ports } = socket
  if (isInet(family)) return createInetDestinations(datagramsNative(), family === 'ipv6', ports === 'ports')
  if (family !== 'packet') return createDestinations(family)
  return createDestinations(family, {
    isCooked: type === 'dgram',
    protocol: () => {
      const protocol = Number(addressOf(fd(), 'packet', 'getsockname').protocol ?? 0)
      return protocol === PROTOCOLS.ETH_P_ALL ? 0 : protocol
    },
  })
}

/** Where answers go. */
export function replyRouteOf({ family, type, ports }: SocketOfKind): ReplyRoute {
  if (type === 'seqpacket') return replyToPeer
  if (family === 'netlink') return replyToPortId
  if (!isInet(family)) return replyToSource
  return ports === 'ports' ? replyRoute : replyWithoutPort
}
