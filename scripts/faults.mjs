// Every fault in every life cycle and subcommand:
// node scripts/faults.mjs [--errors EMFILE,...] [--of joinAll,receive,...] [--json FILE]
// A file keeps the sweeps that it holds and that are not run again, so that long runs can be made in parts. Makes a network
// namespace of its own. Fails if a run hangs, leaks, does only half of its work, or does not name the call.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ERRORS, sweepAll, sweepSubcommands } from '../test/support/faults.mjs'
import { cycles } from '../test/support/life-cycles.mjs'
import { buildPreload } from '../test/support/preload.mjs'
import { subcommands } from '../test/support/subcommands.mjs'
import { enterNamespace } from './namespace.mjs'

enterNamespace(import.meta.url)
const { values } = parseArgs({
  options: { errors: { type: 'string' }, of: { type: 'string' }, json: { type: 'string' } },
})
const errors = values.errors?.split(',') ?? ERRORS
const wanted = values.of?.split(',')
const chosen = (all) => Object.keys(all).filter((name) => wanted?.includes(name) ?? true)
const library = buildPreload('faults')
const report = ({ cycle, call, error, reached, problems }) => {
  if (reached > 0)
    console.log(`${problems.length === 0 ? 'ok   ' : 'WRONG'} ${cycle}: ${call} ${error}, ${reached} calls`)
  for (const problem of problems) console.log(`      ${problem}`)
}
const begun = performance.now()
const idOf = ({ cycle, call, error }) => `${cycle} ${call} ${error}`
const held = values.json !== undefined && existsSync(values.json) ? JSON.parse(readFileSync(values.json, 'utf8')) : {}
const made = [
  ...(await sweepAll({ library, cycles: chosen(cycles), errors, report })),
  ...(await sweepSubcommands({ library, names: chosen(subcommands), errors, report })),
]
const again = new Set(made.map(idOf))
const sweeps = [...(held.sweeps ?? []).filter((sweep) => !again.has(idOf(sweep))), ...made]
const wrong = sweeps.filter(({ problems }) => problems.length > 0)
const faults = sweeps.reduce((sum, { reached }) => sum + reached, 0)
const summary = {
  sweeps: sweeps.length,
  faults,
  wrong: wrong.length,
  seconds: (held.seconds ?? 0) + Math.round((performance.now() - begun) / 1000),
}
console.log(JSON.stringify(summary))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...summary, sweeps }, null, 1)}\n`)
process.exit(wrong.length === 0 ? 0 : 1)
