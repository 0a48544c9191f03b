// Checks that a release is ready, says every problem, and packs the package into a folder. Publishes nothing.
// node scripts/release.mjs [--no-tests] [--into FOLDER] [CHECK ...]: with names of checks, only those are made.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './copy-tree.mjs'

const MOST_BYTES = 3_000_000
const LINES_SHOWN = 20

const textOf = (file) => readFileSync(join(root, file), 'utf8')
const jsonOf = (file) => JSON.parse(textOf(file))
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`
const indented = (lines) => lines.map((line) => `    ${line}`).join('\n')

function execute(program, args, stdio = 'pipe') {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, stdio }
  const { status, stdout, stderr, error } = spawnSync(program === 'node' ? process.execPath : program, args, options)
  return {
    succeeded: status === 0,
    stdout: stdout ?? '',
    said: error?.message ?? `${stdout ?? ''}${stderr ?? ''}`.trim(),
  }
}

/** The problem that a command fails, with the end of what it said. */
function failureOf(command, stdio) {
  const [program, ...args] = command.split(' ')
  const { succeeded, said } = execute(program, args, stdio)
  if (succeeded) return []
  return [[`\`${command}\` fails`, indented(said.split('\n').slice(-LINES_SHOWN))].join(':\n')]
}

/** The sections of the changelog, by the version in their heading. */
function changelog() {
  const parts = textOf('CHANGELOG.md').split(/^## \[(.+?)\].*$/m)
  return new Map(parts.flatMap((part, index) => (index % 2 === 1 ? [[part, (parts[index + 1] ?? '').trim()]] : [])))
}

function versionProblems() {
  const { version } = jsonOf('package.json')
  const lock = jsonOf('package-lock.json')
  const problems = []
  for (const locked of new Set([lock.version, lock.packages[''].version]))
    if (locked !== version)
      problems.push(
        `package.json has version ${version}, package-lock.json has ${locked}: run npm install --package-lock-only`,
      )
  const sections = changelog()
  const [newest] = [...sections.keys()].filter((name) => name !== 'Unreleased')
  if (!sections.has(version))
    problems.push(
      `CHANGELOG.md has no section [${version}], the version of package.json: write what this version changes`,
    )
  else if (sections.get(version) === '') problems.push(`CHANGELOG.md says nothing under [${version}]`)
  else if (newest !== version)
    problems.push(`the newest section of CHANGELOG.md is [${newest}], and package.json has version ${version}`)
  if (sections.get('Unreleased'))
    problems.push(`CHANGELOG.md has entries under [Unreleased]: move them to the version that is to be released`)
  return problems
}

function treeProblems() {
  const { succeeded, said, stdout } = execute('git', ['status', '--porcelain'])
  if (!succeeded) return [`git can't say whether all is committed: ${said}`]
  const changed = stdout.split('\n').filter((line) => line !== '')
  if (changed.length === 0) return []
  return [`not all is committed, and a release is made of a commit:\n${indented(changed.slice(0, LINES_SHOWN))}`]
}

/** The files that package.json promises: entry points, their types, and commands. */
function promised({ exports, bin }) {
  const targets = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(targets))
  return [...new Set([...targets(exports), ...targets(bin)].map((path) => path.replace(/^\.\//, '')))]
}

function binaries() {
  const folder = join(root, 'prebuilds')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return names.map(({ name }) => `prebuilds/${name}/sockctl.node`)
}

let tarball

function packageProblems() {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-release-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  // Without scripts: `prepack` would put another binary in the place of the one that was checked.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { succeeded, said, stdout } = execute('npm', pack)
  if (!succeeded) return [`\`npm pack\` fails:\n${indented(said.split('\n').slice(-LINES_SHOWN))}`]
  const [{ filename, size, files }] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  for (const file of files) console.log(`  ${String(file.size).padStart(9)}  ${file.path}`)
  tarball = { path: join(folder, filename), filename, size, files }

  const listed = new Set(files.map(({ path }) => path))
  const problems = [...promised(jsonOf('package.json')), ...binaries()]
    .filter((path) => !listed.has(path))
    .map((path) => `the tarball has no ${path}: see "files" in package.json`)
  if (binaries().length === 0) problems.push('the tarball has no binary: run npm run prebuild')
  if (size > MOST_BYTES) problems.push(`the tarball has ${megabytes(size)}, and may have ${megabytes(MOST_BYTES)}`)
  return problems
}

const CHECKS = {
  version: versionProblems,
  tree: treeProblems,
  binaries: () => failureOf('node scripts/prebuild.mjs --check'),
  build: () => failureOf('npm run build:ts'),
  docs: () => ['npm run docs:check', 'node scripts/reliability.mjs --check'].flatMap((command) => failureOf(command)),
  lint: () => failureOf('npm run lint'),
  types: () => failureOf('npm run typecheck'),
  tests: () => failureOf('npm test', 'inherit'),
  package: packageProblems,
}

const { values, positionals } = parseArgs({
  options: { 'no-tests': { type: 'boolean', default: false }, into: { type: 'string', default: 'release' } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !Object.hasOwn(CHECKS, name))
if (unknown.length > 0) {
  console.error(`no check is called ${unknown.join(', ')}; there are: ${Object.keys(CHECKS).join(', ')}`)
  process.exit(2)
}
const asked = positionals.length > 0 ? positionals : Object.keys(CHECKS)
const isMade = (name) => asked.includes(name) && !(name === 'tests' && values['no-tests'])
const leftOut = Object.keys(CHECKS).filter((name) => !isMade(name))

const problems = []
for (const name of Object.keys(CHECKS).filter(isMade)) {
  console.log(`== ${name}`)
  problems.push(...CHECKS[name]().map((problem) => `${name}: ${problem}`))
}
console.log(`\nLeft out: ${leftOut.join(', ') || 'nothing'}.`)

if (problems.length > 0) {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  console.error(`Not ready to be released, ${count}:\n\n${problems.join('\n')}\n\nNothing is packed.`)
  process.exitCode = 1
} else if (tarball !== undefined) {
  const { path, filename, size, files } = tarball
  mkdirSync(values.into, { recursive: true })
  copyFileSync(path, join(values.into, filename))
  console.log(
    `Packed: ${join(values.into, filename)}, ${megabytes(size)}, ${files.length} files. Nothing is published.`,
  )
}
