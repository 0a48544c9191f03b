// Where no binary of the addon loads: importing works, and every call says why and what to do.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { libcOf, targetHere } from '../lib/binding/target.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = targetHere()
const home = mkdtempSync(join(tmpdir(), 'sockctl-no-binary-'))
const installed = join(home, 'node_modules/sockctl')
const binary = join(installed, 'prebuilds', target, 'sockctl.node')

beforeAll(() => {
  for (const part of ['dist', 'lib', 'native', 'package.json'])
    cpSync(join(root, part), join(installed, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

interface Told {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Told =>
  spawnSync(process.execPath, args, { cwd: home, encoding: 'utf8', env: { ...process.env, ...env } })
const cli = (args: readonly string[], env?: NodeJS.ProcessEnv): Told =>
  run([join(installed, 'dist/cli/main.js'), ...args], env)

const REFUSED = `
  const { control, interfaces, openReceiver, describeGroup } = sockctl
  const reasons = []
  const note = (error) => reasons.push([error.reason, error.message])
  try { interfaces() } catch (error) { note(error) }
  try { control(0).getSync(options.SO_KEEPALIVE) } catch (error) { note(error) }
  openReceiver({ channels: [{ group: '239.1.1.1' }] }).catch(note).then(() => {
    console.log(JSON.stringify({ reasons, supported: options.SO_KEEPALIVE.supported, kind: describeGroup('232.1.1.1').kind }))
  })`
const asModule = [
  '--input-type=module',
  '--eval',
  `import * as sockctl from 'sockctl'\nimport * as options from 'sockctl/options'\n${REFUSED}`,
]
const asCommonJs = [
  '--eval',
  `const sockctl = require('sockctl')\nconst options = require('sockctl/options')\n${REFUSED}`,
]

interface Refused {
  readonly reasons: [reason: string, message: string][]
  readonly supported: boolean
  readonly kind: string
}

describe.each([
  { how: 'import', args: asModule },
  { how: 'require', args: asCommonJs },
])('without a binary, by $how', ({ args }) => {
  it('loads, and answers every call with the system and the command that builds one', () => {
    rmSync(binary, { force: true })
    const { status, stdout, stderr } = run(args)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const told: Refused = JSON.parse(stdout)
    expect(told).toMatchObject({ supported: false, kind: 'source-specific' })
    expect(told.reasons.map(([reason]) => reason)).toEqual(['unsupported', 'unsupported', 'unsupported'])
    for (const [, message] of told.reasons) {
      expect(message).toContain(`${process.platform} ${process.arch}, ${libcOf(process.execPath)}`)
      expect(message).toContain('npx sockctl build')
    }
  })

  it('repeats the words of the loader if there is a binary that does not load', () => {
    mkdirSync(join(binary, '..'), { recursive: true })
    writeFileSync(binary, 'no ELF at all')
    const { stdout } = run(args)
    for (const [, message] of (JSON.parse(stdout) as Refused).reasons)
      expect(message).toMatch(/file too short|invalid ELF/)
  })
})

describe('sockctl build', () => {
  it('--check says what there is, and builds nothing', () => {
    rmSync(binary, { force: true })
    const { status, stdout } = cli(['build', '--check'])
    expect(stdout).toMatch(/^found {4}a C\+\+ compiler: .*/m)
    expect(stdout).toMatch(/^found {4}the headers of the system, \d+$/m)
    expect(stdout).toContain(`ready to build for ${target}`)
    expect(status).toBe(0)
    expect(existsSync(binary)).toBe(false)
  })

  it('says all that is missing at once, with the names of each system', () => {
    const { status, stdout } = cli(['build'], { CXX: 'no-such-compiler' })
    expect(status).toBe(1)
    expect(stdout).toMatch(/^missing {2}a C\+\+ compiler: no-such-compiler did not answer/m)
    for (const words of [
      'Debian: apt-get install g++',
      'Alpine: apk add g++ linux-headers',
      'Fedora: dnf install',
      'macOS: xcode-select',
    ])
      expect(stdout).toContain(words)
  })

  it('names the headers that the system lacks', () => {
    const { status, stdout } = cli(['build', '--check'], { CXX: 'c++ -nostdinc' })
    expect(status).toBe(1)
    expect(stdout).toMatch(/^missing {2}these headers of the system: .*sys\/socket\.h/m)
  })

  it('tells a program the same', () => {
    const { stdout } = cli(['build', '--check', '--json'], { CXX: 'no-such-compiler' })
    expect(JSON.parse(stdout)).toMatchObject({ target, missing: [expect.stringContaining('no-such-compiler')] })
  })

  it('builds without network and without an npm configuration, and then everything works', { timeout: 300_000 }, () => {
    const alone = ['unshare', '-rn', process.execPath, join(installed, 'dist/cli/main.js'), 'build']
    const [program = '', ...args] = alone
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: home,
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    expect(stderr).toBe('')
    expect(stdout).toBe(`built ${binary}\n`)
    expect(status).toBe(0)
    expect(cli(['interfaces', '--json']).stdout).toContain('"lo"')
  })
})
