/** Why a running command is to end. */
export interface Stop {
  /** Aborted by Ctrl-C, SIGTERM, SIGHUP, or once nobody reads our output any more. */
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

/** A pipe closed at the other end is a reason to end, not an error; a full disk is one, but no reason for a stack trace. */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        if (stream === process.stdout) process.stderr.write(`sockctl: the output can't be written (${error.code})\n`)
        process.exit(1)
      }
      if (stream === process.stdout) outputClosed = true
      controller.abort()
    })
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
let listening = false

/** The first signal asks the command to end, with its summary; a second one does not wait for it. */
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

/** Resolves when the command is to end. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
