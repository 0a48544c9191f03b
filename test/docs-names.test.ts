// The names in the pages of the documentation against the code: each stands for something that is there, and none is missing.
import { readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import * as options from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { kernelError } from '../lib/base/errors.ts'
import { COMMANDS } from '../lib/cli/commands.ts'
import { root, sectionOf, textOf } from './support/pages.ts'

const capitals = (text: string): string[] => [...text.matchAll(/`([A-Z][A-Z\d_]+)`/g)].map(([, name = '']) => name)

const sources = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))

describe('docs/options.md', () => {
  it('names options that the table has, in "Which option for what"', () => {
    const named = capitals(sectionOf('docs/options.md', 'Which option for what'))
    expect(named.length).toBeGreaterThan(100)
    expect(named.filter((name) => !Object.hasOwn(options, name))).toEqual([])
  })
})

describe('docs/errors.md', () => {
  const text = textOf('docs/errors.md')

  it('has a section for each reason', () => {
    const union = /export type Reason =((?:\s*\| '[\w-]+')+)/.exec(
      readFileSync(join(root, 'lib/base/errors.ts'), 'utf8'),
    )
    const reasons = [...(union?.[1] ?? '').matchAll(/'([\w-]+)'/g)].map(([, reason = '']) => reason)
    expect(reasons).toContain('already-member')
    const headings = [...text.matchAll(/^## ([a-z]+(?:-[a-z]+)*)$/gm)].map(([, heading]) => heading)
    expect(headings.toSorted()).toEqual(reasons.toSorted())
  })

  it('has each code of our own, with its reason', () => {
    const listed = [...text.matchAll(/^\| `(ERR_\w+)` \|/gm)].map(([, code]) => code)
    const used = new Set(sources('lib').flatMap((source) => source.match(/\bERR_[A-Z_]+\b/g) ?? []))
    expect(listed.toSorted()).toEqual([...used].toSorted())
  })

  it("says what the kernel's codes mean", () => {
    const rows = [...sectionOf('docs/errors.md', 'Codes').matchAll(/^\| ((?:`E[\dA-Z]+`(?:, )?)+) \| `([\w-]+)` \|$/gm)]
    const said = new Map(rows.flatMap(([, codes = '', reason]) => capitals(codes).map((code) => [code, reason])))
    expect(said.size).toBeGreaterThan(10)
    const meant = Object.values(constants.errno).map((errno) => kernelError({ asked: 'something', errno }))
    expect([...said.keys()].filter((code) => !meant.some((error) => error.code === code))).toEqual([])
    for (const { code, reason } of meant) expect([code, said.get(code) ?? 'system']).toEqual([code, reason])
  })
})

describe('the tables of commands', () => {
  const known = Object.keys(COMMANDS).toSorted()

  it('in the README has every command, and no other', () => {
    const rows = [...sectionOf('README.md', 'The command line').matchAll(/^\| ((?:`[a-z]+`(?:, )?)+) \|/gm)]
    expect(rows.flatMap(([, names = '']) => names.match(/[a-z]+/g) ?? []).toSorted()).toEqual(known)
  })

  it('in docs/command-line.md has every command, each with its section and help', () => {
    const rows = [...textOf('docs/command-line.md').matchAll(/^\| ((?:\[[a-z]+\]\(#[a-z]+\)(?:, )?)+) \|/gm)]
    expect(
      rows.flatMap(([, names = '']) => [...names.matchAll(/\[([a-z]+)\]/g)].map(([, name]) => name)).toSorted(),
    ).toEqual(known)
    for (const name of known) expect(sectionOf('docs/command-line.md', name)).toContain(`Usage: sockctl ${name} `)
  })
})
