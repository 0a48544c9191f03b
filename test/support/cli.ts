import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** The command that is `sockctl ARGS...`, for `hosts().spawnProgram` and the like. */
export const sockctl = (...args: string[]): string[] => [process.execPath, main, ...args]

export interface Ended {
  /** Exit status, or the signal that ended it. */
  status: number | NodeJS.Signals
  stdout: string
  stderr: string
  /** The lines of stdout as JSON. */
  objects<T = Record<string, unknown>>(): T[]
}

interface RunOptions {
  input?: string
  env?: NodeJS.ProcessEnv
  /** `nsenter --target=PID --net`, say. */
  prefix?: readonly string[]
}

/** Runs `sockctl ARGS...` to its end. */
export function runCli(
  args: readonly string[],
  { input = '', env = {}, prefix = [] }: RunOptions = {},
): Promise<Ended> {
  const [program = '', ...rest] = [...prefix, ...sockctl(...args)]
  const child = spawn(program, rest, { env: { ...process.env, NO_COLOR: undefined, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // It may end without having read its input.
  child.stdin.on('error', () => {}).end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const objects = <T>(): T[] => stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]))
      resolve({ status: code ?? signal ?? 'SIGKILL', stdout, stderr, objects })
    })
  })
}
