// Bytes and texts that were valid before they were changed in a few places.
import { type Arbitrary, fc } from './property.ts'

type Edit = readonly [act: 'set' | 'insert' | 'delete' | 'cut' | 'repeat', at: number, value: number, length: number]

const edits: Arbitrary<Edit[]> = fc.array(
  fc.tuple(
    fc.constantFrom('set', 'set', 'set', 'insert', 'delete', 'cut', 'repeat'),
    fc.nat(1000),
    fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
    fc.integer({ min: 1, max: 20 }),
  ),
  { maxLength: 4 },
)

function edited(valid: Uint8Array, changes: readonly Edit[]): Uint8Array {
  const bytes = [...valid]
  for (const [act, where, value, length] of changes) {
    const at = where % (bytes.length + 1)
    if (act === 'set' && at < bytes.length) bytes[at] = value
    else if (act === 'insert') bytes.splice(at, 0, ...new Array(length).fill(value))
    else if (act === 'delete') bytes.splice(at, length)
    else if (act === 'cut') bytes.length = at
    else if (act === 'repeat') bytes.splice(at, 0, ...bytes.slice(at, at + length))
  }
  return Uint8Array.from(bytes)
}

/** One of these, changed in up to four places, or noise; in a buffer of exactly its length, so that no read goes past it. */
export const mutated = (...valid: readonly Uint8Array[]): Arbitrary<Uint8Array> =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(fc.constantFrom(...valid), edits).map(([bytes, changes]) => edited(bytes, changes)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 120 }) },
  )

/** As `mutated`, for texts; a changed byte may be any of latin1. */
export const mutatedText = (...valid: readonly string[]): Arbitrary<string> =>
  mutated(...valid.map((text) => Buffer.from(text, 'latin1'))).map((bytes) => Buffer.from(bytes).toString('latin1'))

/** Whether a value is a whole number of a range. */
export const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most

/** Whether bytes lie within other bytes. */
export const isWithin = (part: Uint8Array, whole: Uint8Array): boolean =>
  part.buffer === whole.buffer &&
  part.byteOffset >= whole.byteOffset &&
  part.byteOffset + part.length <= whole.byteOffset + whole.length
