// A command of scripts, and how it takes its words.

import { Failure } from '../../shell/failure.ts'
import { quoted } from '../../shell/printable.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'

export interface Verb {
  /** For help: each form of the arguments, and what the command does with them. */
  readonly help: readonly (readonly [usage: string, does: string])[]
  run(session: ScriptSession, line: ScriptLine): unknown
}

/** The word at `index`, which must be there; `what` says what the word is for. */
export function word(line: ScriptLine, index: number, what: string): string {
  const found = line.words.list[index]
  if (found === undefined || found === '') throw new Failure(`${what} is needed`)
  return found
}

/** Refuses words from `index` on. */
export function noMore(line: ScriptLine, index: number): void {
  const [extra] = line.words.list.slice(index)
  if (extra !== undefined) throw new Failure(`unexpected word ${quoted(extra)}`)
}
