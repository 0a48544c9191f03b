// A table of the links and their addresses, kept by messages of rtnetlink(7), and how two states of a table differ.

import { isMalformed } from '../protocols/malformed.ts'
import type { NetlinkMessage } from './netlink.ts'
import { decodeAddress, type LinkAddress, RTM_DELADDR, RTM_NEWADDR } from './rtnl-address.ts'
import { AF_UNSPEC } from './rtnl-family.ts'
import { decodeLink, type LinkMessage, RTM_DELLINK, RTM_NEWLINK } from './rtnl-link.ts'

/** A link with its addresses. A state never changes: the table gets another. */
export interface LinkState extends Readonly<Omit<LinkMessage, 'family'>> {
  /** IPv4 first, each family in the order in which the kernel told of its addresses. */
  readonly addresses: readonly LinkAddress[]
}

/** By index. */
export type LinkTable = Map<number, LinkState>

/** What became of a link: it appeared if there is no `before`, and was removed if there is no `after`. */
export interface LinkStep {
  readonly before: LinkState | undefined
  readonly after: LinkState | undefined
}

const idOf = ({ address, peer, prefixLength }: LinkAddress): string => `${address} ${peer} ${prefixLength}`
const textOfAddress = (one: LinkAddress): string => `${idOf(one)} ${one.scope} ${one.flags}`

/** Whether two states say the same. */
export function isSameState(one: LinkState, other: LinkState): boolean {
  return (
    one.name === other.name &&
    one.flags === other.flags &&
    one.mtu === other.mtu &&
    one.mac === other.mac &&
    one.master === other.master &&
    one.operstate === other.operstate &&
    one.carrier === other.carrier &&
    one.kind === other.kind &&
    one.ipv6Off === other.ipv6Off &&
    (one.addresses === other.addresses ||
      one.addresses.map(textOfAddress).join() === other.addresses.map(textOfAddress).join())
  )
}

/** The addresses of `one` that `other` lacks. */
export function addressesWithout(one: readonly LinkAddress[], other: readonly LinkAddress[]): LinkAddress[] {
  const known = new Set(other.map(idOf))
  return one.filter((address) => !known.has(idOf(address)))
}

/** Changes a table as a message says. `undefined`: the table has known, or the message is of something else. */
export function applyMessage(table: LinkTable, message: NetlinkMessage): LinkStep | undefined {
  const { type } = message
  if (type === RTM_NEWLINK || type === RTM_DELLINK) {
    const link = decodeLink(message)
    // With another family than AF_UNSPEC the message says that a link left a bridge, for example, and still exists.
    if (isMalformed(link) || link.family !== AF_UNSPEC) return undefined
    return put(table, link.index, type === RTM_NEWLINK ? withLink(table.get(link.index), link) : undefined)
  }
  if (type !== RTM_NEWADDR && type !== RTM_DELADDR) return undefined
  const address = decodeAddress(message)
  if (isMalformed(address)) return undefined
  const before = table.get(address.index)
  return before && put(table, address.index, withAddress(before, address, type === RTM_NEWADDR))
}

/** Puts a state in the table, and says what is new. */
export function put(table: LinkTable, index: number, after: LinkState | undefined): LinkStep | undefined {
  const before = table.get(index)
  if (after === undefined) {
    if (before === undefined) return undefined
    table.delete(index)
  } else {
    if (before !== undefined && isSameState(before, after)) return undefined
    table.set(index, after)
  }
  return { before, after }
}

function withLink(before: LinkState | undefined, { family, ...link }: LinkMessage): LinkState {
  return { ...link, addresses: before?.addresses ?? [] }
}

function withAddress(before: LinkState, address: LinkAddress, isThere: boolean): LinkState {
  const id = idOf(address)
  const at = before.addresses.findIndex((one) => idOf(one) === id)
  const addresses = [...before.addresses]
  if (!isThere) {
    if (at >= 0) addresses.splice(at, 1)
    return { ...before, addresses }
  }
  if (at >= 0) addresses[at] = address
  else if (address.family === 'ipv6') addresses.push(address)
  else addresses.splice(addresses.filter(({ family }) => family === 'ipv4').length, 0, address)
  // The kernel gives no interface an IPv6 address while IPv6 is off there, and sends no notice when IPv6 is switched on.
  return { ...before, addresses, ...(address.family === 'ipv6' && { ipv6Off: false }) }
}

/** Makes a table as another is, and says what is new in order of index. */
export function replaceTable(table: LinkTable, fresh: LinkTable): LinkStep[] {
  const indexes = new Set([...table.keys(), ...fresh.keys()])
  return [...indexes].sort((a, b) => a - b).flatMap((index) => put(table, index, fresh.get(index)) ?? [])
}
