import { badValue, show } from './errors.ts'

/** What a field of an options object may be, and how its error says so. */
export interface FieldRule {
  readonly right: (value: unknown) => boolean
  readonly words: string
}

const rule = (words: string, right: (value: unknown) => boolean): FieldRule => ({ right, words })

export const whole = (least: number, most: number): FieldRule =>
  rule(
    `a whole number from ${least} to ${most}`,
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  )

export const oneOf = (...values: readonly unknown[]): FieldRule =>
  rule(values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(' or '), (value) =>
    values.includes(value),
  )

export const flag: FieldRule = oneOf(true, false)

export const object = (words: string): FieldRule => rule(words, (value) => typeof value === 'object' && value !== null)

export const text = (words: string): FieldRule => rule(words, (value) => typeof value === 'string')

export const iterable = (words: string): FieldRule =>
  rule(
    words,
    (value) =>
      typeof value === 'object' && typeof (value as Iterable<unknown> | null)?.[Symbol.iterator] === 'function',
  )

export const list = (words: string): FieldRule => rule(words, Array.isArray)

export const abortSignal: FieldRule = rule('an AbortSignal', (value) => value instanceof AbortSignal)

/** An interface as it is checked further where it is looked up. */
export const interfaceSpec: FieldRule = rule(
  'a name, an index or a local address',
  (value) => typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value) && value >= 0),
)

/** Checks each field there is, and that there is no other: a misspelt one would do nothing, without a word. */
export function checkFields(given: unknown, rules: Readonly<Record<string, FieldRule>>, whose: string): void {
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`${whose} takes { ${Object.keys(rules).join(', ')} }, not ${show(given)}`)
  for (const [name, value] of Object.entries(given)) {
    const expected = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (expected === undefined)
      throw badValue(`${whose} takes ${Object.keys(rules).join(', ')}; it knows no ${show(name)}`)
    if (value !== undefined && !expected.right(value))
      throw badValue(`${whose}: ${name} is ${show(value)}: ${expected.words} is needed`)
  }
}
