import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** The path of a file that is removed after the test. The file is made if contents are given. */
export function scratchFile(name: string, contents?: string | Uint8Array): string {
  const path = join(tmpdir(), `sockctl-${process.pid}-${name}`)
  if (contents !== undefined) writeFileSync(path, contents)
  onTestFinished(() => rmSync(path, { force: true }))
  return path
}
