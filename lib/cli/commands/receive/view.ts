// What `sockctl receive` shows at one moment: a row for each channel and source, and the totals.

import type { Receiver } from '../../../index.ts'
import type { RtpStats } from '../../../protocols/rtp-stats.ts'
import { type RedundantStats, type RtpStreams, sumOf } from '../../../protocols/rtp-streams.ts'
import type { SequenceStats } from '../../../protocols/sequence-counter.ts'
import type { RtpArrivals } from './arrivals.ts'
import { interfaceNameIn, type OpenedReceiver } from './opened-receiver.ts'

/** A channel and source, at one moment. */
export interface ReceiveRow extends Partial<SequenceStats> {
  group: string
  port: number
  /** '' if the row is of a socket at an address of this host, and nothing has arrived yet. */
  interface: string
  /** Absent if the channel is joined for any source, and nothing has arrived yet. */
  source?: string
  datagrams: number
  bytes: number
  /** Datagrams a second. */
  rate: number
  /** Bits of payload a second. */
  bitrate: number
  /** Datagrams the kernel dropped of all that arrived at the same socket. */
  dropped: number
  /** In milliseconds since 1970. */
  lastSeen?: number
  /** The statistics of each source port's SSRCs. */
  rtp?: RtpStats[]
  /** How often the source went on with another SSRC. */
  ssrcChanges?: number
  /** Packets of SSRCs beyond those that are kept apart. */
  uncounted?: number
  /** Datagrams that are no RTP packets. */
  malformed?: number
  /** Why they are none, with how many datagrams each. */
  problems?: Record<string, number>
  /** What has become of the channel, if nothing can arrive. */
  state?: 'waiting' | 'refused'
}

/** All rows, and their totals. What came by several paths (ST 2022-7) counts once. */
export interface ReceiveView extends Partial<SequenceStats> {
  /** Milliseconds since the start. */
  elapsed: number
  datagrams: number
  bytes: number
  rate: number
  bitrate: number
  dropped: number
  ssrcChanges?: number
  malformed?: number
  /** The streams that came by several paths. */
  redundant?: RedundantStats[]
  sources: ReceiveRow[]
}

/**
 * Makes views of all receivers.
 *
 * @param streams the RTP streams of all rows
 */
export function createViewer(
  opened: readonly OpenedReceiver[],
  streams: RtpStreams,
): {
  /** A view with the rates since the last call. */
  now(): ReceiveView
  /** A view with the rates since the start. */
  whole(): ReceiveView
  /** The rates of a row in the last views of `now`, the latest last. */
  history(row: ReceiveRow): readonly number[]
} {
  const start = performance.now()
  const before = new Map<string, { datagrams: number; bytes: number }>()
  const histories = new Map<string, number[]>()
  let last = start

  const view = (since: number, known: ReadonlyMap<string, { datagrams: number; bytes: number }>): ReceiveView => {
    const now = performance.now()
    const span = Math.max(1, now - since) / 1000
    const sources = opened.flatMap(rowsOf).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    for (const row of sources) {
      const { datagrams = 0, bytes = 0 } = known.get(keyOf(row)) ?? {}
      row.rate = Math.round(((row.datagrams - datagrams) / span) * 10) / 10
      row.bitrate = Math.round(((row.bytes - bytes) * 8) / span)
    }
    const total = (key: 'datagrams' | 'bytes' | 'rate' | 'bitrate'): number =>
      sources.reduce((all, row) => all + row[key], 0)
    return {
      elapsed: now - start,
      datagrams: total('datagrams'),
      bytes: total('bytes'),
      rate: total('rate'),
      bitrate: total('bitrate'),
      dropped: opened.reduce((all, { receiver }) => all + receiver.stats().dropped, 0),
      ...numbersOf(sources, streams),
      ...rtpTotals(sources, streams),
      sources,
    }
  }

  return {
    now() {
      const seen = view(last, before)
      last = start + seen.elapsed
      for (const row of seen.sources) {
        const key = keyOf(row)
        before.set(key, { datagrams: row.datagrams, bytes: row.bytes })
        histories.set(key, [...(histories.get(key) ?? []).slice(1 - HISTORY_LENGTH), row.rate])
      }
      return seen
    },
    whole: () => view(start, new Map()),
    history: (row) => histories.get(keyOf(row)) ?? [],
  }
}

/** The sum of what all datagrams' numbers tell. */
function numbersOf(sources: readonly ReceiveRow[], streams: RtpStreams): SequenceStats | undefined {
  const others = sources.flatMap((row) =>
    row.rtp !== undefined || row.lost === undefined ? [] : (row as SequenceStats),
  )
  return sumOf([...others, ...[streams.numbers() ?? []].flat()])
}

function rtpTotals(sources: readonly ReceiveRow[], streams: RtpStreams): Partial<ReceiveView> {
  const rows = sources.filter(({ rtp }) => rtp !== undefined)
  if (rows.length === 0) return {}
  const total = (key: 'ssrcChanges' | 'malformed'): number => rows.reduce((all, row) => all + (row[key] ?? 0), 0)
  const redundant = streams.redundant()
  return {
    ssrcChanges: total('ssrcChanges'),
    malformed: total('malformed'),
    ...(redundant.length > 0 && { redundant }),
  }
}

function rtpOf({ stats, ssrcChanges, uncounted, malformed, problems }: RtpArrivals): Partial<ReceiveRow> {
  return {
    rtp: stats(),
    ssrcChanges,
    ...(uncounted > 0 && { uncounted }),
    ...(malformed > 0 && { malformed, problems: Object.fromEntries(problems) }),
  }
}

const HISTORY_LENGTH = 20

const keyOf = ({ group, port, interface: on, source = '' }: ReceiveRow): string => `${group} ${port} ${on} ${source}`

function rowsOf({ receiver, counter, joined, listening, port }: OpenedReceiver): ReceiveRow[] {
  const { dropped } = receiver.stats()
  const arrivals = counter.rows()
  const rows = arrivals.map(
    (row): ReceiveRow => ({
      ...idle(row.group, row.port, interfaceNameIn(joined, row.interfaceIndex), dropped),
      source: row.source,
      datagrams: row.datagrams,
      bytes: row.bytes,
      lastSeen: row.lastSeen,
      ...row.numbers(),
      ...(row.rtp !== undefined && rtpOf(row.rtp)),
    }),
  )
  const silent = joined.filter(
    ({ group, source, interface: { index } }) =>
      !arrivals.some(
        (row) => row.group === group && row.interfaceIndex === index && (source === undefined || row.source === source),
      ),
  )
  const waiting = silent.map(({ group, port, source, interface: { name } }) => ({
    ...idle(group, port, name, dropped),
    ...(source !== undefined && { source }),
  }))
  if (listening !== undefined && rows.length === 0) waiting.push(idle(listening, port, '', dropped))
  return withStates([...rows, ...waiting], receiver)
}

/** Says of which rows the channel is not joined now. */
function withStates(rows: ReceiveRow[], receiver: Receiver): ReceiveRow[] {
  for (const { state, memberships } of receiver.channels)
    if (state !== 'joined')
      for (const row of rows)
        if (memberships.some(({ group, interface: { name } }) => group === row.group && name === row.interface))
          row.state = state
  return rows
}

const idle = (group: string, port: number, on: string, dropped: number): ReceiveRow => ({
  group,
  port,
  interface: on,
  datagrams: 0,
  bytes: 0,
  rate: 0,
  bitrate: 0,
  dropped,
})
