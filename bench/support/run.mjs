// run.mjs NAME...: runs each bench in a process of its own, so that none finds the heap, descriptors or compiled code
// of another.
import { spawnSync } from 'node:child_process'
import { availableParallelism, release } from 'node:os'
import { fileURLToPath } from 'node:url'

console.log(`Node ${process.version}, Linux ${release()}, ${availableParallelism()} processors`)
const one = fileURLToPath(new URL('one.mjs', import.meta.url))
for (const name of process.argv.slice(2)) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', one, name], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
