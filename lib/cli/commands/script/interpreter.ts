// Runs the lines of a script, from a file, a pipe or a prompt.

import { constants, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { linesAsTheyCome, readAtMost } from '../../shell/bounded-input.ts'
import { Failure, messageOf } from '../../shell/failure.ts'
import { quoted } from '../../shell/printable.ts'
import { MTEST } from './mtest.ts'
import type { ScriptLine, ScriptSession } from './script-session.ts'
import type { Verb } from './verb.ts'
import { VERBS } from './verbs.ts'
import { splitWords } from './words.ts'

/** In bytes. */
const LONGEST_FILE = 2 ** 24

/** A source of lines. */
export interface ScriptInput {
  /** The name that errors put before the number of a line; none if undefined. */
  readonly name: string | undefined
  next(): Promise<string | undefined>
  close?(): void
}

/** A line that was run, and what came of it. */
export interface ScriptStep {
  readonly line: number
  readonly file: string | undefined
  readonly command: string
  /** What the line printed for a person; `result` is the same for a program. */
  readonly lines: readonly string[]
  readonly result?: unknown
  readonly error?: unknown
}

export interface Interpreter {
  /** After an error: true to go on with the next line, false to throw the error. */
  readonly goesOn: boolean
  /** Called after each line. */
  told(step: ScriptStep): void
}

const verbOf = (name: string): Verb | undefined => [VERBS, MTEST].find((verbs) => Object.hasOwn(verbs, name))?.[name]

/** The names of the commands, for a help that fits a screen. */
export const commandNames = (): { own: string[]; mtest: string[] } => ({
  own: Object.keys(VERBS),
  mtest: Object.keys(MTEST),
})

export function helpLines(): string[] {
  const lines = (verbs: Readonly<Record<string, Verb>>): string[][] =>
    Object.entries(verbs).flatMap(([name, { help }]) => help.map(([usage, does]) => [`${name} ${usage}`.trim(), does]))
  const format = (rows: string[][]): string[] =>
    rows.flatMap(([call = '', does = '']) => [`  ${call}`, `      ${does}`])
  return [
    'Commands:',
    ...format(lines(VERBS)),
    '',
    'Commands of mtest(8):',
    ...format(lines(MTEST)),
    '  ?',
    '      this list',
  ]
}

const MAX_NESTED_FILES = 16

/** Runs the lines of an input until its end, `quit`, or an error. */
export async function runInput(interpreter: Interpreter, session: ScriptSession, input: ScriptInput): Promise<void> {
  let number = 0
  const next = async (): Promise<string | undefined> => {
    const line = await input.next()
    number++
    return line
  }

  const runWords = async (text: string, answer: ScriptLine['answer']): Promise<void> => {
    const words = splitWords(text)
    const [name = ''] = words.list
    if (name === '?' || name === 'help') {
      answer(helpLines())
      return
    }
    const verb = verbOf(name)
    if (verb === undefined) throw new Failure(`unknown command ${quoted(name)}; ? lists the commands`)
    await verb.run(session, { words, next, answer, runFrom: (index) => runWords(words.from(index), () => {}) })
  }

  for (let text = await next(); text !== undefined && !session.stop.aborted; text = await next()) {
    if (splitWords(text).list.length === 0) continue
    const line = number
    const step = { line, file: input.name, command: text.trim() }
    let lines: readonly string[] = []
    let result: unknown
    try {
      await runWords(text, (printed, same) => {
        lines = [...lines, ...printed]
        result = same
      })
      interpreter.told({ ...step, lines, result })
    } catch (error) {
      if (session.stop.aborted) return
      interpreter.told({ ...step, lines, error })
      if (!interpreter.goesOn) throw located(error, step)
    }
    if (session.quit) return
  }

  function located(error: unknown, { line, file }: { line: number; file: string | undefined }): Failure {
    // The error of a file that this one runs has its line already.
    if (error instanceof LocatedFailure) return error
    return new LocatedFailure(`${file === undefined ? '' : `${file} `}line ${line}: ${messageOf(error)}`)
  }
}

class LocatedFailure extends Failure {}

export async function runFile(
  interpreter: Interpreter,
  session: ScriptSession,
  file: string,
  depth: number,
): Promise<void> {
  if (depth > MAX_NESTED_FILES) throw new Failure(`${file}: files run each other more than ${MAX_NESTED_FILES} deep`)
  const input = await fileInput(file, session.stop)
  await runInput(interpreter, session, input).finally(() => input.close?.())
}

/** The lines of a file; those of a FIFO as they come, until its writers have closed it. */
export async function fileInput(file: string, stop: AbortSignal): Promise<ScriptInput> {
  const unreadable = (error: NodeJS.ErrnoException): never => {
    throw new Failure(`can't read ${file} (${error.code})`)
  }
  const found = await stat(file).catch(unreadable)
  if (found.isFIFO()) return fifoInput(file, stop, unreadable)
  const lines = (await readAtMost(file, LONGEST_FILE)).toString().split('\n')
  if (lines.at(-1) === '') lines.pop()
  let at = 0
  return { name: basename(file), next: async () => lines[at++] }
}

/**
 * A FIFO is opened without waiting for a writer, since nothing could end that wait. The kernel tells no end before the
 * first writer has come and gone.
 */
function fifoInput(file: string, stop: AbortSignal, unreadable: (error: NodeJS.ErrnoException) => never): ScriptInput {
  let fd: number
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return unreadable(error as NodeJS.ErrnoException)
  }
  return pipeInput(basename(file), new Socket({ fd, readable: true, writable: false }), stop)
}

/** The lines of a pipe as they come. */
export function pipeInput(name: string | undefined, pipe: Readable, stop: AbortSignal): ScriptInput {
  const close = (): void => void pipe.destroy()
  stop.addEventListener('abort', close, { once: true })
  const lines = linesAsTheyCome(pipe)
  return {
    name,
    next: async () => {
      try {
        const { done, value } = await lines.next()
        return done === true ? undefined : value
      } catch (error) {
        if (stop.aborted) return undefined
        throw error
      }
    },
    close,
  }
}
