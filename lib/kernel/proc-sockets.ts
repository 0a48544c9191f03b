// Reads the UDP sockets of this host from the texts of /proc/net/udp and udp6.

import { LITTLE_ENDIAN } from '../base/byte-order.ts'
import { formatAddress, type IpFamily } from '../net/address.ts'

/** A UDP socket of this host. */
export interface HostSocket {
  family: IpFamily
  /** The local address the socket is bound to. */
  address: string
  port: number
  uid: number
  /** The inode number, by which the links in /proc/PID/fd name the socket. */
  inode: number
  /** Datagrams dropped because the receive buffer was full, or refused by the socket's filter. */
  drops: number
}

/**
 * An address from its hexadecimal text. The kernel prints each 32-bit word as a number, although its bytes are in
 * network order.
 */
function addressFrom(hex: string, littleEndian: boolean): string {
  const bytes = Buffer.from(hex, 'hex')
  return formatAddress(littleEndian ? bytes.swap32() : bytes)
}

const isCount = (value: number | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const SOCKET_LINE = /^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s/

/** The sockets listed in the texts of /proc/net/udp and /proc/net/udp6; a line that can't be read is passed over. */
export function hostSockets(texts: readonly string[], littleEndian: boolean = LITTLE_ENDIAN): HostSocket[] {
  return texts
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const [, hex, port] = SOCKET_LINE.exec(line) ?? []
      const columns = line.trim().split(/\s+/)
      if (hex === undefined || port === undefined) return []
      const [uid, inode, drops] = [columns[7], columns[9], columns[12]].map(Number)
      if (!isCount(uid) || !isCount(inode) || !isCount(drops)) return []
      return {
        family: hex.length === 8 ? 'ipv4' : 'ipv6',
        address: addressFrom(hex, littleEndian),
        port: Number.parseInt(port, 16),
        uid,
        inode,
        drops,
      } satisfies HostSocket
    })
}
