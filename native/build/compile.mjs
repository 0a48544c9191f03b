// Compiles the addon by calls of a compiler: no Python, no headers but those of two packages, any flags.
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { flags as commonFlags, defines, sourcesOf } from './settings.mjs'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)
const execute = promisify(execFile)

/** The folders of headers that are not the system's: the addon's own, and those of Node-API. */
export const headers = () => [
  join(root, 'native'),
  dirname(require.resolve('node-addon-api/package.json')),
  require('node-api-headers').include_dir,
]

/**
 * Compiles every file into `folder` and links them there. What fails is an error with the compiler's `stderr`.
 * @param {{ compiler: string[], linker?: string[], platform?: string, folder: string, output?: string, flags?: string[], linkFlags?: string[], files?: string[], environment?: NodeJS.ProcessEnv }} how
 *   `files`: compile only these, and link the objects of all others as they are in `folder`.
 */
export async function compileAddon({
  compiler,
  linker = compiler,
  platform = process.platform,
  folder,
  output = 'sockctl.node',
  flags = [],
  linkFlags = [],
  files = sourcesOf(platform),
  environment = process.env,
}) {
  const [program, ...first] = compiler
  const options = { cwd: root, env: environment, maxBuffer: 2 ** 26 }
  mkdirSync(folder, { recursive: true })
  execFileSync(process.execPath, [
    join(root, 'native/build/constants.mjs'),
    join(root, 'native/base/constants.txt'),
    join(folder, 'constants.inc'),
  ])
  const common = [
    ...commonFlags,
    ...defines.map((define) => `-D${define}`),
    ...[folder, ...headers()].map((header) => `-I${header}`),
    ...flags,
  ]
  const objectOf = (file) => join(folder, `${file.replaceAll('/', '-')}.o`)
  const queue = [...files]
  const compile = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await execute(program, [...first, ...common, '-c', join(root, file), '-o', objectOf(file)], options)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, compile))
  const target = join(folder, output)
  const objects = sourcesOf(platform).map(objectOf)
  // Unloaded with the worker that loaded it, the addon would be gone when the worker's thread ends: the C++ library has work
  // to do for each thread then.
  const staysLoaded = platform === 'linux' ? ['-Wl,-z,nodelete'] : []
  // Node has the functions of Node-API when it loads the addon; only Darwin's linker wants to be told.
  const undefinedAllowed = platform === 'darwin' ? ['-Wl,-undefined,dynamic_lookup'] : []
  const link = ['-shared', ...objects, ...flags, ...undefinedAllowed, ...staysLoaded, ...linkFlags, '-o', target]
  const [linking, ...linkingFirst] = linker
  await execute(linking, [...linkingFirst, ...link], options)
  return target
}
