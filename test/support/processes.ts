import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { inNamespace } from './namespace.ts'

/** A file of test/support (or a path), or the text of an ES module, which may import 'sockctl' and node:*. */
export type Script = string | { readonly code: string }

/** A process of the test that speaks JSON lines on its standard input and output: see stdio.mjs. */
export interface Peer extends AsyncDisposable {
  readonly pid: number
  /** Asks a script that runs `serve()`, and gives the handler's result; rejects with the handler's error. */
  request<T = unknown>(name: string, fields?: object): Promise<T>
  /** The next line the process prints unasked, or the next that matches; rejects if the process ends before. */
  next<T extends object = Record<string, unknown>>(matches?: (message: T) => boolean): Promise<T>
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  stderr(): string
  /** Kills it and waits until it is gone. */
  close(): Promise<void>
}

interface Reply {
  id?: number
  result?: unknown
  error?: { message: string }
}

interface Waiter {
  accept(message: object): boolean
  fail(error: Error): void
}

/** Starts a node script, through `prefix` (nsenter, unshare, taskset ...). It inherits `descriptors` as 3, 4 and so on. */
export function spawnScript(
  script: Script,
  args: readonly string[] = [],
  prefix: readonly string[] = [],
  descriptors: readonly number[] = [],
): Peer {
  return spawnProgram([...prefix, process.execPath, ...scriptArguments(script), ...args], descriptors)
}

/** A primary of node:cluster, whose only worker runs this code. The first message of the worker is told. */
export function spawnClusterWorker(worker: string): Peer {
  const code = `
    import cluster from 'node:cluster'
    import { tell } from '${new URL('stdio.mjs', import.meta.url)}'
    cluster.setupPrimary({ exec: '-', execArgv: ['--input-type=module', '--eval', ${JSON.stringify(worker)}] })
    cluster.fork().on('message', (message) => {
      tell(message)
      process.exit()
    })`
  return spawnScript({ code })
}

/** Starts any program that speaks JSON lines. */
export function spawnProgram(command: readonly string[], descriptors: readonly number[] = []): Peer {
  const [program = '', ...args] = command
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const stdio = ['pipe', 'pipe', 'pipe', ...descriptors] as const
  const child = spawn(program, args, { stdio: [...stdio], cwd }) as ChildProcessWithoutNullStreams
  const name = args.find((arg) => arg.endsWith('.mjs')) ?? command.slice(0, 3).join(' ')

  let stderr = ''
  const note = (text: string) => {
    stderr = (stderr + text).slice(-65_536)
  }
  child.stderr.setEncoding('utf8').on('data', note)
  // A write to a process that has just died fails; the exit of the process is reported anyway.
  child.stdin.on('error', () => {})

  let ended: Error | undefined
  let lastId = 0
  const told: object[] = []
  const waiters = new Set<Waiter>()
  const take = (message: object) => {
    for (const waiter of waiters) if (waiter.accept(message)) return
    told.push(message)
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      return note(`${line}\n`)
    }
    take(message as object)
  })

  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    const end = (how: string, code: number | null, signal: NodeJS.Signals | null) => {
      ended ??= new Error(`${name} ${how}; it said: ${stderr.trim() || 'nothing'}`)
      for (const waiter of waiters) waiter.fail(ended)
      resolve({ code, signal })
    }
    child.on('error', (error) => end(`could not start: ${error.message}`, null, null))
    child.on('close', (code, signal) => end(`ended (${signal ?? `exit status ${code}`})`, code, signal))
  })

  const wait = <T extends object>(matches: (message: T) => boolean): Promise<T> => {
    const at = told.findIndex((message) => matches(message as T))
    if (at >= 0) return Promise.resolve(told.splice(at, 1)[0] as T)
    if (ended) return Promise.reject(ended)
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        accept(message) {
          if (!matches(message as T)) return false
          waiters.delete(waiter)
          resolve(message as T)
          return true
        },
        fail: reject,
      }
      waiters.add(waiter)
    })
  }

  const close = async () => {
    child.kill('SIGKILL')
    await exited
  }

  return {
    pid: child.pid ?? -1,
    exited,
    stderr: () => stderr,
    async request<T>(request: string, fields: object = {}) {
      const id = ++lastId
      child.stdin.write(`${JSON.stringify({ ...fields, id, do: request })}\n`)
      const reply = await wait<Reply>((message) => message.id === id)
      if (reply.error) throw Object.assign(new Error(`${name}: ${request}: ${reply.error.message}`), reply.error)
      return reply.result as T
    },
    next: (matches = () => true) => wait((message) => !('id' in message) && matches(message as never)),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Runs a node script in a new network namespace, as root there. It holds nothing but `lo`, which is down unless
 * `loopback`. The namespace is removed when the process ends.
 */
export function freshNamespace(
  script: Script,
  args: readonly string[] = [],
  { loopback = false }: { loopback?: boolean } = {},
): Peer {
  const unshare = ['unshare', ...(inNamespace ? [] : ['--user', '--map-root-user']), '--net']
  const up = loopback ? ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'] : []
  return spawnScript(script, args, [...unshare, ...up])
}

/** One processor for all senders: the kernel then queues what they send in the order in which they sent it. */
export function onOneProcessor(): string[] {
  const allowed = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return ['taskset', '--cpu-list', allowed ?? '0']
}

function scriptArguments(script: Script): string[] {
  if (typeof script === 'string') return [fileURLToPath(new URL(script, import.meta.url))]
  return ['--input-type=module', '--eval', script.code, '--']
}
