import type { Paint } from './paint.ts'
import { width } from './width.ts'

export interface Column<T> {
  head: string
  cell: (row: T, paint: Paint) => string | number
  /** To the right also where its cells are texts: numbers with a unit. */
  right?: boolean
}

/** Aligned columns under a heading; numbers to the right. No row, no heading. */
export function formatTable<T>(rows: readonly T[], columns: readonly Column<T>[], paint: Paint): string[] {
  if (rows.length === 0) return []
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row, paint)))
  const right = columns.map(({ right = false }, at) => right || cells.every((row) => typeof row[at] === 'number'))
  const texts = [columns.map(({ head }) => paint.strong(head)), ...cells.map((row) => row.map(String))]
  const widths = columns.map((_, at) => texts.reduce((most, row) => Math.max(most, width(row[at] ?? '')), 0))
  return texts.map((row) =>
    row
      .map((text, at) => {
        const gap = ' '.repeat((widths[at] ?? 0) - width(text))
        return right[at] ? gap + text : text + gap
      })
      .join('  ')
      .trimEnd(),
  )
}
