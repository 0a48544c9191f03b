// How `sockctl sap` shows sessions: a live table, lines, or objects.

import type { SapListener, SapNotice, SapSession } from '../../../services/sap.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import { createLiveLines } from '../../shell/live.ts'
import type { Output } from '../../shell/output.ts'
import { printable } from '../../shell/printable.ts'
import { formatTable } from '../../shell/table.ts'
import { plural } from '../../shell/units.ts'
import { columnsAt, rowsOf } from './columns.ts'
import { receiveCommandFor } from './receive-command.ts'

const MAX_TOLD = 1024

export interface SapReport {
  notice(notice: SapNotice): void
  end(): void
}

export function createSapReport(out: Output, listener: SapListener): SapReport {
  const interfaces = [...new Set(listener.memberships.map((held) => held.interface.name))]
  if (out.json) out.object({ event: 'listening', interfaces })
  else if (out.terminal) out.hint(`listening on ${interfaces.join(', ')}`)
  else out.line(`listening on ${interfaces.join(', ')}`)
  const screen = out.terminal ? createLiveLines(process.stdout) : undefined
  /** The interface that the last announcement of each session came by. */
  const heardOn = new WeakMap<SapSession, string>()
  const onOf = (session: SapSession): string => heardOn.get(session) ?? ''
  const rows = (): string[] => {
    const sessions = listener.sessions()
    const streams = sessions.flatMap((session) => rowsOf(session, onOf(session)))
    return [...formatTable(streams, columnsAt(Date.now()), out.paint), ...problemsOf(sessions)]
  }
  /** Refusals told, by sender: a sender that goes on and on is told of once. */
  const told = new Set<string>()
  const hasTold = ({ from, reason }: { from: { address: string }; reason: string }): boolean => {
    const refusal = `${from.address} ${reason}`
    if (told.has(refusal)) return true
    if (told.size === MAX_TOLD) told.clear()
    told.add(refusal)
    return false
  }
  const second = screen && setInterval(() => screen.draw(rows()), 1000)
  return {
    notice(notice) {
      if (!('session' in notice) && hasTold(notice)) return
      if ('session' in notice && 'interfaceIndex' in notice)
        heardOn.set(notice.session, interfaceLabel(notice.interfaceIndex))
      if (out.json) out.object(objectOf(notice, onOf))
      else if (screen === undefined) for (const line of linesOf(notice, onOf)) out.line(line)
    },
    end() {
      clearInterval(second)
      screen?.clear()
      const count = listener.sessions().length
      if (out.json) out.object({ event: 'summary', sessions: count })
      else {
        for (const line of rows()) out.line(line)
        out.line(plural(count, 'session'))
      }
    },
  }
}

const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

function objectOf(notice: SapNotice, onOf: (session: SapSession) => string): object {
  const where = 'from' in notice ? { from: notice.from, interface: interfaceLabel(notice.interfaceIndex) } : {}
  if (!('session' in notice)) return { event: notice.type, ...where, reason: notice.reason }
  const { source, messageIdHash, description, text, firstSeen, lastSeen, announcements, expires } = notice.session
  const { ends, ...said } = description
  return {
    event: notice.type,
    ...where,
    source,
    messageIdHash,
    ...said,
    ...(ends !== undefined && { ends: time(ends) }),
    receive: description.streams.map((stream) => receiveCommandFor(stream, description, onOf(notice.session))),
    firstSeen: time(firstSeen),
    lastSeen: time(lastSeen),
    announcements,
    expires: time(expires),
    sdp: text,
  }
}

/** What is not understood of a description. */
const problemLines = ({ problems = [] }: SapSession['description']): string[] =>
  problems.map((problem) => `  not understood: ${printable(problem)}`)

/** How many of those lines the table has below it. */
const MAX_PROBLEM_LINES = 8

/** What is not understood of all sessions, each by its name. */
function problemsOf(sessions: readonly SapSession[]): string[] {
  const lines = sessions.flatMap(({ description }) =>
    (description.problems ?? []).map((problem) => printable(`${description.name}: not understood: ${problem}`)),
  )
  const more = lines.length - MAX_PROBLEM_LINES
  return more > 0 ? [...lines.slice(0, MAX_PROBLEM_LINES), `... and ${more} more`] : lines
}

/** The lines for a notice; none for an announcement that only repeats the last one. */
function linesOf(notice: SapNotice, onOf: (session: SapSession) => string): string[] {
  if (notice.type === 'refreshed') return []
  if (!('session' in notice)) {
    const { from, interfaceIndex, reason } = notice
    return [`${notice.type}: a packet from ${from.address} on ${interfaceLabel(interfaceIndex)}: ${printable(reason)}`]
  }
  const { source, description } = notice.session
  const head = `${notice.type}: ${printable(description.name)} from ${source}`
  if (notice.type !== 'new' && notice.type !== 'modified') return [head]
  const streams = description.streams.map(
    (stream) => `  ${printable(stream.media)}: ${receiveCommandFor(stream, description, onOf(notice.session))}`,
  )
  return [head, ...streams, ...problemLines(description)]
}
