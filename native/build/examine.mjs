// What a build of the addon needs, and what of it is missing on this machine.
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { headers, root } from './compile.mjs'
import { sourcesOf } from './settings.mjs'

/** How each system calls what a build needs. */
const PACKAGES = {
  Debian: 'apt-get install g++',
  Alpine: 'apk add g++ linux-headers',
  Fedora: 'dnf install gcc-c++ kernel-headers',
  macOS: 'xcode-select --install',
}

/**
 * What there is and what is missing, each as a line for people.
 * @returns {{ compiler: string[], found: string[], missing: string[], advice: string[] }}
 */
export function examine(target) {
  const found = []
  const missing = []
  const folders = foldersOfHeaders(missing)
  const compiler = chooseCompiler(found, missing)
  if (compiler.length > 0 && folders !== undefined) examineHeaders(compiler, folders, found, missing)
  examineFolder(join(root, 'prebuilds', target), found, missing)
  const needsPackages = missing.some((line) => /compiler|header/.test(line))
  const advice = needsPackages ? Object.entries(PACKAGES).map(([system, command]) => `${system}: ${command}`) : []
  return { compiler, found, missing, advice }
}

function foldersOfHeaders(missing) {
  try {
    return headers()
  } catch ({ message }) {
    missing.push(
      `the packages node-addon-api and node-api-headers, which npm install brings: ${message.split('\n')[0]}`,
    )
  }
}

/** $CXX, or the first compiler that answers. */
function chooseCompiler(found, missing) {
  const asked = process.env.CXX?.trim()
  const candidates = asked ? [asked.split(/\s+/)] : [['c++'], ['g++'], ['clang++']]
  for (const [program, ...flags] of candidates) {
    const { status, stdout } = spawnSync(program, [...flags, '--version'], { encoding: 'utf8' })
    if (status !== 0) continue
    found.push(`a C++ compiler: ${program}, ${stdout.split('\n')[0]}`)
    return [program, ...flags]
  }
  const tried = candidates.map(([program]) => program).join(', ')
  missing.push(
    `a C++ compiler: ${tried} did not answer${asked ? ' ($CXX)' : '; name one in $CXX if it has another name'}`,
  )
  return []
}

/** Asks the preprocessor for every header of the system that a source includes. */
function examineHeaders([program, ...flags], folders, found, missing) {
  const wanted = [...new Set(sourcesOf(process.platform).flatMap(includedBy))].sort()
  const asking = wanted.map((header) => `#if !__has_include(<${header}>)\nmissing ${header}\n#endif\n`).join('')
  const version = '#if __cplusplus < 201703L\nold\n#endif\n'
  const options = { input: asking + version, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }
  const includes = folders.map((folder) => `-I${folder}`)
  try {
    const said = execFileSync(program, [...flags, '-std=c++17', ...includes, '-x', 'c++', '-E', '-P', '-'], options)
    const absent = [...said.matchAll(/^missing (.*)$/gm)].map(([, header]) => header.replace(/\s/g, ''))
    if (/^old$/m.test(said)) missing.push(`a C++ compiler that knows C++17: ${program} does not`)
    if (absent.length > 0) missing.push(`these headers of the system: ${absent.join(', ')}`)
    else found.push(`the headers of the system, ${wanted.length}`)
  } catch ({ stderr, message }) {
    missing.push(`a C++ compiler that knows C++17: ${(stderr || message).split('\n')[0]}`)
  }
}

function includedBy(source) {
  return [...readFileSync(join(root, source), 'utf8').matchAll(/^#include <(.+)>$/gm)].map(([, header]) => header)
}

function examineFolder(folder, found, missing) {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    found.push(`a folder for the binary: ${folder}`)
  } catch ({ message }) {
    missing.push(`a folder for the binary that may be written to; build as the user who installed sockctl: ${message}`)
  }
}
