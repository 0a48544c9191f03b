// Runs test files of a tree in a namespace of their own, and ends a run that hangs or eats the machine's memory.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findNamespace, inNamespace } from '../namespace.mjs'

const namespace = findNamespace()
if (!namespace.flags) throw new Error(`Mutants need a network namespace: ${namespace.missing}.`)

const MEMORY_LIMIT = 4 * 2 ** 30
const PAGE = 4096

/** Time a file may take, in seconds, if it takes `seconds` when all is well. */
const limitOf = (seconds) => 3 * seconds + 15

const groups = new Set()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const group of groups) endGroup(group)
    process.exit(1)
  })
}

/**
 * Runs `files`, each `{ file, seconds }`, in that order up to the first that fails:
 * `{ failed: undefined }` if none did, else `{ failed: file, timedOut, test, message }`; `seconds` of each that ended.
 */
export function runTests(tree, files, variables) {
  const command = [process.execPath, 'scripts/mutants/vitest-in-order.mjs', ...files.map(({ file }) => file)]
  const [program, ...args] = inNamespace(namespace.flags, command)
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`
  const env = { ...process.env, PATH, SOCKCTL_TEST_NAMESPACE: '1', ...variables }
  // Detached: it leads a process group, by which all it starts is ended.
  const child = spawn(program, args, { cwd: tree, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  groups.add(child.pid)

  const seconds = new Map()
  let failure
  let begun = Date.now()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-4096)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = messageOf(line)
    if (message === undefined) return
    if (message.file !== undefined) seconds.set(message.file, (Date.now() - begun) / 1000)
    begun = Date.now()
    const [first] = message.failures
    if (message.ok === false || first) failure ??= { failed: message.file ?? current(), ...verdictOf(message.failures) }
  })
  const current = () => (files.find(({ file }) => !seconds.has(file)) ?? files.at(-1)).file
  const end = (why) => {
    failure ??= { failed: current(), timedOut: true, test: '', message: why }
    endGroup(child.pid)
  }
  const watch = setInterval(() => {
    const running = files.find(({ file }) => file === current())
    if ((Date.now() - begun) / 1000 > limitOf(running.seconds)) end('no end in time')
    else if (memoryOf(child.pid) > MEMORY_LIMIT) end('more than 4 GiB of memory')
  }, 1000)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(watch)
      endGroup(child.pid)
      groups.delete(child.pid)
      if (code !== 0)
        failure ??= { failed: current(), timedOut: false, test: '', message: stderr.trim() || `${signal}` }
      resolve({ failed: undefined, ...failure, seconds })
    })
  })
}

function messageOf(line) {
  if (!line.startsWith('{')) return undefined
  try {
    const message = JSON.parse(line)
    return Array.isArray(message.failures) ? message : undefined
  } catch {
    return undefined
  }
}

/** A failure that says of the time alone that it ran out tells nobody what is wrong. */
function verdictOf(failures) {
  const messages = failures.flatMap((failure) => failure.messages)
  const timedOut = messages.length > 0 && messages.every((message) => /timed out in \d+ms/.test(message))
  return { timedOut, test: failures[0]?.test ?? '', message: messages[0] ?? '' }
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of the group have ended.
  }
}

/** Bytes of memory of a process group. */
function memoryOf(group) {
  let pages = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(join('/proc', name, 'stat'), 'utf8')
        .split(') ')
        .at(-1)
        .split(' ')
      if (Number(fields[2]) === group) pages += Number(fields[21])
    } catch {
      // It has ended since.
    }
  }
  return pages * PAGE
}
