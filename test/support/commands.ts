import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { interfaces } from 'sockctl'
import { inNamespace } from './namespace.ts'

const execute = promisify(execFile)

/** Runs a program to its end and gives its output. If it fails, the error has its output. */
export async function run(program: string, args: readonly string[], input?: string): Promise<string> {
  const running = execute(program, args)
  if (input !== undefined) running.child.stdin?.end(input)
  const { stdout } = await running
  return stdout
}

export const nftMissing = spawnSync('nft', ['--version']).error
  ? 'nft is not installed (Debian package nftables)'
  : undefined

/** `ip ARGS...` in the namespace of the tests (host A). */
export async function ip(...args: string[]): Promise<string> {
  requireNamespace(`ip ${args.join(' ')}`)
  return await run('ip', args)
}

/** Sets an interface up and waits until it runs. The kernel may say so up to a second later. */
export async function raise(name: string): Promise<void> {
  await ip('link', 'set', name, 'up')
  for (const patience = AbortSignal.timeout(10_000); ; await pause(5)) {
    if (interfaces().some((one) => one.name === name && one.flags.running)) return
    if (patience.aborted) throw new Error(`${name} is set up and does not run`)
  }
}

/**
 * Sets a sysctl of the namespace of the tests (host A), `net.ipv4.igmp_max_msf` or `net/ipv4/conf/a0.5/rp_filter`,
 * and puts the old value back when disposed of.
 */
export function sysctl(path: string, value: string | number): Disposable {
  requireNamespace(`sysctl ${path}`)
  const file = sysctlFile(path)
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, `${value}`)
  return {
    [Symbol.dispose]: () => {
      // The settings of an interface are removed with it.
      if (existsSync(file)) writeFileSync(file, before)
    },
  }
}

export function sysctlFile(path: string): string {
  return `/proc/sys/${path.includes('/') ? path : path.replaceAll('.', '/')}`
}

function requireNamespace(what: string): void {
  if (!inNamespace) throw new Error(`${what}: refused outside a namespace of the tests`)
}
