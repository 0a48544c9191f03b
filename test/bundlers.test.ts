// A program that uses sockctl works bundled by each bundler, traced by nft and as a single executable, or says what to do.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { targetHere } from '../lib/binding/target.mjs'
import { findTools } from '../scripts/tools.mjs'
import { type Bundler, bundlers, makeExecutable } from './support/bundlers.ts'
import { describeUnless } from './support/namespace.ts'
import { installPacked } from './support/packed.ts'
import { root } from './support/pages.ts'

const tools = findTools('bundlers')
const packed = installPacked()

const PROGRAM = `
  import dgram from 'node:dgram'
  import { control, interfaces } from 'sockctl'
  import { IP_MULTICAST_TTL } from 'sockctl/options'
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1', () => {
    console.log(interfaces().some(({ name }) => name.startsWith('lo')), control(socket).getSync(IP_MULTICAST_TTL))
    socket.close()
  })`
const PRINTS = 'true 1\n'

/** Links packages into the node_modules of the user's folder. */
function link(modules: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(packed().folder, 'node_modules', name)
    rmSync(path, { force: true })
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(join(modules, 'node_modules', name), path)
  }
}

const commandOf = (file: string): [program: string, args: string[]] =>
  /\.[cm]js$/.test(file) ? [process.execPath, [file]] : [file, []]
const printsOf = (file: string): string => execFileSync(...commandOf(file), { encoding: 'utf8' })

/** Moves the package and what was bundled elsewhere, and back when the test ends. */
function moveAway(out: string): { elsewhere: string; installed: string } {
  const { folder, home } = packed()
  const elsewhere = mkdtempSync(join(tmpdir(), 'sockctl-elsewhere-'))
  const installed = join(elsewhere, 'node_modules/sockctl')
  mkdirSync(dirname(installed))
  cpSync(join(folder, out), join(elsewhere, out), { recursive: true })
  renameSync(home, installed)
  onTestFinished(() => {
    renameSync(installed, home)
    rmSync(elsewhere, { recursive: true })
  })
  return { elsewhere, installed }
}

/** What was bundled whole, with the package's own code in it, finds the binary of the package, or says what to do. */
function expectWhole(out: string, file: string): void {
  expect(printsOf(join(packed().folder, file))).toBe(PRINTS)
  const { elsewhere, installed } = moveAway(out)
  expect(printsOf(join(elsewhere, file))).toBe(PRINTS)
  const aside = join(elsewhere, 'aside')
  renameSync(installed, aside)
  const { status, stderr } = spawnSync(...commandOf(join(elsewhere, file)), { encoding: 'utf8' })
  renameSync(aside, installed)
  expect(status).toBe(1)
  expect(stderr).toMatch(/no binary of sockctl for \w+ \w+.* beside .*mark sockctl as external/)
}

beforeAll(() => {
  writeFileSync(join(packed().folder, 'program.mjs'), PROGRAM)
})

function describeBundler({ name, packages, installed, bundle }: Bundler, at: number): void {
  const modules = installed ? root : tools.home
  describeUnless(installed ? undefined : tools.missing, `bundled by ${name}`, () => {
    beforeAll(() => link(modules, packages))

    it('with sockctl external', { timeout: 120_000 }, () => {
      expect(printsOf(join(packed().folder, bundle(packed().folder, `external-${at}`, true)))).toBe(PRINTS)
    })

    it('whole, beside a node_modules that has sockctl or not', { timeout: 120_000 }, () => {
      const out = `whole-${at}`
      expectWhole(out, bundle(packed().folder, out, false))
    })
  })
}
for (const [at, bundler] of bundlers.entries()) describeBundler(bundler, at)

describeUnless(tools.missing, 'as a single executable', () => {
  beforeAll(() => link(tools.home, ['.bin', 'esbuild', 'postject']))

  it('works where sockctl is in a node_modules above, or says so', { timeout: 300_000 }, () => {
    mkdirSync(join(packed().folder, 'executable'))
    expectWhole('executable', makeExecutable(packed().folder, 'executable'))
  })
})

describeUnless(tools.missing, 'traced by @vercel/nft', () => {
  beforeAll(() => link(tools.home, ['@vercel/nft']))

  it.each([
    { how: 'import', file: 'program.mjs', text: PROGRAM },
    { how: 'require', file: 'program.cjs', text: "require('sockctl')" },
  ])('the files of a program with $how are enough, the binary included', { timeout: 120_000 }, ({ file, text }) => {
    const { folder } = packed()
    writeFileSync(join(folder, file), text)
    const trace = `require('@vercel/nft').nodeFileTrace(['${file}']).then(({ fileList }) => console.log(JSON.stringify([...fileList])))`
    const files: string[] = JSON.parse(
      execFileSync(process.execPath, ['--eval', trace], { cwd: folder, encoding: 'utf8' }),
    )
    expect(files).toContain(`node_modules/sockctl/prebuilds/${targetHere()}/sockctl.node`)
    for (const traced of files) cpSync(join(folder, traced), join(folder, 'traced', traced))
    expect(printsOf(join(folder, 'traced', file))).toBe(file === 'program.mjs' ? PRINTS : '')
  })
})

describe('what is not used of sockctl/options', () => {
  const MOST = [
    { name: 'SO_KEEPALIVE', bytes: 6000 },
    { name: 'TCP_INFO', bytes: 10_000 },
  ]
  describeUnless(tools.missing, 'is left out by esbuild', () => {
    it.each(MOST)('so that $name alone takes at most $bytes bytes', ({ name, bytes }) => {
      link(tools.home, ['.bin', 'esbuild'])
      const { folder } = packed()
      writeFileSync(join(folder, 'one.mjs'), `import { ${name} } from 'sockctl/options'\nconsole.log(${name}.name)`)
      const flags = ['one.mjs', '--bundle', '--minify', '--platform=node', '--format=esm', '--outfile=one.out.mjs']
      execFileSync('node_modules/.bin/esbuild', flags, { cwd: folder, stdio: 'pipe' })
      expect(printsOf(join(folder, 'one.out.mjs'))).toBe(`${name}\n`)
      expect(statSync(join(folder, 'one.out.mjs')).size).toBeLessThanOrEqual(bytes)
    })
  })
})
