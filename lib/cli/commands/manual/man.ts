// `sockctl man`: prints the manual page, made of what the commands define.

import type { Command } from 'commander'
import type { CommandList } from '../../shell/command-entry.ts'
import { examples } from '../../shell/help.ts'
import { VERSION } from '../../shell/program.ts'
import { runs } from '../../shell/run.ts'
import { type DefinedCommand, definitions, flatten } from './definitions.ts'

export const manCommand =
  (list: CommandList) =>
  (command: Command): void => {
    examples(command, 'sockctl man > sockctl.1 && man ./sockctl.1')
    runs<[], object>(command, 'one object: page', async ({ out }) => {
      const page = manualPage(await definitions(list), VERSION)
      if (out.json) out.object({ page })
      else out.line(page.trimEnd())
    })
  }

/** Text as roff has it: no character of it is a command. */
function roff(text: string): string {
  const plain = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll('’', '\\(cq')
  return plain.replaceAll(/^\./gm, '\\&.')
}

const bold = (text: string): string => `\\fB${roff(text)}\\fR`

/** What a help says after its options: paragraphs, and examples as they are written. */
function remarksLines(remarks: string): string[] {
  const lines: string[] = []
  let literal = false
  for (const line of remarks.split('\n')) {
    const isLiteral = line.startsWith('  ')
    if (isLiteral !== literal) lines.push(isLiteral ? '.nf' : '.fi')
    literal = isLiteral
    if (line === '') lines.push('.PP')
    else if (/^Examples?:$/.test(line)) lines.push('.PP', bold(line.slice(0, -1)))
    else lines.push(roff(line))
  }
  if (literal) lines.push('.fi')
  return remarks === '' ? [] : ['.PP', ...lines]
}

function sectionOf({ path, does, usage, arguments: takes, options, remarks }: DefinedCommand): string[] {
  const entry = (head: string, text: string): string[] => ['.TP', bold(head), roff(text)]
  return [
    `.SS "sockctl ${roff(path)}"`,
    `${bold(`sockctl ${path}`)} ${roff(usage)}`,
    '.PP',
    `${roff(does.charAt(0).toUpperCase() + does.slice(1))}.`,
    ...takes.flatMap(({ name, does: text }) => entry(`<${name}>`, text)),
    ...options.flatMap(({ flags, does: text }) => entry(flags, text)),
    ...remarksLines(remarks),
  ]
}

export function manualPage(program: DefinedCommand, version: string): string {
  const commands = flatten(program).filter(({ path }) => path !== '')
  return `${[
    `.TH SOCKCTL 1 "" "sockctl ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'sockctl \\- socket options and multicast, from the shell',
    '.SH SYNOPSIS',
    `${bold('sockctl')} ${roff('COMMAND [OPTIONS] [ARGUMENTS]')}`,
    '.SH DESCRIPTION',
    roff(
      'Each command has --help, and --json for an object a line. The interface is given by -i: its name, its index or one of its addresses.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(sectionOf),
    '.SH EXIT STATUS',
    roff(
      '0 did what was asked, 1 could not, 2 bad usage. A command that waits for others could not if nothing came at all.',
    ),
  ].join('\n')}\n`
}
