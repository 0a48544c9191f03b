// Drives fault sweeps: builds the library that injects faults, and runs fault-sweep.mjs, or the command line, under it.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { commandOf } from './subcommands.mjs'

const source = (name) => fileURLToPath(new URL(name, import.meta.url))

/** The functions that faults.c can make fail, in its order. */
export const FUNCTIONS = [
  ...readFileSync(source('preload/faults.c'), 'utf8')
    .split('kNames[] = {')[1]
    .split('};')[0]
    .matchAll(/"(\w+)"/g),
].map(([, name]) => name)

export const ERRORS = ['EINTR', 'ENOMEM', 'ENOBUFS', 'EAGAIN', 'EPERM', 'EMFILE', 'ENOSPC']

/** Starts a process that sweeps. It ends after a sweep with a problem, and the next request starts another. */
function startSweeper(library, env) {
  const child = spawn(process.execPath, [source('fault-sweep.mjs')], {
    env: { ...process.env, ...env, LD_PRELOAD: [env.LD_PRELOAD, library].filter(Boolean).join(':') },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const { done, value } = await lines.next()
      if (done) return { crashed: true, problems: [`the process ended: ${stderr.slice(-2000) || 'without a word'}`] }
      return JSON.parse(value)
    },
    end: () => child.kill('SIGKILL'),
  }
}

/**
 * Sweeps each error of each function over each cycle: { cycle, call, error, reached, problems } of each sweep that
 * reached a call. A run that crashed is told, and the sweep goes on behind it.
 */
export async function sweepAll({
  library,
  cycles,
  functions = FUNCTIONS,
  errors = ERRORS,
  env = {},
  report = () => {},
}) {
  const sweeps = []
  let sweeper
  for (const cycle of cycles) {
    for (const call of functions) {
      for (const error of errors) {
        const problems = []
        let reached = 0
        for (let n = 1; ; ) {
          sweeper ??= startSweeper(library, env)
          const outcome = await sweeper.ask([cycle, call, error, n])
          for (const problem of outcome.problems) problems.push(`call ${outcome.n ?? n}: ${problem}`)
          if (outcome.problems.length > 0) {
            sweeper.end()
            sweeper = undefined
          }
          reached = outcome.crashed ? n : outcome.hit ? outcome.n : outcome.n - 1
          if (!outcome.crashed && !outcome.hit) break
          // A process that dies at once, whatever call fails, would be started again and again.
          if (outcome.crashed && problems.length > 50) break
          n = reached + 1
        }
        const sweep = { cycle, call, error, reached, problems }
        if (reached > 0 || problems.length > 0) sweeps.push(sweep)
        report(sweep)
        // The cycle does not call this function, so no other error of it has to be tried.
        if (reached === 0) break
      }
    }
  }
  sweeper?.end()
  return sweeps
}

/** What is wrong with how a command ended under a fault. */
function judgeEnd({ status, signal, stdout, stderr }) {
  if (signal !== null) return [`ended by ${signal}: ${stderr.slice(-300)}`]
  if (status !== 0 && status !== 1) return [`exit status ${status}: ${stderr.slice(-300)}`]
  if (/^\s+at .*[:(]/m.test(stderr) || stderr.includes('Error:')) return [`a stack trace: ${stderr.slice(0, 600)}`]
  // doctor tells on standard output what it could not look at.
  const said = `${stdout}\n${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('fault:'))
  if (status === 1 && said.length === 0) return ['exit status 1 without a word']
  if (process.getuid() === 0 && said.some((line) => /run .*as root/.test(line))) return ['root is told to run as root']
  return []
}

/**
 * Like sweepAll, for command lines: each run is a process, which has to end by itself, with a line that says what is
 * wrong.
 */
export async function sweepSubcommands({ library, names, functions = FUNCTIONS, errors = ERRORS, report = () => {} }) {
  const sweeps = []
  for (const name of names) {
    const command = commandOf(name)
    // First a run without a fault, to count calls: a process for each function would be slow, and many are never
    // called.
    const { calls } = await runWithFault({ library, command, call: 'dup', n: 0, error: 'EPERM' })
    for (const call of functions.filter((one) => calls[one] > 0)) {
      for (const error of errors) {
        const problems = []
        let reached = 0
        for (let n = 1; n <= calls[call]; n += AT_ONCE) {
          const ends = await Promise.all(
            Array.from({ length: Math.min(AT_ONCE, calls[call] - n + 1) }, (_, index) =>
              runWithFault({ library, command, call, n: n + index, error }),
            ),
          )
          const hits = ends.filter((end) => end.hit || end.signal !== null)
          for (const end of hits) for (const problem of judgeEnd(end)) problems.push(`call ${end.n}: ${problem}`)
          reached += hits.length
          if (hits.length < ends.length) break
        }
        const sweep = { cycle: name, call, error, reached, problems }
        if (reached > 0) sweeps.push(sweep)
        report(sweep)
      }
    }
  }
  return sweeps
}

/** How many command lines run at once: they wait more than they work. */
const AT_ONCE = 6

/** Runs a command line with one fault; gives its exit status and its output. */
function runWithFault({ library, command, call, n, error, timeout = 15_000 }) {
  return new Promise((resolve) => {
    const [program, ...args] = command
    const child = spawn(program, args, {
      env: {
        ...process.env,
        LD_PRELOAD: library,
        SOCKCTL_FAULT: `${call} ${n} ${constants.errno[error]}`,
        SOCKCTL_FAULT_REPORT: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
    child.on('close', (status, signal) => {
      clearTimeout(timer)
      const [, said = ''] = /^fault: (.*)$/m.exec(stderr) ?? []
      const calls = Object.fromEntries(
        [...said.matchAll(/(\w+)=(\d+)/g)].map(([, name, count]) => [name, Number(count)]),
      )
      resolve({ n, status, signal, stdout, stderr, hit: said.startsWith('reached'), calls })
    })
  })
}
