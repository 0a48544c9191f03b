import { readPackaged } from '../../shell/packaged.ts'

interface OptionDoc {
  name: string
  does: string
}

interface OptionDocs {
  /** What the doc comment of each option says. */
  options: OptionDoc[]
  /** Why other options of the system's headers are not in the table. */
  leftOut: Record<string, string>
}

let loaded: OptionDocs | undefined

/** Written when the library is built, from the comments in lib/options. */
export function optionDocs(): OptionDocs {
  loaded ??= readPackaged<OptionDocs>('dist/options/docs.json')
  return loaded
}

export const docOf = (name: string): string => optionDocs().options.find((option) => option.name === name)?.does ?? ''
