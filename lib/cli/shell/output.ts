import { drained } from './drained.ts'
import { toJson } from './json.ts'
import { type Paint, paint } from './paint.ts'
import { stop } from './stop.ts'
import { type Column, formatTable } from './table.ts'

/** Where a command writes what it was asked for: lines for a person, or objects for a program. */
export interface Output {
  /** `--json` was given. */
  readonly json: boolean
  /** Someone looks at it: lines may be coloured, drawn over, and come with headings and hints. */
  readonly terminal: boolean
  readonly paint: Paint
  line(text?: string): void
  /** One object a line. Bytes become hexadecimal, BigInts decimal text. */
  object(value: object): void
  /** The objects with `--json`, else a table of them. */
  list<T extends object>(values: readonly T[], columns: readonly Column<T>[]): void
  /** Resolves once standard output takes more: what comes meanwhile is to wait in the kernel, not in memory. */
  drained(): Promise<void> | undefined
  /** On stderr, and only to a person at a terminal. */
  hint(text: string): void
}

export function createOutput(json: boolean): Output {
  const { stdout, stderr } = process
  const terminal = stdout.isTTY === true && !json
  const brushes = paint(json ? {} : stdout)
  const line = (text = ''): void => {
    if (!stop.outputClosed) stdout.write(`${text}\n`)
  }
  return {
    json,
    terminal,
    paint: brushes,
    line,
    object: (value) => line(toJson(value)),
    list: (values, columns) => {
      // One write: a list may be long.
      const lines = json ? values.map(toJson) : formatTable(values, columns, brushes)
      if (lines.length > 0) line(lines.join('\n'))
    },
    drained: () => drained(stdout, stop.signal),
    hint: (text) => {
      if (terminal && stderr.isTTY) stderr.write(`${text}\n`)
    },
  }
}
