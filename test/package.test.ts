// The package as it is published: what the tarball holds, and that it works where it is installed.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { targetHere } from '../lib/binding/target.mjs'
import { describeInNamespace } from './support/namespace.ts'
import { installPacked } from './support/packed.ts'
import { programsOf, root } from './support/pages.ts'

const run = promisify(execFile)
const packed = installPacked()

describe('the package as it is published', () => {
  it('holds a binary and nothing that makes npm build on install', () => {
    expect(packed().files).toContain(`prebuilds/${targetHere()}/sockctl.node`)
    expect(packed().files).not.toContain('binding.gyp')
  })

  it('holds what users, editors and a build need, and no tests of ours', () => {
    const library = ['dist/index.js', 'dist/index.d.ts', 'dist/index.d.ts.map', 'dist/cjs/index.js', 'lib/index.ts']
    const build = ['native/sources.json', 'native/addon.cc', 'native/build/addon.mjs', 'lib/binding/target.mjs']
    const needed = [...library, ...build, 'examples/ssm.mjs', 'README.md', 'LICENSE']
    expect(packed().files).toEqual(expect.arrayContaining(needed))
    expect(packed().files.filter((file) => /^(test|bench|scripts)\//.test(file))).toEqual([])
  })

  it.each(['dist', 'dist/cjs'])('leads an editor from the declarations in %s to the sources', (folder) => {
    const maps = packed().files.filter((file) => file.startsWith(`${folder}/`) && file.endsWith('.d.ts.map'))
    expect(maps).toContain(`${folder}/control/control.d.ts.map`)
    for (const map of maps) {
      const { sources }: { sources: string[] } = JSON.parse(readFileSync(join(packed().home, map), 'utf8'))
      for (const source of sources) expect(packed().files).toContain(join(dirname(map), source))
    }
  })

  it('holds the binary that was built', () => {
    const [packedBytes, builtBytes] = [packed().home, root].map((place) =>
      readFileSync(join(place, 'prebuilds', targetHere(), 'sockctl.node')),
    )
    expect(packedBytes).toEqual(builtBytes)
  })

  it('loads with import and require though no script ran', async () => {
    const uses = "control(0).fd === 0 && typeof interfaces()[0].name === 'string'"
    const asModule = `import { control, interfaces } from 'sockctl'; console.log(${uses})`
    const asCommon = `const { control, interfaces } = require('sockctl'); console.log(${uses})`
    const cwd = packed().folder
    expect((await run(process.execPath, ['--input-type=module', '-e', asModule], { cwd })).stdout).toBe('true\n')
    expect((await run(process.execPath, ['-e', asCommon], { cwd })).stdout).toBe('true\n')
  })

  it.each(['import', 'require'])('leads a stack trace to the sources, by %s', async (how) => {
    const loaded = how === 'import' ? "await import('sockctl')" : "require('sockctl')"
    const code = `(async () => { try { (${loaded}).describeGroup('1.2.3.4') } catch (error) { console.log(error.stack) } })()`
    const { stdout } = await run(process.execPath, ['--enable-source-maps', '-e', code], { cwd: packed().folder })
    expect(stdout).toMatch(/at .*describeGroup \(.*node_modules\/sockctl\/lib\/net\/group\.ts:\d+/)
  })

  it('brings the command line', async () => {
    const { stdout } = await run(process.execPath, [join(packed().home, 'dist/cli/main.js'), '--help'])
    expect(stdout).toContain('demo')
  })
})

describeInNamespace('the programs that its pages print, saved as a file beside it', () => {
  const programs = ['README.md', 'docs/recipes.md'].flatMap((page) =>
    programsOf(page)
      .map(([snippet]) => ({ title: `${page}:${snippet?.line}`, snippet }))
      .filter(({ snippet }) => snippet?.prints !== undefined),
  )

  it('are there, and each is one snippet', () => {
    expect(programs[0]?.snippet?.code).toContain('IP_MULTICAST_ALL')
    expect(programs.map(({ title }) => title.split(':')[0])).toEqual(['README.md', 'README.md', 'docs/recipes.md'])
    expect(['README.md', 'docs/recipes.md'].flatMap(programsOf).filter((program) => program.length > 1)).toEqual([])
  })

  it.each(programs)('print what the page says: $title', async ({ snippet }) => {
    const path = join(packed().folder, 'program.mjs')
    writeFileSync(path, snippet?.code ?? '')
    expect(await run(process.execPath, [path])).toEqual({ stdout: snippet?.prints, stderr: '' })
  })
})

it('has no script that npm would run before or after another without being asked', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const hooks = Object.keys(scripts).filter(
    (name) => /^(pre|post)/.test(name) && scripts[name.replace(/^(pre|post)/, '')],
  )
  expect(hooks).toEqual([])
})
