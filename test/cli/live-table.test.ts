import { expect, it } from 'vitest'
import { cut } from '../../lib/cli/shell/live.ts'
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
      expect.stringMatching(/^232\.1\.2\.3:5004 {2}a0 {2}10\.77\.0\.12 +0\/s +0 bit\/s +- +0 +never$/),
      expect.stringMatching(
        /^239\.1\.2\.3:5004 {2}a0 {2}10\.77\.0\.11 +\d+\/s +\d+ kbit\/s +0 +0 +now {2}[▁▂▃▄▅▆▇█ ]+$/,
      ),
      expect.stringMatching(/^239\.1\.2\.4:5004 {2}a0 {2}any +0\/s +0 bit\/s +- +0 +never$/),
    ])

    await terminal.resize(40, 3)
    await terminal.until((lines) => lines.length <= 3 && lines.some((line) => line === '... and 3 more'))
    await terminal.resize(100, 15)
    await sending
    await terminal.type('C-c')
    const end = await terminal.until((lines) => lines.includes('ended with 0'))
    const summary = end.slice(end.findLastIndex((line) => line.startsWith('CHANNEL')))
    expect(summary[0]).toContain('DATAGRAMS')
    expect(summary.at(-2)).toMatch(/^\d+ datagrams, \d+00 bytes in \d+\.\d s from 1 source: 0 lost, 0 dropped/)
  })
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
