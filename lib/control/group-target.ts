import { constants } from 'node:os'
import { badValue, isOutOfDescriptors, kernelError, show } from '../base/errors.ts'
import { canonical, interfaceOfZone, isIpv6, isMulticast, parseAddress, withoutZone, zoneOf } from '../net/address.ts'
import { interfaceByAddress, interfaceByNameOrIndex, type NamedInterface, nameOfInterface } from '../net/interfaces.ts'
import type { Found, Wanted } from '../net/route-lookup.ts'

/**
 * A group on an interface: by name, by index, by a local address, or (without one) where the kernel routes the group.
 * The zone of an IPv6 group, `ff02::1%eth0`, names the interface too.
 */
export interface GroupOnInterface {
  group: string
  interface?: string | number
}

/** A group, with its interface settled as far as it can be without asking the kernel. */
export interface GroupTarget {
  readonly group: string
  /** The interface, where no lookup is needed to tell. */
  readonly on?: NamedInterface | undefined
  /** The local address it was named by. */
  readonly address?: string | undefined
}

/** Named by a local IPv4 address: the calls then use `ip_mreq` and `ip_mreq_source`. */
export const isByMreq = ({ group, address }: GroupTarget): boolean =>
  address !== undefined && !isIpv6(group) && parseAddress(address)?.family === 4

/** What must be looked up to tell the interface. */
export function lookupFor({ group, on, address }: GroupTarget): Wanted | undefined {
  if (on !== undefined) return undefined
  return address === undefined ? { routeTo: group } : 'interfaces'
}

/** The interface; throws where there is none. */
export function findInterface({ group, on, address }: GroupTarget, found: Found): NamedInterface {
  if (on !== undefined) return on
  return address === undefined ? routed(group, found) : interfaceByAddress(address, found.interfaces)
}

export function parseGroup(group: unknown): string {
  if (typeof group !== 'string' || !isMulticast(group))
    throw badValue(`group is ${show(group)}: an IPv4 or IPv6 multicast address is needed`)
  return canonical(group) ?? group
}

export function groupTargetOf(on: GroupOnInterface): GroupTarget {
  if (typeof on !== 'object' || on === null) throw new TypeError(`{ group, interface? } is needed, not ${show(on)}`)
  const given = parseGroup(on.group)
  const group = withoutZone(given)
  const spec = interfaceOf(on, zoneOf(given))
  if (spec === undefined || spec === 0) return { group }
  if (typeof spec !== 'string' && typeof spec !== 'number')
    throw badValue(`interface is ${show(spec)}: a name, an index or a local address is needed`)
  const named = interfaceByNameOrIndex(spec)
  if (named !== undefined) return { group, on: named }
  return { group, address: String(spec) }
}

function interfaceOf(on: GroupOnInterface, zone: string | undefined): string | number | undefined {
  if (zone === undefined) return on.interface
  if (on.interface !== undefined && String(on.interface) !== zone)
    throw badValue(`group ${on.group} is on ${zone} and interface is ${show(on.interface)}: name one of the two`)
  return interfaceOfZone(zone)
}

function routed(group: string, found: Found): NamedInterface {
  const index = found.route(group)
  const name = index > 0 ? nameOfInterface(index) : ''
  if (name !== '') return { name, index }
  const errno = index < 0 ? -index : constants.errno.ENETUNREACH
  const none = { reason: 'no-route', advice: 'there is none; name the interface' } as const
  throw kernelError({ asked: `find a route to ${group}`, errno, ...(isOutOfDescriptors(errno) ? {} : none) })
}
