// Completions and the manual page have every command and every option, as the commands define them.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as table from 'sockctl/options'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../lib/cli/commands.ts'
import { runCli } from '../support/cli.ts'
import { describeUnless } from '../support/namespace.ts'
import { toolsMissing } from '../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'sockctl-completion-'))
afterAll(() => rmSync(folder, { recursive: true }))

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0

const listed = new Map<string, Promise<string[]>>()

/** The options that a command's --help lists. */
const optionsOf = (...words: string[]): Promise<string[]> => {
  const known = listed.get(words.join(' ')) ?? readOptions(words)
  listed.set(words.join(' '), known)
  return known
}
const readOptions = async (words: readonly string[]): Promise<string[]> => {
  const { stdout } = await runCli([...words, '--help'])
  const list = stdout.slice(stdout.indexOf('\nOptions:\n')).split('\n\n', 1)[0] ?? ''
  return [...list.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name = '']) => name)
}
const COMMAND_WORDS = [
  ...Object.keys(COMMANDS).map((name) => [name]),
  ['options', 'get'],
  ['options', 'set'],
  ['sap', 'announce'],
]

const files: Record<string, string> = {}
beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, status } = await runCli(['completion', shell])
    expect(status).toBe(0)
    // Zsh finds a command's completions by this name.
    const path = join(folder, shell === 'zsh' ? '_sockctl' : `sockctl.${shell}`)
    writeFileSync(path, stdout)
    files[shell] = path
  }
})

/** What bash completes the last of the words to. */
function bash(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const code = `source '${files.bash}'; COMP_WORDS=(sockctl ${quoted}); COMP_CWORD=${words.length}; _sockctl; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', code], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('\n').filter(Boolean)
}

describe.skipIf(!has('bash', '--version'))('completion for bash', () => {
  it('has every command', () => {
    expect(
      bash('')
        .filter((word) => !word.startsWith('-'))
        .toSorted(),
    ).toEqual(Object.keys(COMMANDS).toSorted())
    expect(bash('rec')).toEqual(['receive'])
    expect(bash('options', 'g')).toEqual(['get'])
  })
  it.each(COMMAND_WORDS)('has every option of %s %s', async (...words) => {
    const given = words.filter(Boolean)
    const wanted = await optionsOf(...given)
    expect(wanted).toContain('--help')
    expect(bash(...given, '--')).toEqual(expect.arrayContaining(wanted))
  })
  it('has socket options by the table, interfaces after -i, and files after options that take a value', () => {
    const names = Object.values(table).map(({ name }) => name)
    expect(bash('options', 'get', 'SO_R').toSorted()).toEqual(
      names.filter((name) => name.startsWith('SO_R')).toSorted(),
    )
    expect(bash('options', 'explain', 'IP_ADD_M')).toEqual(['IP_ADD_MEMBERSHIP'])
    expect(bash('receive', '-i', '')).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())))
    expect(bash('receive', '239.1.1.1:5000', '--output', '')).toEqual([])
    // Bash splits a word at "=".
    expect(bash('receive', '--interface', '=', 'l')).toContain('lo')
    expect(bash('receive', '--interface', '=')).toContain('lo')
    expect(bash('completion', 'f')).toEqual(['fish'])
  })
})

/** What a line of a user at the prompt is completed to, by the shell itself. */
type Complete = (line: string) => string[]

const fish: Complete = (line) => {
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', `source '${files.fish}'; complete -C '${line}'`], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((one) => one.split('\t', 1)[0] ?? '')
}

const zsh: Complete = (line) => {
  const script = fileURLToPath(new URL('../support/completions.zsh', import.meta.url))
  const { stdout, stderr, status } = spawnSync('zsh', ['-f', script, folder, line], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout.split(/\r?\n/).filter(Boolean)
}

describe.each([
  { shell: 'fish', complete: fish },
  { shell: 'zsh', complete: zsh },
])('completion for $shell, by the shell itself', ({ shell, complete }) => {
  describeUnless(toolsMissing({ [shell]: shell }), 'at a prompt', () => {
    const names = Object.values(table).map(({ name }) => name)
    it.each<[string, () => string[]]>([
      ['sockctl ', () => Object.keys(COMMANDS)],
      ['sockctl rec', () => ['receive']],
      ['sockctl help rec', () => ['receive']],
      ['sockctl options ge', () => ['get']],
      ['sockctl options get SO_R', () => names.filter((name) => name.startsWith('SO_R'))],
      ['sockctl options get --tcp4 SO_RCVBUFF', () => ['SO_RCVBUFFORCE']],
      ['sockctl receive -i ', () => Object.keys(networkInterfaces())],
      ['sockctl completion z', () => ['zsh']],
      ['sockctl receive 239.1.1.1:5000 -o sockctl.ba', () => ['sockctl.bash']],
      ['sockctl --vers', () => ['--version']],
    ])('%s', (line, expected) => {
      const found = complete(line)
      // Interfaces without an address are offered too; `help` is commander's.
      expect(found.filter((one) => one !== 'help')).toEqual(expect.arrayContaining(expected()))
      if (!line.endsWith(' ')) expect(found.toSorted()).toEqual(expected().toSorted())
    })
    // The scripts have an arm for each command; these show that the shell finds the right one.
    it.each([['receive'], ['options', 'get'], ['sap', 'announce']])('has every option of %s %s', async (...words) => {
      const given = words.filter(Boolean)
      expect(complete(`sockctl ${given.join(' ')} --`)).toEqual(expect.arrayContaining(await optionsOf(...given)))
    })
    it('has interfaces after --interface=', () => {
      const found = complete('sockctl receive --interface=').map((one) => one.replace('--interface=', ''))
      expect(found).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())))
    })
  })
})

describeUnless(toolsMissing({ zsh: 'zsh' }), 'completion for zsh', () => {
  it('may be sourced too', () => {
    const code = `autoload -U compinit; compinit -u -D; source '${files.zsh}'; (( $+functions[_sockctl] )) && echo $_comps[sockctl]`
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', code], { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: '_sockctl\n', stderr: '' })
  })
})

describe('completions for zsh and fish', () => {
  it.each(COMMAND_WORDS)('have every option of %s %s', async (...words) => {
    const given = words.filter(Boolean)
    const at = ` ${given.join(' ')}`
    const [zsh, fish] = ['zsh', 'fish'].map((shell) => readFileSync(files[shell] ?? '', 'utf8'))
    const arm = (zsh ?? '').split(`\n    '${at}')\n`)[1]?.split('\n      ;;')[0] ?? ''
    const lines = (fish ?? '').split('\n').filter((line) => line.includes(`__sockctl_at \\'${at}\\'`))
    for (const option of await optionsOf(...given)) {
      expect(arm).toContain(`'${option}:`)
      expect(lines.some((line) => line.includes(` -l ${option.slice(2)} `))).toBe(true)
    }
  })
})

it('an unknown shell is refused in one line', async () => {
  const { status, stderr } = await runCli(['completion', 'tcsh'])
  expect(status).toBe(2)
  expect(stderr).toMatch(/^sockctl completion: [^\n]*bash, zsh, fish[^\n]*\n$/)
})

describe('the manual page', () => {
  const MANUAL = /\\f[BR]|\\&/g
  it('has every command with every option', async () => {
    const { stdout } = await runCli(['man'])
    const plain = stdout.replaceAll(MANUAL, '').replaceAll('\\-', '-')
    for (const words of COMMAND_WORDS) {
      const section = plain.split(`\n.SS "sockctl ${words.join(' ')}"\n`)[1]?.split('\n.SS ')[0] ?? ''
      for (const option of await optionsOf(...words))
        expect(section).toMatch(new RegExp(`^(?:-\\w, )?${option}\\b`, 'm'))
    }
  })
  it.skipIf(!has('groff', '--version'))('is set without a warning, and reads as it was written', async () => {
    const { stdout: page } = await runCli(['man'])
    const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-c'], { input: page, encoding: 'utf8' })
    expect(stderr).toBe('')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: groff prints bold letters twice, with a backspace between.
    const text = stdout.replaceAll(/.\x08/g, '').replaceAll(/\s+/g, ' ')
    expect(text).toContain('sockctl - socket options and multicast, from the shell')
    expect(text).toContain('--duration <time> end after this long: 500ms, 5s, 2m')
    expect(text).toContain('sudo sockctl doctor 239.1.1.1:5000 -i eth0')
  })
})
