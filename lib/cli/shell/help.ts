import type { Command } from 'commander'
import { pathOf, printError } from './failure.ts'

/** Commander's complaints as our one line, and its exits as errors, for a command and all below it. */
export function setUpCommander(command: Command): void {
  command
    .configureOutput({
      outputError: (text) =>
        printError(
          command,
          `${text
            .replace(/^error: /, '')
            .replace(/^command-argument value '(.*)' is invalid for argument '([^']*)'\. (?=channel ')/s, '')
            .replace(
              /^command-argument value '(.*)' is invalid for argument '([^']*)'\./s,
              "argument $2 '$1' is invalid.",
            )
            .trim()
            .replace(/\.$/, '')}; see ${pathOf(command)} --help`,
        ),
    })
    .helpOption('-h, --help', 'this help')
    .exitOverride()
  for (const below of command.commands) setUpCommander(below)
}

/** The examples that end a command's help. */
export function examples(command: Command, ...lines: string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples'
  return command.addHelpText('after', `\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`)
}
