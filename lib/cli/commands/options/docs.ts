// What options do, from their doc comments.

import { readPackaged } from '../../shell/packaged.ts'

interface OptionDoc {
  name: string
  does: string
}

/** As in lib/options/left-out-levels.ts, of which the build makes docs.json. */
interface LevelLeftOut {
  levels: string[]
  options: string
  what: string
  why: string
}

interface OptionDocs {
  /** The doc comment of each option. */
  options: OptionDoc[]
  /** For each other option of the system's headers, why it is not in the table. */
  leftOut: Record<string, string>
  /** The levels without an option in the table. */
  leftOutLevels: LevelLeftOut[]
}

let loaded: OptionDocs | undefined

/** Reads docs.json, which the build makes from the comments in lib/options. */
export function optionDocs(): OptionDocs {
  loaded ??= readPackaged<OptionDocs>('dist/options/docs.json')
  return loaded
}

export const docOf = (name: string): string => optionDocs().options.find((option) => option.name === name)?.does ?? ''
