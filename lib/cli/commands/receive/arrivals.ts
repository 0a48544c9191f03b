// Counts what arrives at one port, by channel, interface and source.

import type { Datagram } from '../../../index.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { decodeRtp } from '../../../protocols/rtp.ts'
import { type RtpStats, rtpStats } from '../../../protocols/rtp-stats.ts'
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
  /** The statistics of each source port's RTP stream; none without --rtp. */
  rtp(): RtpStats[]
  /** Datagrams that should be RTP and are not. */
  readonly malformed: number
}

/**
 * How many rows, and how many streams of a row, are kept apart; all others are counted together. Anybody can send from
 * many addresses and ports.
 */
const MAX_ROWS = 4096
const MAX_STREAMS = 64
const OTHERS = 'others'

// A number far back means that the sender has started again: iperf and `sockctl send` count from 1.
const SEQUENCE_LIMITS = { cycle: SEQUENCE_CYCLE, maxDropout: 2 ** 30, maxMisorder: 1000 }

interface Stream {
  add(datagram: Datagram, seconds: number): void
  readonly numbers?: SequenceStats | undefined
  readonly rtp?: RtpStats | undefined
}

function numberedStream(): Stream {
  let numbers: SequenceCounter | undefined
  return {
    add({ data }, seconds) {
      const sequence = readSequence(data, seconds)
      if (sequence < 0) return
      if (numbers !== undefined) numbers.add(sequence)
      else {
        numbers = createSequenceCounter(SEQUENCE_LIMITS)
        numbers.begin(sequence)
      }
    },
    get numbers() {
      return numbers?.stats()
    },
  }
}

function rtpStream(onMalformed: () => void): Stream {
  const stats = rtpStats()
  return {
    add({ data, timestamp }) {
      const packet = decodeRtp(data)
      if (isMalformed(packet)) onMalformed()
      else stats.add(packet, timestamp ?? process.hrtime.bigint())
    },
    get numbers() {
      return stats.stats().received === 0 ? undefined : stats.stats()
    },
    get rtp() {
      return stats.stats().received === 0 ? undefined : stats.stats()
    },
  }
}

interface Row extends Arrivals {
  take(datagram: Datagram, seconds: number): void
}

function createRow(group: string, port: number, interfaceIndex: number, source: string, rtp: boolean): Row {
  const streams = new Map<number, Stream>()
  let lastPort = -1
  let last: Stream | undefined
  let malformed = 0

  const streamFrom = (from: number): Stream => {
    let stream = streams.get(from)
    if (stream === undefined) {
      stream = rtp ? rtpStream(() => malformed++) : numberedStream()
      if (streams.size < MAX_STREAMS) streams.set(from, stream)
    }
    lastPort = from
    last = stream
    return stream
  }

  return {
    group,
    port,
    interfaceIndex,
    source,
    datagrams: 0,
    bytes: 0,
    lastSeen: 0,
    get malformed() {
      return malformed
    },
    take(datagram, seconds) {
      this.datagrams++
      this.bytes += datagram.data.length
      const from = datagram.source.port
      const stream = from === lastPort && last !== undefined ? last : streamFrom(from)
      stream.add(datagram, seconds)
    },
    numbers: () => sum([...streams.values()].flatMap(({ numbers }) => numbers ?? [])),
    rtp: () => [...streams.values()].flatMap(({ rtp: stats }) => stats ?? []),
  }
}

/** The sum of several statistics; `undefined` if there are none. */
export function sum(stats: readonly SequenceStats[]): SequenceStats | undefined {
  if (stats.length === 0) return undefined
  const total: SequenceStats = { lost: 0, gaps: 0, reordered: 0, duplicates: 0, restarts: 0 }
  for (const key of Object.keys(total) as (keyof SequenceStats)[]) for (const one of stats) total[key] += one[key]
  return total
}

export interface ArrivalCounter {
  /** Counts a batch. Its code runs for each datagram, so it must be fast. */
  take(batch: readonly Datagram[]): void
  rows(): readonly Arrivals[]
}

export function countArrivals(port: number, rtp: boolean): ArrivalCounter {
  const rows: Row[] = []
  const bySource = new Map<string, Row[]>()
  let last: Row | undefined

  const add = (group: string, interfaceIndex: number, source: string): Row => {
    const row = createRow(group, port, interfaceIndex, source, rtp)
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
    take(batch) {
      const now = Date.now()
      const seconds = Math.floor(now / 1000)
      for (const datagram of batch) {
        const { destination = '', interfaceIndex = 0 } = datagram
        const { address } = datagram.source
        if (last?.source !== address || last.group !== destination || last.interfaceIndex !== interfaceIndex)
          last = find(destination, interfaceIndex, address)
        last.take(datagram, seconds)
        last.lastSeen = now
      }
    },
    rows: () => rows,
  }
}
