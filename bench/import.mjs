// How long an import of the library takes.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { takeTurns } from './support/rounds.mjs'
import { below } from './support/table.mjs'

export const title = 'Import, in a process of its own'

const ROUNDS = 21
const script = fileURLToPath(new URL('support/import-one.mjs', import.meta.url))

/** A contestant: the milliseconds a fresh process takes to import a module. */
const importOf = (specifier) => () => Number(execFileSync(process.execPath, [script, specifier], { encoding: 'utf8' }))

export async function* rows() {
  const { nothing, options, all } = await takeTurns(
    { nothing: importOf('./nothing.mjs'), options: importOf('sockctl/options'), all: importOf('sockctl') },
    ROUNDS,
  )
  const row = (label, ours, goal) => ({ label, ours, unit: 'ms', goal })
  yield row('an empty module', nothing)
  yield row("'sockctl/options', more than that", options - nothing, below(10))
  yield row("'sockctl', more than that", all - nothing)
}
