import { endianness } from 'node:os'
import { formatAddress } from '../net/address.ts'
import { Lines } from './lines.ts'

/** A source some socket of the host named for a group, and how many sockets include it and exclude it. */
export interface ListedSource {
  address: string
  include: number
  exclude: number
}

/** One group one interface is a member of. */
export interface HostMembership {
  interface: string
  index: number
  family: 4 | 6
  group: string
  /** Sockets, and the kernel itself, that hold it. */
  users: number
  /**
   * The interface's filter: `include` where every member names its sources, `exclude` where one or more take any other.
   * Absent where the kernel's lists leave it open: it counts members, and members a source, but not members a mode.
   */
  mode?: 'include' | 'exclude'
  sources: ListedSource[]
  /**
   * False where `sources` is empty only because the kernel did not list them. Linux begins the list of filters at the
   * first interface whose newest group has sources, and leaves out all before it. A source-specific join on `lo`, held
   * while the files are read, makes the list whole.
   */
  sourcesListed: boolean
  /** IPv4: the version the interface speaks, below 3 where an older querier (or force_igmp_version) made it fall back. */
  igmpVersion?: 1 | 2 | 3
}

/** The texts of the files in /proc/net, each as it was read; one that is not there may be left out. */
export interface ProcNetTexts {
  igmp?: string
  igmp6?: string
  mcfilter?: string
  mcfilter6?: string
}

/** The memberships of one family in the kernel's order, and each by its interface and group. */
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

/** Index, name, version; a name of ten characters or more leaves no blank before the colon. */
const DEVICE_LINE = /^(\d+)[ \t]+([^\s:]+)[ \t]*:[ \t]*\d+[ \t]+V(\d)/

/** A line for an interface, then a line for each of its groups: group, users. */
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
    // A number of the host, its bytes in network order: reversed on little-endian.
    const value = hex.length === 8 ? Number(`0x${hex}`) : Number.NaN
    if (!(value >= 0 && users >= 0)) continue
    const number = littleEndian ? byteSwapped(value) : value
    const membership: HostMembership = {
      interface: name,
      index,
      family: 4,
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

/** Lines of index, name, group, users. */
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
      family: 6,
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
 * Lines of index, name cut to six characters, group, source, and how many sockets include and exclude it. The addresses,
 * so many characters long, are most significant byte first on every host.
 */
function eachFilter(text: string, length: number, take: (filter: FilterLine) => void): void {
  for (const lines = new Lines(text); lines.next(); ) {
    const index = lines.number()
    lines.word()
    const group = lines.word()
    const source = lines.word()
    const include = lines.number()
    const exclude = lines.number()
    if (index >= 0 && exclude >= 0 && group.length === length && source.length === length)
      take({ index, group, source, include, exclude })
  }
}

/**
 * Each source's count is of sockets, so the sockets in include mode are at least the largest count of one source and at
 * most the sum of all; the rest of the users take any source.
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

/** Puts the filters to the memberships of one family, and marks those the kernel left out. */
function addFilters<Key>(
  { memberships, byKey }: FamilyMemberships<Key>,
  text: string,
  length: number,
  keyOf: (index: number, group: string) => Key,
  addressOf: (hex: string) => string,
): void {
  const listed = new Set<number>()
  // Most groups have the same few.
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
 * What this host has joined, from the texts of `/proc/net/igmp`, `igmp6`, `mcfilter` and `mcfilter6`. A line that can't be
 * read is passed over: the kernel may add to them. The files are read one after the other, so a filter may name a group
 * that was left in between; it is passed over too.
 *
 * @param littleEndian of the host the texts come from; this one's unless told
 */
export function hostMemberships(texts: ProcNetTexts, littleEndian: boolean = endianness() === 'LE'): HostMembership[] {
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
