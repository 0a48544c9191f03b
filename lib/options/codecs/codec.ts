// What a codec is, and helpers to make one.

/**
 * How an option's value crosses between TypeScript and the C struct of the same name.
 * `R` is what reading gives, `W` what writing takes, `Q` the question that reading needs first, if any (a group, say).
 */
export interface Codec<R, W = R, Q = undefined> {
  /** What a value must be, in words that end a sentence: "SO_RCVBUF must be ...". */
  readonly expects: string
  /** The C type read, and written. */
  readonly read: string
  readonly write: string | ((value: W) => string)
  /** What is wrong with a value that the kernel would misread, in words; '' or false if nothing is, true for `expects`. */
  readonly wrong: (value: unknown) => string | boolean
  readonly toNative: (value: W) => unknown
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

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** An array whose every value is right. A hole is not. */
export const isListOf = (value: unknown, right: (one: unknown) => boolean, least = 0, most = 2 ** 32): boolean =>
  Array.isArray(value) && value.length >= least && value.length <= most && Array.from(value).every(right)
