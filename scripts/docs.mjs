// The option table of README.md and dist/options/docs.json, from the code and its doc comments.
// node scripts/docs.mjs [--check | --json]: --check fails where README.md is stale; --json writes docs.json alone.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as table from '../dist/options/index.js'
import { leftOut } from '../dist/options/left-out.js'

const root = new URL('../', import.meta.url)
const START = '<!-- options -->'
const END = '<!-- /options -->'

/** What each doc comment says, by the name of the constant under it. */
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

const SYSTEMS = { linux: 'Linux', darwin: 'macOS' }
const cell = (text) => (text ?? '').replaceAll('|', '\\|').replaceAll('<', '&lt;')

function markdown(list) {
  const lines = []
  for (const level of [...new Set(list.map(({ level }) => level))].toSorted()) {
    lines.push(
      `#### ${level}`,
      '',
      '| Option | Value | Access | Since | Needs | Systems | |',
      '|---|---|---|---|---|---|---|',
    )
    for (const { name, value, access, since, needs, systems, does } of list.filter((row) => row.level === level)) {
      const where = systems.map((system) => SYSTEMS[system]).join(', ')
      lines.push(`| \`${name}\` | ${[value, access, since, needs, where, does].map(cell).join(' | ')} |`)
    }
    lines.push('')
  }
  return lines.join('\n').trim()
}

const list = rows()
const [mode] = process.argv.slice(2)
if (mode !== '--check')
  writeFileSync(new URL('dist/options/docs.json', root), `${JSON.stringify({ options: list, leftOut })}\n`)

if (mode !== '--json') {
  const path = new URL('README.md', root)
  const readme = readFileSync(path, 'utf8')
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)]
  if (start < 0 || end < start) throw new Error(`README.md has no ${START} ... ${END}`)
  const fresh = `${readme.slice(0, start + START.length)}\n\n${markdown(list)}\n\n${readme.slice(end)}`
  if (mode !== '--check') writeFileSync(path, fresh)
  else if (fresh !== readme) {
    console.error('README.md: its table of options is stale; write it with: npm run docs')
    process.exit(1)
  }
}
