import { expect, it } from 'vitest'
import { cut } from '../../lib/cli/shell/live.ts'
import { inAscii, usesUtf8 } from '../../lib/cli/shell/locale.ts'
import { paint } from '../../lib/cli/shell/paint.ts'
import { formatTable } from '../../lib/cli/shell/table.ts'
import { width } from '../../lib/cli/shell/width.ts'
import { runCli, sockctl } from '../support/cli.ts'
import { onHost, twoHosts } from '../support/hosts.ts'
import { describeUnless, namespaceMissing } from '../support/namespace.ts'
import { openTerminal } from '../support/terminal.ts'
import { toolsMissing } from '../support/tools.ts'

describeUnless(namespaceMissing ?? toolsMissing({ tmux: 'tmux' }), 'receive on a terminal', () => {
  it('draws one table over and over, fits it to the terminal, and ends with a summary', async () => {
    await using hosts = await twoHosts()
    const channels = ['239.1.2.3:5004', '239.1.2.4:5004', '10.77.0.12@232.1.2.3:5004']
    await using terminal = await openTerminal(sockctl('receive', ...channels, '-i', 'a0'), 100, 15)
    await terminal.until((screen) => screen.some((line) => line.startsWith('CHANNEL')))
    const sending = runCli(
      ['send', channels[0] as string, '--bind', '10.77.0.11', '--size', '100', '--rate', '200', '--duration', '3s'],
      { prefix: onHost(hosts, 'B') },
    )

    const screen = await terminal.until((lines) => lines.some((line) => /[▁▂▃▄▅▆▇█]{2}/.test(line)))
    expect(screen.filter((line) => line.startsWith('CHANNEL'))).toHaveLength(1)
    const rows = screen.slice(screen.findIndex((line) => line.startsWith('CHANNEL')))
    expect(rows[0]?.split(/\s+/)).toEqual(['CHANNEL', 'IF', 'SOURCE', 'RATE', 'BITS', 'LOST', 'DROPS', 'SEEN'])
    expect(rows.slice(1)).toEqual([
      expect.stringMatching(
        /^239\.1\.2\.3:5004 {2}a0 {2}10\.77\.0\.11 +\d+\/s +\d+ kbit\/s +0 +0 +now {2}[▁▂▃▄▅▆▇█ ]+$/,
      ),
      expect.stringMatching(/^232\.1\.2\.3:5004 {2}a0 {2}10\.77\.0\.12 +0\/s +0 bit\/s +- +0 +never$/),
      expect.stringMatching(/^239\.1\.2\.4:5004 {2}a0 {2}any +0\/s +0 bit\/s +- +0 +never$/),
      expect.stringMatching(/^1 of 3 flowing: \d+\/s, \d+ kbit\/s; 0 lost, 0 dropped$/),
    ])

    await terminal.resize(40, 4)
    const small = await terminal.until((lines) => lines.length <= 4 && lines.includes('... and 3 more'))
    expect(small.some((line) => line.startsWith('1 of 3 flowing: '))).toBe(true)
    await terminal.resize(28, 15)
    const narrow = await terminal.until((lines) => lines.some((line) => /^CHANNEL +RATE +DROPS$/.test(line)))
    expect(narrow.some((line) => /^239\.1\.2\.3:5004 +[\d.]+\/s +0$/.test(line))).toBe(true)
    await terminal.resize(67, 15)
    await sending
    await terminal.type('C-c')
    const end = await terminal.until((lines) => lines.includes('ended with 0'))
    const summary = end.slice(end.findLastIndex((line) => line.startsWith('CHANNEL')))
    // Whole columns are left out of the summary, too.
    expect(summary[0]?.split(/ +/)).toEqual(['CHANNEL', 'IF', 'SOURCE', 'DATAGRAMS', 'BYTES', 'RATE', 'DROPS'])
    expect(summary.join('')).toMatch(/\d+ datagrams, \d+00 bytes in \d+\.\d s from 1 source: 0 lost, 0 dropped/)
  })
})

describeUnless(namespaceMissing ?? toolsMissing({ tmux: 'tmux' }), 'receive on a terminal without UTF-8', () => {
  it('says in ASCII that nothing comes, and which command finds out why', async () => {
    const command = ['env', 'LC_ALL=C', ...sockctl('receive', '239.1.2.3:5004', '-i', 'lo')]
    await using terminal = await openTerminal(command, 100, 15)
    const screen = await terminal.until((lines) => lines.some((line) => line.startsWith('nothing for ')))
    expect(screen.at(-1)).toMatch(/^nothing for \d s; why: sockctl doctor 239\.1\.2\.3:5004 -i lo$/)
    await terminal.type('C-c')
    await terminal.until((lines) => lines.includes('ended with 1'))
  })
})

it.each([
  [{ LC_ALL: 'C', LANG: 'en_GB.UTF-8' }, false],
  [{ LC_ALL: '', LC_CTYPE: 'de_DE.utf8', LANG: 'C' }, true],
  [{ LANG: 'POSIX' }, false],
  [{}, true],
])('%j: UTF-8 %s', (environment, expected) => {
  expect(usesUtf8(environment)).toBe(expected)
})

it('what is not ASCII has a sign like it, or its number', () => {
  expect(inAscii('a → b… ▁█ 3 µs é')).toBe('a -> b... _# 3 us \\u{e9}')
})

it('a table leaves out whole columns from the right, the lasting ones last and the first never', () => {
  const columns = ['A', 'B', 'C', 'D'].map((head) => ({ head, cell: () => 'xxx', lasting: head === 'B' }))
  const heads = (room: number) => formatTable([{}], columns, paint({}), room)[0]?.split(/ +/).join('')
  expect([18, 17, 13, 8, 3, 1].map(heads)).toEqual(['ABCD', 'ABC', 'ABC', 'AB', 'A', 'A'])
})

it.each([
  ['abc', 3],
  ['日本', 4],
  ['a日', 3],
  ['e\u0301', 1],
  ['\u001b[31mab\u001b[39m', 2],
  ['', 0],
])('%j takes %i columns', (text, columns) => {
  expect(width(text)).toBe(columns)
})

it('a line is cut to its width, whatever colours are in it', () => {
  const red = (text: string): string => `\u001b[31m${text}\u001b[39m`
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('abc')
  expect(cut('日本語', 5)).toBe('日本')
  expect(cut('e\u0301te\u0301', 3)).toBe('e\u0301te\u0301')
  expect(cut(`a${red('bcd')}e`, 5)).toBe(`a${red('bcd')}e`)
  expect(cut(`a${red('bcd')}e`, 3)).toBe(`a${red('bc')}`)
  expect(cut(`a${red('b')}cd`, 3)).toBe(`a${red('b')}c`)
})
