// Builds the addon for this system and puts the binary where the package looks for it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { targetHere } from '../../lib/binding/target.mjs'
import { compileAddon, root } from './compile.mjs'
import { examine } from './examine.mjs'

export const target = targetHere()
const folder = join(root, 'prebuilds', target)

/** What is there and what is missing for a build here. */
export const check = () => examine(target)

/** Compiles with a compiler that `check` found; gives the path of the binary. */
export async function build(compiler) {
  // Beside the binary's place, since a file can be renamed only within its file system.
  const scratch = mkdtempSync(join(folder, 'build-'))
  try {
    const built = await compileAddon({
      compiler,
      folder: scratch,
      linkFlags: process.platform === 'linux' ? ['-s'] : [],
    })
    // A binary that does not load must not take the place of one that does.
    execFileSync(process.execPath, ['-e', 'require(process.argv[1])', built], { stdio: ['ignore', 'ignore', 'pipe'] })
    const binary = join(folder, 'sockctl.node')
    // Programs that run go on with the old file.
    renameSync(built, binary)
    return binary
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
