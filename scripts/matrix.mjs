// Runs the suite under each supported Node, always with the same binary of the addon:
// node scripts/matrix.mjs [--others] [vitest args]; --others leaves out the line of the Node that runs this.
// The runtimes are npm packages, the newest of each line, fetched once into .runtimes/.
import { execFileSync, spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeOf } from './runtimes.mjs'

const words = process.argv.slice(2).filter((word) => word !== '--others')
const ownLine = process.argv.includes('--others') ? Number.parseInt(process.versions.node, 10) : undefined
const LINES = [20, 22, 24, 26].filter((line) => line !== ownLine)

const root = fileURLToPath(new URL('..', import.meta.url))
const outcomes = LINES.map((line) => {
  const node = nodeOf(line)
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  console.log(`\n== Node ${version}`)
  const begun = performance.now()
  // First on the PATH, so that a test that runs `node` by name gets the same Node.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  const { status, signal } = spawnSync(node, [join(root, 'scripts', 'test.mjs'), ...words], {
    cwd: root,
    env,
    stdio: 'inherit',
  })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  return { node: version, outcome: status === 0 ? 'passed' : `failed (${signal ?? `exit status ${status}`})`, seconds }
})

console.log('')
console.table(outcomes)
process.exit(outcomes.every(({ outcome }) => outcome === 'passed') ? 0 : 1)
