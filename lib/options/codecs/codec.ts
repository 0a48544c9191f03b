// What a codec is, and helpers to make one.

import { show } from '../../base/errors.ts'

/**
 * How an option's value crosses between TypeScript and the C struct of the same name.
 * `R` is what reading gives, `W` what writing takes, `Q` the question that reading needs first, if any (a group, say).
 */
export interface Codec<R, W = R, Q = undefined> {
  /** What a value must be, in words that end a sentence: "SO_RCVBUF must be ...". */
  readonly expects: string
  /** The C type read, and written. */
  readonly read: string | ((question: Q) => string)
  /** The C type written, which may depend on the value. */
  readonly write: string | ((value: W) => string)
  /** What is wrong with a value that the kernel would misread, in words; '' or false if nothing is, true for `expects`. */
  readonly wrong: (value: unknown) => string | boolean
  /** The value as the addon takes it. */
  readonly toNative: (value: W) => unknown
  /** The value that reading gives, of the value that the addon gives. */
  readonly fromNative: (native: never) => R
  /** The native value that getsockopt is given to read. */
  readonly question?: (question: Q) => unknown
  /** As `wrong`, for the question; absent if there is none. */
  readonly wrongQuestion?: (question: unknown) => string | boolean
}

export const same = (value: unknown): never => value as never

/** A codec over one C type. */
export function codec<R, W = R>(
  ctype: string,
  expects: string,
  right: (value: unknown) => boolean,
  change: { toNative?: (value: W) => unknown; fromNative?: (native: never) => R } = {},
): Codec<R, W> {
  return {
    expects,
    read: ctype,
    write: ctype,
    wrong: (value) => !right(value),
    toNative: change.toNative ?? same,
    fromNative: change.fromNative ?? same,
  }
}

/**
 * An object of fields. An array, bytes, a Map, a Date or a promise that nobody awaited has none of them, and would pass as
 * an object without any.
 */
const isPlain = (value: unknown): value is object => Object.prototype.toString.call(value) === '[object Object]'

/**
 * What is wrong with the names of an object's fields, as `wrong` of a codec says it: a misspelt one would have no effect
 * and give no error.
 */
export function wrongFields(value: unknown, names: readonly string[]): string | boolean {
  if (!isPlain(value)) return true
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  return unknown === undefined ? '' : `unknown field ${show(unknown)}; there are ${names.join(', ')}`
}

/** An object with no other fields than these. */
export const isRecordOf = (value: unknown, ...names: string[]): value is Record<string, unknown> =>
  wrongFields(value, names) === ''

/** An array whose every value is right. A hole is not. */
export const isListOf = (value: unknown, right: (one: unknown) => boolean, least = 0, most = 2 ** 32): boolean =>
  Array.isArray(value) && value.length >= least && value.length <= most && Array.from(value).every(right)
