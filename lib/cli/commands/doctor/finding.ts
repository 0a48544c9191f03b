// What a check of the doctor found, and how likely each cause is.

export type Status = 'pass' | 'warn' | 'fail' | 'skip'

export interface Finding {
  readonly check: string
  readonly status: Status
  readonly says: string
  /** What to do about the problem. */
  readonly fix?: string
  /** Why no datagrams arrive, as a clause that ends a sentence, and how likely this cause is. */
  readonly cause?: { readonly text: string; readonly rank: number }
}

/**
 * How likely each cause is if several were found. A cause that surely stops datagrams is above one that may stop them.
 */
export const RANK = {
  interfaceDown: 100,
  noCarrier: 95,
  noRoute: 90,
  port: 89,
  noAddress: 88,
  joinRefused: 86,
  reversePathDropped: 80,
  firewallDropped: 79,
  otherSource: 78,
  otherPort: 76,
  firewallInferred: 74,
  badChecksum: 73,
  noRoom: 72,
  notTaken: 71,
  portTaken: 70,
  reversePath: 65,
  otherInterface: 62,
  sourceLost: 60,
  sourceNeeded: 58,
  forgotten: 57,
  nothingSent: 55,
  socketDrops: 50,
  blockedSource: 48,
  unicastBound: 46,
  groupStays: 40,
  fragments: 20,
  snooping: 15,
  noQuerier: 10,
} as const

export const pass = (check: string, says: string): Finding => ({ check, status: 'pass', says })
export const skip = (check: string, says: string): Finding => ({ check, status: 'skip', says })

interface Problem {
  says: string
  fix?: string
  cause?: string
  rank?: number
}

const problem = (check: string, status: 'warn' | 'fail', { says, fix, cause, rank }: Problem): Finding => ({
  check,
  status,
  says,
  ...(fix !== undefined && { fix }),
  ...(cause !== undefined && { cause: { text: cause, rank: rank ?? 0 } }),
})

export const warn = (check: string, found: Problem): Finding => problem(check, 'warn', found)
export const fail = (check: string, found: Problem): Finding => problem(check, 'fail', found)
