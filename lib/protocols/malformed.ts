// The result of a decoder for bytes that it can't read.

/** Given instead of thrown: bad packets are ordinary on a network, and a decoder's caller has to handle each. */
export interface Malformed {
  /** What is wrong with the bytes, as a text for a person. */
  readonly malformed: string
}

export const malformed = (what: string): Malformed => ({ malformed: what })

/** True if a decoder could not read the bytes. */
export const isMalformed = (result: object): result is Malformed => 'malformed' in result
