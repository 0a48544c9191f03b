import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** The command that is `sockctl ARGS...`, for `hosts().spawnProgram` and the like. */
export const sockctl = (...args: string[]): string[] => [process.execPath, main, ...args]

export interface Ended {
  /** The exit status, or the signal that ended the process. */
  status: number | NodeJS.Signals
  stdout: string
  stderr: string
  /** Stdout as it came. */
  bytes: Buffer
  /** The lines of stdout as JSON. */
  objects<T = Record<string, unknown>>(): T[]
}

interface RunOptions {
  input?: string | Uint8Array
  env?: NodeJS.ProcessEnv
  /** Words to put before the command, such as `nsenter --target=PID --net`. */
  prefix?: readonly string[]
}

/** A running program, which is killed at the end of the test. */
export interface Running {
  readonly pid: number
  readonly stdin: Writable
  /**
   * The next whole line of stdout that matches; lines before it are dropped. Rejects if the program ends without one.
   */
  line(matches: RegExp): Promise<string>
  /** Like `line`, for lines of JSON. */
  object<T extends object = Record<string, unknown>>(matches: (object: T) => boolean): Promise<T>
  kill(signal: NodeJS.Signals): void
  /** Closes the pipe of stdout. */
  closeStdout(): void
  readonly ended: Promise<Ended>
}

/** Runs `sockctl ARGS...` to its end. */
export function runCli(args: readonly string[], { input = '', ...options }: RunOptions = {}): Promise<Ended> {
  return watch(...launch(sockctl(...args), { ...options, input })).ended
}

/** Starts `sockctl ARGS...`. Its standard input stays open if no input is given. */
export const startCli = (args: readonly string[], options: RunOptions = {}): Running =>
  startProgram(sockctl(...args), options)

/** Starts any program. */
export function startProgram(command: readonly string[], options: RunOptions = {}): Running {
  const [child, name] = launch(command, options)
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return watch(child, name)
}

function launch(command: readonly string[], { input, env = {}, prefix = [] }: RunOptions): [ChildProcess, string] {
  const [program = '', ...rest] = [...prefix, ...command]
  const child = spawn(program, rest, { env: { ...process.env, NO_COLOR: undefined, ...env } })
  // The program may end without having read its input.
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)
  return [child, command.slice(0, 3).join(' ')]
}

function watch(child: ChildProcess, name: string): Running {
  const chunks: Buffer[] = []
  const lines: string[] = []
  const changes = new EventEmitter().setMaxListeners(0)
  let partial = ''
  let stderr = ''
  let over = false
  child.stdout?.on('data', (bytes: Buffer) => {
    chunks.push(bytes)
    const [first = '', ...more] = bytes.toString().split('\n')
    const parts = [partial + first, ...more]
    partial = parts.pop() ?? ''
    lines.push(...parts)
    changes.emit('change')
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      over = true
      changes.emit('change')
      const bytes = Buffer.concat(chunks)
      const stdout = bytes.toString()
      const objects = <T>(): T[] => stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]))
      resolve({ status: code ?? signal ?? 'SIGKILL', stdout, stderr, bytes, objects })
    })
  })
  const take = async <T>(read: (line: string) => T | undefined): Promise<T> => {
    for (;;) {
      for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
        const found = read(line)
        if (found !== undefined) return found
      }
      if (over) throw new Error(`${name} ended before it said so; it said: ${Buffer.concat(chunks)}${stderr}`)
      await once(changes, 'change')
    }
  }
  return {
    pid: child.pid ?? -1,
    stdin: child.stdin as Writable,
    line: (matches) => take((line) => (matches.test(line) ? line : undefined)),
    object: <T extends object>(matches: (object: T) => boolean) =>
      take((line) => {
        const object = JSON.parse(line) as T
        return matches(object) ? object : undefined
      }),
    kill: (signal) => void child.kill(signal),
    closeStdout: () => child.stdout?.destroy(),
    ended,
  }
}
