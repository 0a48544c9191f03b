// The lines of a session description, and notes of those that are not understood.

import { show } from '../base/errors.ts'
import { type Malformed, malformed } from './malformed.ts'

/** One line, `a=ptime:1`: its number in the text from 1, its letter, and what follows the `=`. */
export interface SdpLine {
  readonly number: number
  readonly type: string
  readonly value: string
}

/** Collects what is not understood. */
export interface SdpNotes {
  add(line: SdpLine, problem: string): void
  list(): string[]
}

/** How many notes are kept: anybody can send nonsense. */
const MAX_NOTES = 16

export function createNotes(): SdpNotes {
  const notes: string[] = []
  return {
    add({ number, type, value }, problem) {
      if (notes.length < MAX_NOTES) notes.push(`line ${number}, ${show(`${type}=${value}`)}: ${problem}`)
    },
    list: () => notes,
  }
}

/** The attributes that are read. Receivers pass over all others. RFC 8866 5.13 */
const ATTRIBUTES = /^(?:source-filter|rtpmap)[ \t]*:/i

/** The lines of the types that are read; RFC 8866 5 has receivers pass over those of other types. */
export function linesOf(text: string, notes: SdpNotes): SdpLine[] {
  const lines: SdpLine[] = []
  for (const [at, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (/^[\s\0]*$/.test(line)) continue
    const [, type = '', value = ''] = /^([a-z])=(.*)$/is.exec(line) ?? []
    const read = { number: at + 1, type: type.toLowerCase(), value: value.trim() }
    if (type === '') {
      // The text of another line as it is, without a letter of its own.
      notes.add({ number: at + 1, type: line.slice(0, 1), value: line.slice(1) }, 'no line of the form LETTER=VALUE')
    } else if ('osictm'.includes(read.type) || (read.type === 'a' && ATTRIBUTES.test(read.value))) lines.push(read)
  }
  return lines
}

/** Why a text is no session description that can be announced; `undefined` if the text begins as one. RFC 8866 5.1 */
export function wrongStart(text: string): Malformed | undefined {
  if (text.startsWith('\ufeff'))
    return malformed('a session description that begins with a byte order mark: save it without one')
  if (/^\s*SDP:/i.test(text))
    return malformed("a session description behind a line 'SDP:', which is no part of it: leave that line out")
  if (!/^v=0[ \t]*(?:[\r\n]|$)/.test(text)) return malformed('a session description that does not start with v=0')
  return undefined
}
