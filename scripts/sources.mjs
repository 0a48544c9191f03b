// Prints the C++ files that one system compiles, a line each, from native/sources.json: node scripts/sources.mjs [linux | darwin]
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** Paths from the root of the checkout. */
export function sourcesOf(system) {
  const { all, ...systems } = JSON.parse(readFileSync(new URL('../native/sources.json', import.meta.url), 'utf8'))
  const own = systems[system]
  if (own === undefined) {
    throw new Error(
      `the addon is built for ${Object.keys(systems).join(' and ')}, not for ${system}: native/sources.json`,
    )
  }
  return [...all, ...own].map((file) => `native/${file}`)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(sourcesOf(process.argv[2] ?? process.platform).join('\n'))
  } catch ({ message }) {
    console.error(message)
    process.exitCode = 1
  }
}
