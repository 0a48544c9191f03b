// npm packages beside which this library is measured.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const cache = new URL('../../build/bench/packages/', import.meta.url)
const require = createRequire(new URL('require.js', cache))

/** Installs an npm package beside the build: it is no dependency. If that fails, its rows are skipped. */
export function fetchPackage(name) {
  if (existsSync(new URL(`node_modules/${name}`, cache))) return
  mkdirSync(cache, { recursive: true })
  const args = ['install', '--silent', '--no-audit', '--no-fund', '--prefix', fileURLToPath(cache), name]
  spawnSync('npm', args, { stdio: 'inherit', timeout: 120_000 })
}

/** The exports of the package, or `{ missing }` with the reason. */
export function loadPackage(name) {
  try {
    return require(name)
  } catch (error) {
    return { missing: `npm's ${name} is not here (${String(error.message).split('\n')[0]})` }
  }
}
