import type { Command } from 'commander'
import {
  type Interface,
  interfaceByAddress,
  interfaceByNameOrIndex,
  interfaceFromNative,
  noInterface,
} from '../interfaces.ts'
import { native } from '../native.ts'
import { interfaceSpec } from './values.ts'

export const INTERFACE_FLAGS = '-i, --interface <name|index|address>'

/** The option every command names an interface with; digits are an index. */
export function takesInterface(command: Command, text = 'use this interface'): Command {
  return command.option(INTERFACE_FLAGS, text, interfaceSpec)
}

/** The interface of a name, an index or a local address; throws reason `no-interface` with those there are. */
export function findInterface(spec: string | number): Interface {
  const list = native.interfaces()
  const { index } = interfaceByNameOrIndex(spec) ?? interfaceByAddress(String(spec), list)
  const found = list.find((one) => one.index === index)
  if (found === undefined) throw noInterface(spec)
  return interfaceFromNative(found)
}
