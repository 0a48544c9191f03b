// Copies of the project in .mutants/, in which lib/ holds all its mutants behind switches and is bundled once.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyTree, projectFiles, root } from '../copy-tree.mjs'
import { instrument } from './instrument.mjs'
import { hashOf } from './killers.mjs'
import { buildCounting, buildPristine, install } from './native-build.mjs'

export const home = join(root, '.mutants')

const instrumented = join(home, 'instrumented')
const objects = join(home, 'objects')

/** Makes what `name` says in a folder, unless the folder holds what was made of the same sources. */
async function once(folder, sources, make) {
  const stamp = join(folder, 'made-of')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return
  rmSync(folder, { recursive: true, force: true })
  await make()
  writeFileSync(stamp, sources)
}

const libSources = () => projectFiles('lib').filter((file) => /(?<!\.d)\.ts$/.test(file) && file !== 'lib/index.ts')

/** The mutants of lib/, each of which `instrumented` holds behind a switch. */
async function instrumentLib() {
  const sources = hashOf(root, [...projectFiles('lib'), 'rolldown.config.mjs', 'package-lock.json'])
  const list = join(instrumented, 'mutants.json')
  await once(instrumented, sources, async () => {
    copyTree(instrumented)
    const mutants = await instrument(instrumented, libSources())
    writeFileSync(list, JSON.stringify(mutants))
    execFileSync(process.execPath, ['node_modules/rolldown/bin/cli.mjs', '-c'], { cwd: instrumented, stdio: 'pipe' })
  })
  return JSON.parse(readFileSync(list, 'utf8'))
}

/** A fresh copy with the instrumented lib/ and dist/, and an addon. */
function makeTree(name, addon) {
  const tree = join(home, name)
  copyTree(tree)
  for (const folder of ['lib', 'dist']) cpSync(join(instrumented, folder), join(tree, folder), { recursive: true })
  install(tree, addon)
  return tree
}

/**
 * Prepares all a run needs: the mutants of lib/, a tree for each of `jobs`, the objects of the addon as it is, and a
 * tree whose addon counts the lines it runs.
 */
export async function prepare(jobs) {
  mkdirSync(home, { recursive: true })
  const mutants = await instrumentLib()
  const native = hashOf(root, projectFiles('native'))
  const pristine = join(objects, 'pristine')
  const counting = join(objects, 'counting')
  const addon = join(pristine, 'sockctl.node')
  const countingAddon = join(counting, 'sockctl.node')
  await once(pristine, native, () => buildPristine(root, pristine))
  await once(counting, native, () => buildCounting(root, counting))
  return {
    mutants,
    hashes: Object.fromEntries(projectFiles('lib', 'native').map((file) => [file, hashOf(root, [file])])),
    pristine,
    addon,
    countingAddon,
    counting: makeTree('counting', countingAddon),
    trees: Array.from({ length: jobs }, (_, job) => makeTree(`tree-${job + 1}`, addon)),
    scratch: (job) => join(objects, `job-${job + 1}`),
  }
}
