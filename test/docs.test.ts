// Every page of the documentation: its snippets run and print what it says, and its links and files are there.
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, startProgram } from './support/cli.ts'
import { ip } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import {
  deadLinks,
  filesNamedIn,
  isRun,
  matchesPrinted,
  pages,
  programsOf,
  root,
  type Snippet,
  snippetsOf,
  textOf,
} from './support/pages.ts'

const LANGUAGES = ['', 'js', 'ts', 'sh', 'c', 'diff']

const snippets = pages.flatMap(snippetsOf)
const titleOf = ({ page, line }: Snippet): string => `${page}:${line}`
const inLanguage = (language: string) =>
  snippets
    .filter((snippet) => snippet.language === language && isRun(snippet))
    .map((snippet) => ({ title: titleOf(snippet), snippet }))

/** TypeScript is only checked, since Node 20 can't run it. */
const onlyChecked = snippets.filter(({ language }) => language === 'ts')

/** Snippets of the shell that run at once: a page has one of them "in one terminal", and the next in another. */
const terminals = snippets
  .filter((snippet) => snippet.language === 'sh' && isRun(snippet))
  .reduce<Snippet[][]>((groups, snippet) => {
    const waiting = groups.at(-1)
    if (waiting?.at(-1)?.before.toLowerCase().includes('in one terminal')) waiting.push(snippet)
    else groups.push([snippet])
    return groups
  }, [])
  .map((group) => ({ title: titleOf(group[0] as Snippet), snippets: group }))

// Not in `build`, which node-gyp empties, beside the tests in CI.
const scratch = join(root, 'build-docs')
const commands = join(scratch, 'bin')

/** What an ordinary user lacks. */
const ORDINARY = ['setpriv', '--bounding-set=-all', '--inh-caps=-all']
const prefixOf = ({ before }: Snippet): string[] => (before.includes('As an ordinary user') ? ORDINARY : [])

/** Runs a program to its end, without colours; with all it started it is ended if that takes too long. */
const run = (command: readonly string[], input = ''): Promise<Ended> => {
  const PATH = `${commands}${delimiter}${process.env.PATH}`
  return startProgram(['timeout', '15', ...command], { input, env: { PATH, NO_COLOR: '1' } }).ended
}

function expectPrinted(printed: string, { prints }: Snippet): void {
  if (prints !== undefined && !matchesPrinted(printed, prints)) expect(printed.trim()).toBe(prints.trim())
}

beforeAll(() => {
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(commands, { recursive: true })
  const main = join(root, 'dist', 'cli', 'main.js')
  const programs = {
    sockctl: `exec '${process.execPath}' '${main}' "$@"`,
    sudo: 'exec "$@"',
    npx: '[ "$1" = sockctl ] && exec "$@"',
  }
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(commands, name), `#!/bin/sh\n${line}\n`)
    chmodSync(join(commands, name), 0o755)
  }
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe('the pages', () => {
  it('have a README of at most 14 KB', () => expect(Buffer.byteLength(textOf('README.md'))).toBeLessThanOrEqual(14_336))

  it('link to what is there', () => {
    for (const page of pages) expect({ page, dead: deadLinks(page) }).toEqual({ page, dead: [] })
  })

  it('name files that are there', () => {
    const missing = pages.flatMap((page) =>
      filesNamedIn(page).flatMap((path) => (existsSync(join(root, path)) ? [] : [`${page}: ${path}`])),
    )
    expect(missing).toEqual([])
  })

  it('say which language each snippet is in', () => {
    expect(snippets.filter(({ language }) => !LANGUAGES.includes(language)).map(titleOf)).toEqual([])
  })

  it('say of TypeScript that it is not run', () => {
    expect(onlyChecked.filter(isRun).map(titleOf)).toEqual([])
  })
})

describe('the types of their programs', () => {
  it('are right', async () => {
    const programs = [...pages.flatMap(programsOf), ...onlyChecked.map((snippet) => [snippet])]
    const folder = join(scratch, 'types')
    mkdirSync(folder)
    for (const [index, program] of programs.entries()) {
      const title = program.map(titleOf).join(', ')
      writeFileSync(
        join(folder, `${index}.ts`),
        `// ${title}\n${program.map(({ code }) => code).join('\n')}\nexport {}\n`,
      )
    }
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions: { rootDir: root },
      include: ['*.ts'],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const { stdout } = await run([process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
    // JavaScript can't give the type of a parameter.
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('TS7006'))).toEqual([])
  }, 60_000)
})

describeInNamespace('their snippets', () => {
  // The pages speak of eth0, with the addresses that RFC 5737 and RFC 3849 set aside for documentation.
  beforeAll(async () => {
    await ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'wire0')
    await ip('address', 'add', '192.0.2.1/24', 'dev', 'eth0')
    await ip('address', 'add', '2001:db8::1/64', 'dev', 'eth0', 'nodad')
    for (const name of ['wire0', 'eth0']) await ip('link', 'set', name, 'up')
  })
  afterAll(() => ip('link', 'delete', 'eth0'))

  const programs = pages.flatMap(programsOf).map((program) => ({ title: titleOf(program[0] as Snippet), program }))
  it.each(programs)('in JavaScript run: $title', async ({ program }) => {
    const SEPARATOR = '\u001e'
    const code = program.map((snippet) => snippet.code).join(`\nconsole.log('${SEPARATOR}')\n`)
    const [first] = program
    const node = [process.execPath, '--input-type=module', '-e', code]
    const { stdout, stderr, status } = await run([...(first === undefined ? [] : prefixOf(first)), ...node])
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    const printed = stdout.split(`${SEPARATOR}\n`)
    for (const [index, snippet] of program.entries()) expectPrinted(printed[index] ?? '', snippet)
  })

  it.each(terminals)('of the shell run: $title', async ({ snippets }) => {
    // It would replace what these tests run on.
    for (const { code } of snippets) expect(code).not.toMatch(/npm (ci|i|install|test)\b/)
    const shell = (snippet: Snippet) => run([...prefixOf(snippet), 'sh', '-e', '-c', snippet.code])
    const ran = await Promise.all(snippets.map(shell))
    for (const [index, snippet] of snippets.entries()) {
      const { status, stdout, stderr } = ran[index] as Ended
      if (snippet.prints === undefined) expect({ stderr, status }).toMatchObject({ status: 0 })
      expectPrinted(`${stdout}${stderr}`, snippet)
    }
  })

  it.each(inLanguage('c'))('in C compile and run: $title', async ({ snippet }) => {
    const program = join(scratch, `line-${snippet.line}`)
    const compiled = await run(['cc', '-Wall', '-Werror', '-x', 'c', '-', '-o', program], snippet.code)
    expect(compiled.stderr).toBe('')
    const { stdout, stderr, status } = await run([program])
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expectPrinted(stdout, snippet)
  })
})

it('what is made of the code is as the code says', async () => {
  const check = promisify(execFile)(process.execPath, ['scripts/docs.mjs', '--check'], { cwd: root })
  await expect(check).resolves.toMatchObject({ stderr: '' })
}, 60_000)
