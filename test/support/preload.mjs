// Builds the libraries of preload/, whose functions the addon calls instead of the C library's.
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Compiles a library of preload/ and gives its path. */
export function buildPreload(name) {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-preload-'))
  const library = join(folder, `${name}.so`)
  const source = fileURLToPath(new URL(`preload/${name}.c`, import.meta.url))
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl', '-pthread'])
  return library
}

/** The variable that preloads a library, behind those preloaded already: the sanitizers have to stay the first. */
export const preloading = (library) => `LD_PRELOAD=${[process.env.LD_PRELOAD, library].filter(Boolean).join(':')}`
