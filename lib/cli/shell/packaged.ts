// Reading the package's own files.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** A file of this package by its path in the package. The bundler may have put this code into any folder. */
export const packagedFile = (path: string): URL =>
  new URL(path, pathToFileURL(createRequire(import.meta.url).resolve('sockctl/package.json')))

/** Reads a JSON file of this package. */
export function readPackaged<T>(path: string): T {
  return JSON.parse(readFileSync(packagedFile(path), 'utf8')) as T
}
