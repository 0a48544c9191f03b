import { LITTLE_ENDIAN } from '../../base/byte-order.ts'
import type { IpFamily } from '../../net/address.ts'
import { type Codec, codec } from './codec.ts'

/** A `struct sockaddr`: IPv4 and IPv6 with a port; a Unix socket by its path, an abstract one's starts with NUL. */
export type SocketAddress =
  | { family: IpFamily; address: string; port: number }
  | { family: 'unix'; path: string }
  | { family: number }

/** A `struct sockaddr` that the kernel tells. */
export const sockaddr: Codec<SocketAddress, never> = codec(
  'sockaddr',
  "{ family: 'ipv4' or 'ipv6', address, port }",
  () => false,
  {
    fromNative: (answer: Buffer) => decodeSockaddr(answer),
  },
)

const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10

export function decodeSockaddr(answer: Buffer, at = 0, length = answer.length - at): SocketAddress {
  const family = familyOf(answer, at)
  const port = length >= 4 ? answer.readUInt16BE(at + 2) : 0
  if (family === AF_INET && length >= 8)
    return { family: 'ipv4', address: [...answer.subarray(at + 4, at + 8)].join('.'), port }
  if (family === AF_INET6 && length >= 24)
    return { family: 'ipv6', address: textOf6(answer.subarray(at + 8, at + 24)), port }
  if (family === AF_UNIX) return { family: 'unix', path: unixPath(answer.subarray(at + 2, at + length)) }
  return { family }
}

const familyOf = (answer: Buffer, at: number): number =>
  LITTLE_ENDIAN ? answer.readUInt16LE(at) : answer.readUInt16BE(at)

function textOf6(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, place) => octets.readUInt16BE(place * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

// A path ends at its NUL; an abstract name starts with one and has the whole length.
const unixPath = (rest: Buffer): string =>
  rest[0] === 0 ? rest.toString() : rest.toString('utf8', 0, rest.includes(0) ? rest.indexOf(0) : rest.length)
