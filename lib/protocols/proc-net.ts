import { endianness } from 'node:os'
import { formatAddress } from '../address.ts'

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

interface Filter {
  index: number
  group: string
  source: ListedSource
}

/** /proc/net/igmp prints the group as a number of the host, its bytes in network order: reversed on little-endian. */
function ipv4FromHost(hex: string, littleEndian: boolean): string {
  const value = Number.parseInt(hex, 16)
  const [a, b, c, d] = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
  return littleEndian ? `${d}.${c}.${b}.${a}` : `${a}.${b}.${c}.${d}`
}

const ipv6FromHex = (hex: string): string => formatAddress(Buffer.from(hex, 'hex'))

// One pass of one expression over each text: a host may have thousands of groups.

/** A line of an interface: index, name, version (a name of ten characters or more leaves no blank before the colon); or of a group: number, users. */
const IGMP_ROW = /^(?:(\d+)[ \t]+([^\s:]+)[ \t]*:[ \t]*\d+[ \t]+V(\d)|[ \t]+([0-9A-F]{8})[ \t]+(\d+)[ \t])/gm
/** Index, name, group, users. */
const IGMP6_ROW = /^[ \t]*(\d+)[ \t]+(\S+)[ \t]+([0-9a-f]{32})[ \t]+(\d+)[ \t]/gm
/** Index, group, source, sockets that include and that exclude it; the device's name is cut to six characters. */
const FILTER_ROW = /^[ \t]*(\d+)[ \t]+\S+[ \t]+(?:0x)?([0-9a-f]+)[ \t]+(?:0x)?([0-9a-f]+)[ \t]+(\d+)[ \t]+(\d+)/gim

function parseIgmp(text: string, littleEndian: boolean): HostMembership[] {
  const memberships: HostMembership[] = []
  let name = ''
  let index = 0
  let version: HostMembership['igmpVersion']
  for (const [, number, device, digit, group, users] of text.matchAll(IGMP_ROW)) {
    if (group === undefined) {
      index = Number(number)
      name = device ?? ''
      version = digit === '1' || digit === '2' || digit === '3' ? (Number(digit) as 1 | 2 | 3) : undefined
      continue
    }
    const membership: HostMembership = {
      interface: name,
      index,
      family: 4,
      group: ipv4FromHost(group, littleEndian),
      users: Number(users),
      sources: [],
      sourcesListed: true,
    }
    if (version !== undefined) membership.igmpVersion = version
    memberships.push(membership)
  }
  return memberships
}

function parseIgmp6(text: string): HostMembership[] {
  return Array.from(text.matchAll(IGMP6_ROW), ([, index, name = '', group = '', users]) => ({
    interface: name,
    index: Number(index),
    family: 6,
    group: ipv6FromHex(group),
    users: Number(users),
    sources: [],
    sourcesListed: true,
  }))
}

/** The filter files print addresses most significant byte first on every host. */
function parseFilters(text: string, digits: number, address: (hex: string) => string): Filter[] {
  const filters: Filter[] = []
  // Those of a group follow each other.
  let hex = ''
  let group = ''
  for (const [, index, to = '', from = '', include, exclude] of text.matchAll(FILTER_ROW)) {
    if (to.length !== digits || from.length !== digits) continue
    if (to !== hex) {
      hex = to
      group = address(to)
    }
    filters.push({
      index: Number(index),
      group,
      source: { address: address(from), include: Number(include), exclude: Number(exclude) },
    })
  }
  return filters
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

/** Puts the filters to the memberships of one family, which are in the kernel's order, and marks those it left out. */
function addFilters(memberships: readonly HostMembership[], filters: Iterable<Filter>): void {
  const byKey = new Map(memberships.map((membership) => [`${membership.index} ${membership.group}`, membership]))
  const listed = new Set<number>()
  for (const { index, group, source } of filters) {
    listed.add(index)
    byKey.get(`${index} ${group}`)?.sources.push(source)
  }
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
    parseFilters(mcfilter, 8, (hex) => ipv4FromHost(hex, false)),
  )
  addFilters(ipv6, parseFilters(mcfilter6, 32, ipv6FromHex))
  return [...ipv4, ...ipv6]
}
