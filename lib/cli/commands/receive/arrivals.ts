// Counts what arrives at one port, by channel, interface and source.

import type { Datagram } from '../../../index.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { decodeRtp } from '../../../protocols/rtp.ts'
import type { RtpOrder } from '../../../protocols/rtp-order.ts'
import type { RtpStats } from '../../../protocols/rtp-stats.ts'
import { type RtpStreams, sumOf } from '../../../protocols/rtp-streams.ts'
import { createSequenceCounter, type SequenceCounter, type SequenceStats } from '../../../protocols/sequence-counter.ts'
import { readSequence, SEQUENCE_CYCLE } from '../../../protocols/sequence-header.ts'

/** The datagrams of one channel that arrived by one interface from one source. */
export interface Arrivals {
  readonly group: string
  readonly port: number
  readonly interfaceIndex: number
  readonly source: string
  datagrams: number
  /** Bytes of payload. */
  bytes: number
  /** When the last datagram came, in milliseconds since 1970; 0 before the first. */
  lastSeen: number
  /** What the datagrams' sequence numbers tell; `undefined` if none is numbered. */
  numbers(): SequenceStats | undefined
  /** What RTP tells; `undefined` without --rtp. */
  readonly rtp?: RtpArrivals | undefined
}

/** What the RTP packets of a row tell. */
export interface RtpArrivals {
  /** The statistics of each source port's SSRCs. */
  stats(): RtpStats[]
  /** How often the source went on with another SSRC. */
  readonly ssrcChanges: number
  /** Packets of SSRCs beyond those that are kept apart. */
  readonly uncounted: number
  /** Datagrams that are no RTP packets. */
  readonly malformed: number
  /** Why, with how many datagrams each. */
  readonly problems: ReadonlyMap<string, number>
}

/** What is known of RTP beforehand. */
export interface RtpChoice {
  /** Those of all sockets, since what is redundant may come to several. */
  readonly streams: RtpStreams
  /** Ticks a second of the clock. */
  readonly clockRate?: number | undefined
  /** The order in which payloads are written. */
  readonly order: RtpOrder
  /** Whether several channels or hosts are received, which may be the paths of one stream. */
  readonly severalPaths: boolean
}

/**
 * How many rows, numbered streams and reasons are kept apart; all others are counted together. Anybody can send from many
 * addresses and ports.
 */
const MAX_ROWS = 4096
const MAX_STREAMS = 64
const MAX_STREAMS_OF_ALL = 1024
const MAX_PROBLEMS = 8
const OTHERS = 'others'

// A number far back means that the sender has started again: iperf and `sockctl send` count from 1.
const SEQUENCE_LIMITS = { cycle: SEQUENCE_CYCLE, maxDropout: 2 ** 30, maxMisorder: 1000 }

/** Where payloads to write are put, if they are to be written. */
type Payloads = Uint8Array[] | undefined

interface Contents {
  /** Whether the datagram counts for a limit: of RTP, each number once. */
  take(datagram: Datagram, seconds: number, payloads: Payloads): boolean
  numbers(): SequenceStats | undefined
  readonly rtp?: RtpArrivals
}

/** @param takeRoom whether there is room for another stream, which is taken */
function numberedContents(takeRoom: () => boolean): Contents {
  const streams = new Map<number, SequenceCounter>()
  return {
    take({ data, source: { port } }, seconds, payloads) {
      payloads?.push(data)
      const sequence = readSequence(data, seconds)
      if (sequence < 0) return true
      const stream = streams.get(port)
      if (stream !== undefined) stream.add(sequence)
      else if (streams.size < MAX_STREAMS && takeRoom()) {
        const begun = createSequenceCounter(SEQUENCE_LIMITS)
        begun.begin(sequence)
        streams.set(port, begun)
      }
      return true
    },
    numbers: () => sumOf([...streams.values()].map((stream) => stream.stats())),
  }
}

function rtpContents({ streams, clockRate, order, severalPaths }: RtpChoice): Contents {
  const sender = streams.sender(clockRate)
  const problems = new Map<string, number>()
  let malformed = 0
  let start: bigint | undefined
  const secondsAt = (nanoseconds: bigint): number => {
    start ??= nanoseconds
    return Number(nanoseconds - start) / 1e9
  }
  const note = (problem: string): void => {
    malformed++
    const reason = problems.has(problem) || problems.size < MAX_PROBLEMS ? problem : 'for other reasons'
    problems.set(reason, (problems.get(reason) ?? 0) + 1)
  }
  return {
    take({ data, source: { port }, timestamp }, _, payloads) {
      const packet = decodeRtp(data)
      if (isMalformed(packet)) {
        note(packet.malformed)
        return true
      }
      if (!sender.add(packet, port, secondsAt(timestamp ?? process.hrtime.bigint()))) return false
      if (payloads !== undefined)
        order.add(packet, performance.now(), severalPaths || streams.isRedundant(packet.ssrc), payloads)
      return true
    },
    numbers: () => sender.numbers(),
    rtp: {
      stats: () => sender.stats(),
      get ssrcChanges() {
        return sender.ssrcChanges
      },
      get uncounted() {
        return sender.uncounted
      },
      get malformed() {
        return malformed
      },
      problems,
    },
  }
}

interface Row extends Arrivals {
  readonly contents: Contents
}

/** How far into a batch the counter went. */
export interface TakenBatch {
  /** How many of its datagrams were looked at, until there was no more room. */
  readonly taken: number
  /** How many of those take room. */
  readonly counted: number
}

export interface ArrivalCounter {
  /**
   * Counts a batch. Its code runs for each datagram, so it must be fast.
   *
   * @param room how many datagrams are wanted at most; of RTP, each number once
   * @param payloads takes what is to be written: payloads, and of RTP each number once
   */
  take(batch: readonly Datagram[], room: number, payloads?: Uint8Array[]): TakenBatch
  rows(): readonly Arrivals[]
}

/** @param rtp if the datagrams are to be read as RTP */
export function countArrivals(port: number, rtp?: RtpChoice): ArrivalCounter {
  const rows: Row[] = []
  const bySource = new Map<string, Row[]>()
  let last: Row | undefined
  let numbered = 0
  const takeRoom = (): boolean => numbered < MAX_STREAMS_OF_ALL && ++numbered > 0

  const add = (group: string, interfaceIndex: number, source: string): Row => {
    const contents = rtp === undefined ? numberedContents(takeRoom) : rtpContents(rtp)
    const { numbers, rtp: told } = contents
    const row: Row = {
      ...{ group, port, interfaceIndex, source, contents, numbers, rtp: told },
      ...{ datagrams: 0, bytes: 0, lastSeen: 0 },
    }
    rows.push(row)
    const ofSource = bySource.get(source)
    if (ofSource === undefined) bySource.set(source, [row])
    else ofSource.push(row)
    return row
  }

  const find = (group: string, interfaceIndex: number, source: string): Row => {
    const known = bySource.get(source)?.find((row) => row.group === group && row.interfaceIndex === interfaceIndex)
    if (known !== undefined) return known
    if (rows.length < MAX_ROWS || source === OTHERS) return add(group, interfaceIndex, source)
    return find(group, interfaceIndex, OTHERS)
  }

  return {
    take(batch, room, payloads) {
      let taken = 0
      let counted = 0
      const now = Date.now()
      const seconds = Math.floor(now / 1000)
      for (const datagram of batch) {
        if (counted >= room) break
        taken++
        const { destination = '', interfaceIndex = 0 } = datagram
        const { address } = datagram.source
        if (last?.source !== address || last.group !== destination || last.interfaceIndex !== interfaceIndex)
          last = find(destination, interfaceIndex, address)
        last.datagrams++
        last.bytes += datagram.data.length
        if (last.contents.take(datagram, seconds, payloads)) counted++
        last.lastSeen = now
      }
      return { taken, counted }
    },
    rows: () => rows,
  }
}
