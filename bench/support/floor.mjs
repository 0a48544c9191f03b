import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Compiles floor/NAME.c. The function it gives runs that program and reads the number it prints. */
export function compile(name) {
  const built = file('../../build/bench/')
  mkdirSync(built, { recursive: true })
  execFileSync('cc', ['-O2', '-Wall', '-o', `${built}${name}`, file(`../floor/${name}.c`)], { stdio: 'inherit' })
  return runner(`${built}${name}`, [])
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
