// The errors of a command, how they are printed, and the exit status each of them means.

import type { Command } from 'commander'
import { inAscii, usesUtf8 } from './locale.ts'
import { printable } from './printable.ts'

/** The command can't do what was asked: exit status 1. The message is one line that says what to do. */
export class Failure extends Error {}

/** The command line is wrong: exit status 2. */
export class UsageError extends Error {}

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

let running: Command | undefined

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Names the command that runs: errors are printed under its name from now on. */
export function runningCommand(command: Command): void {
  running = command
}

/** The full name of a command: `sockctl options get`. */
export function pathOf(command: Command | undefined): string {
  const names: string[] = []
  for (let at = command; at; at = at.parent ?? undefined) names.unshift(at.name())
  return names.join(' ') || 'sockctl'
}

/** Prints a message on stderr as one line, after the name of the command. */
export function printError(command: Command | undefined, message: string): void {
  const text = `${pathOf(command)}: ${printable(message.trim().replaceAll(/\s*\n\s*/g, ' '))}\n`
  process.stderr.write(process.stderr.isTTY && !usesUtf8() ? inAscii(text) : text)
}

/** Prints on stderr what the user should know, while the command goes on. */
export const printWarning = (message: string): void => printError(running, message)

/** The fields an error of Node's, commander's or the library's may have. */
interface ErrorShape {
  message?: unknown
  code?: unknown
  reason?: unknown
  errno?: unknown
  exitCode?: unknown
  syscall?: unknown
  /** The name, in an error of getaddrinfo. */
  hostname?: unknown
}

/** Prints an error on stderr as one line, and gives the exit status it means. */
export function statusOf(error: unknown): number {
  const shape = (typeof error === 'object' && error !== null ? error : {}) as ErrorShape
  const { message, code, reason, errno, exitCode, syscall, hostname } = shape
  // Commander has printed its own errors already. Help and version come as errors with exit code 0.
  if (typeof code === 'string' && code.startsWith('commander.')) return exitCode === 0 ? 0 : EXIT_USAGE
  if (syscall === 'getaddrinfo') printError(running, `${hostname} can't be looked up (${code})`)
  else printError(running, typeof message === 'string' && message !== '' ? message : String(error))
  // A value the library refuses, before the kernel could see it, was wrong on the command line.
  const refused = reason === 'bad-value' && errno === undefined
  return error instanceof UsageError || refused ? EXIT_USAGE : EXIT_FAILURE
}
