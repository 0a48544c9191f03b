// run.mjs NAME...: runs each bench in a process of its own, so that none finds the heap, descriptors or compiled code
// of another. If SOCKCTL_BENCH_RESULTS names a folder, the results go there and to the page beside it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { machineText, thisMachine } from './machine.mjs'

console.log(machineText(thisMachine()))
const one = fileURLToPath(new URL('one.mjs', import.meta.url))
for (const name of process.argv.slice(2)) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', one, name], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

const folder = process.env.SOCKCTL_BENCH_RESULTS
if (folder !== undefined) {
  const { publish } = await import('./publish.mjs')
  publish(folder)
}
