// The test files that may kill a mutant, and what each reaches of lib/ and native/: measured once, then kept.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFiles } from '../copy-tree.mjs'
import { linesRun } from './native-build.mjs'
import { runTests } from './run-tests.mjs'

/**
 * Tests of the pages, of how the sources are laid out, of the harness, of releases, of how many functions a call enters; and
 * those that take minutes.
 */
const NO_KILLERS = [
  'test/docs.test.ts',
  'test/docs-names.test.ts',
  'test/examples.test.ts',
  'test/harness.test.ts',
  'test/join-path.test.ts',
  'test/off-the-loop.test.ts',
  'test/one-answer.test.ts',
  'test/package.test.ts',
  'test/release.test.ts',
  'test/rooms.test.ts',
  'test/soak/soak.test.ts',
]

const HOOK = fileURLToPath(new URL('coverage-hook.mjs', import.meta.url))

/** A first guess of how long a file takes, which sets its time limit. */
const UNMEASURED = 60

export const killerFiles = () =>
  projectFiles('test').filter((file) => file.endsWith('.test.ts') && !NO_KILLERS.includes(file))

/** A hash of the sources: what was measured of one holds for no other. */
export function hashOf(tree, files) {
  const hash = createHash('sha256')
  for (const file of [...files].sort()) hash.update(`${file}\n`).update(readFileSync(join(tree, file)))
  return hash.digest('hex').slice(0, 16)
}

/** A test file and what it imports of test/, at any distance. */
function filesOf(tree, file, found = new Set([file])) {
  const text = readFileSync(join(tree, file), 'utf8')
  for (const [, imported] of text.matchAll(/from '(\.[^']+)'/g)) {
    const path = normalize(join(dirname(file), imported))
    if (found.has(path) || !path.startsWith('test/') || !existsSync(join(tree, path))) continue
    found.add(path)
    filesOf(tree, path, found)
  }
  return found
}

/**
 * Runs a test file by itself and tells what it reaches: `{ file, passed, seconds, reached, lines }`, of lib/ the numbers
 * of the mutants in each file, of native/ how often each line ran. It is measured again if the test has changed, or one
 * of the `chosen` sources: what changed elsewhere moves little of what the test reaches of these.
 */
export async function measure(cache, file, built, chosen) {
  const [tree] = built.trees
  const { hashes } = built
  const kept = join(cache, `${file.replaceAll('/', '-')}-${hashOf(tree, filesOf(tree, file))}.json`)
  if (existsSync(kept)) {
    const measured = JSON.parse(readFileSync(kept, 'utf8'))
    if (chosen.every((source) => measured.hashes[source] === hashes[source])) return measured
  }
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-mutants-'))
  const tests = [{ file, seconds: UNMEASURED }]
  const counted = await runTests(built.counting, tests, {
    MUTANTS_COVERAGE: folder,
    NODE_OPTIONS: `--import=${HOOK}`,
    LLVM_PROFILE_FILE: join(folder, 'native-%m%c.profraw'),
  })
  // A test that bears no counting may do without it, for that is how mutants are run.
  const run = counted.failed === undefined ? counted : await runTests(tree, tests, {})
  const profiles = readdirSync(folder).filter((name) => name.endsWith('.profraw'))
  const measured = {
    file,
    passed: run.failed === undefined,
    said: `${run.test ?? ''} ${run.message ?? ''}`.trim(),
    seconds: run.seconds.get(file) ?? UNMEASURED,
    hashes,
    reached: reachedIn(folder, built.mutants),
    lines: profiles.length === 0 ? {} : linesRun(built.countingAddon, folder, profiles),
  }
  rmSync(folder, { recursive: true })
  mkdirSync(cache, { recursive: true })
  // One that failed is tried again the next time.
  if (measured.passed) writeFileSync(kept, JSON.stringify(measured))
  return measured
}

/** What the processes of a test wrote: file -> the numbers of the mutants they reached in it. */
function reachedIn(folder, mutants) {
  const ids = new Set()
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.ids')))
    for (const id of readFileSync(join(folder, name), 'utf8').split('\n')) ids.add(id)
  const reached = {}
  for (const { id, file, number } of mutants) {
    if (!ids.has(id)) continue
    reached[file] ??= []
    reached[file].push(number)
  }
  return reached
}
