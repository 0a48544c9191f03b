import type { codecs } from 'sockctl'
import { type Arbitrary, fc } from './property.ts'

// biome-ignore lint/suspicious/noExplicitAny: whichever codec of the table
export type AnyCodec = codecs.Codec<any, any, any>

export interface Row<V = unknown> {
  readonly codec: AnyCodec
  /** Arbitrary right values, over the whole range. */
  readonly values: Arbitrary<V>
  /** The value as it comes back, if that differs: the fields of the C struct. */
  readonly comesBackAs?: (value: V) => unknown
  /** Wrong values: just outside of the range, or of another kind. */
  readonly wrong?: Arbitrary<unknown>
  /** False if the C type alone, without TypeScript's check, accepts wrong values. */
  readonly nativeRefuses?: false
}

export const row = <V>(row: Row<V>): Row => row as Row

export const integer = (min: number, max: number) => fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }))
/** Numbers that are not whole numbers of a range: outside of it, fractions, NaN, infinite. */
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
