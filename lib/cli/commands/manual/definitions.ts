// Every command as it defines itself, for what is made of the definitions: completions and manual pages.

import type { Argument, Command, Option } from 'commander'
import { BY_C_NAME } from '../../shell/argument-names.ts'
import type { CommandList } from '../../shell/command-entry.ts'
import { setUpCommander } from '../../shell/help.ts'
import { createProgram } from '../../shell/program.ts'

export interface DefinedOption {
  /** `-i`, `--interface`. */
  readonly names: readonly string[]
  /** `-i, --interface <name|index|address>` */
  readonly flags: string
  readonly takesValue: boolean
  readonly does: string
}

export interface DefinedCommand {
  /** `receive`, `options get`; '' for sockctl itself. */
  readonly path: string
  readonly does: string
  /** What comes after the name: `[options] <channel>`. */
  readonly usage: string
  readonly arguments: readonly { readonly name: string; readonly does: string }[]
  /** The words that an argument may be, if there are only some. */
  readonly choices: readonly string[]
  readonly takesOptionName: boolean
  readonly options: readonly DefinedOption[]
  /** What the help says after the options: remarks, then examples. */
  readonly remarks: string
  readonly below: readonly DefinedCommand[]
}

const optionOf = ({ short, long, flags, required, optional, description }: Option): DefinedOption => ({
  names: [short, long].filter((name) => name !== undefined),
  flags,
  takesValue: required || optional,
  does: description,
})

/** What a command's help says after what commander writes itself. */
function remarksOf(command: Command): string {
  let whole = ''
  command.configureOutput({
    writeOut: (text) => {
      whole += text
    },
  })
  command.outputHelp()
  return whole.slice(command.helpInformation().length).trim()
}

function define(command: Command, path: string): DefinedCommand {
  const help = command.createHelp()
  const list = command.registeredArguments as readonly Argument[]
  return {
    path,
    does: command.description(),
    usage: command.usage(),
    arguments: list.map((argument) => ({ name: argument.name(), does: argument.description })),
    choices: list.flatMap(({ argChoices }) => argChoices ?? []),
    takesOptionName: list.some(({ description }) => description === BY_C_NAME),
    options: help.visibleOptions(command).map(optionOf),
    remarks: remarksOf(command),
    below: command.commands.map((one) => define(one, `${path} ${one.name()}`.trim())),
  }
}

/** sockctl with all its commands. */
export async function definitions(list: CommandList): Promise<DefinedCommand> {
  const program = createProgram()
  for (const [name, { summary, load }] of Object.entries(list))
    (await load())(program.command(name).description(summary))
  setUpCommander(program)
  return define(program, '')
}

/** A command and all below it. */
export const flatten = (command: DefinedCommand): DefinedCommand[] => [command, ...command.below.flatMap(flatten)]
