// A struct that getsockopt reads before it answers.

import type { Codec } from './codec.ts'
import type { Struct } from './layout.ts'

/** The same struct, which getsockopt reads before it answers: first the fields of the question, then zeros. */
export function asked<R, W, Q extends object>(
  whole: Struct<R, W>,
  question: Struct<unknown, Q>,
): Struct<R, W> & Codec<R, W, Q | undefined> {
  return {
    expects: whole.expects,
    write: whole.write,
    wrong: whole.wrong,
    toNative: whole.toNative,
    fromNative: whole.fromNative,
    // A copy would lay the struct out.
    get size() {
      return whole.size
    },
    get align() {
      return whole.align
    },
    read: 'exact_bytes',
    question: (fields) => {
      const room = new Uint8Array(whole.size)
      if (fields !== undefined) room.set(question.toNative(fields))
      return room
    },
    wrongQuestion: (fields) => (fields === undefined ? '' : question.wrong(fields)),
  }
}
