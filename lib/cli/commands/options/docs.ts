import { readPackaged } from '../../shell/packaged.ts'

interface OptionDoc {
  name: string
  does: string
}

interface Docs {
  /** What the doc comment of each option says. */
  options: OptionDoc[]
  /** Why other options of the system's headers are not in the table. */
  leftOut: Record<string, string>
}

let read: Docs | undefined

/** Written when the library is built, from the comments in lib/options. */
export function docs(): Docs {
  read ??= readPackaged<Docs>('dist/options/docs.json')
  return read
}

export const docOf = (name: string): string => docs().options.find((option) => option.name === name)?.does ?? ''
