// Puts every mutant of lib/ into its TypeScript behind a switch, so that one bundle serves them all: the environment
// variable __STRYKER_ACTIVE_MUTANT__ says which one is on.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInstrumenter } from '@stryker-mutator/instrumenter'
import { createInjector } from 'typed-inject'
import { mutantOf } from './mutant.mjs'

export const ACTIVE_MUTANT = '__STRYKER_ACTIVE_MUTANT__'

const silent = () => {}
const logger = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => true,
  isFatalEnabled: () => true,
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: console.error,
  fatal: console.error,
}

/**
 * Writes the instrumented files over those of `tree`; gives the mutants, each with the `id` the switch takes, and its
 * `number` in its file, which stays the same while that file does.
 */
export async function instrument(tree, names) {
  const sources = new Map(names.map((name) => [name, readFileSync(join(tree, name), 'utf8')]))
  const files = [...sources].map(([name, content]) => ({ name, content, mutate: true }))
  const instrumenter = createInjector().provideValue('logger', logger).injectFunction(createInstrumenter)
  const options = { plugins: null, excludedMutations: [], ignorers: [], noHeader: false }
  const instrumented = await instrumenter.instrument(files, options)
  for (const { name, content } of instrumented.files) writeFileSync(join(tree, name), content)
  const numbers = new Map()
  return instrumented.mutants.map(({ id, fileName: file, mutatorName: kind, replacement, location }) => {
    const number = numbers.get(file) ?? 0
    numbers.set(file, number + 1)
    const source = sources.get(file)
    const offset = ({ line, column }) => source.split('\n', line).join('\n').length + (line > 0 ? 1 : 0) + column
    return mutantOf({
      file,
      source,
      start: offset(location.start),
      end: offset(location.end),
      replacement,
      kind,
      id,
      number,
    })
  })
}
