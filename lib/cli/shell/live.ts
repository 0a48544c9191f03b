// Lines at the end of a terminal that are drawn again and again in the same rows.

import { inAscii, usesUtf8 } from './locale.ts'
import { safeLines } from './printable.ts'
import { columnsOf, width as widthOf } from './width.ts'

export interface LiveLines {
  /** Draws the lines over those drawn before; `foot` is drawn below them, however little room there is for the others. */
  draw(lines: readonly string[], foot?: readonly string[]): void
  /** Clears the lines; the next output begins in the first of their rows. */
  clear(): void
}

/**
 * The beginning of a line, as much as fits into `width` columns. Escape sequences of colours take no column, and all
 * are kept.
 */
export function cut(line: string, width: number): string {
  if (widthOf(line) <= width) return line
  let room = width
  const keep = (text: string): string => {
    let kept = ''
    for (const character of text) {
      room -= columnsOf(character)
      if (room < 0) break
      kept += character
    }
    return kept
  }
  const [first = '', ...coloured] = line.split('\u001b')
  let kept = keep(first)
  for (const part of coloured) {
    const end = part.indexOf('m') + 1
    kept += `\u001b${part.slice(0, end)}${keep(part.slice(end))}`
  }
  return kept
}

/**
 * Draws at most as many lines as the terminal has rows, each cut to its width: a line that wraps takes two rows, and
 * the next drawing would begin in the wrong one.
 */
export function createLiveLines(stream: NodeJS.WriteStream): LiveLines {
  let height = 0
  const utf8 = usesUtf8()
  const up = (): string => (height === 0 ? '' : `\u001b[${height}A`)
  return {
    draw(lines, foot = []) {
      // A terminal that does not know its size says 0.
      const [rows, columns] = [stream.rows || 24, stream.columns || 80]
      const room = Math.max(1, rows - 1 - foot.length)
      const shown =
        lines.length <= room ? lines : [...lines.slice(0, room - 1), `... and ${lines.length - room + 1} more`]
      const all = [...shown, ...foot].slice(0, Math.max(1, rows - 1))
      const text = (line: string): string =>
        cut(utf8 ? safeLines(line, true) : inAscii(safeLines(line, true)), columns - 1)
      stream.write(`${up()}\r${all.map((line) => `${text(line)}\u001b[K\n`).join('')}\u001b[J`)
      height = all.length
    },
    clear() {
      stream.write(`${up()}\r\u001b[J`)
      height = 0
    },
  }
}
