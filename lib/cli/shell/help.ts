// What commander prints: its errors in one line, and help that ends with examples.

import type { Command } from 'commander'
import { pathOf, printError } from './failure.ts'

/** Has commander print its errors as one line and throw instead of exiting, for a command and all its subcommands. */
export function setUpCommander(command: Command): void {
  command
    .configureOutput({
      outputError: (text) =>
        printError(
          command,
          `${text
            .replace(/^error: /, '')
            .replace(/^command-argument value '(.*)' is invalid for argument '([^']*)'\. (?=(?:channel|target) ')/s, '')
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

/** Adds examples to the end of a command's help. */
export function examples(command: Command, ...lines: string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples'
  return command.addHelpText('after', `\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`)
}
