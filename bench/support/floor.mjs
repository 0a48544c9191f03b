import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Compiles floor/NAME.c: the path of the program. */
export function build(name) {
  const built = file('../../build/bench/')
  mkdirSync(built, { recursive: true })
  execFileSync('cc', ['-O2', '-Wall', '-o', `${built}${name}`, file(`../floor/${name}.c`)], { stdio: 'inherit' })
  return `${built}${name}`
}

/** The function it gives runs floor/NAME.c and reads the number it prints. */
export const compile = (name) => runner(build(name), [])

/** The function it gives starts floor/NAME.c, which runs beside this process. */
export function compileBeside(name) {
  const program = build(name)
  return (...args) => spawn(program, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** The same for a Python script; undefined where there is no Python. */
export function python(name) {
  try {
    execFileSync('python3', ['-V'])
  } catch {
    return undefined
  }
  return runner('python3', [file(`../floor/${name}.py`)])
}

const runner =
  (program, before) =>
  (...args) =>
    Number(execFileSync(program, [...before, ...args.map(String)], { encoding: 'utf8' }))
