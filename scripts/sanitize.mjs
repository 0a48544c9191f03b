// Runs tests against an addon built with AddressSanitizer, LeakSanitizer and UBSan:
// node scripts/sanitize.mjs [--slice] [--json FILE] [test files]. Without files: every test that reaches native code in its
// own process; --slice: some of them, which together take a few minutes. test/native-tests.json says which. Fails if a
// test fails, or if a sanitizer reports anything about the addon.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
const files = values.slice ? listed.slice : positionals.length > 0 ? positionals : all()

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
const told = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {}
const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = told
const summary = { files: files.length, passed, failed, reports }
console.log(JSON.stringify(summary))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary, null, 1)}\n`)
process.exit(status === 0 && reports === 0 ? 0 : 1)
