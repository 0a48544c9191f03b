import { Failure } from '../../shell/failure.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'

/** A command of scripts. */
export interface Verb {
  /** Its arguments, and what it does with them, as help shows it. */
  readonly help: readonly (readonly [usage: string, does: string])[]
  run(session: ScriptSession, line: ScriptLine): unknown
}

/** A word that must be there. */
export function word(line: ScriptLine, index: number, what: string): string {
  const found = line.words.list[index]
  if (found === undefined || found === '') throw new Failure(`${what} is needed`)
  return found
}

/** No words may be left over from `index` on. */
export function noMore(line: ScriptLine, index: number): void {
  const [extra] = line.words.list.slice(index)
  if (extra !== undefined) throw new Failure(`'${extra.slice(0, 40)}' is one word too many`)
}
