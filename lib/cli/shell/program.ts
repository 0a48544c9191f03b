// The program sockctl itself, without its commands.

import { Command } from 'commander'
import { readPackaged } from './packaged.ts'

export const VERSION = readPackaged<{ version: string }>('package.json').version

export const createProgram = (): Command =>
  new Command('sockctl')
    .description('Socket options and multicast, from the shell')
    .version(VERSION, '-V, --version', 'the version of sockctl')
    .addHelpText('after', '\nExample:\n  sockctl interfaces --help')
