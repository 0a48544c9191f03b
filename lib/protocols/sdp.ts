// Reads the multicast streams of a session description.

import { type Connection, type Media, parse, type SourceFilter } from 'sdp-transform'
import { canonical, formatAddress, isMulticast, parseAddress } from '../net/address.ts'
import { type Malformed, malformed } from './malformed.ts'
import { SECONDS_FROM_1900_TO_1970 } from './sntp.ts'

/** A group to receive, and what a session description says about it. */
export interface SdpStream {
  /** `audio`, `video`, ... */
  media: string
  /** `RTP/AVP`, `udp`, ... */
  protocol: string
  /** The group, in its canonical spelling. */
  group: string
  /** 1 to 65535. */
  port: number
  /** IPv4 only. */
  ttl?: number
  /**
   * Sources to join, by `a=source-filter: incl` (RFC 4570): addresses or, rarely, host names. Empty: any source. Streams
   * with the same sources share the list.
   */
  sources: string[]
  /** Sources to block, by `a=source-filter: excl`. */
  blocked: string[]
}

/** A session description (RFC 4566, RFC 8866), with only those of its streams that are multicast. */
export interface SdpSession {
  /** The `s=` line, as it was sent: it may hold any character. */
  name: string
  /** The `i=` line. */
  information?: string
  /** Identifies the session, in all its versions: the `o=` line without the version. */
  origin: string
  /** Grows with every change. */
  version: bigint
  /** When the session ends, in milliseconds since 1970; absent if it has no end. */
  ends?: number
  /** The multicast streams, at most 256. */
  streams: SdpStream[]
}

/** In seconds: the latest time that Date can hold. */
const LATEST_END = 8.64e12
/** How many streams, and how many entries of each list, are read: anybody can send a short text with large counts. */
const MAX_ENTRIES = 256

interface GroupAddress {
  group: string
  ttl?: number
}

interface GroupFilter {
  mode: SourceFilter['filterMode']
  /** `4` or `6`; absent if the filter is for both families. */
  family?: string
  /** Absent if the filter is for every group. */
  group?: string
  sources: string[]
}

/** The session's part of a description, or one media's. */
interface Section {
  /** Absent without a c= line; a media then has the session's groups. */
  groups?: GroupAddress[]
  filters: GroupFilter[]
  /** How many ports the m= line names: 2 in `m=video 5000/2 RTP/AVP 33`. sdp-transform does not read this count. */
  portCount: number
}

/** NaN for what is not written in digits alone, as `1.5`, `-1`, `1e2` or nothing at all are not. */
const wholeNumber = (text = ''): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN)

/**
 * The groups a c= line names: three in a row for `224.2.1.1/127/3`, whose TTL is 127, and for `ff15::101/3`; none for a
 * unicast address.
 */
function groupsOf(connection: Connection): GroupAddress[] {
  const [base = '', ...numbers] = String(connection.ip).split('/')
  const bytes = isMulticast(base) ? parseAddress(base)?.bytes : undefined
  if (bytes === undefined) return []
  const ipv4 = bytes.length === 4
  const count = Math.min(wholeNumber(numbers[ipv4 ? 1 : 0]) || 1, MAX_ENTRIES)
  const ttl = ipv4 ? wholeNumber(numbers[0]) : Number.NaN
  const groups: GroupAddress[] = []
  for (let i = 0; i < count; i++) {
    const group = formatAddress(bytes)
    if (!isMulticast(group)) break
    groups.push({ group, ...(ttl <= 255 && { ttl }) })
    for (let at = bytes.length - 1; at >= 0; at--) {
      bytes[at] = (bytes[at] ?? 0) + 1
      if (bytes[at] !== 0) break
    }
  }
  return groups
}

/**
 * The filter of a line, its addresses in canonical form and without a zone, which is one of the announcing host. Host
 * names with characters that could do harm where printed are left out.
 */
function filterOf({ filterMode: mode, addressTypes, destAddress, srcList }: SourceFilter): GroupFilter {
  const sources = String(srcList)
    .trim()
    .split(/\s+/, MAX_ENTRIES)
    .map((source) => source.replace(/%.*/, ''))
    .flatMap((source) => canonical(source) ?? (/^[a-z\d][a-z\d.-]*$/i.test(source) ? source : []))
  return {
    mode,
    sources,
    ...(addressTypes !== '*' && { family: addressTypes.slice(2) }),
    ...(destAddress !== '*' && { group: canonical(String(destAddress)) ?? '' }),
  }
}

/**
 * Reads a section's lines one by one: of lines that may occur several times, sdp-transform would keep only the last.
 */
function readSection(lines: readonly string[]): Section {
  const starting = (text: string): string[] => lines.filter((line) => line.startsWith(text)).slice(0, MAX_ENTRIES)
  const connections = starting('c=')
  return {
    ...(connections.length > 0 && {
      groups: connections.flatMap((line) => {
        const { connection } = parse(line)
        return connection === undefined ? [] : groupsOf(connection)
      }),
    }),
    filters: starting('a=source-filter:').flatMap((line) => {
      const { sourceFilter } = parse(line)
      return sourceFilter === undefined ? [] : [filterOf(sourceFilter)]
    }),
    portCount: Number(/^m=\S+ \d+\/(\d+)/.exec(lines[0] ?? '')?.[1] ?? 1),
  }
}

/** True if a section names so many sources that a list of them for each of hundreds of streams would be too large. */
const namesTooMany = ({ filters }: Section): boolean => sum(filters, ({ sources }) => sources.length) > MAX_ENTRIES
/** How many sources all streams of a session list together: the lists are shared, and what is printed of them is not. */
const MAX_LISTED = 1024
const TOO_MANY_LISTED = malformed(`a session description whose streams list more than ${MAX_LISTED} sources`)
const sum = <T>(list: readonly T[], count: (one: T) => number): number =>
  list.reduce((total, one) => total + count(one), 0)
const TOO_MANY = malformed(`a session description with source filters of more than ${MAX_ENTRIES} sources`)

type Listed = Pick<SdpStream, 'sources' | 'blocked'>

/**
 * The sources for a group. A filter of the media for that group counts before one of the session (RFC 4570 3). Groups
 * with the same filters share their lists, which `known` holds: a short text can name many sources for many groups.
 */
function sourcesFor(group: string, media: Section, session: Section, known: Map<string, Listed>): Listed {
  const family = String(parseAddress(group)?.family)
  const applies = (filter: GroupFilter): boolean =>
    (filter.family ?? family) === family && (filter.group ?? group) === group
  const own = media.filters.filter(applies)
  const section = own.length > 0 ? media : session
  const filters = own.length > 0 ? own : session.filters.filter(applies)
  const key = `${section === media} ${filters.map((filter) => section.filters.indexOf(filter)).join(' ')}`
  const shared = known.get(key)
  if (shared !== undefined) return shared
  const listed = (mode: GroupFilter['mode']): string[] => [
    ...new Set(filters.flatMap((filter) => (filter.mode === mode ? filter.sources : []))),
  ]
  const sources = listed('incl')
  const lists = { sources, blocked: sources.length > 0 ? [] : listed('excl') }
  known.set(key, lists)
  return lists
}

function streamsOf(media: Media, own: Section, session: Section): SdpStream[] {
  const port = Number(media.port)
  const groups = (own.groups ?? session.groups ?? []).slice(0, MAX_ENTRIES)
  if (!Number.isInteger(port) || port < 1 || groups.length === 0) return []
  // RFC 8866 5.7 pairs groups with ports; a single port goes with every group, a single group with every port.
  const count = Math.max(groups.length, Math.min(own.portCount, MAX_ENTRIES))
  const streams: SdpStream[] = []
  const known = new Map<string, Listed>()
  for (let n = 0; n < count; n++) {
    const address = groups[n] ?? groups[0]
    const at = n < own.portCount ? port + 2 * n : port
    if (address === undefined || at > 65535) break
    const { group } = address
    streams.push({
      media: String(media.type),
      protocol: String(media.protocol),
      ...address,
      port: at,
      ...sourcesFor(group, own, session, known),
    })
  }
  return streams
}

/**
 * The lines that are parsed. All others are dropped first: sdp-transform tries dozens of patterns on each, and anybody
 * can send a text.
 */
const LINES_READ = /^(?:[vosictm]=|a=source-filter:)/

/**
 * Reads a session description and its multicast streams; unicast ones are left out. Never throws.
 *
 * A media line with several groups gives a stream for each group. One with several ports gives a stream for each port;
 * the ports are two apart, as RTP's are. Only the first 256 streams are read. A text
 * whose streams together list more than 1,024 sources is malformed.
 */
export function parseSdp(text: string): SdpSession | Malformed {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => LINES_READ.test(line))
  const mediaStarts = lines.flatMap((line, i) => (line.startsWith('m=') ? [i] : []))
  const parsed = parse(lines.map((line) => line.replace(/^(m=\S+ \d+)\/\d+/, '$1')).join('\r\n'))
  const { origin } = parsed
  if (origin === undefined) return malformed('a session description without an o= line')
  const session = readSection(lines.slice(0, mediaStarts[0] ?? lines.length))
  if (namesTooMany(session)) return TOO_MANY
  const streams: SdpStream[] = []
  for (const [i, media] of parsed.media.entries()) {
    if (streams.length >= MAX_ENTRIES) break
    const own = readSection(lines.slice(mediaStarts[i], mediaStarts[i + 1]))
    if (namesTooMany(own)) return TOO_MANY
    streams.push(...streamsOf(media, own, session))
  }
  if (sum(streams, ({ sources, blocked }) => sources.length + blocked.length) > MAX_LISTED) return TOO_MANY_LISTED
  const ends = lines.filter((line) => line.startsWith('t=')).map((line) => Number(parse(line).timing?.stop ?? 0))
  const end = ends.includes(0) ? 0 : Math.max(0, ...ends)
  const { username, sessionId, netType, ipVer, address } = origin
  return {
    name: String(parsed.name ?? ''),
    ...(parsed.description !== undefined && { information: String(parsed.description) }),
    origin: `${username} ${sessionId} ${netType} IP${ipVer} ${address}`,
    version: BigInt(/^\d+$/.test(String(origin.sessionVersion)) ? origin.sessionVersion : 0),
    // An end later than Date can hold is no end.
    ...(end > 0 && end < LATEST_END && { ends: (end - SECONDS_FROM_1900_TO_1970) * 1000 }),
    streams: streams.slice(0, MAX_ENTRIES),
  }
}
