// The table of rows, and their goals.
// A row is { label, ours, unit, floor?: { name, value }, goal?: one of the goals below } or { label, skipped: reason }.
// The floor is the contestant beside which ours is measured.

/** At most so many times the floor. */
export const atMost = (times) => ({ text: `<= ${times}x`, met: ({ ours, floor }) => ours <= times * floor.value })
/** At least so many times faster than the floor. */
export const faster = (times) => ({ text: `<= 1/${times}x`, met: ({ ours, floor }) => ours * times <= floor.value })
/** Faster than the floor. */
export const ahead = { text: '< 1x', met: ({ ours, floor }) => ours < floor.value }
/** Less than so much, with or without a floor. */
export const below = (most) => ({ text: (unit) => `< ${most} ${unit}`.trim(), met: ({ ours }) => ours < most })

/** A row as plain data: the goal is its text, and `met` says whether it is met. */
export function resultOf({ goal, ...row }) {
  if (goal === undefined) return row
  const text = typeof goal.text === 'function' ? goal.text(row.unit) : goal.text
  return { ...row, goal: text, met: goal.met(row) }
}

export const HEADINGS = ['', 'floor', 'ours', 'ratio', 'goal', 'met']

const number = (value) => (Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3))

/** The cells of a result, under HEADINGS. */
export function cellsOf({ label, skipped, ours, unit, floor, goal = '', met }) {
  if (skipped !== undefined) return [label, `skipped: ${skipped}`]
  return [
    label,
    floor ? `${floor.name} ${number(floor.value)} ${unit}`.trim() : '',
    `${number(ours)} ${unit}`.trim(),
    floor && floor.value !== 0 ? `${(ours / floor.value).toFixed(2)}x` : '',
    goal,
    met === undefined ? '' : met ? 'yes' : 'NO',
  ]
}

const WIDTHS = [46, 30, 14, 9, 12, 6]
const line = ([label, ...cells]) =>
  `  ${label.padEnd(WIDTHS[0])}${cells.map((cell, i) => cell.padStart(WIDTHS[i + 1])).join('')}`

export function printTitle(title) {
  console.log(`\n${title}`)
  console.log(line(HEADINGS))
}

export function printResult(result) {
  const cells = cellsOf(result)
  console.log(result.skipped === undefined ? line(cells) : `  ${cells[0].padEnd(WIDTHS[0])} ${cells[1]}`)
}
