// npm run bench [-- [--full] NAME...]: each bench/NAME.mjs beside its floor, in one run; --full lets the paced feed run
// for 10 s a round instead of 2. Exit status 0 unless something broke.
// A bench exports `title`, `rows()` (see support/table.mjs) and, where it wants them, `needsNamespace` and `packages`:
// npm packages it is compared with, which are fetched here, as inside the namespace there is no network.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findNamespace, inNamespace, run } from '../scripts/namespace.mjs'
import { fetchPackage } from './support/packages.mjs'

const here = new URL('.', import.meta.url)
const all = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && file !== 'main.mjs')
  .map((file) => file.replace(/\.mjs$/, ''))
const words = process.argv.slice(2)
const chosen = words.filter((word) => word !== '--full')
const names = chosen.length > 0 ? chosen : all
const unknown = names.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; there are: ${all.join(', ')}`)
  process.exit(2)
}

for (const name of names) {
  const { packages = [] } = await import(new URL(`${name}.mjs`, here).href)
  for (const wanted of packages) fetchPackage(wanted)
}

const command = [process.execPath, fileURLToPath(new URL('support/run.mjs', here)), ...names]
const namespace = findNamespace()
const full = words.includes('--full') ? { SOCKCTL_BENCH_FULL: '1' } : {}
if (namespace.flags) run(inNamespace(namespace.flags, command), full)
else run(command, { ...full, SOCKCTL_BENCH_NO_NAMESPACE: namespace.missing })
