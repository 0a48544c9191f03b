// Tries the package on every platform that can be had on one Linux machine, and writes docs/platforms.md:
//   node scripts/platforms/main.mjs [TRIAL ...]    a trial that is not named keeps its result of before
//   --check: tries nothing, and fails unless the page is of the results
// Needs the binaries of npm run prebuild; some trials need root and Debian's packages, which their files name.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../copy-tree.mjs'
import { tryArm64 } from './arm64.mjs'
import { tryDebian11 } from './debian-11.mjs'
import { tryMusl } from './musl.mjs'
import { tryRuntimes } from './runtimes.mjs'

const TRIALS = { runtimes: tryRuntimes, 'debian-11': tryDebian11, arm64: tryArm64, musl: tryMusl }

const resultsFile = join(root, 'docs/platforms.json')
const pageFile = join(root, 'docs/platforms.md')
const known = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : { binaries: {}, trials: {} }

const yes = (value) => (value === undefined ? '' : value ? 'yes' : '**no**')
const row = (cells) => `| ${cells.join(' | ')} |`

function page({ binaries, trials }) {
  const tried = Object.keys(TRIALS).flatMap((name) => trials[name] ?? [])
  return `# Platforms: what was built, and what was tried

This page is written by \`node scripts/platforms/main.mjs\`. The suite runs under Node 20, 22, 24 and 26 on Linux x64 with
\`npm run test:matrix\`.

## Binaries in the package

\`npm run prebuild\` makes them with Zig on Linux, and checks the machine, the undefined symbols (Node-API's and the C
library's alone), the oldest glibc, the signature of darwin-arm64, and that no path of the build is in the bytes.

${[row(['Binary', 'Bytes', 'Oldest glibc']), row(['---', '---', '---']), ...Object.entries(binaries).map(([name, { bytes, glibc = '' }]) => row([`\`${name}\``, bytes.toLocaleString('en'), glibc]))].join('\n')}

The binaries for macOS, for arm and for arm64 with musl were built and checked, and never loaded: there is no such machine
here. Elsewhere \`npx sockctl build\` compiles the addon; \`npx sockctl build --check\` says what that takes.

## Tried

${[row(['System', 'Runtime', 'Loads', 'Demo', 'Sources compile', 'Notes']), row(Array(6).fill('---')), ...tried.map(({ system, runtime, loaded, demo, sources, note }) => row([system, runtime, yes(loaded), yes(demo), yes(sources), note.replaceAll('|', '\\\\|')]))].join('\n')}
`
}

const asked = process.argv.slice(2)
if (asked.includes('--check')) {
  if (readFileSync(pageFile, 'utf8') !== page(known)) {
    console.error('docs/platforms.md is not of docs/platforms.json: node scripts/platforms/main.mjs writes it')
    process.exitCode = 1
  }
} else {
  for (const name of asked.length > 0 ? asked : Object.keys(TRIALS)) {
    console.log(`trying ${name}`)
    known.trials[name] = [TRIALS[name]()].flat()
  }
  known.binaries = JSON.parse(readFileSync(join(root, 'prebuilds/manifest.json'), 'utf8')).binaries
  for (const one of Object.values(known.binaries)) delete one.sha256
  writeFileSync(resultsFile, `${JSON.stringify(known, null, 2)}\n`)
  writeFileSync(pageFile, page(known))
}
