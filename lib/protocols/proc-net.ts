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
  const bytes = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
  return (littleEndian ? bytes.reverse() : bytes).join('.')
}

const ipv6FromHex = (hex: string): string => formatAddress(Buffer.from(hex, 'hex'))

function* rows(text: string | undefined): Generator<string> {
  for (const line of text?.split('\n') ?? []) {
    const row = line.trim()
    if (row !== '' && !row.startsWith('Idx')) yield row
  }
}

const BLANKS = /\s+/

/** Index, name, version: a name of ten characters or more leaves no blank before the colon. */
const INTERFACE_ROW = /^(\d+)\s+([^\s:]+)\s*:\s*\d+\s+V(\d)/

function parseIgmp(text: string | undefined, littleEndian: boolean): HostMembership[] {
  const memberships: HostMembership[] = []
  let name = ''
  let index = 0
  let version: HostMembership['igmpVersion']
  for (const row of rows(text)) {
    const head = row.includes('V') ? INTERFACE_ROW.exec(row) : null
    if (head !== null) {
      index = Number(head[1])
      name = head[2] ?? ''
      const digit = Number(head[3])
      version = digit === 1 || digit === 2 || digit === 3 ? digit : undefined
      continue
    }
    const [group = '', users] = row.split(BLANKS)
    if (group.length === 8) {
      memberships.push({
        interface: name,
        index,
        family: 4,
        group: ipv4FromHost(group, littleEndian),
        users: Number(users),
        sources: [],
        sourcesListed: true,
        ...(version !== undefined && { igmpVersion: version }),
      })
    }
  }
  return memberships
}

function parseIgmp6(text: string | undefined): HostMembership[] {
  const memberships: HostMembership[] = []
  for (const row of rows(text)) {
    const [index, name, group, users] = row.split(BLANKS)
    if (name === undefined || group?.length !== 32) continue
    memberships.push({
      interface: name,
      index: Number(index),
      family: 6,
      group: ipv6FromHex(group),
      users: Number(users),
      sources: [],
      sourcesListed: true,
    })
  }
  return memberships
}

/** The filter files print addresses most significant byte first on every host, and cut the device's name to six characters. */
function* parseFilters(text: string | undefined, address: (hex: string) => string): Generator<Filter> {
  for (const row of rows(text)) {
    const [index, , group, source, include, exclude] = row.split(BLANKS)
    if (group === undefined || source === undefined) continue
    yield {
      index: Number(index),
      group: address(group),
      source: { address: address(source), include: Number(include), exclude: Number(exclude) },
    }
  }
}

/**
 * Each source's count is of sockets, so the sockets in include mode are at least the largest count of one source and at
 * most the sum of all; the rest of the users take any source.
 */
function modeOf({ users, sources, sourcesListed }: HostMembership): HostMembership['mode'] {
  if (!sourcesListed) return undefined
  if (sources.some(({ exclude }) => exclude > 0)) return 'exclude'
  const counts = sources.map(({ include }) => include)
  if (users > counts.reduce((sum, count) => sum + count, 0)) return 'exclude'
  return counts.some((count) => count >= users) ? 'include' : undefined
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
  const ipv4 = parseIgmp(texts.igmp, littleEndian)
  const ipv6 = parseIgmp6(texts.igmp6)
  addFilters(
    ipv4,
    parseFilters(texts.mcfilter, (hex) => ipv4FromHost(hex, false)),
  )
  addFilters(ipv6, parseFilters(texts.mcfilter6, ipv6FromHex))
  return [...ipv4, ...ipv6]
}
