// Codecs of a single number, truth value, text or run of bytes.

import { type FieldRule, isBytes, whole } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import { type Codec, codec } from './codec.ts'

const number = (ctype: string, { words, right }: FieldRule<number>): Codec<number> => codec(ctype, words, right)

/** An `int` between two bounds; without them, any. The unit is named in errors. */
export const int = (least = -(2 ** 31), most = 2 ** 31 - 1, unit?: string): Codec<number> =>
  number('int', whole(least, most, unit))

/** An `unsigned int` between two bounds; without them, any. The unit is named in errors. */
export const unsigned = (least = 0, most = 2 ** 32 - 1, unit?: string): Codec<number> =>
  number('unsigned', whole(least, most, unit))

/** An `unsigned char`. */
export const byte: Codec<number> = number('byte', whole(0, 255))

/** A 64-bit unsigned number, as BigInt. */
export const u64: Codec<bigint> = codec(
  'u64',
  'a BigInt from 0n to 2n ** 64n - 1n',
  (value) => typeof value === 'bigint' && value >= 0n && value < 2n ** 64n,
)

/** An `int` that is 0 or 1. */
export const boolean: Codec<boolean> = codec('boolean', 'true or false', (value) => typeof value === 'boolean')

/** An option that does something once when it is set, whatever its value. */
export const trigger: Codec<never, true> = codec('int', 'true: do it', (value) => value === true, { toNative: () => 1 })

const MAX_SECONDS = 2 ** 31 - 1

/** A `struct timeval` in milliseconds, fractions down to a microsecond; 0 for no limit. */
export const milliseconds: Codec<number> = codec(
  'timeval',
  `a time in milliseconds from 0 to ${MAX_SECONDS * 1000}`,
  (value) => typeof value === 'number' && value >= 0 && value <= MAX_SECONDS * 1000,
)

/** setsockopt takes the length of a value as an int: a longer value would reach the kernel cut to 32 bits. */
const MAX_BYTES = 2 ** 31 - 1

const isLongBytes = (value: unknown): value is Uint8Array => isBytes(value) && value.length > MAX_BYTES

/** Raw bytes, which may be read with a question: the first content of the buffer that getsockopt is given. */
export type BytesCodec = Codec<Buffer, Uint8Array, Uint8Array | undefined>

const askedWithBytes = (most: number): Pick<BytesCodec, 'wrongQuestion'> => ({
  wrongQuestion: (question) =>
    question === undefined || (isBytes(question) && question.length <= most)
      ? ''
      : `the question is ${show(question)}: a Uint8Array of at most ${most} bytes is needed`,
})

/**
 * Raw bytes, for an option whose struct no other codec knows. With a question, the answer is as long as the question at
 * most: `getSync(option, Buffer.alloc(84))`.
 */
export const bytes: BytesCodec = {
  ...codec('bytes', 'a Uint8Array', isBytes),
  ...askedWithBytes(MAX_BYTES),
  read: (question) => (question === undefined ? 'bytes' : 'exact_bytes'),
  question: (question) => question,
  wrong: (value) =>
    isLongBytes(value) ? `it has ${value.length} bytes, and setsockopt takes at most ${MAX_BYTES}` : !isBytes(value),
}

/**
 * Raw bytes of a length between two bounds. If there is one length only, getsockopt is given a buffer of that length: some
 * options take no other. A question is the first content of the buffer; zeros follow if it is shorter.
 */
export const bytesOf = (least: number, most: number): BytesCodec => ({
  ...codec<Buffer, Uint8Array>(
    'bytes',
    `a Uint8Array of ${least === most ? least : `${least} to ${most}`} bytes`,
    (value) => isBytes(value) && value.length >= least && value.length <= Math.min(most, MAX_BYTES),
  ),
  ...askedWithBytes(most),
  read: (question) => (question === undefined && least !== most ? 'bytes' : 'exact_bytes'),
  question: (question) => {
    if (question === undefined && least !== most) return undefined
    const buffer = new Uint8Array(most)
    buffer.set(question ?? [])
    return buffer
  },
})

// Half of a surrogate pair would reach the kernel as another character.
const isText = (value: string): boolean => !/\p{Surrogate}|\0/u.test(value)

/** Text of at most `most` bytes. */
export const string = (most: number): Codec<string> =>
  codec(
    'string',
    `a string of at most ${most} bytes without NUL`,
    (value) => typeof value === 'string' && Buffer.byteLength(value) <= most && isText(value),
  )
