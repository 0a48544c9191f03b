// Addresses in session descriptions: groups with TTL and count, and sources, as senders write them.

import { canonical, formatAddress, isMulticast, parseAddress, unmapped, withoutZone } from '../net/address.ts'

/** How many groups one line counts to, and how many entries of each list are read: anybody can send large counts. */
export const MAX_ENTRIES = 256

/** A group, and the TTL that IPv4 has beside it. */
export interface GroupAddress {
  group: string
  ttl?: number
}

/** IPv4 without the zeros that some senders write before numbers: 239.1.1.1 for 239.001.001.001; other text as it is. */
function unpadded(text: string): string {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? text.split('.').map(Number).join('.') : text
}

/** An address in its canonical spelling, without a zone, which is one of the sending host. */
export function readAddress(text: string): string | undefined {
  return canonical(unmapped(withoutZone(unpadded(text))))
}

const count = (text: string | undefined): number =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN

/** What the address of a c= line, or of a filter, says. */
export interface ConnectionAddress {
  /** In canonical spelling. */
  address: string
  /** Empty for a unicast address. */
  groups: GroupAddress[]
  /** A TTL or count that is none. */
  problem?: string
}

/**
 * Reads `224.2.1.1/127/3`, three groups in a row whose TTL is 127, and `ff15::101/3`; IPv4 without a TTL too. `undefined` if
 * there is no address.
 */
export function readConnectionAddress(text: string): ConnectionAddress | undefined {
  const [base = '', ...numbers] = text.split('/')
  const address = readAddress(base)
  const bytes = address === undefined ? undefined : parseAddress(address)?.bytes
  if (address === undefined || bytes === undefined) return undefined
  if (!isMulticast(address)) return { address, groups: [] }
  const isIpv4 = bytes.length === 4
  const [ttlText, countText] = isIpv4 ? numbers : [undefined, numbers[0]]
  const ttl = count(ttlText)
  const total = Math.min(count(countText) || 1, MAX_ENTRIES)
  const groups: GroupAddress[] = []
  for (let n = 0; n < total; n++) {
    const group = formatAddress(bytes)
    if (!isMulticast(group)) break
    groups.push({ group, ...(ttl <= 255 && { ttl }) })
    for (let at = bytes.length - 1; at >= 0; at--) {
      bytes[at] = (bytes[at] ?? 0) + 1
      if (bytes[at] !== 0) break
    }
  }
  const wrong =
    (ttlText !== undefined && !(ttl <= 255)) ||
    (countText !== undefined && !(count(countText) >= 1)) ||
    numbers.length > (isIpv4 ? 2 : 1)
  const problem = isIpv4 ? 'behind a group are its TTL, 0 to 255, and a count' : 'behind an IPv6 group is a count'
  return { address, groups, ...(wrong && { problem }) }
}
