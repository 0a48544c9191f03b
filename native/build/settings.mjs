// What the addon is compiled from and how, for every build: native/build/compile.mjs, binding.gyp and CMakeLists.txt.
//   node native/build/settings.mjs sources | defines   prints these for this system, a line each
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

export const defines = [
  'NAPI_VERSION=8',
  'NAPI_CPP_EXCEPTIONS',
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  // Darwin's headers have the options of RFC 3542 only where asked for.
  '__APPLE_USE_RFC_3542',
]

export const flags = ['-std=c++17', '-O2', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra']

/** The C++ files that a system compiles, by their paths from the root of the package. */
export function sourcesOf(system) {
  const { all, ...systems } = JSON.parse(readFileSync(new URL('../sources.json', import.meta.url), 'utf8'))
  const own = systems[system]
  if (own === undefined) {
    throw new Error(
      `the addon is built for ${Object.keys(systems).join(' and ')}, not for ${system}: native/sources.json`,
    )
  }
  return [...all, ...own].map((file) => `native/${file}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , asked, system = process.platform] = process.argv
  try {
    console.log((asked === 'defines' ? defines : sourcesOf(system)).join('\n'))
  } catch ({ message }) {
    console.error(message)
    process.exitCode = 1
  }
}
