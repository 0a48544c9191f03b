// Compiles the addon without node-gyp, from the list in native/sources.json: sanitizers and cross compilers need flags that
// node-gyp can't pass on.
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sourcesOf } from './sources.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const execute = promisify(execFile)

const DEFINES = [
  'NAPI_VERSION=8',
  'NAPI_CPP_EXCEPTIONS',
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  '__APPLE_USE_RFC_3542',
]

/**
 * Compiles every file into `folder` and links them there.
 * @param {{ compiler: string[], platform?: string, folder: string, output?: string, flags?: string[], linkFlags?: string[], files?: string[] }} how
 *   `files`: compile only these, and link the objects of all others as they are in `folder`.
 */
export async function compileAddon({
  compiler,
  platform = process.platform,
  folder,
  output = 'sockctl.node',
  flags = [],
  linkFlags = [],
  files = sourcesOf(platform),
}) {
  const [program, ...first] = compiler
  mkdirSync(folder, { recursive: true })
  execFileSync(process.execPath, [
    join(root, 'scripts/constants.mjs'),
    join(root, 'native/base/constants.txt'),
    join(folder, 'constants.inc'),
  ])
  const headers = [
    join(root, 'native'),
    folder,
    require('node-addon-api').include_dir,
    require('node-api-headers').include_dir,
  ]
  const common = [
    '-std=c++17',
    '-fPIC',
    '-fvisibility=hidden',
    '-fno-rtti',
    ...DEFINES.map((define) => `-D${define}`),
    ...headers.map((header) => `-I${header}`),
    ...flags,
  ]
  const objectOf = (file) => join(folder, `${file.replaceAll('/', '-')}.o`)
  const queue = [...files]
  const compile = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await execute(program, [...first, ...common, '-c', join(root, file), '-o', objectOf(file)], { cwd: root })
  }
  await Promise.all(Array.from({ length: availableParallelism() }, compile))
  const target = join(folder, output)
  const objects = sourcesOf(platform).map(objectOf)
  await execute(program, [...first, '-shared', ...objects, ...flags, ...linkFlags, '-o', target], { cwd: root })
  return target
}
