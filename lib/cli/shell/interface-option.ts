// The option -i, by which every command takes an interface.

import type { Command } from 'commander'
import { nameOfInterface } from '../../net/interfaces.ts'
import { interfaceArgument } from './parsers.ts'

export { interfaceNamed as findInterface, multicastInterfaces } from '../../net/interfaces.ts'

const INTERFACE_FLAGS = '-i, --interface <name|index|address>'

/** Adds -i to a command. Digits are the index of an interface. */
export function takesInterface(command: Command, text = 'use this interface'): Command {
  return command.option(INTERFACE_FLAGS, text, interfaceArgument)
}

/** The name of an interface; the index of one that is gone. */
export const interfaceLabel = (index: number): string => nameOfInterface(index) || String(index)
