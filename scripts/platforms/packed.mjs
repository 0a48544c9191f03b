// Installs the package as npm packs it, for trials on other systems.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from '../copy-tree.mjs'

/** Installs into `folder`/node_modules, with the dependencies that are installed here. */
export function installPacked(folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'sockctl-packed-'))
  try {
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]
    const said = execFileSync('npm', pack, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const [{ filename }] = JSON.parse(said.slice(said.indexOf('[')))
    const home = join(folder, 'node_modules/sockctl')
    rmSync(home, { recursive: true, force: true })
    mkdirSync(home, { recursive: true })
    execFileSync('tar', ['-xzf', join(scratch, filename), '--strip-components=1', '-C', home])
    const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      const target = join(folder, 'node_modules', name)
      mkdirSync(dirname(target), { recursive: true })
      cpSync(join(root, 'node_modules', name), target, { recursive: true, dereference: true })
    }
    return home
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
