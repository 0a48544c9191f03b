import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A JSON file of this package, wherever the bundler has put the code that asks for it. */
export function readPackaged<T>(path: string): T {
  const root = dirname(createRequire(import.meta.url).resolve('sockctl/package.json'))
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as T
}
