// `sockctl script`: runs a script, or commands typed at a prompt.

import { createInterface, type Interface as Readline } from 'node:readline/promises'
import type { Command } from 'commander'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import { type Run, runs } from '../../shell/run.ts'
import { completions } from './completions.ts'
import {
  fileInput,
  helpLines,
  type Interpreter,
  runFile,
  runInput,
  type ScriptInput,
  type ScriptStep,
} from './interpreter.ts'
import { createScriptSession } from './script-session.ts'

export function scriptCommand(command: Command): void {
  takesInterface(
    command.argument('[file]', 'the script; without one, or with -, standard input'),
    'the interface for commands that name none',
  )
  command.addHelpText(
    'after',
    () => `\n${helpLines().join('\n')}

A # begins a comment. An error ends a script with exit status 1, and is reported with its line number;
at a prompt it is only reported. One-letter commands act on the current socket if that is a UDP socket
of the group's family; else on a socket of their own, as mtest's do.`,
  )
  examples(
    command,
    'sockctl script checks.txt',
    'printf "socket udp4\\nbind 5000\\njoin 232.1.1.1 eth0 192.0.2.1\\nexpect 3 datagrams within 2s\\n" | sockctl script',
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
  const typed = file === undefined ? standardInput(interactive, stop) : undefined
  try {
    await runInput(interpreter, session, typed?.input ?? (await fileInput(file ?? '')))
  } finally {
    typed?.close()
  }
  if (interactive || !stop.aborted) return true
  process.stderr.write('sockctl script: interrupted before the end of the script\n')
  return false
}

function standardInput(interactive: boolean, stop: AbortSignal): { input: ScriptInput; close(): void } {
  const lines: Readline = createInterface({
    input: process.stdin,
    // Not to standard output, which may be a pipe, or is for objects.
    ...(interactive && { output: process.stderr, completer: completions }),
    prompt: interactive ? 'sockctl> ' : '',
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  if (interactive) process.stderr.write('Enter ? for the list of commands.\n')
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
    input: {
      name: undefined,
      next: async () => {
        if (interactive && !closed && !stop.aborted) lines.prompt()
        const { done, value } = await iterator.next()
        return done ? undefined : value
      },
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
