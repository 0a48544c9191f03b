// The output of a command: lines for a person, or JSON objects for a program.

import { toJson } from '../../index.ts'
import { drained } from './drained.ts'
import { inAscii, usesUtf8 } from './locale.ts'
import { type Paint, paint } from './paint.ts'
import { safeLines } from './printable.ts'
import { stop } from './stop.ts'
import { type Column, formatTable } from './table.ts'

export interface Output {
  /** True if `--json` was given. */
  readonly json: boolean
  /** True if standard output is a terminal: lines may be coloured and drawn over, and have headings and hints. */
  readonly terminal: boolean
  readonly paint: Paint
  line(text?: string): void
  /** Prints an object as a line of JSON: see `toJson`. */
  object(value: object): void
  /** Prints values: with `--json` an object a line, else as a table. */
  list<T extends object>(values: readonly T[], columns: readonly Column<T>[]): void
  /**
   * Resolves once standard output takes more; undefined if it takes more at once. To be awaited after each batch of
   * datagrams.
   */
  drained(): Promise<void> | undefined
  /** Prints advice on stderr, if both stdout and stderr are a terminal. */
  hint(text: string): void
}

export function createOutput(json: boolean): Output {
  const { stdout, stderr } = process
  const terminal = stdout.isTTY === true && !json
  const brushes = paint(json ? {} : stdout)
  const shown = terminal && !usesUtf8() ? inAscii : (text: string): string => text
  const line = (text = ''): void => {
    if (!stop.outputClosed) stdout.write(`${shown(safeLines(text, terminal))}\n`)
  }
  return {
    json,
    terminal,
    paint: brushes,
    line,
    object: (value) => line(toJson(value)),
    list: (values, columns) => {
      // One write for all lines, since a list may be long.
      const lines = json ? values.map(toJson) : formatTable(values, columns, brushes)
      if (lines.length > 0) line(lines.join('\n'))
    },
    drained: () => drained(stdout, stop.signal),
    hint: (text) => {
      if (terminal && stderr.isTTY) stderr.write(`${shown(safeLines(text, true))}\n`)
    },
  }
}
