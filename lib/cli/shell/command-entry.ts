// What the list of commands has of each one.

import type { Command } from 'commander'

export interface CommandEntry {
  /** What help says about the command. */
  readonly summary: string
  /** Loads the function that adds arguments, options, an example and the action to the command. */
  readonly load: () => Promise<(command: Command) => void>
}

export type CommandList = Readonly<Record<string, CommandEntry>>
