// The names in the pages of the documentation against the code: each stands for something that is there, and none is missing.
import { Socket } from 'node:dgram'
import { readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { control, openSocket } from 'sockctl'
import * as options from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { kernelError } from '../lib/base/errors.ts'
import { COMMANDS } from '../lib/cli/commands.ts'
import { importsOfLib, includesOfNative } from './support/imports.ts'
import { describeInNamespace } from './support/namespace.ts'
import { root, sectionOf, snippetsOf, textOf } from './support/pages.ts'

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

describe('the tables of fields', () => {
  it.each([
    ['docs/receiving.md', 'Options', 'ReceiverOptions'],
    ['docs/receiving.md', 'A datagram', 'Datagram'],
    ['docs/receiving.md', 'Counts', 'ReceiverStats'],
    ['docs/receiving.md', 'Events', 'ReceiverEvents'],
    ['docs/answering.md', 'Options of toMessageSocket', 'MessageSocketOptions'],
    ['docs/multicast.md', 'A membership', 'Membership'],
    ['docs/sending.md', 'Options', 'SenderOptions'],
    ['docs/sending.md', 'For one call, or one datagram', 'SendChoice'],
    ['docs/sending.md', 'Many at once', 'SenderStats'],
    ['docs/sending.md', 'Errors that come back', 'ReturnedError'],
    ['docs/sending.md', 'When each datagram left', 'TransmitTimestamp'],
  ])('in %s under "%s" has each of %s', (page, heading, type) => {
    const rows = [...sectionOf(page, heading).matchAll(/^\| (`.*?`) \|.*$(?!\n\|---)/gm)]
    const listed = rows.flatMap(([, names = '']) =>
      [...names.matchAll(/`([\w-]+)(?:\(.*?\))?`/g)].map(([, name]) => name),
    )
    expect(listed.toSorted()).toEqual(fieldsOf(type).toSorted())
  })
})

/** The names that an interface of our code declares, or extends. */
function fieldsOf(type: string): string[] {
  const declaration = new RegExp(`interface ${type}\\b[^]*?^}`, 'm')
  const body = sources('lib').flatMap((source) => declaration.exec(source) ?? [])[0] ?? ''
  const base = /^interface \w+(?:<[^{]*>)? extends (\w+)/.exec(body)?.[1]
  const names = [...body.matchAll(/^ {2}(?:readonly )?'?([\w-]+)'?(?:\?|\(.*\))?:/gm)].map(([, name = '']) => name)
  return [...(base === undefined ? [] : fieldsOf(base)), ...names]
}

it("docs/from-dgram.md has each of dgram's methods that get or set something", () => {
  const table = sectionOf('docs/from-dgram.md', 'On the same socket')
  const methods = Object.getOwnPropertyNames(Socket.prototype).filter((name) => /^(add|drop|set|get)[A-Z]/.test(name))
  expect(methods.length).toBeGreaterThan(10)
  expect(methods.filter((name) => !table.includes(`\`${name}(`))).toEqual([])
})

describeInNamespace('docs/from-c.md', () => {
  const RFC_3678 = [
    ...['MEMBERSHIP', 'SOURCE_MEMBERSHIP'].flatMap((name) => [`IP_ADD_${name}`, `IP_DROP_${name}`]),
    ...['IP', 'MCAST'].flatMap((prefix) => [`${prefix}_BLOCK_SOURCE`, `${prefix}_UNBLOCK_SOURCE`]),
    ...['GROUP', 'SOURCE_GROUP'].flatMap((name) => [`MCAST_JOIN_${name}`, `MCAST_LEAVE_${name}`]),
    ...['setipv4sourcefilter', 'getipv4sourcefilter', 'setsourcefilter', 'getsourcefilter'],
  ]
  const UNP = [
    ...['join', 'leave', 'block_source', 'unblock_source', 'join_source_group', 'leave_source_group'],
    ...['set_if', 'get_if', 'set_loop', 'get_loop', 'set_ttl', 'get_ttl'],
  ].map((name) => `mcast_${name}`)

  it.each([
    ['RFC 3678', RFC_3678],
    ["UNP's mcast_ functions", UNP],
  ])('has each call of %s, and the column of ours is a program that runs', async (heading, calls) => {
    const rows = [...sectionOf('docs/from-c.md', heading).matchAll(/^\| (`.*`) \| `(.*)` \|$/gm)]
    const named = rows.flatMap(([, theirs = '']) => [...theirs.matchAll(/`(\w+)/g)].map(([, name]) => name))
    expect(named.toSorted()).toEqual(calls.toSorted())

    const socket = await openSocket({ family: 'ipv4', type: 'dgram' })
    const program = rows.map(([, , ours = '']) => ours).join('\n')
    const run = new Function('c', 'group', 'source', `return (async () => {\n${program}\n})()`)
    await run(control(socket), '239.255.1.1', '127.0.0.1')
    await socket.close()
  })
})

describe('the rooms of docs/architecture.md', () => {
  it.each([
    ['lib', importsOfLib()],
    ['native', includesOfNative()],
  ])('are those of %s/, each above what imports it', (folder, imports) => {
    const table =
      new RegExp(`^\\| ${folder}/ \\| \\|\\n((?:\\|.*\\n)+)`, 'm').exec(textOf('docs/architecture.md'))?.[1] ?? ''
    const rooms = [...table.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, room = '']) => room)
    // addon.h and addon_linux.cc are of addon.cc.
    const roomOf = (file: string): string => (file.split('/')[1] ?? '').replace(/^addon.*/, 'addon.cc')
    expect(rooms.toSorted()).toEqual([...new Set([...imports.keys()].map(roomOf))].toSorted())
    const upwards = [...imports].flatMap(([file, all]) =>
      all
        .filter((one) => rooms.indexOf(roomOf(one)) > rooms.indexOf(roomOf(file)))
        .map((one) => `${file} imports ${one}`),
    )
    expect(upwards).toEqual([])
  })
})

it("CONTRIBUTING.md's diffs add lines that the files they name have", () => {
  const wrong: string[] = []
  for (const { code } of snippetsOf('CONTRIBUTING.md').filter(({ language }) => language === 'diff')) {
    let lines: string[] = []
    let path = ''
    for (const line of code.split('\n')) {
      const target = /^\+\+\+ b\/(.*)$/.exec(line)?.[1]
      if (target !== undefined) {
        path = target
        lines = readFileSync(join(root, path), 'utf8').split('\n')
      } else if (line.startsWith('+') && !lines.includes(line.slice(1))) wrong.push(`${path}: ${line}`)
    }
  }
  expect(wrong).toEqual([])
})
