import type { Command } from 'commander'

/** What was asked can't be done; exit status 1. Its message is one line that says what to do. */
export class Failure extends Error {}

/** The command line itself is wrong; exit status 2. */
export class UsageError extends Error {}

const EXIT_FAILURE = 1
const EXIT_USAGE = 2

let running: Command | undefined

/** From here on errors are of this command. */
export function runningCommand(command: Command): void {
  running = command
}

/** `sockctl options get`: a command with those it is under. */
export function pathOf(command: Command | undefined): string {
  const names: string[] = []
  for (let at = command; at; at = at.parent ?? undefined) names.unshift(at.name())
  return names.join(' ') || 'sockctl'
}

export function printError(command: Command | undefined, message: string): void {
  process.stderr.write(`${pathOf(command)}: ${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`)
}

/** Something the command goes on after. */
export const printWarning = (message: string): void => printError(running, message)

interface ErrorShape {
  message?: unknown
  code?: unknown
  reason?: unknown
  errno?: unknown
  exitCode?: unknown
  /** Of a name that could not be looked up. */
  syscall?: unknown
  hostname?: unknown
}

/** The exit status an error means, having said it on stderr in one line. */
export function statusOf(error: unknown): number {
  const shape = (typeof error === 'object' && error !== null ? error : {}) as ErrorShape
  const { message, code, reason, errno, exitCode, syscall, hostname } = shape
  // Commander has said its own: 0 is help and version.
  if (typeof code === 'string' && code.startsWith('commander.')) return exitCode === 0 ? 0 : EXIT_USAGE
  if (syscall === 'getaddrinfo') printError(running, `${hostname} can't be looked up (${code})`)
  else printError(running, typeof message === 'string' && message !== '' ? message : String(error))
  // The library refuses some values before the kernel sees them: then it is the command line that is wrong.
  const refused = reason === 'bad-value' && errno === undefined
  return error instanceof UsageError || refused ? EXIT_USAGE : EXIT_FAILURE
}
