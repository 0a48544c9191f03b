// Checks the tarball as npm packs it by publint and attw, which look at what package.json says to runtimes and compilers.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchTools } from './tools.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const programs = join(fetchTools('package-checks'), 'node_modules/.bin')
const folder = mkdtempSync(join(tmpdir(), 'sockctl-checks-'))
try {
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const told = execFileSync('npm', pack, { cwd: root, encoding: 'utf8' })
  const [{ filename }] = JSON.parse(told.slice(told.indexOf('[')))
  const check = (program, ...flags) =>
    execFileSync(join(programs, program), [join(folder, filename), ...flags], { stdio: 'inherit' })
  check('publint', '--strict')
  // Of TypeScript's ways to find modules, that of Node 10 knows no `exports`.
  check('attw', '--profile', 'node16', '--format', 'ascii')
} finally {
  rmSync(folder, { recursive: true })
}
