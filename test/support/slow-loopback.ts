import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { run } from './commands.ts'
import { describeUnless, namespaceMissing } from './namespace.ts'

const tc = (...args: string[]) => ['qdisc', ...args]
const SLOW = tc('add', 'dev', 'lo', 'root', 'tbf', 'rate', '20mbit', 'burst', '20kb', 'latency', '20s')
const FAST = tc('delete', 'dev', 'lo', 'root')

function findMissing(): string | undefined {
  if (namespaceMissing !== undefined) return namespaceMissing
  const { error, status, stderr } = spawnSync('tc', SLOW)
  if (error) return 'tc is not installed (Debian package iproute2)'
  if (status !== 0) return `this kernel has no token bucket filter (sch_tbf): ${stderr}`
  spawnSync('tc', FAST)
  return undefined
}

/** `describe` for tests with `slowLoopback()`. */
export function describeWithSlowLoopback(name: string, tests: () => void): void {
  describeUnless(findMissing(), name, tests)
}

/**
 * Until the test ends, datagrams sent through `lo` wait in a queue and count in their sender's buffer: 20 Mbit/s, no
 * loss. Without the queue, loopback takes everything at once, and no send buffer is ever full. So slow that the buffer is
 * still full when a sender comes again that needs milliseconds for it, as under the sanitizers.
 */
export async function slowLoopback(): Promise<void> {
  await run('tc', SLOW)
  onTestFinished(async () => void (await run('tc', FAST)))
}
