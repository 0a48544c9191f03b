import { Failure } from '../../shell/failure.ts'
import type { Line, Session } from './session.ts'

/** A command of scripts. */
export interface Verb {
  /** Its arguments, and what it does with them, as help shows it. */
  readonly help: readonly (readonly [usage: string, does: string])[]
  run(session: Session, line: Line): unknown
}

/** A word that must be there. */
export function word(line: Line, place: number, what: string): string {
  const found = line.words.list[place]
  if (found === undefined || found === '') throw new Failure(`${what} is needed`)
  return found
}

/** No words may be left over from `place` on. */
export function noMore(line: Line, place: number): void {
  const [extra] = line.words.list.slice(place)
  if (extra !== undefined) throw new Failure(`'${extra.slice(0, 40)}' is one word too many`)
}
