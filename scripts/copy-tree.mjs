// Copies what git knows of the project, and what it does not ignore, for a build of another kind beside this one.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Files of the project, relative to its root; `folders` alone if given. */
export function projectFiles(...folders) {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...folders], {
    cwd: root,
    encoding: 'utf8',
  })
  return [...new Set(listed.trim().split('\n'))].filter((file) => existsSync(join(root, file)))
}

/** A new copy at `tree`, with the built dist/ and the packages; an addon is the caller's to add, in prebuilds. */
export function copyTree(tree) {
  rmSync(tree, { recursive: true, force: true })
  for (const file of projectFiles()) cpSync(join(root, file), join(tree, file))
  cpSync(join(root, 'dist'), join(tree, 'dist'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
}
