// Mutation testing: small single changes in lib/ and native/, each of which some test should notice.
// npm run test:mutants -- [--seed N] [--per-room N] [--rooms calls,native/codec] [--file lib/x.ts] [--jobs N]
//   [--seconds N] [--json FILE] [--figures FILE] [--survivors-of FILE]
// --seconds: how long the tests of one mutant may take; those that reach its source best come first.
// --json: the results are written there. What the file says of other mutants stays, and what it calls killed is not tried
//   again: so a run may be ended, and go on later. --figures: what docs/reliability.md is made of.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../copy-tree.mjs'
import { chooseMutants, takeTurns } from './choose.mjs'
import { killerFiles, measure } from './killers.mjs'
import { keyOf, told } from './mutant.mjs'
import { compiledHere } from './native-build.mjs'
import { nativeMutants } from './native-mutants.mjs'
import { openHistory, reachOf } from './reach.mjs'
import { figures, isScored, lists, summary, table } from './report.mjs'
import { home, prepare } from './trees.mjs'
import { tryMutant } from './try-mutant.mjs'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
    'per-room': { type: 'string', default: '20' },
    rooms: { type: 'string' },
    file: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    json: { type: 'string' },
    figures: { type: 'string' },
    'survivors-of': { type: 'string' },
  },
})
const seed = Number(values.seed)
const jobs = Number(values.jobs)
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

console.log(`mutants: seed ${seed}`)
const built = await prepare(jobs)
const all = [...built.mutants, ...nativeMutants(built.counting, compiledHere(built.counting))]
const rooms = chooseMutants(all, {
  seed,
  perRoom: Number(values['per-room']),
  rooms: values.rooms?.split(','),
  file: values.file,
  survivors: values['survivors-of'] && readJson(values['survivors-of']).mutants,
})
const history = openHistory(join(home, 'history.json'))
const reach = reachOf(await measureAll(), built.counting, history, Number(values.seconds))
const equivalents = new Map(
  readJson(join(root, 'scripts/mutants/equivalents.json')).map((one) => [keyOf(one), one.reason]),
)
const earlier = values.json && existsSync(values.json) ? readJson(values.json).mutants : []
const killedBefore = new Map(
  earlier
    .filter(({ outcome }) => outcome === 'killed' || outcome === 'timed out')
    .map(({ outcome, by, test, message, ...mutant }) => [keyOf(mutant), { outcome, by, test, message }]),
)
const results = []
await inParallel(takeTurns(rooms, isScored), tryOne)
console.log(`\n${table(results)}\n${lists(results)}`)

/** The test files that pass without a mutant, with what each reaches. */
async function measureAll() {
  const chosen = [...new Set(rooms.flatMap(({ mutants }) => mutants.map(({ file }) => file)))]
  const measured = []
  await inParallel(killerFiles().values(), async (file) => {
    const one = await measure(join(home, 'measured'), file, built, chosen)
    if (one.passed) measured.push(one)
    else console.log(`left out, for it fails without a mutant: ${file}: ${one.said}`)
    if (measured.length % 10 === 0) console.log(`measured: ${measured.length} test files`)
  })
  const seconds = measured.reduce((sum, one) => sum + one.seconds, 0)
  console.log(`${measured.length} test files, ${Math.round(seconds)} s together`)
  return measured.sort((one, other) => (one.file < other.file ? -1 : 1))
}

async function tryOne({ mutant, settle }, job) {
  const begun = Date.now()
  const reason = equivalents.get(keyOf(mutant))
  const place = { tree: built.trees[job], scratch: built.scratch(job) }
  const said =
    reason !== undefined
      ? { outcome: 'equivalent', reason }
      : (killedBefore.get(keyOf(mutant)) ?? (await tryMutant(mutant, reach(mutant), place, built)))
  const { id: _id, number: _number, ...kept } = mutant
  const result = { ...kept, ...said }
  settle(result)
  results.push(result)
  if (said.outcome === 'killed') history.add(mutant.file, said.by)
  const seconds = ((Date.now() - begun) / 1000).toFixed(1).padStart(6)
  console.log(`${seconds} s  ${said.outcome.padEnd(16)}  ${told(mutant)}${said.by ? `  [${said.by}]` : ''}`)
  writeResults()
}

function writeResults() {
  const tried = new Set(results.map(keyOf))
  const all = [...earlier.filter((one) => !tried.has(keyOf(one))), ...results]
  const write = (path, told) => path && writeFileSync(path, `${JSON.stringify({ seed, commit, ...told }, null, 2)}\n`)
  write(values.json, summary(all))
  write(values.figures, figures(all))
}

/** `jobs` at once take the next of an iterator until there is none. */
async function inParallel(iterator, run) {
  const work = async (_, job) => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await run(next.value, job)
  }
  await Promise.all(Array.from({ length: jobs }, work))
}
