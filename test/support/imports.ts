// Which file of the sources imports, or includes, which others.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A file and the files it imports, each as a path such as `lib/net/address.ts`. */
export type Imports = ReadonlyMap<string, readonly string[]>

/** `import`, `export ... from`, `import()`, `require()` and `new URL(..., import.meta.url)` of a relative path. */
const IN_TYPESCRIPT =
  /(?:\bfrom|\bimport|\bimport\(|\brequire(?:\.resolve)?\(|\bcreateRequire\([^)]*\)\(|\bnew URL\()\s*(['"`])(\.{1,2}\/[^'"`]*)\1/g
const INCLUDE = /^\s*#\s*include\s+"([^"]+)"/gm

export const importsOfLib = (): Imports =>
  read('lib', /\.ts$/, (file, text) =>
    [...text.matchAll(IN_TYPESCRIPT)]
      .map(([, , path = '']) => join(file, '..', path))
      .map((path) => path.replace(/\.js$/, '.ts'))
      // The addon is built, and lies outside lib.
      .filter((path) => !path.endsWith('.node')),
  )

export const includesOfNative = (): Imports =>
  read('native', /\.(cc|h)$/, (file, text) =>
    [...text.matchAll(INCLUDE)]
      .map(
        ([, path = '']) => [join('native', path), join(file, '..', path)].find((one) => existsSync(ROOT + one)) ?? '',
      )
      // The build writes constants.inc.
      .filter((path) => path !== ''),
  )

function read(folder: string, names: RegExp, find: (file: string, text: string) => string[]): Imports {
  const files = readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .map((name) => normalize(join(folder, name)))
    .filter((name) => names.test(name))
  return new Map(files.sort().map((file) => [file, [...new Set(find(file, readFileSync(ROOT + file, 'utf8')))]]))
}

/** Circles among the files, each as the path that comes back to where it began. */
export function circles(imports: Imports): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file].join(' -> '))
    if (start >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) walk(file, [])
  return found
}
