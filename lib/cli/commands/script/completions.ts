// What the Tab key completes at the prompt of `sockctl script`.

import { interfaces } from '../../../index.ts'
import { ALL_OPTIONS } from '../options/find.ts'
import { KIND_NAMES } from '../options/option-socket.ts'
import { VERBS } from './verbs.ts'

const candidates = (words: readonly string[]): string[] => {
  const [verb = ''] = words
  if (words.length <= 1) return Object.keys(VERBS)
  if (verb === 'socket') return [...KIND_NAMES]
  if (words.length === 2 && ['get', 'set', 'expect'].includes(verb)) return ALL_OPTIONS.map(({ name }) => name)
  return interfaces().map(({ name }) => name)
}

/** The words that the last word of a line may become, and that word. */
export function completions(line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/)
  const last = words.at(-1) ?? ''
  const fits = candidates(words).filter((one) => one.toLowerCase().startsWith(last.toLowerCase()))
  return [fits.map((one) => `${one} `), last]
}
