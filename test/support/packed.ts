// The package as npm packs it, installed into a folder of its own, where nothing leads back to the repository.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import { type Running, startProgram } from './cli.ts'
import { root } from './pages.ts'

const run = promisify(execFile)

export interface Packed {
  /** Has the package in its node_modules. */
  readonly folder: string
  /** The package in it. */
  readonly home: string
  /** The files of the tarball. */
  readonly files: readonly string[]
}

async function install(also: readonly string[]): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-packed-'))
  // Without scripts, since `prepare` would build the library anew under the running tests.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', pack, { cwd: root })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  const home = join(folder, 'node_modules', 'sockctl')
  mkdirSync(dirname(home))
  await run('tar', ['xzf', join(folder, packed.filename), '-C', folder])
  renameSync(join(folder, 'package'), home)
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(dependencies), ...also]) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  return { folder, home, files: packed.files.map(({ path }: { path: string }) => path) }
}

/** Installs the package before the tests, beside its dependencies and some packages more, and removes it after them. */
export function installPacked(...also: string[]): () => Packed {
  let packed: Packed | undefined
  beforeAll(async () => {
    packed = await install(also)
  }, 180_000)
  afterAll(() => {
    if (packed !== undefined) rmSync(packed.folder, { recursive: true })
  })
  return () => {
    if (packed === undefined)
      throw new Error('the package is installed before the tests run, not before they are declared')
    return packed
  }
}

/** Starts an example of the installed package. */
export const startExample = ({ home }: Packed, name: string, ...args: string[]): Running =>
  startProgram([process.execPath, join(home, 'examples', `${name}.mjs`), ...args])
