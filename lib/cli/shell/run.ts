// How a command runs: its action, --json, its exit status, and how it is told to end.

import type { Command } from 'commander'
import { Failure, runningCommand } from './failure.ts'
import { createOutput, type Output } from './output.ts'
import { listenForSignals, stop } from './stop.ts'

/** Given to a command's action, besides its arguments and options. */
export interface Run {
  readonly out: Output
  /**
   * Aborted when the command is to end: by Ctrl-C, SIGTERM, or a closed pipe. A command that never reads `stop` is
   * ended by a signal at once.
   */
  readonly stop: AbortSignal
}

const runOf = (json: boolean): Run => ({
  out: createOutput(json),
  get stop() {
    listenForSignals()
    return stop.signal
  },
})

/** The error of what `stop` aborted before the command could begin says so, in words of the command's. */
async function untilStopped<T>(action: () => T | Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const isAbort = error instanceof Error && error.name === 'AbortError'
    throw isAbort && stop.signal.aborted ? new Failure('stopped by a signal before it began') : error
  }
}

/**
 * Gives a command its action, and the option `--json`, whose help is `json`. An action that can't do what was asked
 * throws a `Failure` or a `UsageError`; or it prints the reason itself and returns false, which is exit status 1.
 */
export function runs<A extends readonly unknown[], O extends object>(
  command: Command,
  json: string,
  action: (run: Run, args: A, options: O) => unknown,
): Command {
  return command.option('--json', json).action(async (...given: unknown[]) => {
    runningCommand(command)
    const args = given.slice(0, -2) as unknown as A
    const options = command.optsWithGlobals<O & { json?: boolean }>()
    const did = await untilStopped(() => action(runOf(options.json === true), args, options))
    // A reader that closed the pipe had all it wanted, so that is no failure.
    process.exitCode = did === false && !stop.outputClosed ? 1 : 0
  })
}
