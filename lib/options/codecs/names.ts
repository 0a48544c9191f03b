// Codecs of numbers that have names: enumerations and sets of flags.

import { mustBe, object, whole } from '../../base/check-fields.ts'
import { type Codec, codec, isListOf } from './codec.ts'

const NUMBERS_BY_NAME = object('{ name: number, ... }')

const MAX_INT = 2 ** 31 - 1

/**
 * One of some names for the values of an `int` (or another C type). A value of a newer kernel that is not
 * in the list reads as its number, and its number may be written.
 */
export function enumeration<const T extends Readonly<Record<string, number>>>(
  values: T,
  ctype = 'int',
  [least, most]: readonly [number, number] = [-MAX_INT - 1, MAX_INT],
): Codec<(keyof T & string) | number> {
  mustBe(NUMBERS_BY_NAME, 'values', values)
  const number = whole(least, most)
  const names = new Map(Object.entries(values).map(([name, value]) => [value, name]))
  return codec(
    ctype,
    `one of ${[...names.values()].map((name) => `'${name}'`).join(', ')}`,
    (value) => (typeof value === 'string' ? Object.hasOwn(values, value) : number.right(value)),
    {
      toNative: (value) => (typeof value === 'string' ? values[value] : value),
      fromNative: (value: number) => (names.get(value) ?? value) as keyof T & string,
    },
  )
}

/**
 * A set of flags in an `int` (or another C type), as an array of their names in the order of their bits. A bit of a
 * newer kernel that is not in the list reads as its value, and its value may be written.
 */
export function flags<const T extends Readonly<Record<string, number>>>(
  bits: T,
  ctype = 'int',
  most = MAX_INT,
): Codec<((keyof T & string) | number)[], readonly ((keyof T & string) | number)[]> {
  mustBe(NUMBERS_BY_NAME, 'bits', bits)
  const entries = Object.entries(bits)
  const number = whole(0, most)
  const known = (value: unknown): boolean =>
    typeof value === 'string' ? Object.hasOwn(bits, value) : number.right(value)
  return codec(
    ctype,
    `an array of ${entries.map(([name]) => `'${name}'`).join(', ')}`,
    (value) => isListOf(value, known),
    {
      toNative: (value) =>
        value.reduce<number>((sum, one) => sum | (typeof one === 'string' ? (bits[one] ?? 0) : one), 0),
      fromNative: (value: number) => {
        const names: (string | number)[] = []
        let rest = value
        for (const [name, bit] of entries) {
          if ((rest & bit) !== bit) continue
          names.push(name)
          rest &= ~bit
        }
        for (let bit = 0; bit < 32; bit++) if ((rest & (1 << bit)) !== 0) names.push((1 << bit) >>> 0)
        return names as (keyof T & string)[]
      },
    },
  )
}
