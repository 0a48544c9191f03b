// `sockctl script`: runs a script, or commands typed at a prompt.

import { createInterface, type Interface as Readline } from 'node:readline/promises'
import type { Command } from 'commander'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import { type Run, runs } from '../../shell/run.ts'
import { completions } from './completions.ts'
import {
  commandNames,
  fileInput,
  type Interpreter,
  pipeInput,
  runFile,
  runInput,
  type ScriptInput,
  type ScriptStep,
} from './interpreter.ts'
import { createScriptSession } from './script-session.ts'

export function scriptCommand(command: Command): void {
  takesInterface(
    command.argument('[file]', 'a file, or a FIFO that is run line by line; without one, or with -, standard input'),
    'the interface for commands that name none',
  )
  command.addHelpText(
    'after',
    () => `
Commands: ${commandNames().own.slice(0, 9).join(' ')}
  ${commandNames().own.slice(9).join(' ')}; of mtest(8): ${commandNames().mtest.join(' ')}
The command ? lists them in full, and docs/command-line.md has the language.`,
  )
  examples(
    command,
    'sockctl script checks.txt',
    'printf "socket udp4\\nsend 239.1.1.1:5000 --hex ef01\\n" | sockctl script',
  )
  runs<[file?: string], { interface?: string | number }>(command, 'an object a command', (run, [file], options) =>
    script(run, file === '-' ? undefined : file, options.interface),
  )
}

async function script({ out, stop }: Run, file: string | undefined, on: string | number | undefined): Promise<boolean> {
  const interactive = file === undefined && process.stdin.isTTY === true
  let depth = 0
  const interpreter: Interpreter = { goesOn: interactive, told: (step) => tell(out, step, interactive) }
  await using session = createScriptSession(on, stop, async (own, name) => {
    depth++
    await runFile(interpreter, own, name, depth).finally(() => depth--)
  })
  const input =
    file !== undefined
      ? await fileInput(file, stop)
      : interactive
        ? promptInput(stop)
        : pipeInput(undefined, process.stdin, stop)
  try {
    await runInput(interpreter, session, input)
  } finally {
    input.close?.()
  }
  if (interactive || !stop.aborted) return true
  process.stderr.write('sockctl script: interrupted before the end of the script\n')
  return false
}

function promptInput(stop: AbortSignal): ScriptInput {
  const lines: Readline = createInterface({
    input: process.stdin,
    // Not to standard output, which may be a pipe, or is for objects.
    output: process.stderr,
    completer: completions,
    prompt: 'sockctl> ',
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  process.stderr.write('Enter ? for the list of commands.\n')
  // At a terminal, readline reads Ctrl-C as a key, and no signal comes.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const close = (): void => lines.close()
  // After Ctrl-D, lines typed before may still be waiting to be run.
  let closed = false
  lines.once('close', () => {
    closed = true
  })
  stop.addEventListener('abort', close, { once: true })
  const iterator = lines[Symbol.asyncIterator]()
  return {
    name: undefined,
    next: async () => {
      if (!closed && !stop.aborted) lines.prompt()
      const { done, value } = await iterator.next()
      return done ? undefined : value
    },
    close: () => {
      close()
      process.stdin.destroy()
    },
  }
}

function tell(out: Output, { line, file, command, lines, result, error }: ScriptStep, interactive: boolean): void {
  const { message, code, reason } = (error ?? {}) as { message?: string; code?: string; reason?: string }
  if (out.json) {
    const failed = error !== undefined && {
      error: message ?? String(error),
      ...(code && { code }),
      ...(reason && { reason }),
    }
    out.object({
      line,
      ...(file !== undefined && { file }),
      command,
      ok: error === undefined,
      ...(result !== undefined && { result }),
      ...failed,
    })
    return
  }
  for (const text of lines) out.line(text)
  if (error === undefined) return
  // What mtest prints after an error.
  if (/^[jliegtbsadmp]\b/.test(command)) out.line('-1')
  if (interactive) out.line(out.paint.bad(message ?? String(error)))
}
