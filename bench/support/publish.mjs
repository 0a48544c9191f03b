// The results of benches as plots and as a page: docs/benchmarks/*.svg and the generated part of docs/benchmarks.md.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { machineText } from './machine.mjs'
import { svgOf } from './plot.mjs'
import { cellsOf, HEADINGS } from './table.mjs'

/** What lies between the marks is made anew. */
const GENERATED = /(<!-- results -->\n).*?(\n<!-- \/results -->)/s

/** Draws the plots of all results in a folder, and writes the page of the folder's name beside it. */
export function publish(folder) {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort()
  const sections = names.map((name) => sectionOf(folder, name, JSON.parse(readFileSync(join(folder, `${name}.json`)))))
  const page = `${folder}.md`
  const text = readFileSync(page, 'utf8')
  if (!GENERATED.test(text)) throw new Error(`${page} has no <!-- results --> ... <!-- /results -->`)
  writeFileSync(
    page,
    text.replace(GENERATED, (_, begin, end) => `${begin}${sections.join('\n\n')}${end}`),
  )
}

function sectionOf(folder, name, { title, machine, rows, plots }) {
  const images = plots.map((plot) => {
    const file = `${name}-${plot.name}.svg`
    writeFileSync(join(folder, file), `${svgOf(plot)}\n`)
    return `![${plot.title}](${basename(folder)}/${file})`
  })
  const lines = [HEADINGS, HEADINGS.map(() => '---'), ...rows.map(paddedCells)]
  const table = lines.map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n')
  return [`### ${title}`, `\`npm run bench -- ${name}\`; ${machineText(machine)}.`, table, ...images].join('\n\n')
}

const paddedCells = (result) => {
  const cells = cellsOf(result)
  return HEADINGS.map((_, i) => cells[i] ?? '')
}

const escaped = (cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')
