// What a value given by a user may be, and the errors that say so.

import { types } from 'node:util'
import { badValue, show, wrongType } from './errors.ts'

/** What a value may be, and how an error says so. */
export interface FieldRule<T = unknown> {
  readonly right: (value: unknown) => value is T
  readonly words: string
}

export const rule = <T>(words: string, right: (value: unknown) => boolean): FieldRule<T> => ({
  words,
  right: right as FieldRule<T>['right'],
})

/** A field with fields of its own, which are checked after it. */
export const checkedLater: FieldRule = rule('anything', () => true)

/** A whole number; the unit is for the words. */
export const whole = (least: number, most: number, unit?: string): FieldRule<number> =>
  rule(
    `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${least} to ${most}`,
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most,
  )

export const oneOf = (...values: readonly unknown[]): FieldRule =>
  rule(values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(' or '), (value) =>
    values.includes(value),
  )

export const flag: FieldRule<boolean> = rule('true or false', (value) => typeof value === 'boolean')

export const object = (words: string): FieldRule<object> =>
  rule(words, (value) => typeof value === 'object' && value !== null)

export const text = (words: string): FieldRule<string> => rule(words, (value) => typeof value === 'string')

export const iterable = (words: string): FieldRule<Iterable<unknown>> =>
  rule(
    words,
    (value) =>
      typeof value === 'object' && typeof (value as Iterable<unknown> | null)?.[Symbol.iterator] === 'function',
  )

export const list = (words: string): FieldRule<unknown[]> => rule(words, Array.isArray)

export const callback: FieldRule = rule('a function', (value) => typeof value === 'function')

export const abortSignal: FieldRule<AbortSignal> = rule('an AbortSignal', (value) => value instanceof AbortSignal)

/**
 * By the kind of the object, as the native side judges too: a Proxy or a descendant of a Uint8Array is none, and one of another
 * realm is.
 */
export const isBytes = (value: unknown): value is Uint8Array => types.isUint8Array(value)

/** The form only: whether there is such an interface shows when it is looked up. */
export const interfaceSpec: FieldRule<string | number> = rule(
  'a name, an index or a local address',
  (value) => typeof value === 'string' || whole(0, 2 ** 31 - 1).right(value),
)

/** Refuses a value that a rule does not allow: `port is 0: a whole number from 1 to 65535 is needed`. */
export function mustBe<T>(rule: FieldRule<T>, name: string, value: unknown, option?: string): asserts value is T {
  if (!rule.right(value)) throw badValue(`${name} is ${show(value)}: ${rule.words} is needed`, option)
}

/** Refuses a name that is not among those known: a misspelt option would have no effect and give no error. */
export function mustKnow(names: readonly string[], given: object, whose: string): void {
  // Thousands of channels are checked in one tick, and this makes no array for each.
  for (const name in given)
    if (!names.includes(name) && Object.hasOwn(given, name))
      throw badValue(`${whose}: unknown option ${show(name)}; there are ${names.join(', ')}`)
}

/**
 * Checks every field of an options object, and that it has no others. Gives the fields that were checked: each is read
 * once, since a getter may give another value the next time.
 */
export function checkFields<T>(given: T, rules: Readonly<Record<string, FieldRule>>, whose: string): T {
  const names = Object.keys(rules)
  if (typeof given !== 'object' || given === null)
    throw wrongType(`${whose} takes { ${names.join(', ')} }, not ${show(given)}`)
  mustKnow(names, given, whose)
  const checked: Record<string, unknown> = {}
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = (given as Record<string, unknown>)[name]
    if (value === undefined) continue
    mustBe(rule, `${whose}: ${name}`, value)
    checked[name] = value
  }
  return checked as T
}
