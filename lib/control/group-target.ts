// A group on an interface, and a source of a group, as a user names them: checked, and settled as far as possible at once.

import { constants } from 'node:os'
import { badValue, isOutOfDescriptors, kernelError, show, wrongType } from '../base/errors.ts'
import { canonical, interfaceOfZone, isIpv6, isMulticast, parseAddress, withoutZone, zoneOf } from '../net/address.ts'
import { interfaceByAddress, interfaceByNameOrIndex, type NamedInterface, nameOfInterface } from '../net/interfaces.ts'
import { type Found, lookUp, type Wanted } from '../net/route-lookup.ts'
import { wrongSource } from '../options/codecs/multicast-target.ts'

/**
 * A group on an interface: by name, by index, or by a local address. Without one the kernel's route to the group decides.
 * The zone of an IPv6 group, `ff02::1%eth0`, names the interface too.
 */
export interface GroupOnInterface {
  group: string
  interface?: string | number
}

/** A group, with its interface settled as far as no lookup is needed. */
export interface GroupTarget {
  readonly group: string
  /** The interface, if a name or an index names it. */
  readonly on?: NamedInterface | undefined
  /** The local address that names the interface. */
  readonly address?: string | undefined
  /** A local IPv4 address names the interface: the calls then use `ip_mreq`, `ip_mreq_source` and `ip_msfilter`. */
  readonly isByMreq?: boolean | undefined
  /** What must be looked up to tell the interface. */
  readonly lookup?: Wanted | undefined
}

export function groupTargetOf(on: GroupOnInterface): GroupTarget {
  if (typeof on !== 'object' || on === null)
    throw wrongType(`{ group, source?, interface? } is needed, not ${show(on)}`)
  const given = parseGroup(on.group)
  const zone = isIpv6(given) ? zoneOf(given) : undefined
  const group = zone === undefined ? given : withoutZone(given)
  const spec = zone === undefined ? on.interface : interfaceOf(on, zone)
  if (spec === undefined || spec === 0)
    return { group, on: undefined, address: undefined, isByMreq: false, lookup: { routeTo: group } }
  if (typeof spec !== 'string' && typeof spec !== 'number')
    throw badValue(`interface is ${show(spec)}: a name, an index or a local address is needed`)
  const named = interfaceByNameOrIndex(spec)
  if (named !== undefined) return { group, on: named, address: undefined, isByMreq: false, lookup: undefined }
  const address = String(spec)
  const isByMreq = !isIpv6(group) && parseAddress(address)?.family === 4
  return { group, on: undefined, address, isByMreq, lookup: 'interfaces' }
}

export function parseGroup(group: unknown): string {
  if (typeof group !== 'string' || !isMulticast(group))
    throw badValue(`group is ${show(group)}: an IPv4 or IPv6 multicast address is needed`)
  return canonical(group) ?? group
}

export function parseSource(source: unknown, group: string): string {
  const wrong = wrongSource(source, group)
  if (wrong !== '') throw badValue(`${wrong}; an address that hosts send from is needed`)
  const address = canonical(source as string) ?? (source as string)
  // The kernel compares sources without their zone.
  return isIpv6(address) ? withoutZone(address) : address
}

function interfaceOf(on: GroupOnInterface, zone: string): string | number {
  if (on.interface !== undefined && String(on.interface) !== zone)
    throw badValue(`group ${on.group} is on ${zone} and interface is ${show(on.interface)}: name one of the two`)
  return interfaceOfZone(zone)
}

/** The interface of a target, by what its lookup found; throws if there is none. */
export function findInterface({ group, on, address }: GroupTarget, found: Found): NamedInterface {
  if (on !== undefined) return on
  return address === undefined ? routed(group, found) : interfaceByAddress(address, found.interfaces)
}

/** The interface of a target, after a lookup if one is needed; rejects if there is none. */
export async function lookUpInterface(target: GroupTarget): Promise<NamedInterface> {
  const { on, lookup } = target
  return on ?? findInterface(target, await lookUp(typeof lookup === 'object' ? [lookup.routeTo] : []))
}

function routed(group: string, found: Found): NamedInterface {
  const index = found.route(group)
  const name = index > 0 ? nameOfInterface(index) : ''
  if (name !== '') return { name, index }
  const errno = index < 0 ? -index : constants.errno.ENETUNREACH
  const none = { reason: 'no-route', advice: 'there is none; name the interface' } as const
  throw kernelError({ asked: `find a route to ${group}`, errno, ...(isOutOfDescriptors(errno) ? {} : none) })
}
