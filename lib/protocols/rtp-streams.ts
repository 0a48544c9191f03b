// Tells the RTP streams of many senders apart by their SSRC, and counts once what comes by several paths (ST 2022-7).

import type { RtpPacket } from './rtp.ts'
import { createSharedStream, type PrintedNumber, printed, type SharedStream } from './rtp-shared-stream.ts'
import { createRtpStream, type RtpStats, type RtpStream } from './rtp-stats.ts'
import type { SequenceStats } from './sequence-counter.ts'

/** How many paths are kept apart: anybody can send many SSRCs. */
const MAX_PATHS = 512
/** In seconds: an SSRC that was silent for so long and comes again is a change back. */
const SILENCE = 2

/** A stream of one SSRC, with the paths that brought it. */
interface Stream extends SharedStream {
  readonly ssrc: number
  readonly paths: Set<Path>
  /** Whether several paths have brought it. */
  isRedundant: boolean
}

/** The packets of one SSRC from one port of one sender. */
interface Path {
  readonly own: RtpStream
  stream: Stream
  /** A packet far off, which counts if the next follows it. */
  stray: PrintedNumber | undefined
  /** When the last packet in order came, in seconds. */
  last: number | undefined
  /** The sender went on with another SSRC or port after this one. */
  replacedBy: 'ssrc' | 'port' | undefined
  forget(): void
}

/** What came by several paths, each number counted once. */
export interface RedundantStats extends SequenceStats {
  ssrc: number
  paths: number
  /** All packets, of all paths. */
  received: number
}

/** What one sender sends to one channel. */
export interface RtpSender {
  /**
   * Counts a packet.
   *
   * @param port the port it came from
   * @param arrival in seconds
   * @returns whether it is the first of its number: false for a duplicate, also one of another path
   */
  add(packet: RtpPacket, port: number, arrival: number): boolean
  /** The statistics of each port's SSRCs. */
  stats(): RtpStats[]
  /** The sum of the statistics, each number counted once if several ports sent it; `undefined` if there are none. */
  numbers(): SequenceStats | undefined
  /** How often the sender went on with another SSRC. */
  readonly ssrcChanges: number
  /** Packets of SSRCs beyond those that are kept apart. */
  readonly uncounted: number
}

/** The RTP streams of a command. */
export interface RtpStreams {
  /** @param clockRate ticks a second of the clock, if it is known */
  sender(clockRate?: number): RtpSender
  /** The sum of all statistics, each number counted once; `undefined` if there are none. */
  numbers(): SequenceStats | undefined
  /** What came by several paths. */
  redundant(): RedundantStats[]
  /** Whether packets of this SSRC have come by several paths. */
  isRedundant(ssrc: number): boolean
}

/** The sum of several statistics; `undefined` if there are none. */
export function sumOf(stats: readonly SequenceStats[]): SequenceStats | undefined {
  if (stats.length === 0) return undefined
  const total: SequenceStats = { lost: 0, gaps: 0, reordered: 0, duplicates: 0, restarts: 0 }
  for (const key of Object.keys(total) as (keyof SequenceStats)[]) for (const one of stats) total[key] += one[key]
  return total
}

/** The statistics of a stream. A number that comes again by another path is no duplicate, and paths start again together. */
function numbersOf(stream: Stream): SequenceStats {
  const each = [...stream.paths].map(({ own }) => own.stats())
  const [only] = each
  if (each.length === 1 && only !== undefined) return only
  const duplicates = each.reduce((all, one) => all + one.duplicates, 0)
  return { ...stream.stats(), duplicates, restarts: Math.max(0, ...each.map(({ restarts }) => restarts)) }
}

/** Statistics with so many restarts more. */
const restartedBy = (starts: number, numbers: SequenceStats | undefined): SequenceStats | undefined =>
  numbers && { ...numbers, restarts: numbers.restarts + starts }

/** The statistics of those paths of a stream that are one sender's. */
function numbersWithin(stream: Stream, own: readonly Path[]): SequenceStats {
  if (own.length === stream.paths.size) return numbersOf(stream)
  const fullest = own.reduce((most, path) => (path.own.received > most.own.received ? path : most))
  return fullest.own.stats()
}

/** Makes what tells streams apart: one for all sockets of a command, since the paths of a stream may lead to several. */
export function createRtpStreams(): RtpStreams {
  const streams = new Map<number, Set<Stream>>()
  let pathCount = 0
  /** The paths that have brought a single packet, which may be noise. */
  const singles = new Set<Path>()
  /** How often a sender went on with the same SSRC from another port, as after a new start. */
  let newPorts = 0

  const siblingsOf = (ssrc: number): Set<Stream> => {
    const known = streams.get(ssrc) ?? new Set<Stream>()
    streams.set(ssrc, known)
    return known
  }

  const newStream = (ssrc: number, number: PrintedNumber): Stream => {
    const stream = { ...createSharedStream(number), ssrc, paths: new Set<Path>(), isRedundant: false }
    siblingsOf(ssrc).add(stream)
    return stream
  }

  const enter = (path: Path, stream: Stream): void => {
    path.stream = stream
    stream.paths.add(path)
    if (stream.paths.size > 1) stream.isRedundant = true
  }

  const leave = (path: Path): void => {
    const { stream } = path
    stream.paths.delete(path)
    if (stream.paths.size > 0) return
    const siblings = siblingsOf(stream.ssrc)
    siblings.delete(stream)
    if (siblings.size === 0) streams.delete(stream.ssrc)
  }

  const move = (path: Path, to: Stream): void => {
    const from = path.stream
    enter(path, to)
    path.stream = from
    leave(path)
    path.stream = to
    if (from.paths.size === 0 && from.isRedundant) to.carry(from.stats())
  }

  /** The other stream of the SSRC that has room for the number. */
  const streamWith = (ssrc: number, number: PrintedNumber, but?: Stream): Stream | undefined => {
    for (const stream of streams.get(ssrc) ?? [])
      if (stream !== but && ['seen', 'open'].includes(stream.place(number))) return stream
    return undefined
  }

  /** Counts a number in the stream. Whether it is the first. */
  const count = (stream: Stream, number: PrintedNumber): boolean => {
    if (stream.place(number) === 'seen') return false
    stream.add(number)
    return true
  }

  /** Counts a number that the path's own sequence leads to; moves the path if its stream has another packet there. */
  const proceed = (path: Path, number: PrintedNumber): boolean => {
    const { stream } = path
    const place = stream.place(number)
    if (place === 'seen' || place === 'open') return count(stream, number)
    const other = streamWith(stream.ssrc, number, stream)
    if (other !== undefined) move(path, other)
    else if (place !== 'ahead') {
      if (stream.paths.size === 1) stream.begin(number)
      else move(path, newStream(stream.ssrc, number))
      return true
    }
    return count(path.stream, number)
  }

  /** Goes on from the first number after a restart. */
  const startAgain = (path: Path, number: PrintedNumber): void => {
    const { stream } = path
    const other = streamWith(stream.ssrc, number, stream)
    if (other !== undefined) {
      move(path, other)
      count(other, number)
    } else if (stream.paths.size === 1) stream.begin(number)
    else move(path, newStream(stream.ssrc, number))
  }

  /** Whether a number far off came by another path already. */
  const isKnown = (path: Path, number: PrintedNumber): boolean => {
    for (const stream of streams.get(path.stream.ssrc) ?? []) {
      // In the path's own stream it may be the start of a recording that is sent again.
      if (stream !== path.stream && stream.place(number) === 'seen') return true
      for (const { stray } of stream.paths)
        if (stray?.sequence === number.sequence && stray.print === number.print) return true
    }
    return false
  }

  const take = (path: Path, packet: RtpPacket, arrival: number): boolean => {
    const number = printed(packet)
    const outcome = path.own.add(packet, arrival)
    if (outcome === 'duplicate') return false
    if (outcome === 'stray') {
      const isFirst = !isKnown(path, number)
      path.stray = number
      return isFirst
    }
    const { stray } = path
    path.stray = undefined
    if (stray !== undefined && outcome === 'restart') startAgain(path, stray)
    else if (stray !== undefined && ((stray.sequence + 1) & 0xffff) === packet.sequence) proceed(path, stray)
    return proceed(path, number)
  }

  /** Makes room by forgetting the oldest single packet. Whether there is room. */
  const makeRoom = (): boolean => {
    if (pathCount < MAX_PATHS) return true
    for (const path of singles) {
      singles.delete(path)
      pathCount--
      path.forget()
      leave(path)
      return true
    }
    return false
  }

  const createSender = (clockRate?: number): RtpSender => {
    const known = new Map<number, Path>()
    /** How often the sender went on with another SSRC, or with the same from another port. */
    const changes = { ssrc: 0, port: 0 }
    let latest: Path | undefined
    let uncounted = 0

    const change = (what: 'ssrc' | 'port', by: 1 | -1): void => {
      changes[what] += by
      if (what === 'port') newPorts += by
    }

    /** Notes that the sender goes on with another SSRC or port, or that two were only mixed. */
    const noteChange = (path: Path, arrival: number): void => {
      const before = latest
      const silence = path.last === undefined ? Number.POSITIVE_INFINITY : arrival - path.last
      latest = path
      path.last = arrival
      if (before === undefined || before.stream === path.stream) return
      if (silence >= SILENCE) {
        before.replacedBy = before.stream.ssrc === path.stream.ssrc ? 'port' : 'ssrc'
        change(before.replacedBy, 1)
      } else if (path.replacedBy !== undefined) change(path.replacedBy, -1)
      path.replacedBy = undefined
    }
    /** Counts the first packet of an SSRC. */
    const open = (key: number, packet: RtpPacket, arrival: number): boolean => {
      if (!makeRoom()) {
        uncounted++
        return true
      }
      const number = printed(packet)
      const joined = streamWith(packet.ssrc, number)
      const own = createRtpStream(packet, clockRate)
      own.add(packet, arrival)
      const path: Path = {
        own,
        stream: joined ?? newStream(packet.ssrc, number),
        stray: undefined,
        last: undefined,
        replacedBy: undefined,
        forget() {
          known.delete(key)
          if (latest === path) latest = undefined
        },
      }
      enter(path, path.stream)
      known.set(key, path)
      pathCount++
      singles.add(path)
      noteChange(path, arrival)
      return joined === undefined || count(joined, number)
    }

    return {
      add(packet, port, arrival) {
        const key = packet.ssrc * 65536 + port
        const path = known.get(key)
        if (path === undefined) return open(key, packet, arrival)
        if (path.own.received === 1) singles.delete(path)
        const before = path.own.highest()
        const isFirst = take(path, packet, arrival)
        // A late packet of an SSRC that another has replaced changes nothing.
        if (path.own.highest() !== before) noteChange(path, arrival)
        return isFirst
      },
      stats: () => [...known.values()].map(({ own }) => own.stats()),
      numbers() {
        const mine = new Map<Stream, Path[]>()
        for (const path of known.values()) mine.set(path.stream, [...(mine.get(path.stream) ?? []), path])
        return restartedBy(changes.port, sumOf([...mine].map(([stream, own]) => numbersWithin(stream, own))))
      },
      get ssrcChanges() {
        return changes.ssrc
      },
      get uncounted() {
        return uncounted
      },
    }
  }

  const all = (): Stream[] => [...streams.values()].flatMap((siblings) => [...siblings])
  return {
    sender: createSender,
    numbers: () => restartedBy(newPorts, sumOf(all().map(numbersOf))),
    isRedundant(ssrc) {
      for (const stream of streams.get(ssrc) ?? []) if (stream.isRedundant) return true
      return false
    },
    redundant: () =>
      all().flatMap((stream) => {
        if (stream.paths.size < 2) return []
        const received = [...stream.paths].reduce((total, { own }) => total + own.received, 0)
        return { ssrc: stream.ssrc, paths: stream.paths.size, received, ...numbersOf(stream) }
      }),
  }
}
