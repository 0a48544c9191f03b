// The IPv4 groups that this host has joined, from /proc/net/igmp.
import { readFileSync } from 'node:fs'

/** The groups whose text begins with `prefix`. */
export function joinedGroups(prefix) {
  const addresses = []
  for (const [, hex] of readFileSync('/proc/net/igmp', 'utf8').matchAll(/^\t+([\dA-F]{8})/gm)) {
    const bytes = hex.match(/../g).map((byte) => Number.parseInt(byte, 16))
    addresses.push((littleEndian ? bytes.reverse() : bytes).join('.'))
  }
  return addresses.filter((address) => address.startsWith(prefix))
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
