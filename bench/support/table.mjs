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
export const below = (most) => ({ text: (unit) => `< ${most} ${unit}`, met: ({ ours }) => ours < most })

const WIDTHS = [46, 30, 14, 9, 12, 6]
const line = (cells) =>
  `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join('')}`

const number = (value) => (Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3))

export function printTitle(title) {
  console.log(`\n${title}`)
  console.log(line(['', 'floor', 'ours', 'ratio', 'goal', 'met']))
}

export function printRow(row) {
  const { label, skipped, ours, unit, floor, goal } = row
  if (skipped !== undefined) {
    console.log(`  ${label.padEnd(WIDTHS[0])} skipped: ${skipped}`)
    return
  }
  const text = typeof goal?.text === 'function' ? goal.text(unit) : (goal?.text ?? '')
  console.log(
    line([
      label,
      floor ? `${floor.name} ${number(floor.value)} ${unit}` : '',
      `${number(ours)} ${unit}`,
      floor ? `${(ours / floor.value).toFixed(2)}x` : '',
      text,
      goal ? (goal.met(row) ? 'yes' : 'NO') : '',
    ]),
  )
}
