// Runs tests against an addon built with AddressSanitizer, LeakSanitizer and UBSan:
// node scripts/sanitize.mjs [--slice] [--json FILE] [test files]. Without files: every test that reaches native code in its
// own process; --slice: some of them, which together take a few minutes. test/native-tests.json says which. Fails if a
// test fails, or if a sanitizer reports anything about the addon. FILE keeps the results that it holds of test files that
// are not run again, so that the whole can be run in parts.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { projectFiles, root } from './copy-tree.mjs'
import { prepareSanitized } from './sanitized.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { slice: { type: 'boolean', default: false }, json: { type: 'string' } },
})

const listed = JSON.parse(readFileSync(join(root, 'test/native-tests.json'), 'utf8'))

// Other folders hold tests of functions of TypeScript alone, of the command line, and the soak.
const all = () =>
  projectFiles('test').filter((file) => /^test\/(native\/)?[^/]+\.test\.ts$/.test(file) && !(file in listed.leftOut))
const whole = all()
const files = values.slice ? listed.slice : positionals.length > 0 ? positionals : whole

const { tree, variables, tellReports } = await prepareSanitized('tested')
const results = join(tree, 'results.json')
const { status } = spawnSync(
  process.execPath,
  [
    join(tree, 'scripts/test.mjs'),
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${results}`],
    // Programs that a test starts begin some three times as slowly.
    ...['--testTimeout=120000', '--hookTimeout=120000'],
    ...files,
  ],
  { cwd: tree, stdio: 'inherit', env: { ...process.env, ...variables } },
)
const reports = tellReports()
// A run that was stopped leaves no results.
const told = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')).testResults : []
const ran = Object.fromEntries(told.map((result) => [relative(tree, result.name), countsOf(result)]))
const held = values.json !== undefined && existsSync(values.json) ? JSON.parse(readFileSync(values.json, 'utf8')) : {}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
const runs = [...(held.runs ?? []).map(withoutThoseRunAgain), { commit, reports, files: ran }].filter(
  (one) => Object.keys(one.files).length > 0,
)
const counts = runs.flatMap((one) => Object.values(one.files))
const sumOf = (rows, key) => rows.reduce((sum, row) => sum + row[key], 0)
const summary = {
  files: counts.length,
  listed: whole.length,
  passed: sumOf(counts, 'passed'),
  failed: sumOf(counts, 'failed'),
  skipped: sumOf(counts, 'skipped'),
  reports: sumOf(runs, 'reports'),
}
console.log(JSON.stringify(summary))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...summary, runs }, null, 1)}\n`)
process.exit(status === 0 && reports === 0 ? 0 : 1)

/** How many tests of a file passed, failed and were skipped. A file that can't be read, or whose process died, failed. */
function countsOf({ status: ended, assertionResults: tests }) {
  const passed = tests.filter((test) => test.status === 'passed').length
  const failed = tests.filter((test) => test.status === 'failed').length
  return { passed, failed: ended === 'failed' ? Math.max(failed, 1) : failed, skipped: tests.length - passed - failed }
}

/** A report is of a run, not of a file: the run keeps its reports until all its files were run again, or left out. */
function withoutThoseRunAgain(one) {
  const kept = Object.entries(one.files).filter(([file]) => !(file in ran) && !(file in listed.leftOut))
  return { ...one, files: Object.fromEntries(kept) }
}
