// A group on an interface, and a source of a group, as a user names them: checked, and settled as far as possible at once.

import { constants } from 'node:os'
import { mustKnow } from '../base/check-fields.ts'
import { badValue, isOutOfDescriptors, kernelError, type SocketOptionError, show, wrongType } from '../base/errors.ts'
import { canonical, interfaceOfZone, isIpv6, isMulticast, unmapped, withoutZone, zoneOf } from '../net/address.ts'
import {
  type InterfaceByAddress,
  interfaceByAddress,
  type NamedInterface,
  nameOfInterface,
  readInterface,
} from '../net/interfaces.ts'
import { type Found, lookUp, type Wanted } from '../net/route-lookup.ts'
import { wrongSource } from '../options/codecs/multicast-target.ts'

/**
 * A group on an interface: by name, by index, or by a local address. Without one the kernel's route to the group decides.
 * The zone of an IPv6 group, `ff02::1%eth0`, names the interface too.
 */
export interface GroupOnInterface {
  /** An IPv4 or IPv6 multicast address; IPv6 may have a zone, which names the interface. */
  group: string
  /** A name, an index or a local address. Default, and for 0, `0.0.0.0` and `::`: by the kernel's route. */
  interface?: string | number | undefined
}

/** A group, with its interface settled as far as no lookup is needed. */
export interface GroupTarget {
  readonly group: string
  /** The interface, if a name or an index names it. */
  readonly on?: NamedInterface | undefined
  /** The local address that names the interface. */
  readonly address?: string | undefined
  /** What must be looked up to tell the interface. */
  readonly lookup?: Wanted | undefined
}

/** As the interface of a channel: every interface, also those to come. */
export const EVERY_INTERFACE = '*'

const FIELDS = ['group', 'interface']

export function groupTargetOf(on: GroupOnInterface, fields: readonly string[] = FIELDS): GroupTarget {
  if (typeof on !== 'object' || on === null)
    throw wrongType(`{ group, source?, interface? } is needed, not ${show(on)}`)
  mustKnow(fields, on, 'the group')
  const { group: text, interface: spec } = on
  if (spec === EVERY_INTERFACE)
    throw badValue("interface is '*': only the channels of openReceiver, and Receiver.keep, take every interface")
  const given = parseGroup(text)
  const zone = isIpv6(given) ? zoneOf(given) : undefined
  const group = zone === undefined ? given : withoutZone(given)
  const wanted = zone === undefined ? readInterface(spec) : interfaceOfGroup(given, zone, spec)
  if (wanted === undefined) return { group, on: undefined, address: undefined, lookup: { routeTo: group } }
  if ('address' in wanted) return { group, on: undefined, address: wanted.address, lookup: 'interfaces' }
  return { group, on: wanted, address: undefined, lookup: undefined }
}

export function parseGroup(group: unknown): string {
  if (typeof group !== 'string') throw wrongGroup(group)
  if (isMulticast(group)) return canonical(group) ?? group
  // A dual-stack socket tells an IPv4 group as an IPv4-mapped address.
  const ipv4 = unmapped(group)
  if (!isMulticast(ipv4)) throw wrongGroup(group)
  return ipv4
}

const wrongGroup = (group: unknown): SocketOptionError =>
  badValue(`group is ${show(group)}: an IPv4 or IPv6 multicast address is needed`)

export function parseSource(source: unknown, group: string): string {
  const wrong = wrongSource(source, group)
  if (wrong !== '') throw badValue(`${wrong}; an address that hosts send from is needed`)
  const address = canonical(source as string) ?? (source as string)
  // The kernel compares sources without their zone.
  return isIpv6(address) ? unmapped(withoutZone(address)) : address
}

/** The interface that a group's zone names. */
function interfaceOfGroup(group: string, zone: string, spec: unknown): NamedInterface | InterfaceByAddress | undefined {
  const wanted = readInterface(spec)
  if (wanted === undefined) return readInterface(interfaceOfZone(zone))
  if (!('index' in wanted) || ![wanted.name, String(wanted.index)].includes(zone))
    throw badValue(`group ${group} is on ${zone} and interface is ${show(spec)}: name one of the two`)
  return wanted
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
