// When a running command has to end: by a signal, or because nobody reads its output any more.

export interface Stop {
  /** Aborted by Ctrl-C, SIGTERM, SIGHUP, or once the reader of the output has closed it. */
  readonly signal: AbortSignal
  readonly outputClosed: boolean
}

const controller = new AbortController()
let outputClosed = false

export const stop: Stop = {
  signal: controller.signal,
  get outputClosed() {
    return outputClosed
  },
}

/**
 * Ends the command without a stack trace if its output fails. A pipe closed by its reader is no error, a full disk is
 * one.
 */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        if (stream === process.stdout) process.stderr.write(`sockctl: can't write the output (${error.code})\n`)
        process.exit(1)
      }
      if (stream === process.stdout) outputClosed = true
      controller.abort()
    })
  }
}

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const
let listening = false

/** The first signal asks the command to end and print its summary; a second signal ends it at once. */
export function listenForSignals(): void {
  if (listening) return
  listening = true
  for (const [name, number] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(128 + number)
      controller.abort()
    })
  }
}
