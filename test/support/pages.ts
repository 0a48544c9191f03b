// What the pages of the documentation hold: their snippets, links, headings and the files they name.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** All pages, of the root, of docs/ and of examples/. */
export const pages: readonly string[] = ['', 'docs/', 'examples/'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => folder + file),
)

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

/** A fenced block, and what the page says about it. */
export interface Snippet {
  readonly page: string
  /** The number of its first line in the page, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** The output that the page shows. */
  readonly prints: string | undefined
  /** The paragraph before it. */
  readonly before: string
}

const FENCED = /^```(\w*)\n(.*?)^```$/gms
const PRINTED = /^\s*It prints:\s*```\n(.*?)^```$/ms

export function snippetsOf(page: string): Snippet[] {
  const text = textOf(page)
  const snippets: Snippet[] = []
  for (const { 0: whole, 1: language = '', 2: code = '', index } of text.matchAll(FENCED)) {
    const before = text.slice(0, index).trimEnd()
    const after = PRINTED.exec(text.slice(index + whole.length))
    snippets.push({
      page,
      line: before.split('\n').length + 2,
      language,
      code,
      prints: after?.index === 0 ? after[1] : undefined,
      before: before.slice(before.lastIndexOf('\n\n') + 2),
    })
  }
  return snippets
}

/** True for the code of a file of examples/, which has a test of its own. */
const isExample = ({ before }: Snippet): boolean => before.startsWith('<!-- example: ')

/** The words right before a snippet that no test runs. */
export const isRun = (snippet: Snippet): boolean => !snippet.before.includes('not run') && !isExample(snippet)

/** JavaScript that runs as one program: a snippet that imports nothing continues the one before it on its page. */
export function programsOf(page: string): Snippet[][] {
  const programs: Snippet[][] = []
  for (const snippet of snippetsOf(page).filter((each) => each.language === 'js' && !isExample(each)))
    if (snippet.code.startsWith('import ') || programs.length === 0) programs.push([snippet])
    else programs.at(-1)?.push(snippet)
  return programs.filter(([first]) => first !== undefined && isRun(first))
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** True if an output matches a page's: `...` in the page stands for any text, on a line of its own for any lines. */
export function matchesPrinted(printed: string, said: string): boolean {
  const lines = said
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '...' ? '(?:.*\n)*?' : `${line.split('...').map(escaped).join('.*')}\n`))
  return new RegExp(`^${lines.join('')}$`).test(`${printed.trim()}\n`)
}

/** A page without its fenced blocks. */
export const proseOf = (page: string): string => textOf(page).replaceAll(FENCED, '')

/** The anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** Links of a page that lead nowhere. */
export function deadLinks(page: string): string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : relative(root, join(root, dirname(page), path))
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && !anchorsOf(target).includes(anchor)
  })
}

/** The names of our files and folders that a page has in backticks. */
export const filesNamedIn = (page: string): string[] =>
  [...proseOf(page).matchAll(/`((?:lib|native|test|scripts|docs|examples|bench)\/[\w./-]*)`/g)].map(
    ([, path = '']) => path,
  )

/** What a page says under a heading, up to the next one of its level or above. */
export function sectionOf(page: string, heading: string): string {
  const text = textOf(page)
  const found = new RegExp(`^(#+) ${escaped(heading)}$`, 'm').exec(text)
  if (found === null) throw new Error(`${page} has no heading '${heading}'`)
  const [line, marks = ''] = found
  const rest = text.slice(found.index + line.length)
  const next = new RegExp(`^#{1,${marks.length}} `, 'm').exec(rest)
  return rest.slice(0, next?.index)
}
