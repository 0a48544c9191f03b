import { lstatSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'

function identity(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}

/**
 * A socket bound to a path leaves a file behind, over which the next bind would fail. What this returns removes it,
 * if it is still the one that was there when this was called.
 */
export function claimPath(path: string): () => void {
  if (path === '' || path.startsWith('\0')) return () => {}
  const absolute = resolve(path)
  const ours = identity(absolute)
  return () => {
    try {
      if (ours !== undefined && identity(absolute) === ours) unlinkSync(absolute)
    } catch {
      // The directory may not be ours any more: then so is what lies in it.
    }
  }
}
