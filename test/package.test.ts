import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

describe('the package as it is published', () => {
  let folder = ''
  let files: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sockctl-package-'))
    // Without scripts, since `prepare` would build the library anew under the running tests.
    await run(process.execPath, ['scripts/prebuild.mjs'], { cwd: root })
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
    const { stdout } = await run('npm', pack, { cwd: root })
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[')))
    files = packed.files.map(({ path }: { path: string }) => path)
    mkdirSync(join(folder, 'node_modules'))
    await run('tar', ['xzf', join(folder, packed.filename), '-C', join(folder, 'node_modules')])
    await run('mv', [join(folder, 'node_modules/package'), join(folder, 'node_modules/sockctl')])
    for (const dependency of Object.keys(dependencies))
      symlinkSync(join(root, 'node_modules', dependency), join(folder, 'node_modules', dependency))
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    rmSync(join(root, 'prebuilds'), { recursive: true, force: true })
  })

  it('holds a binary and nothing that makes npm build on install', () => {
    expect(files).toContain(`prebuilds/${process.platform}-${process.arch}/sockctl.node`)
    expect(files).not.toContain('binding.gyp')
  })

  it('holds what users need, and no tests or sources of ours', () => {
    for (const needed of ['dist/index.js', 'dist/index.d.ts', 'dist/options/index.js', 'README.md', 'LICENSE'])
      expect(files).toContain(needed)
    expect(files.filter((file) => /^(lib|test|native|bench|scripts)\//.test(file))).toEqual([])
  })

  it('loads with import and require though no script ran', async () => {
    const uses = "control(0).fd === 0 && typeof interfaces()[0].name === 'string'"
    const asModule = `import { control, interfaces } from 'sockctl'; console.log(${uses})`
    const asCommon = `const { control, interfaces } = require('sockctl'); console.log(${uses})`
    const cwd = folder
    expect((await run(process.execPath, ['--input-type=module', '-e', asModule], { cwd })).stdout).toBe('true\n')
    expect((await run(process.execPath, ['-e', asCommon], { cwd })).stdout).toBe('true\n')
  })

  it('brings the command line', async () => {
    const { stdout } = await run(process.execPath, [join(folder, 'node_modules/sockctl/dist/cli/main.js'), '--help'])
    expect(stdout).toContain('demo')
  })
})
