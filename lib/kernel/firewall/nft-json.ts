// The shape of what nft prints as JSON.

/** What rules refer to by name. */
export interface NftObjects {
  /** The elements of sets and maps. */
  readonly elements: ReadonlyMap<string, readonly unknown[]>
  readonly counters: ReadonlyMap<string, number>
  readonly limits: ReadonlyMap<string, Fields>
}

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
