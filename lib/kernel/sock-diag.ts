// Asks sock_diag(7) for the UDP sockets of this host, and reads its answers.

import { LITTLE_ENDIAN } from '../base/byte-order.ts'
import { formatAddress, type IpFamily } from '../net/address.ts'
import { viewOf } from '../protocols/bytes.ts'
import { isMalformed, type Malformed, malformed } from '../protocols/malformed.ts'
import { attributesByType, type NetlinkMessage, netlinkNumber, netlinkRequest } from './netlink.ts'
import { familyNumberOf, readFamily } from './rtnl-family.ts'

/** What sock_diag(7) tells of a UDP socket beyond /proc/net/udp. */
export interface DiagnosedSocket {
  readonly family: IpFamily
  readonly inode: number
  /** The local port; 0 if the socket has none. */
  readonly port: number
  /** The address that the socket is connected to; undefined if it is not. */
  readonly peer: string | undefined
  /** The index of the device that the socket is bound to; 0 for none. */
  readonly device: number
  /** In bytes: what waits to be read. */
  readonly unread: number
  /** In bytes: how much may wait, as SO_RCVBUF reads; undefined before Linux 3.3. */
  readonly receiveBuffer: number | undefined
  /** IPV6_V6ONLY; undefined of an IPv4 socket. */
  readonly isV6only: boolean | undefined
  /** IP_MULTICAST_LOOP; undefined before Linux 5.10. */
  readonly loopsMulticast: boolean | undefined
  /** IP_MULTICAST_ALL; undefined before Linux 5.10. */
  readonly takesAllMulticast: boolean | undefined
}

const SOCK_DIAG_BY_FAMILY = 20
const IPPROTO_UDP = 17

/**
 * struct inet_diag_req_v2: family, protocol, extensions and a pad of a byte each, the states (4), then struct
 * inet_diag_sockid (48).
 */
const REQUEST_LENGTH = 56
const EVERY_STATE = 0xffffffff

/** The request for all UDP sockets of a family. */
export function udpSocketsRequest(seq: number, family: IpFamily): Uint8Array {
  const struct = new Uint8Array(REQUEST_LENGTH)
  struct[0] = familyNumberOf(family)
  struct[1] = IPPROTO_UDP
  struct[2] = 1 << (INET_DIAG_SKMEMINFO - 1)
  struct.set(new Uint8Array(new Uint32Array([EVERY_STATE]).buffer), 4)
  return netlinkRequest({ type: SOCK_DIAG_BY_FAMILY, seq, dump: true, struct })
}

/**
 * struct inet_diag_msg: family, state, timer and retransmissions of a byte each; struct inet_diag_sockid: source port (2),
 * destination port (2), source (16), destination (16), device (4), cookie (8); then expires, receive queue, send queue,
 * user and inode of 4 bytes each.
 */
const MESSAGE_LENGTH = 72
const SOURCE_PORT = 4
const DESTINATION = 24
const DEVICE = 40
const RECEIVE_QUEUE = 56
const INODE = 68

const INET_DIAG_SKMEMINFO = 7
const INET_DIAG_SKV6ONLY = 11
const INET_DIAG_SOCKOPT = 22
/** Where SK_MEMINFO_RCVBUF is, the second of 32-bit numbers. linux/sock_diag.h */
const RECEIVE_BUFFER = 4
/** The bit fields of the first byte of struct inet_diag_sockopt. */
const MC_LOOP = 4
const MC_ALL = 6

/** A bit field of a byte: C numbers them from the low end on a little-endian host, else from the high end. */
const fieldBit = (byte: number, number: number, littleEndian: boolean): boolean =>
  ((byte >> (littleEndian ? number : 7 - number)) & 1) === 1

const NONE = new Uint8Array()

/** The socket of an answer. */
export function decodeUdpSocket(
  { payload }: NetlinkMessage,
  littleEndian: boolean = LITTLE_ENDIAN,
): DiagnosedSocket | Malformed {
  const family = readFamily(payload)
  if (typeof family !== 'string') return family
  if (payload.length < MESSAGE_LENGTH) return malformed(`a socket of ${payload.length} bytes, not ${MESSAGE_LENGTH}`)
  const attributes = attributesByType(payload, MESSAGE_LENGTH, { [INET_DIAG_SKV6ONLY]: 1 })
  if (isMalformed(attributes)) return attributes
  const destination = payload.subarray(DESTINATION, DESTINATION + (family === 'ipv4' ? 4 : 16))
  const options = attributes.get(INET_DIAG_SOCKOPT)?.[0]
  const memory = attributes.get(INET_DIAG_SKMEMINFO) ?? NONE
  const isV6only = attributes.get(INET_DIAG_SKV6ONLY)?.[0]
  return {
    family,
    inode: netlinkNumber(payload, INODE),
    port: viewOf(payload).getUint16(SOURCE_PORT),
    peer: destination.some((byte) => byte !== 0) ? formatAddress(destination) : undefined,
    device: netlinkNumber(payload, DEVICE),
    unread: netlinkNumber(payload, RECEIVE_QUEUE),
    receiveBuffer: memory.length < RECEIVE_BUFFER + 4 ? undefined : netlinkNumber(memory, RECEIVE_BUFFER),
    isV6only: isV6only === undefined ? undefined : isV6only === 1,
    loopsMulticast: options === undefined ? undefined : fieldBit(options, MC_LOOP, littleEndian),
    takesAllMulticast: options === undefined ? undefined : fieldBit(options, MC_ALL, littleEndian),
  }
}
