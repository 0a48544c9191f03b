// Writes the parts of the pages that are made from the code: the table of options, the --help of each command, the examples
// that are recipes.
// node scripts/docs.mjs [--check | --json]: --check fails if a page is stale; --json writes dist/options/docs.json alone.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as table from '../dist/options/index.js'
import { leftOut } from '../dist/options/left-out.js'
import { leftOutLevels } from '../dist/options/left-out-levels.js'

const root = new URL('../', import.meta.url)

/** The text of each doc comment, by the name of the constant under it. */
function comments() {
  const texts = new Map()
  for (const file of readdirSync(new URL('lib/options/table/', root))) {
    const code = readFileSync(new URL(`lib/options/table/${file}`, root), 'utf8')
    for (const [, text, name] of code.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*export const (\w+) = option\(/gs))
      texts.set(
        name,
        text
          .replace(/\s*\n\s*\*\s?/g, ' ')
          .trim()
          .replace(/^`\w+`: /, ''),
      )
  }
  return texts
}

const access = ({ readable, writable }) => (readable && writable ? 'read-write' : readable ? 'read' : 'write')

function rows() {
  const texts = comments()
  return Object.values(table).map((option) => {
    const does = texts.get(option.name)
    if (does === undefined) throw new Error(`${option.name} has no doc comment`)
    const { name, level, expects, since, needs, systems } = option
    return { name, level, value: expects, access: access(option), since, needs, systems, does }
  })
}

/** Options that the kernel of the tests has not: their structs are compared with C's, and nothing sets or reads them. */
const isNotRun = ({ name, level, systems }) =>
  !systems.includes('linux') || /^SOL_(SCTP|TLS|CAN_\w+)$/.test(level) || name.startsWith('TCP_AO_')

const SYSTEMS = { linux: 'Linux', darwin: 'macOS' }
const cell = (text) => (text ?? '').replaceAll('|', '\\|').replaceAll('<', '&lt;')

function tableOf(list) {
  const lines = []
  for (const level of [...new Set(list.map(({ level }) => level))].toSorted()) {
    lines.push(
      `### ${level}`,
      '',
      '| Option | Value | Access | Since | Needs | Systems | |',
      '|---|---|---|---|---|---|---|',
    )
    for (const row of list.filter((row) => row.level === level)) {
      const { name, value, access, since, needs, systems, does } = row
      const where = `${systems.map((system) => SYSTEMS[system]).join(', ')}${isNotRun(row) ? ' (not run)' : ''}`
      lines.push(`| \`${name}\` | ${[value, access, since, needs, where, does].map(cell).join(' | ')} |`)
    }
    lines.push('')
  }
  return lines.join('\n').trim()
}

const levelsTable = () =>
  [
    '| Levels | For | Why not |',
    '|---|---|---|',
    ...leftOutLevels.map(
      ({ levels, what, why }) =>
        `| ${levels.map((level) => `\`${level}\``).join(', ')} | ${cell(what)} | ${cell(why)} |`,
    ),
  ].join('\n')

const leftOutTable = () =>
  [
    '| Option | Why not |',
    '|---|---|',
    ...Object.entries(leftOut).map(([name, why]) => `| \`${name}\` | ${cell(why)} |`),
  ].join('\n')

/** The options that each capability is for. */
function capabilities(list) {
  const needed = [...new Set(list.flatMap(({ needs }) => needs ?? []))].toSorted()
  const namesOf = (capability) => list.filter(({ needs }) => needs === capability).map(({ name }) => `\`${name}\``)
  const lines = needed.map((capability) => `| ${capability} | ${namesOf(capability).join(', ')} |`)
  return ['| Needs | Options |', '|---|---|', ...lines].join('\n')
}

const exampleOf = (name) => `\`\`\`js\n${readFileSync(new URL(`examples/${name}.mjs`, root), 'utf8')}\`\`\``

/** The --help of a command, as a terminal of 80 columns shows it. */
async function helpOf(words) {
  const main = fileURLToPath(new URL('dist/cli/main.js', root))
  const env = { ...process.env, COLUMNS: '80', NO_COLOR: '1' }
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words.split(' '), '--help'], { env })
  return `\`\`\`\n${stdout.trim()}\n\`\`\``
}

/** What the command ? of a script prints. */
async function scriptCommands() {
  const main = fileURLToPath(new URL('dist/cli/main.js', root))
  const running = promisify(execFile)(process.execPath, [main, 'script'], { env: { ...process.env, NO_COLOR: '1' } })
  running.child.stdin.end('?\n')
  return `\`\`\`\n${(await running).stdout.trimEnd()}\n\`\`\``
}

const EXAMPLE = /(<!-- example: ([\w-]+) -->\n).*?(\n<!-- \/example -->)/gs
const HELP = /(<!-- help: ([\w ]+) -->\n).*?(\n<!-- \/help -->)/gs

/** For each page, the function that writes anew what is between its marks, <!-- NAME --> and <!-- /NAME -->. */
const PAGES = {
  'docs/options.md': (text, list) =>
    between(
      between(
        between(text, 'options', () => tableOf(list)),
        'left out',
        leftOutTable,
      ),
      'levels left out',
      levelsTable,
    ),
  'docs/command-line.md': async (text) => {
    const helps = await Promise.all([...text.matchAll(HELP)].map(([, , words]) => helpOf(words)))
    const commands = await scriptCommands()
    const withHelps = text.replace(HELP, (_, start, _words, end) => `${start}\n${helps.shift()}\n${end}`)
    return between(withHelps, 'script commands', () => commands)
  },
  'docs/recipes.md': (text, list) =>
    between(text, 'capabilities', () => capabilities(list)).replace(
      EXAMPLE,
      (_, start, name, end) => `${start}${exampleOf(name)}${end}`,
    ),
}

function between(text, name, make) {
  const marks = new RegExp(`(<!-- ${name} -->\\n).*?(\\n<!-- /${name} -->)`, 's')
  if (!marks.test(text)) throw new Error(`there is no <!-- ${name} --> ... <!-- /${name} -->`)
  return text.replace(marks, (_, start, end) => `${start}\n${make()}\n${end}`)
}

const list = rows()
const [mode] = process.argv.slice(2)
if (mode !== '--check')
  writeFileSync(
    new URL('dist/options/docs.json', root),
    `${JSON.stringify({ options: list, leftOut, leftOutLevels })}\n`,
  )

if (mode !== '--json')
  for (const [page, make] of Object.entries(PAGES)) {
    const path = new URL(page, root)
    const text = readFileSync(path, 'utf8')
    const fresh = await make(text, list)
    if (mode !== '--check') writeFileSync(path, fresh)
    else if (fresh !== text) {
      console.error(`${page} is stale; write it with: npm run docs`)
      process.exitCode = 1
    }
  }
