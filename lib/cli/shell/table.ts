// Tables of text.

import type { Paint } from './paint.ts'
import { width } from './width.ts'

export interface Column<T> {
  head: string
  cell: (row: T, paint: Paint) => string | number
  /** Aligns texts to the right, for numbers with a unit. Numbers always are. */
  right?: boolean
  /** Left out last where there is not room for all columns. */
  lasting?: boolean
}

/** In columns of the terminal: what stands between two columns of a table. */
const GAP = 2

/**
 * The lines of a table, the heading first; none if there are no rows. Where there is not room for all columns, whole
 * columns are left out from the right: first those that are not `lasting`, never the first.
 */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  paint: Paint,
  room = Number.POSITIVE_INFINITY,
): string[] {
  if (rows.length === 0) return []
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row, paint)))
  const right = columns.map(({ right = false }, at) => right || cells.every((row) => typeof row[at] === 'number'))
  const texts = [columns.map(({ head }) => paint.strong(head)), ...cells.map((row) => row.map(String))]
  const widths = columns.map((_, at) => texts.reduce((most, row) => Math.max(most, width(row[at] ?? '')), 0))
  const shown = fitting(columns, widths, room)
  return texts.map((row) =>
    shown
      .map((at) => {
        const text = row[at] ?? ''
        const gap = ' '.repeat((widths[at] ?? 0) - width(text))
        return right[at] ? gap + text : text + gap
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** The indexes of the columns that there is room for. */
function fitting(columns: readonly { lasting?: boolean }[], widths: readonly number[], room: number): number[] {
  const shown = columns.map((_, at) => at)
  const needed = (): number => shown.reduce((sum, at) => sum + (widths[at] ?? 0) + GAP, -GAP)
  while (shown.length > 1 && needed() > room) {
    const found = shown.findLastIndex((at, place) => place > 0 && columns[at]?.lasting !== true)
    shown.splice(found < 0 ? shown.length - 1 : found, 1)
  }
  return shown
}
