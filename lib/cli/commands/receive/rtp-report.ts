// How `sockctl receive` shows what RTP packets tell: columns, words of the totals, and lines of the summary.

import type { RtpStats } from '../../../protocols/rtp-stats.ts'
import { printable } from '../../shell/printable.ts'
import type { Column } from '../../shell/table.ts'
import { plural, scaled } from '../../shell/units.ts'
import type { ReceiveRow, ReceiveView } from './view.ts'

/** How many SSRCs have a line in the summary: anybody can send many. */
const MAX_LINES = 32

export const ssrcText = (ssrc: number): string => ssrc.toString(16).padStart(8, '0')
const inMilliseconds = (seconds: number): string => `${scaled(seconds * 1e3)} ms`

function ssrcsText({ rtp = [], ssrcChanges = 0 }: ReceiveRow): string {
  const ssrcs = [...new Set(rtp.map(({ ssrc }) => ssrc))]
  const [only] = ssrcs
  const which = ssrcs.length === 1 && only !== undefined ? ssrcText(only) : `${ssrcs.length} SSRCs`
  return ssrcChanges === 0 ? which : `${which}, ${plural(ssrcChanges, 'change')}`
}

/** The worst of the streams whose clock is known. */
function jitterText({ rtp = [] }: ReceiveRow): string {
  const known = rtp.flatMap(({ jitter }) => jitter ?? [])
  return known.length === 0 ? '-' : inMilliseconds(Math.max(...known))
}

const rtpColumns: Column<ReceiveRow>[] = [
  { head: 'LATE', right: true, cell: ({ reordered = 0 }) => reordered },
  { head: 'JITTER', right: true, cell: (row, { dim }) => (row.rtp === undefined ? dim('-') : jitterText(row)) },
  { head: 'SSRC', cell: (row, { dim }) => (row.rtp === undefined ? dim('-') : ssrcsText(row)) },
]

/** The columns of what sequence numbers tell besides losses. */
export function sequenceColumns({ sources }: ReceiveView): Column<ReceiveRow>[] {
  const columns: Column<ReceiveRow>[] = []
  for (const [head, key] of [
    ['DUPLICATES', 'duplicates'],
    ['RESTARTS', 'restarts'],
  ] as const)
    if (sources.some((row) => (row[key] ?? 0) > 0))
      columns.push({ head, right: true, cell: (row, { dim }) => row[key] ?? dim('-') })
  return sources.some(({ rtp }) => rtp !== undefined) ? [...columns, ...rtpColumns] : columns
}

/** What sequence numbers tell, as words of a line: of all but losses only what there is. */
export function sequenceWords({ lost, duplicates = 0, restarts = 0, ssrcChanges = 0 }: ReceiveView): string {
  if (lost === undefined) return ''
  const others = [
    [duplicates, 'duplicate'],
    [restarts, 'restart'],
    [ssrcChanges, 'SSRC change'],
  ] as const
  return [`${lost} lost`, ...others.flatMap(([count, what]) => (count > 0 ? plural(count, what) : []))]
    .map((words) => `${words}, `)
    .join('')
}

function lineOf({ source = '' }: ReceiveRow, stats: RtpStats): string {
  const { ssrc, received, lost, gaps, reordered, duplicates, restarts, clockRate, clockSource, jitter } = stats
  return [
    `SSRC ${ssrcText(ssrc)} from ${source}: ${plural(received, 'packet')}`,
    `${lost} lost${gaps > 0 ? ` in ${plural(gaps, 'gap')}` : ''}`,
    `${reordered} late`,
    plural(duplicates, 'duplicate'),
    plural(restarts, 'restart'),
    clockRate === undefined
      ? 'clock unknown'
      : `clock ${clockRate} Hz${clockSource === 'estimated' ? ' (estimated)' : ''}`,
    `jitter ${jitter === undefined ? '-' : inMilliseconds(jitter)}`,
  ].join(', ')
}

/** A line for each SSRC, for what came by several paths, and for what is no RTP. */
export function rtpLines({ sources, redundant = [] }: ReceiveView): string[] {
  const streams = sources.flatMap((row) => (row.rtp ?? []).map((stats) => lineOf(row, stats)))
  const more = streams.length - MAX_LINES
  return [
    ...streams.slice(0, MAX_LINES),
    ...(more > 0 ? [`... and ${more} more`] : []),
    ...redundant.map(
      ({ ssrc, paths, lost }) => `SSRC ${ssrcText(ssrc)} came by ${paths} paths: ${lost} lost on all of them`,
    ),
    ...sources.flatMap(({ source = '', uncounted = 0, problems = {} }) => [
      ...(uncounted > 0 ? [`${plural(uncounted, 'packet')} from ${source} of further SSRCs: not counted apart`] : []),
      ...Object.entries(problems).map(
        ([problem, count]) => `${plural(count, 'datagram')} from ${source} not read as RTP: ${printable(problem)}`,
      ),
    ]),
  ]
}
