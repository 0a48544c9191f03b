// No two files of lib export a type, function, class or constant of one name: a name then means one thing.

import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const LIB = new URL('../lib/', import.meta.url)
const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:class|const|enum|function\*?|interface|let|type) +(\w+)/gm

it('an exported name is declared in one file of lib', () => {
  const filesOf = new Map<string, Set<string>>()
  for (const file of readdirSync(LIB, { encoding: 'utf8', recursive: true })) {
    if (!file.endsWith('.ts')) continue
    for (const [, name = ''] of readFileSync(new URL(file, LIB), 'utf8').matchAll(DECLARATION))
      filesOf.set(name, (filesOf.get(name) ?? new Set()).add(file))
  }
  expect(filesOf.size).toBeGreaterThan(500)
  const shared = [...filesOf].filter(([, files]) => files.size > 1).map(([name, files]) => [name, ...files])
  expect(shared).toEqual([])
})
