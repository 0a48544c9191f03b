// Removes the file that a bound Unix socket leaves behind.

import { resolve } from 'node:path'

function identity(path: string): string | undefined {
  const found = process.getBuiltinModule('node:fs').lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}

/**
 * A socket bound to a path leaves a file behind, and the next bind to the path would fail. The returned function removes
 * the file if it is still the one that existed at this call.
 */
export function claimPath(path: string): () => void {
  if (path === '' || path.startsWith('\0')) return () => {}
  const absolute = resolve(path)
  const ours = identity(absolute)
  return () => {
    try {
      if (ours !== undefined && identity(absolute) === ours) process.getBuiltinModule('node:fs').unlinkSync(absolute)
    } catch {
      // Another process may have removed the file or taken away the right to: then it is no longer ours to remove.
    }
  }
}
