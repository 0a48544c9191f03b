import type { Command } from 'commander'
import { interfaceArgument } from './parsers.ts'

export { interfaceNamed as findInterface } from '../../net/interfaces.ts'

export const INTERFACE_FLAGS = '-i, --interface <name|index|address>'

/** The option every command names an interface with; digits are an index. */
export function takesInterface(command: Command, text = 'use this interface'): Command {
  return command.option(INTERFACE_FLAGS, text, interfaceArgument)
}
