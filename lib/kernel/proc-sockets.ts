import { endianness } from 'node:os'
import { formatAddress } from '../net/address.ts'

/** A UDP socket of this host. */
export interface HostSocket {
  family: 4 | 6
  /** What it is bound to. */
  address: string
  port: number
  uid: number
  /** As the links in /proc/PID/fd name it. */
  inode: number
  /** Datagrams it had no room for, or that its filter refused. */
  drops: number
}

/** Words of 32 bits, printed as numbers of the host with their bytes in network order. */
function addressFrom(hex: string, littleEndian: boolean): string {
  const bytes = Buffer.from(hex, 'hex')
  return formatAddress(littleEndian ? bytes.swap32() : bytes)
}

const SOCKET_LINE = /^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s/

/** The sockets in the texts of /proc/net/udp and /proc/net/udp6; a line that can't be read is passed over. */
export function hostSockets(texts: readonly string[], littleEndian: boolean = endianness() === 'LE'): HostSocket[] {
  return texts
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const [, hex, port] = SOCKET_LINE.exec(line) ?? []
      const columns = line.trim().split(/\s+/)
      if (hex === undefined || port === undefined || columns.length < 13) return []
      return {
        family: hex.length === 8 ? 4 : 6,
        address: addressFrom(hex, littleEndian),
        port: Number.parseInt(port, 16),
        uid: Number(columns[7]),
        inode: Number(columns[9]),
        drops: Number(columns[12]),
      } satisfies HostSocket
    })
}
