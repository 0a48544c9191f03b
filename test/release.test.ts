// scripts/release.mjs refuses a tree with something wrong, in plain words, and packs one without.
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { copyTree } from '../scripts/copy-tree.mjs'

const VERSION = '9.8.7'
const BINARY = `prebuilds/${process.platform}-${process.arch}/sockctl.node`

let tree = ''

const git = (...args: string[]): string => execFileSync('git', args, { cwd: tree, encoding: 'utf8' })

function edit(file: string, change: (text: string) => string): void {
  const path = join(tree, file)
  const text = readFileSync(path, 'utf8')
  expect(change(text)).not.toBe(text)
  writeFileSync(path, change(text))
}

/** Any bytes: whether they are of these sources is for scripts/prebuild.mjs to say. */
function writeBinary(): void {
  mkdirSync(dirname(join(tree, BINARY)), { recursive: true })
  writeFileSync(join(tree, BINARY), 'binary')
}

const commit = (): string => git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qam', 'changed')

function release(...args: string[]): { status: number | null; stdout: string; problems: string } {
  const command = ['scripts/release.mjs', '--into', join(tree, 'release'), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: tree, encoding: 'utf8' })
  return { status, stdout, problems: stderr }
}

/** What is written if these are the only problems. */
const refusal = (...problems: string[]): string => {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  return `Not ready to be released, ${count}:\n\n${problems.join('\n')}\n\nNothing is packed.\n`
}

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'sockctl-release-test-'))
  copyTree(tree)
  writeBinary()
  git('init', '-q')
  // A link, and so no folder of the name that .gitignore has.
  writeFileSync(join(tree, '.git/info/exclude'), 'node_modules\n')
  for (const file of ['package.json', 'package-lock.json'])
    edit(file, (text) => text.replaceAll(/("name": "sockctl",\s+"version": )"[^"]+"/g, `$1"${VERSION}"`))
  edit('CHANGELOG.md', (text) => text.replace('## [Unreleased]', `## [Unreleased]\n\n## [${VERSION}]\n\n- A change.`))
  git('add', '--all')
  commit()
  git('tag', 'ready')
})

afterEach(() => {
  git('reset', '-q', '--hard', 'ready')
  git('clean', '-qfd')
})

afterAll(() => rmSync(tree, { recursive: true, force: true }))

describe('a tree that is ready', () => {
  it('is packed into the folder, and what was left out is said', () => {
    const { status, stdout, problems } = release('version', 'tree', 'package')
    expect(problems).toBe('')
    expect(status).toBe(0)
    expect(readdirSync(join(tree, 'release'))).toEqual([`sockctl-${VERSION}.tgz`])
    expect(stdout).toContain(`  ${BINARY}\n`)
    expect(stdout).toContain('Left out: binaries, build, docs, lint, types, tests.\n')
    expect(stdout).toMatch(/Packed: .*\/sockctl-9\.8\.7\.tgz, \d\.\d\d MB, \d+ files\. Nothing is published\.\n$/)
  })

  it('is only checked if no package is asked for', () => {
    rmSync(join(tree, 'release'), { recursive: true, force: true })
    const { status, stdout } = release('version', '--no-tests')
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining(', tests, package.\n') })
    expect(existsSync(join(tree, 'release'))).toBe(false)
  })
})

describe('the version', () => {
  it('is refused if the changelog has no section of it', () => {
    edit('CHANGELOG.md', (text) => text.replace(`## [${VERSION}]`, '## [9.8.6]'))
    expect(release('version').problems).toBe(
      refusal(
        `version: CHANGELOG.md has no section [${VERSION}], the version of package.json: write what this version changes`,
      ),
    )
  })

  it('is refused if its section is empty', () => {
    edit('CHANGELOG.md', (text) => text.replace('- A change.\n', '').replace(/(## \[9\.8\.7\]).*?(?=## \[)/s, '$1\n\n'))
    expect(release('version').problems).toBe(refusal(`version: CHANGELOG.md says nothing under [${VERSION}]`))
  })

  it('is refused if entries are not of it yet', () => {
    edit('CHANGELOG.md', (text) => text.replace('## [Unreleased]\n', '## [Unreleased]\n\n- Another change.\n'))
    expect(release('version').problems).toBe(
      refusal('version: CHANGELOG.md has entries under [Unreleased]: move them to the version that is to be released'),
    )
  })

  it('is refused if the lock has another', () => {
    edit('package-lock.json', (text) => text.replaceAll(VERSION, '9.8.6'))
    expect(release('version').problems).toBe(
      refusal(
        `version: package.json has version ${VERSION}, package-lock.json has 9.8.6: run npm install --package-lock-only`,
      ),
    )
  })
})

describe('the tree', () => {
  it('is refused with a change or a file that is not committed', () => {
    appendFileSync(join(tree, 'README.md'), 'More.\n')
    writeFileSync(join(tree, 'notes'), '')
    expect(release('tree').problems).toBe(
      refusal('tree: not all is committed, and a release is made of a commit:\n     M README.md\n    ?? notes'),
    )
  })
})

describe('the package', () => {
  it('is refused without a binary', () => {
    rmSync(join(tree, 'prebuilds'), { recursive: true })
    const ofPackage = release('package').problems
    const ofBinaries = release('binaries').problems
    writeBinary()
    expect(ofPackage).toBe(refusal('package: the tarball has no binary: run npm run prebuild'))
    expect(ofBinaries).toContain('one problem:\n\nbinaries: `node scripts/prebuild.mjs --check` fails:\n')
  })

  it('is refused if package.json leaves the binary or an entry point out', () => {
    edit('package.json', (text) => text.replace('"prebuilds",', '').replace('"dist",', '"dist/base",'))
    const { problems } = release('package')
    for (const missing of [BINARY, 'dist/index.js', 'dist/options/index.d.ts'])
      expect(problems).toContain(`\npackage: the tarball has no ${missing}: see "files" in package.json\n`)
  })

  it('is refused if it is too large', () => {
    writeFileSync(join(tree, 'examples/large'), randomBytes(4_000_000))
    expect(release('package').problems).toMatch(/\npackage: the tarball has [4-6]\.\d\d MB, and may have 3\.00 MB\n/)
  })
})

it('every problem is said, and not only the first', () => {
  edit('package-lock.json', (text) => text.replaceAll(VERSION, '9.8.6'))
  edit('CHANGELOG.md', (text) => text.replace(`## [${VERSION}]`, '## [9.8.6]'))
  const { status, problems } = release('version', 'tree')
  expect(status).toBe(1)
  expect(problems).toContain('Not ready to be released, 3 problems:')
  expect(problems.match(/^(version|tree): /gm)).toEqual(['version: ', 'version: ', 'tree: '])
})

it('a check that is not known is refused', () => {
  expect(release('versoin')).toMatchObject({
    status: 2,
    problems:
      'no check is called versoin; there are: version, tree, binaries, build, docs, lint, types, tests, package\n',
  })
})
