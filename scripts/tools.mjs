// Tools to test with that are no dependencies: npm packages of fixed versions, fetched once into .runtimes/.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const TOOLS = {
  bundlers: {
    esbuild: '0.28.2',
    rollup: '4.68.8',
    '@rollup/plugin-node-resolve': '16.0.3',
    '@rollup/plugin-commonjs': '29.0.3',
    webpack: '5.113.0',
    '@vercel/ncc': '0.45.0',
    '@vercel/nft': '1.11.5',
    postject: '1.0.0-alpha.6',
  },
  jest: { jest: '30.5.2' },
  'package-checks': { publint: '0.3.25', '@arethetypeswrong/cli': '0.18.5' },
}

const homeOf = (name) => join(root, '.runtimes', name)

/** Whether these packages are there, of these versions or newer ones of the same line. */
const isFetched = (name, packages) =>
  Object.entries(packages).every(([of, version]) => {
    const file = join(homeOf(name), 'node_modules', of, 'package.json')
    return existsSync(file) && `${JSON.parse(readFileSync(file, 'utf8')).version}.`.startsWith(`${version}.`)
  })

/** Fetches packages into `.runtimes/NAME`, unless they are there already, and gives the folder. */
export function fetchPackages(name, packages) {
  const home = homeOf(name)
  if (isFetched(name, packages)) return home
  mkdirSync(home, { recursive: true })
  const flags = ['--prefix', home, '--no-package-lock', '--no-audit', '--no-fund', '--save-exact', '--fetch-retries=1']
  const wanted = Object.entries(packages).map(([of, version]) => `${of}@${version}`)
  execFileSync('npm', ['install', ...flags, ...wanted], { cwd: home, stdio: 'inherit' })
  return home
}

/** Fetches the tools of a name, and gives their folder. */
export const fetchTools = (name) => fetchPackages(name, TOOLS[name])

/** The folder that has the tools of a name in its node_modules, and what is missing if the tools are not there. */
export function findTools(name) {
  const words = `the tools for ${name} are not in .runtimes, and the registry of npm did not answer`
  return { home: homeOf(name), missing: isFetched(name, TOOLS[name]) ? undefined : words }
}

/** Fetches the tools that test files use, all if no file is named. What can't be fetched is only told of. */
export function fetchToolsOf(files) {
  for (const name of ['bundlers', 'jest']) {
    if (files.length > 0 && !files.some((file) => file.includes(name))) continue
    try {
      fetchTools(name)
    } catch (error) {
      console.warn(`the tools for ${name} could not be fetched: ${error.message}`)
    }
  }
}
