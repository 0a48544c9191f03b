// Compiles and links the addon for other systems, with the flags of binding.gyp, and fails on a warning:
//   node scripts/cross-compile.mjs [TARGET ...]   (without one: the targets that CI checks)   --all   every target
// The functions of Node-API and of the C++ library stay undefined until the addon is loaded: building a C++ library takes a
// minute for each target.
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { sourcesOf } from './sources.mjs'
import { environment, fetchZig } from './zig.mjs'

const require = createRequire(import.meta.url)
const run = promisify(execFile)

// musl's CMSG_NXTHDR compares a signed with an unsigned number.
const MUSL = ['-Wno-sign-compare']

/** By `${process.platform}-${process.arch}`: the system's list of sources, Zig's name for it, and flags of its own. */
const TARGETS = {
  'darwin-arm64': { system: 'darwin', triple: 'aarch64-macos.11.0', flags: [] },
  'darwin-x64': { system: 'darwin', triple: 'x86_64-macos.11.0', flags: [] },
  'linux-arm': { system: 'linux', triple: 'arm-linux-gnueabihf.2.28', flags: [] },
  'linux-arm64': { system: 'linux', triple: 'aarch64-linux-gnu.2.28', flags: [] },
  'linux-arm64-musl': { system: 'linux', triple: 'aarch64-linux-musl', flags: MUSL },
  'linux-x64': { system: 'linux', triple: 'x86_64-linux-gnu.2.28', flags: [] },
  'linux-x64-musl': { system: 'linux', triple: 'x86_64-linux-musl', flags: MUSL },
}
const CHECKED_BY_CI = ['darwin-arm64', 'linux-x64-musl']

/** By system: a link that fails and names every undefined symbol, and one that leaves them undefined. */
const LINKS = {
  darwin: {
    naming: (triple) => ['cc', '-target', triple, '-shared'],
    leaving: (triple) => ['cc', '-target', triple, '-shared', '-Wl,-undefined,dynamic_lookup'],
  },
  linux: {
    // Not `cc`, which names twenty symbols at most.
    naming: () => ['ld.lld', '-shared', '-z', 'defs', '--error-limit=0'],
    leaving: (triple) => ['cc', '-target', triple, '-shared'],
  },
}

/** Runs the compiler; if it fails, throws its output. */
async function compile(args) {
  try {
    await run(zig, args, { env: environment, maxBuffer: 2 ** 26 })
  } catch ({ stderr, message }) {
    throw new Error(stderr || message)
  }
}

/** Runs `work` on each item, as many at once as there are processors. */
async function onAllProcessors(items, work) {
  const left = items[Symbol.iterator]()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

/** The flags of every target, from binding.gyp, which is JSON with comments. */
function flagsOfGyp() {
  const [{ defines, cflags_cc: flags }] = JSON.parse(
    readFileSync('binding.gyp', 'utf8').replace(/^\s*#.*$/gm, ''),
  ).targets
  return [...flags, ...defines.map((define) => `-D${define}`)]
}

/** The addon's own symbols that no object defines: native/sources.json lacks their file. */
async function ownUndefined(link) {
  const said = await compile(link).then(
    () => '',
    ({ message }) => message,
  )
  const undefinedSymbols = said.split('\n').filter((line) => /undefined (symbol|reference)/.test(line))
  if (!undefinedSymbols.some((line) => line.includes('napi_')))
    throw new Error(`no symbol of Node-API is undefined: ${said}`)
  return undefinedSymbols.filter((line) => line.includes('sockctl'))
}

async function build(name) {
  const { system, triple, flags } = TARGETS[name]
  const folder = `build-cross/${name}`
  mkdirSync(folder, { recursive: true })
  const toObject = ['c++', '-target', triple, '-fPIC', '-g0', ...shared, ...flags, '-Werror', '-c']
  const objects = new Map(sourcesOf(system).map((source) => [source, `${folder}/${source.replace(/\W/g, '_')}.o`]))
  await onAllProcessors(objects, ([source, object]) => compile([...toObject, source, '-o', object]))
  const files = [...objects.values(), '-o', `${folder}/sockctl.node`]
  const missing = await ownUndefined([...LINKS[system].naming(triple), ...files])
  if (missing.length > 0) throw new Error(missing.join('\n'))
  await compile([...LINKS[system].leaving(triple), ...files])
  return `${folder}/sockctl.node`
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { positionals, values } = parseArgs({ allowPositionals: true, options: { all: { type: 'boolean' } } })
const asked = values.all ? Object.keys(TARGETS) : positionals.length > 0 ? positionals : CHECKED_BY_CI
const unknown = asked.filter((name) => TARGETS[name] === undefined)
if (unknown.length > 0) {
  console.error(`unknown target ${unknown.join(', ')}: choose from ${Object.keys(TARGETS).join(', ')}`)
  process.exit(2)
}

const zig = fetchZig()
mkdirSync('build-cross', { recursive: true })
execFileSync('node', ['scripts/constants.mjs', 'native/base/constants.txt', 'build-cross/constants.inc'])
const includes = [
  'native',
  'build-cross',
  require('node-api-headers').include_dir,
  require('node-addon-api').include_dir,
]
const shared = [...flagsOfGyp(), ...includes.map((folder) => `-I${folder}`)]
for (const name of asked) {
  const begun = performance.now()
  try {
    const file = await build(name)
    console.log(`${file} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
  } catch ({ message }) {
    console.error(`${name}: ${message}`)
    process.exitCode = 1
  }
}
