// The columns of the table of sessions.

import type { SapSession } from '../../../services/sap.ts'
import { printable } from '../../shell/printable.ts'
import type { Column } from '../../shell/table.ts'
import { ago } from '../../shell/units.ts'
import { receiveCommandFor } from './receive-command.ts'

/** A row for one stream of a session. The columns of the session are filled only in the row of its first stream. */
export interface StreamRow {
  session: SapSession
  first: boolean
  on: string
  stream: SapSession['description']['streams'][number] | undefined
}

export function rowsOf(session: SapSession, on: string): StreamRow[] {
  const { streams } = session.description
  if (streams.length === 0) return [{ session, first: true, on, stream: undefined }]
  return streams.map((stream, index) => ({ session, first: index === 0, on, stream }))
}

const ofSession =
  (cell: (session: SapSession) => string): Column<StreamRow>['cell'] =>
  ({ first, session }) =>
    first ? cell(session) : ''

const MAX_NAME_LENGTH = 32
const shortened = (text: string): string =>
  text.length <= MAX_NAME_LENGTH ? text : `${[...text].slice(0, MAX_NAME_LENGTH - 1).join('')}…`

/** @param now in milliseconds since 1970 */
export const columnsAt = (now: number): Column<StreamRow>[] => [
  { head: 'SESSION', cell: ofSession(({ description: { name } }) => shortened(printable(name))) },
  { head: 'FROM', cell: ofSession(({ source }) => source) },
  { head: 'SEEN', right: true, cell: ofSession(({ lastSeen }) => ago(now - lastSeen)) },
  { head: 'EXPIRES', right: true, cell: ofSession(({ expires }) => `in ${ago(Math.max(1000, expires - now))}`) },
  { head: 'MEDIA', cell: ({ stream }) => (stream === undefined ? '' : printable(stream.media)) },
  {
    head: 'RECEIVE IT WITH',
    cell: ({ stream, session, on }, { dim }) =>
      stream === undefined ? dim('no multicast stream') : receiveCommandFor(stream, session.description, on),
  },
]
