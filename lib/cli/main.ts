#!/usr/bin/env node
import { Command } from 'commander'
import { demo } from './demo.ts'

const program = new Command('sockctl')
  .description('Socket options and multicast, from the shell')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))

program
  .command('demo')
  .description('watch joins, blocks and source filters work on this machine, on loopback')
  .option('--json', 'one object a step')
  .addHelpText('after', '\nExample:\n  sockctl demo')
  .action(async ({ json = false }: { json?: boolean }) => {
    process.exitCode = (await demo({ json })) ? 0 : 1
  })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`sockctl: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
