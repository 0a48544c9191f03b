import type { Command } from 'commander'

interface Entry {
  summary: string
  /** Gives the function that adds arguments, options, an example and the action to the command of that name. */
  load: () => Promise<(command: Command) => void>
}

/** Every subcommand, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  interfaces: {
    summary: 'list the network interfaces, their addresses and flags',
    load: async () => (await import('./interfaces.ts')).interfacesCommand,
  },
  demo: {
    summary: 'watch joins, blocks and source filters work on this machine, on loopback',
    load: async () => (await import('./demo-command.ts')).demoCommand,
  },
}
