// Finds the addon's binary for this system, and loads it.
import module from 'node:module'
import { dirname, join } from 'node:path'
import { libcOf, targetHere } from './target.mjs'

/** This file, or the bundle that it is part of: a CommonJS bundle has no import.meta.url. */
const here = import.meta.url ?? (typeof __filename === 'string' ? __filename : `${process.cwd()}/`)
// Written like this, @vercel/nft follows the calls and webpack leaves them alone.
const require = module.createRequire(here)

// Each path is written out, so that tools that trace what a program opens find the binaries.
const BINARIES: Readonly<Record<string, () => unknown>> = {
  'darwin-arm64': () => require('../../prebuilds/darwin-arm64/sockctl.node'),
  'darwin-x64': () => require('../../prebuilds/darwin-x64/sockctl.node'),
  'linux-arm': () => require('../../prebuilds/linux-arm/sockctl.node'),
  'linux-arm64': () => require('../../prebuilds/linux-arm64/sockctl.node'),
  'linux-arm64-musl': () => require('../../prebuilds/linux-arm64-musl/sockctl.node'),
  'linux-riscv64': () => require('../../prebuilds/linux-riscv64/sockctl.node'),
  'linux-x64': () => require('../../prebuilds/linux-x64/sockctl.node'),
  'linux-x64-musl': () => require('../../prebuilds/linux-x64-musl/sockctl.node'),
}

/** The addon, or why there is none and what to do. */
export interface Loaded {
  readonly addon?: unknown
  readonly whyNone?: string
}

export function load(): Loaded {
  if (process.getBuiltinModule === undefined)
    throw new Error(`sockctl needs Node 20.19 or later, and this is ${process.version}`)
  const { platform, arch } = process
  if (platform !== 'linux' && platform !== 'darwin')
    return { whyNone: `sockctl works on Linux and macOS, and this is ${platform}` }
  const target = targetHere()
  const [addon, refusal] = attempt(BINARIES[target] ?? (() => require(`../../prebuilds/${target}/sockctl.node`)))
  if (addon !== undefined) return { addon }
  const home = homeFrom(here) ?? homeFrom(process.argv[1] ?? '')
  const system = `${platform} ${arch}${platform === 'linux' ? `, ${libcOf(process.execPath)}` : ''}`
  if (home === undefined) {
    const advice =
      'If this is a bundle, mark sockctl as external, or install sockctl in a node_modules above the bundle'
    return { whyNone: `there is no binary of sockctl for ${system} beside ${here}. ${advice}` }
  }
  // A bundle finds the binary in the package that is installed.
  const [ofPackage, words] = attempt(() => require(join(home, 'prebuilds', target, 'sockctl.node')))
  if (ofPackage !== undefined) return { addon: ofPackage }
  const said = isMissing(words) ? `${home} has none` : (words ?? refusal)
  return { whyNone: `no binary of sockctl could be loaded for ${system}: ${said}. Build one with: npx sockctl build` }
}

/**
 * The folder of the package that is installed, if there is one: a bundle finds the package above itself, or above the program
 * that runs, since webpack writes the path of the source for import.meta.url.
 */
const homeFrom = (file: string | URL): string | undefined =>
  attempt(() => dirname(module.createRequire(file).resolve('sockctl/package.json')))[0]

/** What a call gives, or the first line of what it throws. */
function attempt<T>(call: () => T): [value: T | undefined, refusal?: string] {
  try {
    return [call()]
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return [undefined, code === 'MODULE_NOT_FOUND' ? code : (message?.split('\n')[0] ?? String(error))]
  }
}

const isMissing = (refusal: string | undefined): boolean => refusal === 'MODULE_NOT_FOUND'
