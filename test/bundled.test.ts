// A program that was bundled, sockctl's own code included, finds the binary of the package, or says what to do.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { expect, it, onTestFinished } from 'vitest'
import { targetHere } from '../lib/binding/target.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

async function bundled(format: 'cjs' | 'esm', define = {}): Promise<{ folder: string; file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const entry = join(folder, 'entry.mjs')
  writeFileSync(entry, `import { interfaces } from '${root}dist/index.js'\nconsole.log(interfaces().length > 0)\n`)
  const bundle = await rolldown({ input: entry, platform: 'node', logLevel: 'silent', transform: { define } })
  const file = join(folder, 'out', format === 'cjs' ? 'program.cjs' : 'program.mjs')
  await bundle.write({ file, format, codeSplitting: false } as never)
  return { folder, file }
}

it.each(['cjs', 'esm'] as const)('of format %s says that sockctl is to be external', async (format) => {
  const { file } = await bundled(format)
  const { status, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toMatch(/there is no binary of sockctl for \w+ \w+.* beside .*mark sockctl as external/)
})

/** Installs the package, with its binary alone, for programs in a folder. */
function install(folder: string): void {
  const installed = join(folder, 'node_modules', 'sockctl')
  const prebuilds = join(installed, 'prebuilds', targetHere())
  mkdirSync(prebuilds, { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  cpSync(join(root, 'prebuilds', targetHere(), 'sockctl.node'), join(prebuilds, 'sockctl.node'))
}

it.each(['cjs', 'esm'] as const)('of format %s runs where the package is installed', async (format) => {
  const { folder, file } = await bundled(format)
  install(folder)
  expect(existsSync(file)).toBe(true)
  expect(execFileSync(process.execPath, [file], { encoding: 'utf8', cwd: tmpdir() })).toBe('true\n')
})

it.each([
  ['cjs', 'it is itself', () => tmpdir()],
  ['esm', 'it is started', (folder: string) => folder],
] as const)('of format %s, without a URL of its own, finds the package from where %s', async (format, _, cwd) => {
  // Some bundlers leave import.meta.url undefined.
  const { folder, file } = await bundled(format, { 'import.meta.url': 'undefined' })
  install(folder)
  expect(execFileSync(process.execPath, [file], { encoding: 'utf8', cwd: cwd(folder) })).toBe('true\n')
})
