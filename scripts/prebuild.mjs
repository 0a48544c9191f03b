// Builds the addon for every system of the package, with Zig, and checks what each binary asks of its system:
//   npm run prebuild [-- TARGET ...]
//   --compile: leaves the C++ library out, which takes a minute to build for each system, and keeps no binary
//   --check: builds nothing, and fails unless every binary is of these sources
//   --pack: as --check; but where there is no binary for another system, this system's is built by its own compiler
// prebuilds/manifest.json tells of which sources they are.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { targetHere } from '../lib/binding/target.mjs'
import { compileAddon, root } from '../native/build/compile.mjs'
import { projectFiles } from './copy-tree.mjs'
import { readBinary } from './read-binary.mjs'
import { environment, fetchZig, library } from './zig.mjs'

/** Node 20 itself asks for this glibc. */
const GLIBC = '2.28'

// musl's CMSG_NXTHDR compares a signed with an unsigned number.
const MUSL = ['-Wno-sign-compare']

/** By the name of the binary's folder: Zig's name for the system, and flags of its own. */
const TARGETS = {
  'darwin-arm64': { triple: 'aarch64-macos.11.0' },
  'darwin-x64': { triple: 'x86_64-macos.11.0' },
  'linux-arm': { triple: `arm-linux-gnueabihf.${GLIBC}` },
  'linux-arm64': { triple: `aarch64-linux-gnu.${GLIBC}` },
  'linux-arm64-musl': { triple: 'aarch64-linux-musl', flags: MUSL },
  'linux-x64': { triple: `x86_64-linux-gnu.${GLIBC}` },
  'linux-x64-musl': { triple: 'x86_64-linux-musl', flags: MUSL },
}

/** Darwin's linker would write the path of the build into the binary. */
const LINK_FLAGS = { linux: ['-Wl,--gc-sections', '-ldl'], darwin: ['-install_name', '@rpath/sockctl.node'] }

const manifestFile = join(root, 'prebuilds/manifest.json')
const binaryOf = (target) => join(root, 'prebuilds', target, 'sockctl.node')
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** Of everything that decides what a binary is. */
function digestOfSources() {
  const hash = createHash('sha256')
  for (const file of projectFiles('native', 'scripts/prebuild.mjs', 'scripts/zig.mjs').sort())
    hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

const readManifest = () =>
  existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, 'utf8')) : { sources: '', binaries: {} }

async function prebuild(target) {
  const { triple, flags = [] } = TARGETS[target]
  const [platform] = target.split('-')
  const folder = join(root, 'build-cross', target)
  const built = await compileAddon({
    compiler: [zig, 'c++', '-target', triple],
    ...(values.compile ? { linker: [zig, 'cc', '-target', triple] } : {}),
    platform,
    folder,
    flags: ['-g0', '-ffunction-sections', '-fdata-sections', '-Werror', ...flags],
    linkFlags: ['-s', ...LINK_FLAGS[platform]],
    environment,
  })
  const problems = check(target, built)
  if (problems.length > 0) throw new Error(problems.join('\n  '))
  if (values.compile) return
  mkdirSync(dirname(binaryOf(target)), { recursive: true })
  renameSync(built, binaryOf(target))
}

/** What is wrong with a binary. */
function check(target, path) {
  const [platform, arch, libc = 'glibc'] = target.split('-')
  const { machine, needed, wanted, isSigned, staysLoaded } = readBinary(path)
  const problems = []
  if (machine !== arch) problems.push(`is for ${machine}, not for ${arch}`)
  const isNodeApi = ({ name }) => /^(napi|node_api)_/.test(name)
  const allowed = (symbol) =>
    isNodeApi(symbol) || symbol.weak || OF_C_LIBRARY[platform === 'darwin' ? 'darwin' : libc](symbol)
  const strange = wanted.filter((symbol) => !allowed(symbol) && !(values.compile && OF_CXX_LIBRARY.test(symbol.name)))
  if (!wanted.some(isNodeApi)) problems.push('asks for nothing of Node-API')
  if (strange.length > 0)
    problems.push(
      `asks for what neither Node-API nor the C library has: ${strange.map(({ name, version }) => `${name} ${version ?? ''}`.trim()).join(', ')}`,
    )
  const libraries = needed.filter((name) => !LIBRARIES[platform].test(name))
  if (libraries.length > 0) problems.push(`needs ${libraries.join(', ')}`)
  if (target === 'darwin-arm64' && !isSigned)
    problems.push('has no signature (LC_CODE_SIGNATURE), and macOS would refuse it')
  if (platform === 'linux' && !staysLoaded)
    problems.push(
      'is unloaded with the worker that loaded it (no NODELETE), whose thread then ends in code that is gone',
    )
  const bytes = readFileSync(path)
  for (const place of [root, `${tmpdir()}/`, process.env.HOME ?? root])
    if (place.length > 2 && bytes.includes(place)) problems.push(`holds a path of this machine: ${place}`)
  return problems
}

const LIBRARIES = {
  linux: /^(lib(c|m|dl|pthread|rt)\.so|ld-linux|libc\.musl|libc\.so$)/,
  darwin: /^\/usr\/lib\/libSystem\.B\.dylib$/,
}

const isAtMost = (version, most) => version.localeCompare(most, 'en', { numeric: true }) <= 0

/** By C library: whether it has an undefined symbol. */
const OF_C_LIBRARY = {
  glibc: ({ version }) => /^GLIBC_\d/.test(version ?? '') && isAtMost(version.slice('GLIBC_'.length), GLIBC),
  musl: ({ name }) => muslSymbols().has(name),
  darwin: ({ library: from }) => from?.includes('libSystem') === true,
}

const OF_CXX_LIBRARY = /^(_ZN?K?St|_Z(nw|na|dl|da)|_ZT[IVS]N?(St|10__cxxabiv)|__cxa_|__gxx_|_Unwind_|__dso_handle)/

/** musl's own list of what its library exports. */
let ofMusl
function muslSymbols() {
  ofMusl ??= new Set(
    [...readFileSync(join(library(), 'libc/musl/libc.S'), 'utf8').matchAll(/^(\w+):$/gm)].map(([, name]) => name),
  )
  return ofMusl
}

/** The newest glibc that a binary asks for. */
const floorOf = (path) =>
  readBinary(path)
    .wanted.flatMap(({ version }) => /^GLIBC_([\d.]+)$/.exec(version ?? '')?.[1] ?? [])
    .reduce((newest, one) => (isAtMost(one, newest) ? newest : one), '0')

/** Why the binaries are not those of these sources. */
function stale() {
  const { sources, binaries } = readManifest()
  const problems = sources === digestOfSources() ? [] : ['prebuilds/manifest.json is of other sources']
  for (const target of Object.keys(TARGETS)) {
    const path = binaryOf(target)
    if (!existsSync(path)) problems.push(`${path} is missing`)
    else if (digest(readFileSync(path)) !== binaries[target]?.sha256)
      problems.push(`${path} is not the one that was built`)
    else problems.push(...check(target, path).map((problem) => `${path} ${problem}`))
  }
  return problems
}

process.chdir(root)
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean' },
    compile: { type: 'boolean' },
    pack: { type: 'boolean' },
  },
})
const unknown = positionals.filter((name) => TARGETS[name] === undefined)
if (unknown.length > 0) {
  console.error(`unknown target ${unknown.join(', ')}: choose from ${Object.keys(TARGETS).join(', ')}`)
  process.exit(2)
}
if (values.check || values.pack) {
  const problems = stale()
  if (
    values.pack &&
    problems.length > 0 &&
    !Object.keys(TARGETS).some((target) => target !== targetHere() && existsSync(binaryOf(target)))
  ) {
    execFileSync(process.execPath, ['native/build/main.mjs'], { stdio: 'inherit' })
    console.error(`This package will work on ${targetHere()} alone. For the others: npm run prebuild`)
    process.exit(0)
  }
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) console.error('make them with: npm run prebuild')
  process.exit(problems.length > 0 ? 1 : 0)
}
const zig = fetchZig()
const sources = digestOfSources()
for (const target of positionals.length > 0 ? positionals : Object.keys(TARGETS)) {
  const begun = performance.now()
  try {
    await prebuild(target)
    if (values.compile) {
      console.log(`${target}: compiled (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
      continue
    }
    const bytes = readFileSync(binaryOf(target))
    const known = readManifest()
    const kept = known.sources === sources ? known.binaries : {}
    const floor = floorOf(binaryOf(target))
    const entry = { sha256: digest(bytes), bytes: bytes.length, ...(floor === '0' ? {} : { glibc: floor }) }
    const binaries = Object.fromEntries(Object.entries({ ...kept, [target]: entry }).sort())
    writeFileSync(manifestFile, `${JSON.stringify({ sources, binaries }, null, 2)}\n`)
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    console.log(`${target}: ${bytes.length} bytes${floor === '0' ? '' : `, glibc ${floor}`} (${seconds} s)`)
  } catch (error) {
    console.error(`${target}: ${error.stderr || error.message}`)
    process.exitCode = 1
  }
}
