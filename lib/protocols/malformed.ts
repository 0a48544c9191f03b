/** What a decoder gives for bytes that are not what they should be: the wire is no place for exceptions. */
export interface Malformed {
  /** What is wrong with the bytes, for a person. */
  readonly malformed: string
}

export const malformed = (what: string): Malformed => ({ malformed: what })

/** Tells a decoder's refusal from its result. */
export const isMalformed = (result: object): result is Malformed => 'malformed' in result
