// Compiles and starts the programs beside which this library is measured.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Compiles floor/NAME.c: the path of the program. */
export function build(name) {
  const built = file('../../build/bench/')
  mkdirSync(built, { recursive: true })
  execFileSync(
    'cc',
    ['-O2', '-Wall', '-D_GNU_SOURCE', '-pthread', '-o', `${built}${name}`, file(`../floor/${name}.c`)],
    {
      stdio: 'inherit',
    },
  )
  return `${built}${name}`
}

/** A function that runs floor/NAME.c with its arguments and promises the number the program prints. */
export const compile = (name) => runner(build(name))

/** A function that starts floor/NAME.c with its arguments as a child process. */
export function compileBeside(name) {
  const program = build(name)
  return (...args) => spawn(program, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** As `compile`, for a script that this Node runs in a process of its own. */
export const node = (script, ...flags) => runner(process.execPath, ...flags, script)

/** As `compile`, for a Python script; undefined if there is no Python. */
export function python(name) {
  try {
    execFileSync('python3', ['-V'])
  } catch {
    return undefined
  }
  return runner('python3', file(`../floor/${name}.py`))
}

/** Where Debian's packages of Go libraries are. */
const GO_SOURCES = '/usr/share/gocode'

/** As `compile`, for floor/NAME.go; undefined without Go or its golang.org/x/net. */
export function go(name) {
  if (!existsSync(`${GO_SOURCES}/src/golang.org/x/net/ipv4`)) return undefined
  const program = `${file('../../build/bench/')}${name}-go`
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: GO_SOURCES, GOCACHE: file('../../build/go') }
  try {
    execFileSync('go', ['build', '-o', program, file(`../floor/${name}.go`)], { stdio: 'inherit', env })
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
  return runner(program)
}

/**
 * A shell that starts the programs. A fork of this process would make all its pages be faulted in again, at the expense
 * of the next measurement.
 */
let shell

function openShell() {
  const child = spawn('sh', { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.unref()
  child.stdout.unref()
  return { child, lines }
}

const runner =
  (...program) =>
  async (...args) => {
    shell ??= openShell()
    const { child, lines } = shell
    const command = [...program, ...args].map((word) => `'${word}'`).join(' ')
    child.stdout.ref()
    child.stdin.write(`${command} </dev/null || echo failed\n`)
    const { value } = await lines.next()
    child.stdout.unref()
    const number = Number(value)
    if (Number.isNaN(number)) throw new Error(`${command}: it printed ${value}`)
    return number
  }
