// Runtimes to test with: npm packages, each fetched once into .runtimes/.
// node scripts/runtimes.mjs fetches the runtimes besides Node.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fetchPackages } from './tools.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const system = `${process.platform}-${process.arch}`

const OTHERS = {
  bun: {
    version: '1.4.5',
    packages: { 'linux-x64': '@oven/bun-linux-x64', 'linux-arm64': '@oven/bun-linux-aarch64' },
    program: 'bin/bun',
  },
  deno: {
    version: '2.9.6',
    packages: { 'linux-x64': '@deno/linux-x64-glibc', 'linux-arm64': '@deno/linux-arm64-glibc' },
    program: 'deno',
  },
}

/** The path of a program of a package, fetched into `.runtimes/FOLDER` unless the package is there already. */
const fetched = ({ folder, name, version, program }) =>
  join(fetchPackages(folder, { [name]: version }), 'node_modules', name, program)

/** The newest Node of a line, 24 for example. */
export const nodeOf = (line) =>
  fetched({ folder: `${line}`, name: `node-${system}`, version: `${line}`, program: 'bin/node' })

function packageOf(runtime) {
  const { version, packages, program } = OTHERS[runtime]
  const name = packages[system]
  if (name === undefined) throw new Error(`no package of ${runtime} for ${system} is named in scripts/runtimes.mjs`)
  return { folder: `${runtime}-${version}`, name, version, program }
}

/** The version of a runtime, and its program, or what is missing for that. */
export function findRuntime(runtime) {
  const { version } = OTHERS[runtime]
  try {
    const { folder, name, program } = packageOf(runtime)
    const path = join(root, '.runtimes', folder, 'node_modules', name, program)
    if (existsSync(path)) return { version, path }
    return { version, missing: `${name} ${version} is not in .runtimes: node scripts/runtimes.mjs fetches it` }
  } catch (error) {
    return { version, missing: error.message }
  }
}

/** Fetches Bun and Deno. What can't be fetched is only told of. */
export function fetchOthers() {
  for (const runtime of Object.keys(OTHERS)) {
    try {
      fetched(packageOf(runtime))
    } catch (error) {
      console.warn(`${runtime} could not be fetched: ${error.message}`)
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) fetchOthers()
