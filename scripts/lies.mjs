// Uses the library under the sanitizers while a preloaded library answers with well-formed nonsense:
// node scripts/lies.mjs [--seeds 36] [--seed 1] [--json FILE]. Fails if a sanitizer reports anything about the addon, or if
// a call throws anything but the library's error or never settles.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildPreload } from '../test/support/preload.mjs'
import { enterNamespace } from './namespace.mjs'
import { prepareSanitized } from './sanitized.mjs'

enterNamespace(import.meta.url)
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '36' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const { tree, variables, tellReports } = await prepareSanitized('lied-to')
const library = buildPreload('lies')
const script = join(tree, 'test/support/lied-to.mjs')
const summary = { seeds: Number(values.seeds), calls: 0, refused: 0, datagrams: 0, queued: 0, problems: 0, reports: 0 }

for (let n = 0; n < summary.seeds; n++) {
  const seed = Number(values.seed) + n
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    timeout: 120_000,
    env: {
      ...process.env,
      ...variables,
      // Before the sanitizers', whose own functions would otherwise be the callers.
      LD_PRELOAD: `${library}:${variables.LD_PRELOAD}`,
      ASAN_OPTIONS: `${variables.ASAN_OPTIONS}:verify_asan_link_order=0`,
      SOCKCTL_LIES: `${seed}`,
    },
  })
  const said = /^\{.*\}$/m.exec(stdout)
  const outcome =
    said === null ? { problems: [`ended by ${signal ?? status}: ${stderr.slice(-2000)}`] } : JSON.parse(said[0])
  for (const name of ['calls', 'refused', 'datagrams', 'queued']) summary[name] += outcome[name] ?? 0
  summary.problems += outcome.problems.length
  console.log(`${outcome.problems.length === 0 ? 'ok   ' : 'WRONG'} seed ${seed}`)
  for (const problem of new Set(outcome.problems)) console.log(`      ${problem}`)
}
summary.reports = tellReports()
console.log(JSON.stringify(summary))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary, null, 1)}\n`)
process.exit(summary.problems === 0 && summary.reports === 0 ? 0 : 1)
