import { type Connection, type Media, parse, type SourceFilter } from 'sdp-transform'
import { canonical, formatAddress, isMulticast, parseAddress } from '../net/address.ts'
import { type Malformed, malformed } from './malformed.ts'
import { SECONDS_FROM_1900_TO_1970 } from './sntp.ts'

/** One group to receive, as a session description has it. */
export interface SdpStream {
  /** `audio`, `video`, ... */
  media: string
  /** `RTP/AVP`, `udp`, ... */
  protocol: string
  group: string
  port: number
  /** IPv4 only. */
  ttl?: number
  /** Sources to join, by `a=source-filter: incl` (RFC 4570): addresses or, rarely, host names. Empty: any source. */
  sources: string[]
  /** Sources to block, by `a=source-filter: excl`. */
  blocked: string[]
}

/** What a session description (RFC 4566, RFC 8866) says of its multicast streams. */
export interface SdpSession {
  name: string
  information?: string
  /** The session's identity, the same in all its versions: the `o=` line without its version. */
  origin: string
  /** Grows with every change. */
  version: bigint
  /** When the session ends, in milliseconds since 1970; absent where it has no end. */
  ends?: number
  streams: SdpStream[]
}

const LATEST_END = 8.64e12
/** Streams, and of each list in a description, as much as is read: the text may be anybody's, and its counts are cheap. */
const MAX_ENTRIES = 256

interface GroupAddress {
  group: string
  ttl?: number
}

interface GroupFilter {
  mode: SourceFilter['filterMode']
  /** `4` or `6` where it is for one family. */
  family?: string
  /** Absent where it is for every group. */
  group?: string
  sources: string[]
}

interface Section {
  /** None without a c= line: a media then has the session's. */
  groups?: GroupAddress[]
  filters: GroupFilter[]
  /** Of `m=video 5000/2 RTP/AVP 33`, which the parser does not know. */
  portCount: number
}

/** The groups of `224.2.1.1/127/3` (three in a row, TTL 127) and `ff15::101/3`; none of a unicast address. */
function groupsOf(connection: Connection): GroupAddress[] {
  const [base = '', ...numbers] = String(connection.ip).split('/')
  const bytes = isMulticast(base) ? parseAddress(base)?.bytes : undefined
  if (bytes === undefined) return []
  const ipv4 = bytes.length === 4
  const count = Math.min(Number(numbers[ipv4 ? 1 : 0] ?? 1) || 1, MAX_ENTRIES)
  const ttl = Number(numbers[0] || Number.NaN)
  const groups: GroupAddress[] = []
  for (let i = 0; i < count; i++) {
    const group = formatAddress(bytes)
    if (!isMulticast(group)) break
    groups.push({ group, ...(ipv4 && ttl >= 0 && ttl <= 255 && { ttl }) })
    for (let at = bytes.length - 1; at >= 0; at--) {
      bytes[at] = (bytes[at] ?? 0) + 1
      if (bytes[at] !== 0) break
    }
  }
  return groups
}

/** Addresses in one spelling; names only of characters that are harmless wherever they are printed. */
function filterOf({ filterMode: mode, addressTypes, destAddress, srcList }: SourceFilter): GroupFilter {
  const sources = String(srcList)
    .trim()
    .split(/\s+/, MAX_ENTRIES)
    .flatMap((source) => canonical(source) ?? (/^[a-z\d][a-z\d.-]*$/i.test(source) ? source : []))
  return {
    mode,
    sources,
    ...(addressTypes !== '*' && { family: addressTypes.slice(2) }),
    ...(destAddress !== '*' && { group: canonical(String(destAddress)) ?? '' }),
  }
}

/** Reads one by one the lines that may stand several times, of which the parser keeps the last. */
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

/** Each of hundreds of streams would have them all. */
const namesTooMany = ({ filters }: Section): boolean =>
  filters.reduce((sum, { sources }) => sum + sources.length, 0) > MAX_ENTRIES
const TOO_MANY = malformed(`a session description with source filters of more than ${MAX_ENTRIES} sources`)

/** RFC 4570 3: what the media says of a group stands before what the session says. */
function sourcesFor(group: string, media: Section, session: Section): Pick<SdpStream, 'sources' | 'blocked'> {
  const family = String(parseAddress(group)?.family)
  const applies = (filter: GroupFilter): boolean =>
    (filter.family ?? family) === family && (filter.group ?? group) === group
  const own = media.filters.filter(applies)
  const filters = own.length > 0 ? own : session.filters.filter(applies)
  const listed = (mode: GroupFilter['mode']): string[] => [
    ...new Set(filters.flatMap((filter) => (filter.mode === mode ? filter.sources : []))),
  ]
  const sources = listed('incl')
  return { sources, blocked: sources.length > 0 ? [] : listed('excl') }
}

function streamsOf(media: Media, own: Section, session: Section): SdpStream[] {
  const port = Number(media.port)
  const groups = (own.groups ?? session.groups ?? []).slice(0, MAX_ENTRIES)
  if (!Number.isInteger(port) || port < 1 || groups.length === 0) return []
  // RFC 8866 5.7 pairs groups and ports; where one side has but one, it goes with all of the other.
  const count = Math.max(groups.length, Math.min(own.portCount, MAX_ENTRIES))
  const streams: SdpStream[] = []
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
      ...sourcesFor(group, own, session),
    })
  }
  return streams
}

/** Only what is read: the parser tries dozens of patterns on each attribute, and the text may be anybody's. */
const LINES_READ = /^(?:[vosictm]=|a=source-filter:)/

/**
 * Reads a session description and its multicast streams; unicast ones are left out. Never throws.
 *
 * A media line with several groups gives a stream each; with several ports, two apart, as RTP has it, one each. Of more
 * than 256 streams the rest are left out.
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
  const ends = lines.filter((line) => line.startsWith('t=')).map((line) => Number(parse(line).timing?.stop ?? 0))
  const end = ends.includes(0) ? 0 : Math.max(0, ...ends)
  const { username, sessionId, netType, ipVer, address } = origin
  return {
    name: String(parsed.name ?? ''),
    ...(parsed.description !== undefined && { information: String(parsed.description) }),
    origin: `${username} ${sessionId} ${netType} IP${ipVer} ${address}`,
    version: BigInt(/^\d+$/.test(String(origin.sessionVersion)) ? origin.sessionVersion : 0),
    // Later than Date knows is never.
    ...(end > 0 && end < LATEST_END && { ends: (end - SECONDS_FROM_1900_TO_1970) * 1000 }),
    streams: streams.slice(0, MAX_ENTRIES),
  }
}
