// npm run bench [-- [--full] [--plot] NAME...]: runs each bench/NAME.mjs, by default all.
// --full lets the paced feed run for 10 s a round instead of 2. --plot also writes the results to docs/benchmarks and
// docs/benchmarks.md. Exit status 0 unless a bench fails; a goal that is not met is no failure.
// A bench exports `title`, `rows()` (see support/table.mjs) and, if it needs them, `needsNamespace`, `plots()` (see
// support/plot.mjs) and `packages`: the npm packages it is compared with. They are fetched here, as there is no network
// inside the namespace.
import { mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findNamespace, inNamespace, run } from '../scripts/namespace.mjs'
import { fetchPackage } from './support/packages.mjs'

const here = new URL('.', import.meta.url)
const all = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && file !== 'main.mjs')
  .map((file) => file.replace(/\.mjs$/, ''))
const words = process.argv.slice(2)
const chosen = words.filter((word) => !['--full', '--plot'].includes(word))
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

const variables = {}
if (words.includes('--full')) variables.SOCKCTL_BENCH_FULL = '1'
if (words.includes('--plot')) {
  variables.SOCKCTL_BENCH_RESULTS = fileURLToPath(new URL('../docs/benchmarks', here))
  mkdirSync(variables.SOCKCTL_BENCH_RESULTS, { recursive: true })
}
const command = [process.execPath, fileURLToPath(new URL('support/run.mjs', here)), ...names]
const namespace = findNamespace()
if (namespace.flags) run(inNamespace(namespace.flags, command), variables)
else run(command, { ...variables, SOCKCTL_BENCH_NO_NAMESPACE: namespace.missing })
