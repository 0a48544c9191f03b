// Reading the package's own files.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Reads a JSON file of this package by its path in the package. The bundler may have put this code into any folder. */
export function readPackaged<T>(path: string): T {
  const root = dirname(createRequire(import.meta.url).resolve('sockctl/package.json'))
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as T
}
