// How `sockctl receive` shows what arrives: a live table, lines, or objects.

import type { ChannelEvent } from '../../../index.ts'
import { hostPort, isMulticast } from '../../../net/address.ts'
import { channelChangeObject, channelChangeText } from '../../shell/channel-changes.ts'
import { channelCommand } from '../../shell/channel-command.ts'
import { printWarning } from '../../shell/failure.ts'
import { createLiveLines } from '../../shell/live.ts'
import type { Output } from '../../shell/output.ts'
import { type Column, formatTable } from '../../shell/table.ts'
import { ago, bitrate, plural, scaled, seconds, sparkline } from '../../shell/units.ts'
import type { JoinedChannel } from './opened-receiver.ts'
import { rtpLines, sequenceColumns, sequenceWords } from './rtp-report.ts'
import type { ReceiveRow, ReceiveView } from './view.ts'

export interface ReceiveReport {
  joined(channel: JoinedChannel): void
  /** A socket of the command is bound to an address of this host. */
  listening(address: string, port: number): void
  /** A channel was lost, or is back. */
  changed(event: ChannelEvent, port: number): void
  /** To be called once a second. */
  interval(view: ReceiveView, history: (row: ReceiveRow) => readonly number[]): void
  end(view: ReceiveView): void
}

/** @param quiet standard output is used for something else: print only a summary, on stderr, and only at a terminal */
export function createReceiveReport(out: Output, quiet: boolean): ReceiveReport {
  if (out.json) return jsonReport(out)
  if (quiet) return quietReport(out)
  return out.terminal ? tableReport(out) : lineReport(out)
}

const joinedText = ({ group, port, source, blocked, interface: { name, index }, waits }: JoinedChannel): string => {
  if (waits) return `waiting for ${name === '' ? `interface ${index}` : name} to join ${hostPort(group, port)}`
  const from = source === undefined ? '' : ` for ${source}`
  const but = blocked.length === 0 ? '' : ` without ${blocked.join(', ')}`
  return `joined ${hostPort(group, port)} on ${name}${from}${but}`
}

const listeningText = (address: string, port: number): string => `listening at ${hostPort(address, port)}`

const heard = ({ sources }: ReceiveView): number => sources.filter(({ datagrams }) => datagrams > 0).length

function totals(view: ReceiveView): string {
  const { datagrams, bytes, elapsed, dropped } = view
  const what = `${plural(datagrams, 'datagram')}, ${plural(bytes, 'byte')} in ${seconds(elapsed)} from ${plural(heard(view), 'source')}`
  return `${what}: ${sequenceWords(view)}${dropped} dropped by the kernel`
}

function jsonReport(out: Output): ReceiveReport {
  const rounded = ({ elapsed, ...view }: ReceiveView): object => ({ elapsed: elapsed / 1000, ...view })
  return {
    joined: ({ waits, ...channel }) =>
      out.object({ event: waits ? 'waiting' : 'joined', ...channel, interface: channel.interface.name }),
    listening: (address, port) => out.object({ event: 'listening', address, port }),
    changed: (event, port) => out.object(channelChangeObject(event, port)),
    interval: (view) => out.object({ event: 'interval', ...rounded(view) }),
    end: (view) => out.object({ event: 'summary', ...rounded(view) }),
  }
}

const quietReport = (out: Output): ReceiveReport => ({
  joined: () => {},
  listening: () => {},
  changed: (event, port) => printWarning(channelChangeText(event, port)),
  interval: () => {},
  end: (view) => out.hint(totals(view)),
})

function lineReport(out: Output): ReceiveReport {
  return {
    joined: (channel) => out.line(joinedText(channel)),
    listening: (address, port) => out.line(listeningText(address, port)),
    changed: (event, port) => out.line(channelChangeText(event, port)),
    interval: (view) => {
      const { elapsed, rate, bitrate: bits, datagrams, dropped } = view
      const so = `${plural(datagrams, 'datagram')}, ${sequenceWords(view)}${dropped} dropped`
      out.line(`${seconds(elapsed)}: ${scaled(rate)}/s, ${bitrate(bits)}, ${plural(heard(view), 'source')}; ${so}`)
    },
    end: (view) => {
      for (const line of formatTable(view.sources, summaryColumns(view), out.paint)) out.line(line)
      for (const line of rtpLines(view)) out.line(line)
      out.line(totals(view))
    },
  }
}

const channelColumns: Column<ReceiveRow>[] = [
  { head: 'CHANNEL', cell: ({ group, port }) => hostPort(group, port) },
  {
    head: 'IF',
    cell: ({ interface: on, state }, { dim, warn }) =>
      state === undefined ? on || dim('any') : warn(`${on} (${state})`),
  },
  { head: 'SOURCE', cell: ({ source }, { dim }) => source ?? dim('any') },
]

const lossColumns: Column<ReceiveRow>[] = [
  {
    head: 'LOST',
    right: true,
    cell: ({ lost }, { dim, bad }) => (lost === undefined ? dim('-') : lost > 0 ? bad(String(lost)) : '0'),
  },
  {
    head: 'DROPS',
    right: true,
    lasting: true,
    cell: ({ dropped }, { bad }) => (dropped > 0 ? bad(String(dropped)) : '0'),
  },
]

const rateColumns: Column<ReceiveRow>[] = [
  { head: 'RATE', right: true, lasting: true, cell: ({ rate }) => `${scaled(rate)}/s` },
  { head: 'BITS', right: true, cell: ({ bitrate: bits }) => bitrate(bits) },
]

const summaryColumns = (view: ReceiveView): Column<ReceiveRow>[] => [
  ...channelColumns,
  { head: 'DATAGRAMS', cell: ({ datagrams }) => datagrams },
  { head: 'BYTES', cell: ({ bytes }) => bytes },
  ...rateColumns,
  ...lossColumns,
  ...sequenceColumns(view),
]

/** The rows of which something arrived in the last second, then those of which something ever did, then the others. */
function flowingFirst(rows: readonly ReceiveRow[]): ReceiveRow[] {
  const order = ({ rate, datagrams }: ReceiveRow): number => (rate > 0 ? 0 : datagrams > 0 ? 1 : 2)
  return rows.toSorted((a, b) => order(a) - order(b))
}

function totalLine(view: ReceiveView): string {
  const { rate, bitrate: bits, dropped, sources } = view
  const flowing = sources.filter((row) => row.rate > 0).length
  return `${flowing} of ${sources.length} flowing: ${scaled(rate)}/s, ${bitrate(bits)}; ${sequenceWords(view)}${dropped} dropped`
}

/** In milliseconds: silence this long is said, with the command that finds out why. */
const SILENCE = 5000

function silenceLines({ elapsed, sources }: ReceiveView, now: number): string[] {
  const last = Math.max(...sources.map(({ lastSeen }) => lastSeen ?? 0))
  const silent = last === 0 ? elapsed : now - last
  const row = sources.find(({ group }) => isMulticast(group))
  if (silent < SILENCE || row === undefined) return []
  const { group, port, source, interface: on } = row
  const channel = { group, port, sources: source === undefined ? [] : [source], blocked: [], interface: on }
  return [`nothing for ${Math.floor(silent / 1000)} s; why: ${channelCommand('doctor', channel)}`]
}

function tableReport(out: Output): ReceiveReport {
  const screen = createLiveLines(process.stdout)
  /** Whole columns alone: a line that wraps is no row any more. */
  const fitted = (rows: readonly ReceiveRow[], columns: readonly Column<ReceiveRow>[]): string[] =>
    formatTable(rows, columns, out.paint, (process.stdout.columns || 80) - 1)
  return {
    joined: (channel) => out.hint(joinedText(channel)),
    listening: (address, port) => out.hint(listeningText(address, port)),
    changed: (event, port) => {
      screen.clear()
      out.hint(channelChangeText(event, port))
    },
    interval: (view, history) => {
      const now = Date.now()
      const columns: Column<ReceiveRow>[] = [
        ...channelColumns,
        ...rateColumns,
        ...lossColumns,
        ...sequenceColumns(view),
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
      screen.draw(fitted(flowingFirst(view.sources), columns), [totalLine(view), ...silenceLines(view, now)])
    },
    end: (view) => {
      screen.clear()
      for (const line of fitted(view.sources, summaryColumns(view))) out.line(line)
      for (const line of rtpLines(view)) out.line(line)
      out.line(totals(view))
    },
  }
}
