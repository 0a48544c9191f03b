#!/usr/bin/env node
// The command `sockctl`: loads the subcommand that was asked for, and turns every error into one line and an exit
// status.

import { COMMANDS } from './commands.ts'
import { statusOf } from './shell/failure.ts'
import { setUpCommander } from './shell/help.ts'
import { createProgram } from './shell/program.ts'
import { guardOutput } from './shell/stop.ts'

if (process.getBuiltinModule === undefined) {
  process.stderr.write(`sockctl: Node 20.19 or later is needed, and this is ${process.version}\n`)
  process.exit(1)
}

const program = createProgram()

/** Only the command that was asked for is loaded, so that help and short commands start quickly. */
async function assemble(args: readonly string[]): Promise<void> {
  const words = args.filter((word) => !word.startsWith('-'))
  const wanted = words[0] === 'help' ? words[1] : words[0]
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(summary)
    if (name === wanted) (await load())(command)
  }
  setUpCommander(program)
  // Commander answers with the whole help, on standard error.
  if (words[0] === 'help' && wanted !== undefined && wanted !== 'help' && !Object.hasOwn(COMMANDS, wanted))
    program.error(`error: unknown command '${wanted}'`, { code: 'commander.unknownCommand' })
  if (words[0] === 'help' && wanted === 'help') program.help()
}

guardOutput()
// An error outside of any awaited call ends the command as every other error does: in one line.
process.on('uncaughtException', (error) => process.exit(statusOf(error)))
try {
  await assemble(process.argv.slice(2))
  await program.parseAsync()
} catch (error) {
  process.exitCode = statusOf(error)
}
