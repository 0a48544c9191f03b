// Runs vitest inside a network namespace of its own, where the suite may change interfaces, routes and limits, and whose
// multicast reaches no real network. Arguments go to vitest: node scripts/test.mjs test/x.test.ts
import { fileURLToPath } from 'node:url'
import { findNamespace, inNamespace, run, runQuietly } from './namespace.mjs'
import { fetchOthers } from './runtimes.mjs'
import { fetchToolsOf } from './tools.mjs'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const vitestWith = (...words) => [process.execPath, vitest, 'run', ...process.argv.slice(2), ...words]

// The tests of the command line wait for programs to start, so they run beside the others, in a namespace of their own.
// Each of the two takes half of the time.
const BESIDE = 'test/cli/'

// Before the namespace is entered, from which no registry can be reached.
const files = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
if (files.length === 0 || files.some((file) => file.includes('runtimes'))) fetchOthers()
fetchToolsOf(files)

const namespace = findNamespace()
if (namespace.flags) {
  const variables = { SOCKCTL_TEST_NAMESPACE: '1' }
  if (files.length > 0) run(inNamespace(namespace.flags, vitestWith()), variables)
  else {
    const beside = runQuietly(inNamespace(namespace.flags, vitestWith(BESIDE)), variables)
    run(inNamespace(namespace.flags, vitestWith(`--exclude=${BESIDE}**`)), variables, beside)
  }
} else if (process.env.CI && process.env.CI !== 'false') {
  console.error(`No network namespace, and CI skips nothing: ${namespace.missing}.`)
  process.exit(1)
} else {
  console.warn(`Tests that need a network namespace are skipped: ${namespace.missing}.\n`)
  run(vitestWith(), { SOCKCTL_TEST_NO_NAMESPACE: namespace.missing })
}
