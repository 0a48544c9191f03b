import type { Command } from 'commander'
import { runningCommand } from './failure.ts'
import { createOutput, type Output } from './output.ts'
import { listenForSignals, stop } from './stop.ts'

/** What a command has besides its own arguments and options. */
export interface Run {
  readonly out: Output
  /** Aborted when the command is to end: Ctrl-C, SIGTERM, or a closed pipe. Who never asks for it is ended by a signal as usual. */
  readonly stop: AbortSignal
}

const runOf = (json: boolean): Run => ({
  out: createOutput(json),
  get stop() {
    listenForSignals()
    return stop.signal
  },
})

/**
 * Gives a command its action, and `--json` where `json` says what it then prints. The action returns false where it
 * could not do what was asked (exit status 1) and has said so itself; else it throws a `Failure` or a `UsageError`.
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
    const did = await action(runOf(options.json === true), args, options)
    // Whoever closed the pipe had what they wanted.
    process.exitCode = did === false && !stop.outputClosed ? 1 : 0
  })
}
