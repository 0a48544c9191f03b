// Reads from the texts of /proc/net/igmp, igmp6, mcfilter and mcfilter6 which groups this host has joined, and how.

import { LITTLE_ENDIAN } from '../base/byte-order.ts'
import { formatAddress, type IpFamily } from '../net/address.ts'
import { Lines } from './lines.ts'

/**
 * A source that sockets of this host named for a group: how many of them include the source, and how many exclude it.
 */
export interface ListedSource {
  address: string
  include: number
  exclude: number
}

/** The membership of one interface in one group. */
export interface HostMembership {
  interface: string
  index: number
  family: IpFamily
  group: string
  /** How many sockets hold the membership; the kernel itself counts as one. */
  users: number
  /**
   * The interface's filter mode: `include` if every socket names the sources it takes, `exclude` if at least one socket
   * takes all sources but those it names. Absent if the kernel's lists leave the mode open: they count sockets, and
   * sockets a source, but not sockets a mode.
   */
  mode?: 'include' | 'exclude'
  sources: ListedSource[]
  /**
   * False if `sources` is empty only because the kernel left this interface's sources out of its list. Linux begins the
   * list at the first interface whose newest group has sources, and leaves out the interfaces before. A source-specific
   * join on `lo`, held while the files are read, makes the list complete.
   */
  sourcesListed: boolean
  /**
   * The version of IGMP the interface speaks; below 3 if an older querier, or the sysctl force_igmp_version, made it
   * fall back.
   */
  igmpVersion?: 1 | 2 | 3
}

/** The texts of the files in /proc/net, by the file's name; the text of a missing file may be left out. */
export interface ProcNetTexts {
  igmp?: string
  igmp6?: string
  mcfilter?: string
  mcfilter6?: string
}

/** The memberships of one family: in the kernel's order, and each by the key of its interface and group. */
interface FamilyMemberships<Key> {
  readonly memberships: HostMembership[]
  readonly byKey: Map<Key, HostMembership>
}

const ipv4Text = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`

const byteSwapped = (value: number): number =>
  ((value >>> 24) | ((value >>> 8) & 0xff00) | ((value & 0xff00) << 8) | (value << 24)) >>> 0

const ipv6Bytes = Buffer.alloc(16)

function ipv6Text(hex: string): string {
  ipv6Bytes.write(hex, 'hex')
  return formatAddress(ipv6Bytes)
}

const HEX = /^(?:0x)?[\da-f]+$/i

const ipv4Key = (index: number, group: number): number => index * 2 ** 32 + group
const ipv6Key = (index: number, group: string): string => `${index} ${group}`

/**
 * A line for an interface: index, name, version. After a name of ten characters or more there is no blank before the
 * colon.
 */
const DEVICE_LINE = /^(\d{1,10})[ \t]+([^\s:]+)[ \t]*:[ \t]*\d+[ \t]+V(\d)/

/**
 * Reads /proc/net/igmp: a line for an interface, then an indented line for each of its groups with the group and its
 * users.
 */
function parseIgmp(text: string, littleEndian: boolean): FamilyMemberships<number> {
  const memberships: HostMembership[] = []
  const byKey = new Map<number, HostMembership>()
  let name = ''
  let index = 0
  let version: HostMembership['igmpVersion']
  for (const lines = new Lines(text); lines.next(); ) {
    if (!lines.indented) {
      const [, number, device, digit] = DEVICE_LINE.exec(lines.rest()) ?? []
      if (device === undefined) continue
      index = Number(number)
      name = device
      version = digit === '1' || digit === '2' || digit === '3' ? (Number(digit) as 1 | 2 | 3) : undefined
      continue
    }
    const hex = lines.word()
    const users = lines.number()
    // The kernel prints the address as a number although its bytes are in network order, so a little-endian host prints
    // them reversed.
    const value = hex.length === 8 ? Number(`0x${hex}`) : Number.NaN
    if (!(value >= 0 && users >= 0)) continue
    const number = littleEndian ? byteSwapped(value) : value
    const membership: HostMembership = {
      interface: name,
      index,
      family: 'ipv4',
      group: ipv4Text(number),
      users,
      sources: [],
      sourcesListed: true,
    }
    if (version !== undefined) membership.igmpVersion = version
    memberships.push(membership)
    byKey.set(ipv4Key(index, number), membership)
  }
  return { memberships, byKey }
}

/** Reads /proc/net/igmp6: lines of index, name, group, users. */
function parseIgmp6(text: string): FamilyMemberships<string> {
  const memberships: HostMembership[] = []
  const byKey = new Map<string, HostMembership>()
  for (const lines = new Lines(text); lines.next(); ) {
    const index = lines.number()
    const name = lines.word()
    const hex = lines.word()
    const users = lines.number()
    if (!(index >= 0 && users >= 0) || hex.length !== 32 || !HEX.test(hex)) continue
    const membership: HostMembership = {
      interface: name,
      index,
      family: 'ipv6',
      group: ipv6Text(hex),
      users,
      sources: [],
      sourcesListed: true,
    }
    memberships.push(membership)
    byKey.set(ipv6Key(index, hex), membership)
  }
  return { memberships, byKey }
}

interface FilterLine {
  readonly index: number
  readonly group: string
  readonly source: string
  readonly include: number
  readonly exclude: number
}

/**
 * Reads /proc/net/mcfilter or mcfilter6: lines of index, name cut to six characters, group, source, and how many
 * sockets include and exclude the source. Addresses are `length` characters, most significant byte first on every host.
 */
function eachFilter(text: string, length: number, take: (filter: FilterLine) => void): void {
  for (const lines = new Lines(text); lines.next(); ) {
    const index = lines.number()
    lines.word()
    const group = lines.word()
    const source = lines.word()
    const include = lines.number()
    const exclude = lines.number()
    if (index >= 0 && include >= 0 && exclude >= 0 && group.length === length && source.length === length)
      take({ index, group, source, include, exclude })
  }
}

/**
 * The filter mode, if the counts tell. Each source's `include` counts sockets. So the sockets in include mode are at
 * least the largest of these counts and at most their sum; all other users of the membership take any source.
 */
function modeOf({ users, sources, sourcesListed }: HostMembership): HostMembership['mode'] {
  if (!sourcesListed) return undefined
  let sum = 0
  let largest = 0
  for (const { include, exclude } of sources) {
    if (exclude > 0) return 'exclude'
    sum += include
    largest = Math.max(largest, include)
  }
  if (users > sum) return 'exclude'
  return largest >= users ? 'include' : undefined
}

/**
 * Adds to each membership of one family its sources and filter mode, and marks the memberships whose sources the kernel
 * left out.
 */
function addFilters<Key>(
  { memberships, byKey }: FamilyMemberships<Key>,
  text: string,
  length: number,
  keyOf: (index: number, group: string) => Key,
  addressOf: (hex: string) => string,
): void {
  const listed = new Set<number>()
  // Most groups name the same few sources: each is formatted once.
  const addresses = new Map<string, string>()
  eachFilter(text, length, ({ index, group, source, include, exclude }) => {
    listed.add(index)
    const membership = byKey.get(keyOf(index, group))
    if (membership === undefined) return
    let address = addresses.get(source)
    if (address === undefined) {
      if (!HEX.test(source)) return
      address = addressOf(source)
      addresses.set(source, address)
    }
    membership.sources.push({ address, include, exclude })
  })
  let begun = false
  let previous: number | undefined
  for (const membership of memberships) {
    begun ||= listed.has(membership.index)
    const newest = membership.index !== previous
    previous = membership.index
    membership.sourcesListed = begun || newest
    const mode = modeOf(membership)
    if (mode !== undefined) membership.mode = mode
  }
}

/**
 * The groups this host has joined, from the texts of `/proc/net/igmp`, `igmp6`, `mcfilter` and `mcfilter6`. A line that
 * can't be read is passed over, since the kernel may add lines of other forms. The files are read one after the other,
 * so a filter may name a group that was left in between; such a filter is passed over too.
 *
 * @param littleEndian whether the texts come from a little-endian host; by default, whether this host is one
 */
export function hostMemberships(texts: ProcNetTexts, littleEndian: boolean = LITTLE_ENDIAN): HostMembership[] {
  const { igmp = '', igmp6 = '', mcfilter = '', mcfilter6 = '' } = texts
  const ipv4 = parseIgmp(igmp, littleEndian)
  const ipv6 = parseIgmp6(igmp6)
  addFilters(
    ipv4,
    mcfilter,
    10,
    (index, group) => ipv4Key(index, Number(group)),
    (source) => ipv4Text(Number(source)),
  )
  addFilters(ipv6, mcfilter6, 32, ipv6Key, ipv6Text)
  return [...ipv4.memberships, ...ipv6.memberships]
}
