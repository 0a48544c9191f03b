// Tables of text.

import type { Paint } from './paint.ts'
import { width } from './width.ts'

export interface Column<T> {
  head: string
  cell: (row: T, paint: Paint) => string | number
  /** Aligns texts to the right, for numbers with a unit. Numbers always are. */
  right?: boolean
}

/** The lines of a table, the heading first; none if there are no rows. */
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
