// Builds the addon of a tree: as it is, counting which of its lines run, or with one mutant in it.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'
import { targetHere } from '../../lib/binding/target.mjs'
import { sourcesOf } from '../../native/build/settings.mjs'

/** Paths are left out of what is compiled, so that two trees give the same bytes. */
const flagsFor = (tree) => ['-O1', `-ffile-prefix-map=${tree}/=`]

// Each function's counters live in a file that is mapped: a process that is killed has counted too.
const COUNTING = ['-O0', '-fprofile-instr-generate', '-fcoverage-mapping', '-mllvm', '-runtime-counter-relocation']

/** A script as the tree has it, which works on the tree's own sources. */
const scriptOf = (tree, name) => import(pathToFileURL(join(tree, 'native/build', name)).href)
const compilerOf = (tree) => scriptOf(tree, 'compile.mjs')

export const installed = (tree) => join(tree, 'prebuilds', targetHere(), 'sockctl.node')

export function install(tree, addon) {
  mkdirSync(dirname(installed(tree)), { recursive: true })
  cpSync(addon, installed(tree))
}

export async function buildPristine(tree, folder) {
  const { compileAddon } = await compilerOf(tree)
  return compileAddon({ compiler: ['g++'], folder, flags: flagsFor(tree) })
}

export async function buildCounting(tree, folder) {
  const { compileAddon } = await compilerOf(tree)
  return compileAddon({ compiler: ['clang++'], folder, flags: COUNTING })
}

/**
 * Builds the addon with a mutant and installs it: 'built', or why there is nothing to test, 'does not compile' or
 * 'same code' (the compiler makes of it what it makes of the original). The tree is as before, but for its addon.
 */
export async function buildMutant(tree, mutant, pristine, folder) {
  const { compileAddon } = await compilerOf(tree)
  const path = join(tree, mutant.file)
  const source = readFileSync(path, 'utf8')
  const files = compiledWith(tree, mutant.file, sourcesOf(process.platform))
  cpSync(pristine, folder, { recursive: true })
  writeFileSync(path, source.slice(0, mutant.start) + mutant.replacement + source.slice(mutant.end))
  try {
    const addon = await compileAddon({ compiler: ['g++'], folder, flags: [...flagsFor(tree), '-w'], files })
    const objects = readdirSync(folder).filter((name) => name.endsWith('.o'))
    if (objects.every((name) => sameBytes(join(folder, name), join(pristine, name)))) return 'same code'
    install(tree, addon)
    return 'built'
  } catch (error) {
    if (error.stderr === undefined) throw error
    return 'does not compile'
  } finally {
    writeFileSync(path, source)
  }
}

const sameBytes = (one, other) => readFileSync(one).equals(readFileSync(other))

/** The sources among `all` that a change of `file` changes: itself, or each that includes it, at any distance. */
function compiledWith(tree, file, all) {
  if (file.endsWith('.cc')) return [file]
  return all.filter((source) => includedBy(tree, source).has(file))
}

/** What a file of native/ includes of native/, at any distance. */
export function includedBy(tree, file, found = new Set()) {
  for (const [, included] of readFileSync(join(tree, file), 'utf8').matchAll(/^#include "(.+)"$/gm)) {
    const path = normalize(join('native', included))
    if (found.has(path) || !existsSync(join(tree, path))) continue
    found.add(path)
    includedBy(tree, path, found)
  }
  return found
}

/** The files of native/ that this system compiles, and the headers they include. */
export function compiledHere(tree) {
  const sources = sourcesOf(process.platform)
  return [...new Set(sources.flatMap((source) => [source, ...includedBy(tree, source)]))].sort()
}

/** How often each line of native/ ran: file -> line -> times, of the lines that hold code. */
export function linesRun(addon, folder, profiles) {
  const merged = join(folder, 'merged.profdata')
  execFileSync('llvm-profdata', ['merge', '-sparse', '-o', merged, ...profiles], { cwd: folder })
  const lcov = execFileSync('llvm-cov', ['export', '-format=lcov', addon, `-instr-profile=${merged}`], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const files = {}
  let lines = {}
  for (const row of lcov.split('\n')) {
    const path = /^SF:.*\/(native\/.*)/.exec(row)?.[1]
    if (row.startsWith('SF:')) lines = {}
    if (path !== undefined) files[path] = lines
    const [, line, times] = /^DA:(\d+),(\d+)/.exec(row) ?? []
    if (line !== undefined) lines[line] = Math.max(Number(times), lines[line] ?? 0)
  }
  return files
}
