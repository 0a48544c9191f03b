import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { run } from './commands.ts'
import { describeUnless, namespaceMissing } from './namespace.ts'

const tc = (...args: string[]) => ['qdisc', ...args]
const SLOW = tc('add', 'dev', 'lo', 'root', 'tbf', 'rate', '200mbit', 'burst', '20kb', 'latency', '20s')
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
 * Until the test ends, what is sent through `lo` waits in a queue, charged to its sender: 200 Mbit/s and nothing lost.
 * Without it loopback takes whatever is sent, and no send buffer is ever full.
 */
export async function slowLoopback(): Promise<void> {
  await run('tc', SLOW)
  onTestFinished(async () => void (await run('tc', FAST)))
}
