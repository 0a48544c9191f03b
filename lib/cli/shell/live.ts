import { columnsOf, width as widthOf } from './width.ts'

/** Lines that are drawn over: the last ones on a terminal. */
export interface LiveLines {
  draw(lines: readonly string[]): void
  /** Takes them away; what is written next stands in their place. */
  clear(): void
}

/** As much of a line as fits; colours take no room, and stay whole. */
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

/** A line too long would wrap, and the way back up would be counted wrong: so lines are cut, and of many the first are shown. */
export function createLiveLines(stream: NodeJS.WriteStream): LiveLines {
  let height = 0
  const up = (): string => (height === 0 ? '' : `\u001b[${height}A`)
  return {
    draw(lines) {
      const { rows = 24, columns = 80 } = stream
      const room = Math.max(1, rows - 1)
      const shown =
        lines.length <= room ? lines : [...lines.slice(0, room - 1), `... and ${lines.length - room + 1} more`]
      stream.write(`${up()}\r${shown.map((line) => `${cut(line, columns - 1)}\u001b[K\n`).join('')}\u001b[J`)
      height = shown.length
    },
    clear() {
      stream.write(`${up()}\r\u001b[J`)
      height = 0
    },
  }
}
