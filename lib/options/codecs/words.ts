// Arrays of 32-bit numbers as bytes.

/** The 32-bit words of an answer, in the byte order of this machine. */
export function wordsOf(bytes: Buffer): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >>> 2)
}

/** 32-bit numbers as bytes, in the byte order of this machine. */
export const bytesOfWords = (words: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(words).buffer)
