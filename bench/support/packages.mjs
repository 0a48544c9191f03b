import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const cache = new URL('../../build/bench/packages/', import.meta.url)
const require = createRequire(new URL('require.js', cache))

/** An npm package to compare with, not a dependency: kept beside the build. Without it its rows are skipped. */
export function fetchPackage(name) {
  if (existsSync(new URL(`node_modules/${name}`, cache))) return
  mkdirSync(cache, { recursive: true })
  const args = ['install', '--silent', '--no-audit', '--no-fund', '--prefix', fileURLToPath(cache), name]
  spawnSync('npm', args, { stdio: 'inherit', timeout: 120_000 })
}

/** What the package exports, or `{ missing }` with the reason. */
export function loadPackage(name) {
  try {
    return require(name)
  } catch (error) {
    return { missing: `npm's ${name} is not here (${String(error.message).split('\n')[0]})` }
  }
}
