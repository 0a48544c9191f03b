// Reads the multicast streams of a session description. RFC 8866
//
// By no library of the field: sdp-transform, the one that is well kept, drops the lines that it does not know, and here each of
// them is told.

import { show } from '../base/errors.ts'
import { familyOf, isIpv6 } from '../net/address.ts'
import { type Malformed, malformed } from './malformed.ts'
import { type GroupAddress, MAX_ENTRIES, readAddress, readConnectionAddress } from './sdp-address.ts'
import { isFor, readFilter, type SdpFilter } from './sdp-filter.ts'
import { createNotes, linesOf, type SdpLine, type SdpNotes } from './sdp-lines.ts'
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
  /** Ticks a second of RTP's clock, by `a=rtpmap`; absent if the description does not say, or says several. */
  clockRate?: number
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
  /** Source filters that are not understood: a stream without sources may be meant for some. Absent if there are none. */
  unreadFilters?: string[]
  /** What is not understood of the description, a text for each line, at most 16. Absent if all is. */
  problems?: string[]
}

/** In seconds: the latest time that Date can hold. */
const LATEST_END = 8.64e12

/** The session's part of a description, or one media's. */
interface Section {
  /** Absent without a c= line; a media then has the session's groups. */
  groups?: GroupAddress[]
  filters: { filter: SdpFilter; line: SdpLine }[]
  /** By payload type, ticks a second of its clock. */
  clockRates: Map<string, number>
}

interface Media extends Section {
  line: SdpLine
  media: string
  protocol: string
  port: number
  portCount: number
  formats: string[]
}

interface Origin {
  origin: string
  version: bigint
}

const newSection = (): Section => ({ filters: [], clockRates: new Map() })

/** The o= line. A name with blanks, which RFC 8866 forbids, is told from the words behind it. */
function readOrigin(line: SdpLine, notes: SdpNotes): Origin | undefined {
  const words = line.value.split(/\s+/)
  const [id = '', version = '', net = '', type = '', address = ''] = words.slice(-5)
  if (words.length < 5 || !/^[a-z]+$/i.test(net) || !/^ip[46]$/i.test(type)) return undefined
  const user = words.slice(0, -5).join(' ') || '-'
  const isVersion = /^\d{1,40}$/.test(version)
  if (!isVersion) notes.add(line, `the version is a number, not ${show(version)}`)
  return {
    origin: `${user} ${id} ${net.toUpperCase()} ${type.toUpperCase()} ${readAddress(address) ?? address}`,
    version: isVersion ? BigInt(version) : 0n,
  }
}

function readConnection(line: SdpLine, section: Section, notes: SdpNotes): void {
  section.groups ??= []
  const [net = '', type = '', address = ''] = line.value.split(/\s+/)
  const read = /^in$/i.test(net) && /^ip[46]$/i.test(type) ? readConnectionAddress(address) : undefined
  if (read === undefined) notes.add(line, 'a connection is IN IP4 or IN IP6, and an address; names are not looked up')
  else {
    if (section.groups.length < MAX_ENTRIES) section.groups.push(...read.groups)
    if (read.problem !== undefined) notes.add(line, read.problem)
  }
}

function readMedia(line: SdpLine, notes: SdpNotes): Media | undefined {
  const [media = '', ports = '', protocol = '', ...formats] = line.value.split(/\s+/)
  const [, port = '', portCount = '1'] = /^(\d{1,5})(?:\/(\d+))?$/.exec(ports) ?? []
  if (port === '' || Number(port) > 65535 || protocol === '') {
    notes.add(line, 'a media is a name, a port from 0 to 65535, a protocol and formats')
    return undefined
  }
  return { ...newSection(), line, media, protocol, port: Number(port), portCount: Number(portCount), formats }
}

/** Reads `a=rtpmap:97 L24/48000/8`. */
function readRtpMap(line: SdpLine, value: string, section: Section, notes: SdpNotes): void {
  const [, type = '', rate = ''] = /^(\d{1,3})\s+[^/\s]+\s*\/\s*(\d{1,10})\s*(?:\/.*)?$/.exec(value) ?? []
  if (type === '' || Number(rate) < 1 || Number(rate) >= 2 ** 32)
    notes.add(line, 'an rtpmap is a payload type, and ENCODING/CLOCK-RATE')
  else if (section.clockRates.size < MAX_ENTRIES) section.clockRates.set(String(Number(type)), Number(rate))
}

const readName = (text: string): string => text.replace(/\0+$/, '')

/** A description's lines, sorted into its sections. */
interface Sections {
  origin: Origin | undefined
  name: string
  information?: string
  /** In seconds since 1900; `Infinity` if there is no end. */
  end: number
  session: Section
  media: Media[]
  unreadFilters: string[]
}

function readSections(lines: readonly SdpLine[], notes: SdpNotes): Sections | Malformed {
  const session = newSection()
  const read: Sections = { origin: undefined, name: '', end: 0, session, media: [], unreadFilters: [] }
  let hasName = false
  let section: Section = session
  for (const line of lines) {
    const { type, value } = line
    if (type === 'o' && read.origin === undefined) {
      read.origin = readOrigin(line, notes)
      if (read.origin === undefined)
        return malformed(`a session description whose o= line is not NAME ID VERSION IN IP4 ADDRESS: ${show(value)}`)
    } else if (type === 's' && !hasName) {
      read.name = readName(value)
      hasName = true
    } else if (type === 'i' && section === session) read.information = readName(value)
    else if (type === 't') {
      const [, stop = ''] = /^\d+\s+(\d+)$/.exec(value) ?? []
      if (stop === '') notes.add(line, 'a time is two numbers of seconds since 1900')
      read.end = Math.max(read.end, Number(stop) || Number.POSITIVE_INFINITY)
    } else if (type === 'c') readConnection(line, section, notes)
    else if (type === 'm') {
      if (read.media.length === MAX_ENTRIES) break
      const media = readMedia(line, notes)
      // Lines behind a media that is not understood are of that media, not of the one before.
      section = media ?? newSection()
      if (media !== undefined) read.media.push(media)
    } else if (type === 'a') readAttribute(line, section, read, notes)
  }
  return read
}

function readAttribute(line: SdpLine, section: Section, { unreadFilters }: Sections, notes: SdpNotes): void {
  const colon = line.value.indexOf(':')
  const value = line.value.slice(colon + 1).trim()
  if (/^rtpmap/i.test(line.value)) {
    readRtpMap(line, value, section, notes)
    return
  }
  const { filter, problems } = readFilter(value)
  for (const problem of problems) notes.add(line, problem)
  if (filter === undefined && unreadFilters.length < MAX_ENTRIES) unreadFilters.push(show(value))
  if (filter !== undefined && section.filters.length < MAX_ENTRIES) section.filters.push({ filter, line })
}

/** True if a section names so many sources that a list of them for each of hundreds of streams would be too large. */
const namesTooMany = ({ filters }: Section): boolean =>
  sum(filters, ({ filter }) => filter.sources.length) > MAX_ENTRIES
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
  const of = ({ filters }: Section): SdpFilter[] =>
    filters.flatMap(({ filter }) => (isFor(filter, group) ? filter : []))
  const own = of(media)
  const section = own.length > 0 ? media : session
  const filters = own.length > 0 ? own : of(session)
  const places = filters.map((one) => section.filters.findIndex(({ filter }) => filter === one))
  const key = `${section === media} ${familyOf(group)} ${places.join(' ')}`
  const shared = known.get(key)
  if (shared !== undefined) return shared
  // A name may be of either family.
  const fits = (source: string): boolean => readAddress(source) === undefined || isIpv6(source) === isIpv6(group)
  const listed = (mode: SdpFilter['mode']): string[] => [
    ...new Set(filters.flatMap((filter) => (filter.mode === mode ? filter.sources.filter(fits) : []))),
  ]
  const sources = listed('incl')
  const lists = { sources, blocked: sources.length > 0 ? [] : listed('excl') }
  known.set(key, lists)
  return lists
}

/** The clock of a media's payload types, if they have one in common. */
function clockRateOf({ formats, clockRates }: Media): number | undefined {
  const rates = new Set(formats.flatMap((format) => clockRates.get(String(Number(format))) ?? []))
  const [only] = rates
  return rates.size === 1 ? only : undefined
}

function streamsOf(media: Media, session: Section, notes: SdpNotes): SdpStream[] {
  const groups = (media.groups ?? session.groups ?? []).slice(0, MAX_ENTRIES)
  if (media.port === 0 || groups.length === 0) return []
  // RFC 8866 5.7 pairs groups with ports; a single port goes with every group, a single group with every port.
  const count = Math.max(groups.length, Math.min(media.portCount, MAX_ENTRIES))
  if (groups.length > 1 && media.portCount > 1 && groups.length !== media.portCount)
    notes.add(media.line, `${media.portCount} ports for ${groups.length} groups: which go together is not said`)
  else if (media.port + 2 * (media.portCount - 1) > 65535) notes.add(media.line, 'ports beyond 65535')
  const clockRate = clockRateOf(media)
  const streams: SdpStream[] = []
  const known = new Map<string, Listed>()
  for (let n = 0; n < count; n++) {
    const address = groups[n] ?? groups[0]
    const port = n < media.portCount ? media.port + 2 * n : media.port
    if (address === undefined || port > 65535) break
    streams.push({
      media: media.media,
      protocol: media.protocol,
      ...address,
      port,
      ...(clockRate !== undefined && { clockRate }),
      ...sourcesFor(address.group, media, session, known),
    })
  }
  return streams
}

/** Notes filters that are for no stream: a wrong group in one would else go unseen. */
function noteUnused(sections: readonly Section[], streams: readonly SdpStream[], notes: SdpNotes): void {
  if (streams.length === 0) return
  for (const { filters } of sections)
    for (const { filter, line } of filters)
      if (!streams.some(({ group }) => isFor(filter, group)))
        notes.add(line, 'a source filter for no group of this description')
}

/**
 * Reads a session description and its multicast streams; unicast ones are left out. Never throws.
 *
 * A media line with several groups gives a stream for each group. One with several ports gives a stream for each port;
 * the ports are two apart, as RTP's are. Only the first 256 streams are read. A text
 * whose streams together list more than 1,024 sources is malformed. What is not understood is noted in `problems`.
 */
export function parseSdp(text: string): SdpSession | Malformed {
  const notes = createNotes()
  const read = readSections(linesOf(text, notes), notes)
  if ('malformed' in read) return read
  const { origin, session, media, end, unreadFilters } = read
  if (origin === undefined) return malformed('a session description without an o= line')
  if ([session, ...media].some(namesTooMany)) return TOO_MANY
  const streams: SdpStream[] = []
  for (const one of media) {
    const own = streamsOf(one, session, notes)
    if (one.groups === undefined && session.groups === undefined && one.port > 0)
      notes.add(one.line, 'a media without a c= line, of its own or of the session')
    if (streams.length + own.length > MAX_ENTRIES)
      notes.add(one.line, `more than ${MAX_ENTRIES} streams, the first of which are read`)
    streams.push(...own)
    if (streams.length >= MAX_ENTRIES) break
  }
  if (sum(streams, ({ sources, blocked }) => sources.length + blocked.length) > MAX_LISTED) return TOO_MANY_LISTED
  noteUnused([session, ...media], streams, notes)
  const problems = notes.list()
  return {
    name: read.name,
    ...(read.information !== undefined && { information: read.information }),
    ...origin,
    // An end later than Date can hold is no end.
    ...(end > 0 && end < LATEST_END && { ends: (end - SECONDS_FROM_1900_TO_1970) * 1000 }),
    streams: streams.slice(0, MAX_ENTRIES),
    ...(unreadFilters.length > 0 && { unreadFilters }),
    ...(problems.length > 0 && { problems }),
  }
}
