import { hostPort } from '../../../net/address.ts'
import { live } from '../../shell/live.ts'
import type { Output } from '../../shell/output.ts'
import { type Column, table } from '../../shell/table.ts'
import { ago, bitrate, plural, scaled, seconds, sparkline } from '../../shell/units.ts'
import type { Joined, RowView, View } from './view.ts'

/** Tells what comes: to a person at a terminal, line by line, or as objects. */
export interface Report {
  joined(channel: Joined): void
  /** Once a second. */
  interval(view: View, history: (row: RowView) => readonly number[]): void
  end(view: View): void
}

/** @param quiet standard output is for something else: only a person at a terminal is told, once, on stderr */
export function createReport(out: Output, quiet: boolean): Report {
  if (out.json) return jsonReport(out)
  if (quiet) return quietReport(out)
  return out.terminal ? tableReport(out) : lineReport(out)
}

const joinedText = ({ group, port, source, blocked, interface: { name } }: Joined): string => {
  const from = source === undefined ? '' : ` for ${source}`
  const but = blocked.length === 0 ? '' : ` without ${blocked.join(', ')}`
  return `joined ${hostPort(group, port)} on ${name}${from}${but}`
}

const lostOf = ({ lost }: Partial<RowView>): string => (lost === undefined ? '' : `${lost} lost, `)

const heard = ({ sources }: View): number => sources.filter(({ datagrams }) => datagrams > 0).length

function totals(view: View): string {
  const { datagrams, bytes, elapsed, dropped } = view
  const what = `${plural(datagrams, 'datagram')}, ${plural(bytes, 'byte')} in ${seconds(elapsed)} from ${plural(heard(view), 'source')}`
  return `${what}: ${lostOf(view)}${dropped} dropped by the kernel`
}

function jsonReport(out: Output): Report {
  const rounded = ({ elapsed, ...view }: View): object => ({ elapsed: elapsed / 1000, ...view })
  return {
    joined: (channel) => out.object({ event: 'joined', ...channel, interface: channel.interface.name }),
    interval: (view) => out.object({ event: 'interval', ...rounded(view) }),
    end: (view) => out.object({ event: 'summary', ...rounded(view) }),
  }
}

const quietReport = (out: Output): Report => ({
  joined: () => {},
  interval: () => {},
  end: (view) => out.hint(totals(view)),
})

function lineReport(out: Output): Report {
  return {
    joined: (channel) => out.line(joinedText(channel)),
    interval: (view) => {
      const { elapsed, rate, bitrate: bits, datagrams, dropped } = view
      const so = `${plural(datagrams, 'datagram')}, ${lostOf(view)}${dropped} dropped`
      out.line(`${seconds(elapsed)}: ${scaled(rate)}/s, ${bitrate(bits)}, ${plural(heard(view), 'source')}; ${so}`)
    },
    end: (view) => {
      for (const line of table(view.sources, summaryColumns(view), out.paint)) out.line(line)
      out.line(totals(view))
    },
  }
}

const channelColumns: Column<RowView>[] = [
  { head: 'CHANNEL', cell: ({ group, port }) => hostPort(group, port) },
  { head: 'IF', cell: (row) => row.interface },
  { head: 'SOURCE', cell: ({ source }, { dim }) => source ?? dim('any') },
]

const lossColumns: Column<RowView>[] = [
  {
    head: 'LOST',
    right: true,
    cell: ({ lost }, { dim, bad }) => (lost === undefined ? dim('-') : lost > 0 ? bad(String(lost)) : '0'),
  },
  {
    head: 'DROPS',
    right: true,
    cell: ({ dropped }, { bad }) => (dropped > 0 ? bad(String(dropped)) : '0'),
  },
]

const rtpColumns: Column<RowView>[] = [
  { head: 'LATE', right: true, cell: ({ reordered = 0 }) => reordered },
  {
    head: 'JITTER',
    right: true,
    cell: ({ rtp = [] }) => rtp.map(({ jitter }) => `${scaled(jitter * 1e3)} ms`).join(' '),
  },
]

const rateColumns: Column<RowView>[] = [
  { head: 'RATE', right: true, cell: ({ rate }) => `${scaled(rate)}/s` },
  { head: 'BITS', right: true, cell: ({ bitrate: bits }) => bitrate(bits) },
]

const withRtp = ({ sources }: View): Column<RowView>[] =>
  sources.some(({ rtp }) => rtp !== undefined) ? rtpColumns : []

const summaryColumns = (view: View): Column<RowView>[] => [
  ...channelColumns,
  { head: 'DATAGRAMS', cell: ({ datagrams }) => datagrams },
  { head: 'BYTES', cell: ({ bytes }) => bytes },
  ...rateColumns,
  ...lossColumns,
  ...withRtp(view),
]

function tableReport(out: Output): Report {
  const screen = live(process.stdout)
  return {
    joined: (channel) => out.hint(joinedText(channel)),
    interval: (view, history) => {
      const now = Date.now()
      const columns: Column<RowView>[] = [
        ...channelColumns,
        ...rateColumns,
        ...lossColumns,
        ...withRtp(view),
        {
          head: 'SEEN',
          right: true,
          cell: ({ lastSeen }, { dim, warn }) => {
            if (lastSeen === undefined) return dim('never')
            const text = ago(now - lastSeen)
            return text === 'now' ? text : warn(text)
          },
        },
        { head: '', cell: (row, { good }) => good(sparkline(history(row))) },
      ]
      screen.draw(table(view.sources, columns, out.paint))
    },
    end: (view) => {
      screen.clear()
      for (const line of table(view.sources, summaryColumns(view), out.paint)) out.line(line)
      out.line(totals(view))
    },
  }
}
