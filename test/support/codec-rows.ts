import fc, { type Arbitrary } from 'fast-check'
import type { codecs } from 'sockctl'

// biome-ignore lint/suspicious/noExplicitAny: whichever codec of the table
export type AnyCodec = codecs.Codec<any, any, any>

export interface Row<V = unknown> {
  readonly codec: AnyCodec
  /** Its whole range. */
  readonly values: Arbitrary<V>
  /** What comes back, where it is not the value: the fields of the C struct. */
  readonly comesBackAs?: (value: V) => unknown
  /** Values next to its range, or of another kind. */
  readonly wrong?: Arbitrary<unknown>
  /** The C type alone, without TypeScript's check, must refuse the wrong ones too. */
  readonly nativeRefuses?: false
}

export const row = <V>(row: Row<V>): Row => row as Row

export const integer = (min: number, max: number) => fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }))
/** Numbers that are no whole number of a range: outside, between, endless. */
export const notInteger = (min: number, max: number) =>
  fc.oneof(
    fc.constantFrom(min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.double({ max: min, maxExcluded: true }).filter((number) => number !== 0),
    fc.double({ min: max, minExcluded: true }),
    fc.double({ min, max, noInteger: true }),
    fc.constantFrom('1', null, undefined, 1n, [1], {}, true),
  )
export const numeric = (codec: AnyCodec, min: number, max: number) =>
  row({ codec, values: integer(min, max), wrong: notInteger(min, max) })
