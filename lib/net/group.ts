// What the address of a multicast group says: kind, scope, flags, Ethernet address.

import { whole } from '../base/check-fields.ts'
import { SocketOptionError, show } from '../base/errors.ts'
import { formatAddress, type IpFamily, isMulticast, parseAddress, unmapped } from './address.ts'
import { wellKnownGroup } from './well-known-groups.ts'

/**
 * The purpose that the address was set aside for.
 *
 * IPv4 by the blocks of RFC 5771: `local-network-control` 224.0.0/24, `internetwork-control` 224.0.1/24, `ad-hoc` (blocks
 * I to III), `sdp-sap` 224.2/16, `source-specific` 232/8 (RFC 4607), `glop` 233.0 to 233.251 (RFC 3180),
 * `unicast-prefix` 234/8 (RFC 6034), `administratively-scoped` 239/8 (RFC 2365), `reserved` the rest.
 *
 * IPv6 by its flags: `well-known` (T = 0), `solicited-node` ff02::1:ff00:0/104 (RFC 4291), `transient` (T = 1),
 * `unicast-prefix` (P, RFC 3306), `source-specific` ff3x::/32 (RFC 4607), `embedded-rp` (R, RFC 3956), `link-scoped` (made
 * from an interface identifier, RFC 4489), and `reserved` if the flags contradict each other.
 */
export type GroupKind =
  | 'local-network-control'
  | 'internetwork-control'
  | 'ad-hoc'
  | 'sdp-sap'
  | 'source-specific'
  | 'glop'
  | 'unicast-prefix'
  | 'administratively-scoped'
  | 'well-known'
  | 'solicited-node'
  | 'transient'
  | 'embedded-rp'
  | 'link-scoped'
  | 'reserved'

/**
 * How far the group reaches. IPv6 by the scope names of RFC 7346; `unassigned` there are scopes without a name. IPv4: `link-local`
 * 224.0.0/24; of 239/8 (RFC 2365) `local` 239.255/16, and 239.253/16 and 239.254/16, which it may grow into, and
 * `organization-local` the rest: 239.192/14, what that may grow into, and what IANA's registry has for it; `global`
 * everything else.
 */
export type GroupScope =
  | 'interface-local'
  | 'link-local'
  | 'realm-local'
  | 'admin-local'
  | 'site-local'
  | 'local'
  | 'organization-local'
  | 'global'
  | 'unassigned'
  | 'reserved'

/** The flags of an IPv6 group (RFC 4291 2.7, RFC 3306, RFC 3956, RFC 7371). */
export interface GroupFlags {
  /** Transient: not assigned by IANA. */
  T: boolean
  /** Made from a unicast prefix. */
  P: boolean
  /** Carries the address of its rendezvous point. */
  R: boolean
  /** The bit left of R, without a meaning yet (RFC 7371). */
  X: boolean
}

/** What a group's address says, by `describeGroup`. */
export interface GroupDescription {
  /** The group in its canonical spelling, without a zone. */
  address: string
  /** The family of the group. */
  family: IpFamily
  /** What IANA calls the group, if it is a well-known one: `ntp.mcast.net` for 224.0.1.1. */
  name?: string
  /** Who joins a well-known group, or what is sent to it. */
  purpose?: string
  /** The purpose that the address was set aside for. */
  kind: GroupKind
  /** How far the group reaches. */
  scope: GroupScope
  /** IPv6 only. */
  flags?: GroupFlags
  /** The Ethernet address its frames go to: 01:00:5e and 23 bits (RFC 1112), 33:33 and 32 bits (RFC 2464). */
  ethernet: string
  /** IPv4 only: how many groups, this one among them, share that Ethernet address: 32, as 5 bits of the group are lost. */
  ethernetSharedBy?: number
  /** The hop limit (TTL) that by convention keeps a datagram in the scope, if there is such a convention. */
  hopLimit?: number
  /** `glop`: the autonomous system that owns the group. */
  asNumber?: number
  /**
   * The unicast prefix the group was made from: `2001:db8::/32`. RFC 6034 does not give its length in an IPv4 group:
   * there this is the longest possible prefix, a /24.
   */
  unicastPrefix?: string
  /** `embedded-rp`: the address of the rendezvous point (RFC 3956). */
  rendezvousPoint?: string
}

/** A bound by TTL, by the convention of the MBone. */
export type HopScope = 'host' | 'subnet' | 'site' | 'region' | 'continent' | 'unrestricted'

const HOPS = whole(0, 255)

/**
 * How far a datagram with this TTL was meant to go: 0 the host, 1 the subnet, up to 32 the site, up to 64 the region,
 * up to 128 the continent, up to 255 anywhere.
 * @throws SocketOptionError ERR_OUT_OF_RANGE if `hops` is no whole number from 0 to 255
 */
export function hopScope(hops: number): HopScope {
  if (!HOPS.right(hops)) {
    throw new SocketOptionError(`the hop limit is ${show(hops)}: ${HOPS.words} is needed`, {
      code: 'ERR_OUT_OF_RANGE',
      reason: 'bad-value',
    })
  }
  if (hops <= 1) return hops === 0 ? 'host' : 'subnet'
  if (hops <= 32) return 'site'
  if (hops <= 64) return 'region'
  return hops <= 128 ? 'continent' : 'unrestricted'
}

const HOP_LIMITS: Partial<Record<GroupScope, number>> = {
  'interface-local': 0,
  'link-local': 1,
  'site-local': 32,
  global: 255,
}

const SCOPES_V6: Partial<Record<number, GroupScope>> = {
  0: 'reserved',
  1: 'interface-local',
  2: 'link-local',
  3: 'realm-local',
  4: 'admin-local',
  5: 'site-local',
  8: 'organization-local',
  14: 'global',
  15: 'reserved',
}

const hex = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')

/** First and last address of each block, and its kind; an address in no block is reserved. */
const BLOCKS_V4: readonly (readonly [first: number, last: number, kind: GroupKind])[] = [
  [0xe0000000, 0xe00000ff, 'local-network-control'],
  [0xe0000100, 0xe00001ff, 'internetwork-control'],
  [0xe0000200, 0xe000ffff, 'ad-hoc'],
  [0xe0020000, 0xe002ffff, 'sdp-sap'],
  [0xe0030000, 0xe004ffff, 'ad-hoc'],
  [0xe8000000, 0xe8ffffff, 'source-specific'],
  [0xe9000000, 0xe9fbffff, 'glop'],
  [0xe9fc0000, 0xe9ffffff, 'ad-hoc'],
  [0xea000000, 0xeaffffff, 'unicast-prefix'],
  [0xef000000, 0xefffffff, 'administratively-scoped'],
]

function scopeV4(kind: GroupKind, second: number): GroupScope {
  if (kind === 'local-network-control') return 'link-local'
  if (kind !== 'administratively-scoped') return 'global'
  return second >= 253 ? 'local' : 'organization-local'
}

/** The hop limit of RFC 2365's scopes proper, not of what they may grow into: 239.255/16 and 239.192/14. */
function hopLimitV4(kind: GroupKind, second: number): number | undefined {
  if (kind !== 'administratively-scoped') return HOP_LIMITS[scopeV4(kind, second)]
  if (second === 255) return 32
  return second >= 192 && second <= 195 ? 64 : undefined
}

function describeV4(bytes: Uint8Array): GroupDescription {
  const [, second = 0, third = 0, fourth = 0] = bytes
  const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const kind = BLOCKS_V4.find(([first, last]) => number >= first && number <= last)?.[2] ?? 'reserved'
  const hopLimit = hopLimitV4(kind, second)
  return {
    address: formatAddress(bytes),
    family: 'ipv4',
    kind,
    scope: scopeV4(kind, second),
    ...(hopLimit !== undefined && { hopLimit }),
    ethernet: hex([0x01, 0x00, 0x5e, second & 0x7f, third, fourth]),
    ethernetSharedBy: 32,
    ...(kind === 'glop' && { asNumber: second * 256 + third }),
    ...(kind === 'unicast-prefix' && { unicastPrefix: `${second}.${third}.${fourth}.0/24` }),
  }
}

const SOLICITED_NODE = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]

function kindV6(bytes: Uint8Array, { T, P, R, X }: GroupFlags): GroupKind {
  const plen = bytes[3] ?? 0
  if (X || (R && !P) || (P && !T)) return 'reserved'
  if (R) {
    const id = (bytes[2] ?? 0) & 15
    return id !== 0 && plen > 0 && plen <= 64 ? 'embedded-rp' : 'reserved'
  }
  if (P) {
    if (plen === 0) return bytes[2] === 0 ? 'source-specific' : 'reserved'
    if (plen === 255) return 'link-scoped'
    return plen <= 64 ? 'unicast-prefix' : 'reserved'
  }
  if (T) return 'transient'
  return SOLICITED_NODE.every((byte, i) => bytes[i] === byte) ? 'solicited-node' : 'well-known'
}

/** The first `length` bits of the 64-bit prefix that follows the prefix length in a group (RFC 3306 4). */
function embeddedPrefix(bytes: Uint8Array, length: number): Uint8Array {
  const prefix = new Uint8Array(16)
  for (let bit = 0; bit < length; bit += 8) {
    const mask = 0xff << Math.max(0, 8 - (length - bit))
    prefix[bit / 8] = (bytes[4 + bit / 8] ?? 0) & mask
  }
  return prefix
}

function describeV6(bytes: Uint8Array): GroupDescription {
  const [, second = 0, third = 0, plen = 0] = bytes
  const flags = { T: (second & 0x10) !== 0, P: (second & 0x20) !== 0, R: (second & 0x40) !== 0, X: second >= 0x80 }
  const kind = kindV6(bytes, flags)
  const scope = SCOPES_V6[second & 15] ?? 'unassigned'
  const hopLimit = HOP_LIMITS[scope]
  const description: GroupDescription = {
    address: formatAddress(bytes),
    family: 'ipv6',
    kind,
    scope,
    ...(hopLimit !== undefined && { hopLimit }),
    flags,
    ethernet: hex([0x33, 0x33, ...bytes.subarray(12)]),
  }
  if (kind === 'unicast-prefix' || kind === 'embedded-rp') {
    const prefix = embeddedPrefix(bytes, plen)
    description.unicastPrefix = `${formatAddress(prefix)}/${plen}`
    if (kind === 'embedded-rp') {
      prefix[15] = third & 15
      description.rendezvousPoint = formatAddress(prefix)
    }
  }
  return description
}

/**
 * Reads a group's address: its name, its purpose, how far it reaches, its Ethernet address. Asks neither the kernel nor the network.
 *
 * @param address an IPv4 address in 224.0.0.0/4, also as `::ffff:224.0.0.1`, or an IPv6 address in ff00::/8; a zone
 * (`%eth0`) is ignored
 * @throws SocketOptionError ERR_INVALID_ADDRESS if the address is no group's
 */
export function describeGroup(address: string): GroupDescription {
  const group = typeof address === 'string' ? unmapped(address) : ''
  const parsed = parseAddress(group)
  if (parsed === undefined || !isMulticast(group)) {
    const what = parsed === undefined ? 'no address' : 'no multicast address'
    throw new SocketOptionError(
      `${show(address)} is ${what}: a group is an IPv4 address from 224.0.0.0 to 239.255.255.255 or an IPv6 address that starts with ff`,
      { code: 'ERR_INVALID_ADDRESS', reason: 'bad-value' },
    )
  }
  const description = parsed.family === 4 ? describeV4(parsed.bytes) : describeV6(parsed.bytes)
  return { ...description, ...wellKnownGroup(description.address) }
}
