// Builds the addon for this system and puts the binary where the package looks for it.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
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
  // Not in the package: what an interrupted build leaves would be packed.
  const scratch = mkdtempSync(join(tmpdir(), 'sockctl-build-'))
  const binary = join(folder, 'sockctl.node')
  const candidate = join(folder, 'candidate.node')
  try {
    const built = await compileAddon({
      compiler,
      folder: scratch,
      linkFlags: process.platform === 'linux' ? ['-s'] : [],
    })
    copyFileSync(built, candidate)
    // A binary that does not load must not take the place of one that does.
    execFileSync(process.execPath, ['-e', 'require(process.argv[1])', candidate], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    // Programs that run go on with the old file.
    renameSync(candidate, binary)
    return binary
  } finally {
    rmSync(scratch, { recursive: true, force: true })
    rmSync(candidate, { force: true })
  }
}
