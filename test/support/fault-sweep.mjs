// Sweeps one fault over a life cycle: the first, second, third ... call of a function fails, until no call is left.
// Runs under LD_PRELOAD of faults.so, driven by faults.mjs.
import { readdirSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { codecs, control, defineOption } from 'sockctl'
import { FUNCTIONS } from './faults.mjs'
import { cycles } from './life-cycles.mjs'
import { tell } from './stdio.mjs'

const warm = new Set()

/** The descriptor that faults.c takes for itself. */
const CONSOLE = 2 ** 31 - 1
const optionOf = (level, option) => defineOption({ name: 'FAULT', level, option, codec: codecs.int() })
const arm = (call, n, errno) => control(CONSOLE).setSync(optionOf(FUNCTIONS.indexOf(call), n), errno)
const counted = (call) => control(CONSOLE).getSync(optionOf(FUNCTIONS.indexOf(call), 0))
const reached = () => control(CONSOLE).getSync(optionOf(0, 1)) === 1

/** The descriptors of this process, and what each is: a socket, an epoll instance, ... */
function descriptors() {
  const open = []
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      open.push(`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`)
    } catch {
      // The descriptor that read the folder.
    }
  }
  return open.sort()
}

/** Descriptors that were not open before. Closing happens off the event loop, so for a moment some may be left. */
async function leaked(before) {
  for (let patience = 100; ; patience--) {
    const more = descriptors().filter((one) => !before.includes(one))
    if (more.length === 0 || patience === 0) return more
    if (patience > 80) await turn()
    else await pause(5)
  }
}

const HANG = Symbol('hang')

/** Runs a cycle once: `undefined` if it did not reach the fault, else the problems it had with the fault. */
async function run(cycle, call, n, error) {
  const before = descriptors()
  arm(call, n, constants.errno[error])
  const timer = new AbortController()
  const late = pause(5000, HANG, { signal: timer.signal, ref: true }).catch(() => undefined)
  const outcome = await Promise.race([
    cycles[cycle]().then(
      (problems) => ({ problems }),
      (thrown) => ({ thrown }),
    ),
    late,
  ])
  timer.abort()
  const calls = counted(call)
  const hit = reached()
  arm('dup', 0, 0)
  if (outcome === HANG) return { calls, hit: true, hang: true, problems: ['it never settled'] }
  const problems = [...(outcome.problems ?? [])]
  const { thrown } = outcome
  if (thrown !== undefined) {
    if (thrown.halfHappened !== undefined) problems.push(thrown.halfHappened)
    if (hit && !names(thrown, call, error))
      problems.push(`the error does not name the call: ${thrown.code} ${thrown.message}`)
    if (!hit) problems.push(`failed without a fault: ${thrown.stack}`)
  }
  for (const one of await leaked(before)) problems.push(`left open: ${one}`)
  return { calls, hit, problems }
}

// An error of several attempts names the call in one of them.
// An error of getifaddrs names the call that needed an interface; if_nametoindex can only say that there is no such
// one.
function names(thrown, call, error) {
  if (typeof thrown.code !== 'string') return false
  if (call.startsWith('if_')) return true
  if (thrown.cause?.errors?.some((attempt) => names(attempt, call, error))) return true
  return thrown.code === error && (thrown.syscall !== undefined || thrown.reason !== undefined)
}

/** Sweeps from the nth call on. A run with a problem ends the process, since the next run would find what it left. */
async function sweep(cycle, call, error, from) {
  for (let n = from; ; n++) {
    const { hit, calls, problems } = await run(cycle, call, n, error)
    if (!hit || problems.length > 0) return { cycle, call, error, n, calls, hit, problems }
  }
}

// Requests come from a driver, one after the other, on standard input: [cycle, call, error, from].
for await (const line of createInterface({ input: process.stdin })) {
  const [cycle, call, error, from] = JSON.parse(line)
  if (!warm.has(cycle)) {
    // First a run without a fault, which loads and opens what the process keeps.
    warm.add(cycle)
    await cycles[cycle]()
  }
  const outcome = await sweep(cycle, call, error, from)
  tell(outcome)
  if (outcome.problems.length > 0) process.exit(0)
}
