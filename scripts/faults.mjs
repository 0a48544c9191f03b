// Every fault in every life cycle and subcommand: node scripts/faults.mjs [--errors EMFILE,...] [--json FILE]
// Makes a network namespace of its own. Fails if a run hangs, leaks, does only half of its work, or does not name the call.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ERRORS, sweepAll, sweepSubcommands } from '../test/support/faults.mjs'
import { cycles } from '../test/support/life-cycles.mjs'
import { buildPreload } from '../test/support/preload.mjs'
import { subcommands } from '../test/support/subcommands.mjs'
import { enterNamespace } from './namespace.mjs'

enterNamespace(import.meta.url)
const { values } = parseArgs({ options: { errors: { type: 'string' }, json: { type: 'string' } } })
const errors = values.errors?.split(',') ?? ERRORS
const library = buildPreload('faults')
const report = ({ cycle, call, error, reached, problems }) => {
  if (reached > 0)
    console.log(`${problems.length === 0 ? 'ok   ' : 'WRONG'} ${cycle}: ${call} ${error}, ${reached} calls`)
  for (const problem of problems) console.log(`      ${problem}`)
}
const begun = performance.now()
const sweeps = [
  ...(await sweepAll({ library, cycles: Object.keys(cycles), errors, report })),
  ...(await sweepSubcommands({ library, names: Object.keys(subcommands), errors, report })),
]
const wrong = sweeps.filter(({ problems }) => problems.length > 0)
const faults = sweeps.reduce((sum, { reached }) => sum + reached, 0)
const summary = {
  sweeps: sweeps.length,
  faults,
  wrong: wrong.length,
  seconds: Math.round((performance.now() - begun) / 1000),
}
console.log(JSON.stringify(summary))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...summary, sweeps }, null, 1)}\n`)
process.exit(wrong.length === 0 ? 0 : 1)
