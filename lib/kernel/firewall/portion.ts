// How much of a flow of datagrams a condition of a firewall matches: none, all, a share, or an amount that can't be told.

/** Between `least` and `most` of the datagrams, 0 for none and 1 for all. */
export interface Portion {
  readonly least: number
  readonly most: number
  /** The conditions that could not be judged, and therefore lie between `least` and `most`. */
  readonly unjudged: readonly string[]
  /** Whether a rate limit, or a rule that takes one in so many, is among the conditions. */
  readonly limited: boolean
}

const portion = (least: number, most: number, unjudged: readonly string[] = [], limited = false): Portion => ({
  least,
  most,
  unjudged,
  limited,
})

export const NONE: Portion = portion(0, 0)
export const ALL: Portion = portion(1, 1)

export const allOrNone = (matches: boolean): Portion => (matches ? ALL : NONE)

/** What a condition matches that is not understood, or depends on what is not known. */
export const unjudged = (condition: string): Portion => portion(0, 1, [condition])

/** What a limit lets match: between these shares. */
export const limited = (least: number, most: number): Portion => portion(least, most, [], true)

const mergedReasons = (one: Portion, other: Portion): readonly string[] => {
  if (one.unjudged.length === 0) return other.unjudged
  if (other.unjudged.length === 0) return one.unjudged
  return [...new Set([...one.unjudged, ...other.unjudged])]
}

/** The portion that meets both conditions. */
export function both(one: Portion, other: Portion): Portion {
  if (one === ALL || other === NONE) return other
  if (other === ALL || one === NONE) return one
  const most = one.most * other.most
  if (most === 0) return NONE
  return portion(one.least * other.least, most, mergedReasons(one, other), one.limited || other.limited)
}

/** The portion that does not meet the condition. */
export function rest(one: Portion): Portion {
  if (one === ALL) return NONE
  if (one === NONE) return ALL
  return portion(1 - one.most, 1 - one.least, one.unjudged, one.limited)
}

/** The portion of two that exclude each other, such as what two rules of a chain take away. */
export function together(one: Portion, other: Portion): Portion {
  if (one === NONE) return other
  if (other === NONE) return one
  const least = Math.min(1, one.least + other.least)
  if (least === 1) return ALL
  return portion(least, Math.min(1, one.most + other.most), mergedReasons(one, other), one.limited || other.limited)
}
