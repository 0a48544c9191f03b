// The package under each runtime of this system: Node 20, 22, 24 and 26, Bun and Deno.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchOthers, findRuntime, nodeOf } from '../runtimes.mjs'
import { installPacked } from './packed.mjs'

const LINES = [20, 22, 24, 26]
const LOADS =
  "import { interfaces } from 'sockctl'; import { createRequire } from 'node:module'; const { control } = createRequire(import.meta.url)('sockctl'); console.log(interfaces().length > 0 && typeof control === 'function')"

export function tryRuntimes() {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-runtimes-'))
  try {
    installPacked(folder)
    // Deno looks into node_modules only for what a package.json depends on.
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { sockctl: '*' } }))
    fetchOthers()
    const tried = [
      ...LINES.map((line) => ({
        name: 'Node',
        program: nodeOf(line),
        evaluate: ['--input-type=module', '--eval'],
        run: [],
      })),
      { name: 'Bun', program: findRuntime('bun').path, evaluate: ['--eval'], run: ['run'] },
      { name: 'Deno', program: findRuntime('deno').path, evaluate: ['eval', '--ext=mjs'], run: ['run', '--allow-all'] },
    ]
    return tried
      .filter(({ program }) => program !== undefined)
      .map(({ name, program, evaluate, run }) => {
        const at = { cwd: folder, encoding: 'utf8', timeout: 120_000 }
        const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).match(/\d+\.\d+\.\d+/)?.[0]
        const loaded = spawnSync(program, [...evaluate, LOADS], at)
        const cli = join(folder, 'node_modules/sockctl/dist/cli/main.js')
        const demo = spawnSync(
          'unshare',
          ['-rn', '/bin/sh', '-c', 'ip link set lo up; exec "$@"', 'sh', program, ...run, cli, 'demo'],
          at,
        )
        const said = [loaded, demo]
          .find(({ status }) => status !== 0)
          ?.stderr.trim()
          .split('\n')
          .at(-1)
        return {
          system: `Linux ${process.arch} (glibc)`,
          runtime: `${name} ${version}`,
          loaded: loaded.stdout === 'true\n',
          demo: demo.status === 0,
          note: said ?? '',
        }
      })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
