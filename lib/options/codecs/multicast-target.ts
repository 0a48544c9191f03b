// What the codecs of multicast share: their public types, and checks of groups, sources and interfaces.

import { whole } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import {
  canonical,
  isIpv6,
  isMapped,
  isMulticast,
  parseAddress,
  unmapped,
  withoutZone,
  zoneOf,
} from '../../net/address.ts'
import { interfaceIndex } from '../../net/interfaces.ts'

/** A group on an interface by name or index; without one the kernel chooses. */
export interface GroupRequest {
  /** An IPv4 or IPv6 multicast address, without a zone. */
  group: string
  /** A name, or an index; 0, the default, lets the kernel choose. */
  interface?: string | number | undefined
}

/** As `GroupRequest`, of one source. */
export interface GroupSourceRequest extends GroupRequest {
  /** The address of a host, of the family of the group. */
  source: string
}

/** `struct ip_mreq_source`: the interface by a local IPv4 address; without one the kernel chooses. */
export interface IpMreqSource {
  /** An IPv4 multicast address. */
  group: string
  /** The IPv4 address of a host. */
  source: string
  /** A local IPv4 address of the interface. Default: the kernel chooses. */
  interface?: string | undefined
}

/** The interface multicast leaves by: a name, an index, or for IPv4 a local address. */
export type MulticastInterface = string | number

/** A source filter in full: only these sources (`include`), or all but these (`exclude`). RFC 3678 section 3. */
export interface SourceFilter {
  /** `include`: only the sources; `exclude`: all but the sources. `MCAST_INCLUDE`, `MCAST_EXCLUDE` */
  mode: 'include' | 'exclude'
  /** Addresses of hosts, of the family of the group, each once. */
  sources: string[]
}

/** `struct group_filter`: a source filter in full, of a group on an interface. RFC 3678 5.1.3 */
export interface GroupFilter extends GroupRequest, SourceFilter {}

export function wrongGroup(value: unknown, family: 4 | 6 | undefined): string {
  if (typeof value !== 'string' || !isMulticast(unmapped(value)))
    return `group is ${show(value)}, not a multicast address`
  if (zoneOf(value) !== undefined) return `group is ${show(value)}: its zone goes into interface`
  const given = isIpv6(unmapped(value)) ? 6 : 4
  return family === undefined || given === family ? '' : `group is ${show(value)}, not an IPv${family} group`
}

const NO_HOST = ['0.0.0.0', '255.255.255.255', '::']

// The kernel accepts 0.0.0.0, ::, groups and the broadcast address as a source, and then nothing ever arrives.
export function wrongSource(value: unknown, group: string): string {
  const given = typeof value === 'string' ? canonical(value) : undefined
  if (given === undefined) return `source is ${show(value)}, not an IP address`
  // A dual-stack socket tells an IPv4 address as an IPv4-mapped one.
  const source = isIpv6(given) && !isIpv6(group) ? unmapped(given) : given
  if (isIpv6(source) !== isIpv6(group)) return `source ${value} and group ${group} are of different families`
  if (isIpv6(source) && isMapped(parseAddress(source)?.bytes ?? NO_BYTES))
    return `source ${value} is an IPv4 address, and group ${group} is IPv6`
  const address = isIpv6(source) ? withoutZone(source) : source
  if (NO_HOST.includes(address) || isMulticast(source)) return `source is ${show(value)}, which no host sends from`
  return ''
}

const NO_BYTES = new Uint8Array()

export function wrongFilter(value: Record<string, unknown>, group: string): string {
  if (value.mode !== 'include' && value.mode !== 'exclude')
    return `mode is ${show(value.mode)}, not 'include' or 'exclude'`
  if (!Array.isArray(value.sources)) return `sources is ${show(value.sources)}, not an array`
  const seen = new Set<string | undefined>()
  for (const source of value.sources) {
    const wrong = wrongSource(source, group)
    if (wrong !== '') return wrong
    const one = unmapped(canonical(source) as string)
    if (seen.has(one)) return `source ${source} is listed twice`
    seen.add(one)
  }
  return ''
}

export const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && parseAddress(value) !== undefined
const isIndex = whole(0, 2 ** 31 - 1).right
const isIndexOrName = (value: unknown): boolean =>
  value === undefined || isIndex(value) || (typeof value === 'string' && value !== '')

export function wrongInterface(value: unknown, takes: 'address' | 'index' | 'either'): string {
  if (value === undefined) return ''
  const address = isAddress(value)
  if (takes !== 'index' && address)
    return parseAddress(unmapped(value))?.family === 4 ? '' : `interface is ${show(value)}, not an IPv4 address`
  if (takes === 'address') return `interface is ${show(value)}, not a local IPv4 address (the struct has no index)`
  if (address || !isIndexOrName(value)) return `interface is ${show(value)}, not a name or an index`
  return ''
}

export const INADDR_ANY = '0.0.0.0'
/** The local IPv4 address that names an interface. */
export const localAddressOf = (value: string | undefined): string =>
  value === undefined ? INADDR_ANY : unmapped(value)
export const indexOf = (value: string | number | undefined): number => (value === undefined ? 0 : interfaceIndex(value))
