// Each bench in a process of its own, so that none meets another's heap, descriptors or compiled code.
import { spawnSync } from 'node:child_process'
import { availableParallelism, release } from 'node:os'
import { fileURLToPath } from 'node:url'

console.log(`Node ${process.version}, Linux ${release()}, ${availableParallelism()} processors`)
const one = fileURLToPath(new URL('one.mjs', import.meta.url))
for (const name of process.argv.slice(2)) {
  const { status } = spawnSync(process.execPath, ['--expose-gc', one, name], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
