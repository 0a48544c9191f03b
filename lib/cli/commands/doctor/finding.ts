// What a check of the doctor found, how sure each cause is, and which of several comes first.

export type Status = 'pass' | 'warn' | 'fail' | 'skip'

/**
 * `proven`: an experiment showed the cause. `likely`: a counter or a setting fits in family, interface, port, address and
 * amount. `possible`: nothing speaks against the cause.
 */
export type Certainty = 'proven' | 'likely' | 'possible'

/** Why no datagrams arrive. */
export interface Cause {
  /** A clause that ends a sentence. */
  readonly text: string
  readonly certainty: Certainty
  /** Of causes of one certainty, that of the highest rank comes first. */
  readonly rank: number
}

export interface Finding {
  readonly check: string
  readonly status: Status
  readonly says: string
  /** A command line that mends the problem, as it can be pasted into a shell. */
  readonly fix?: string
  /** What to do, in words. */
  readonly advice?: string
  readonly cause?: Cause
}

/** Of causes that are equally sure, the one nearer to this host's own hands comes first. */
export const RANK = {
  interfaceGone: 105,
  interfaceDown: 100,
  // A bridge has no carrier while none of its ports forwards.
  stuckPort: 97,
  noCarrier: 95,
  noRoute: 90,
  port: 89,
  noAddress: 88,
  joinRefused: 86,
  notJoined: 84,
  notTakenBySocket: 83,
  portTaken: 82,
  badFrames: 81,
  reversePathDropped: 80,
  firewallDropped: 79,
  otherSource: 78,
  otherPort: 76,
  comesElsewhere: 75,
  badChecksum: 73,
  socketDrops: 72,
  noLoopback: 71,
  forgotten: 70,
  reportsDropped: 69,
  reversePath: 65,
  otherInterface: 62,
  sourceLost: 60,
  sourceNeeded: 58,
  // Above the loss that is left over, which they explain.
  otherDrop: 68,
  xdp: 57.5,
  otherDestination: 57,
  lost: 56,
  nothingSent: 55,
  noSource: 50,
  blockedSource: 48,
  groupStays: 40,
  queriesDropped: 30,
  fragments: 20,
  snooping: 15,
  noQuerier: 10,
} as const

export const pass = (check: string, says: string): Finding => ({ check, status: 'pass', says })
export const skip = (check: string, says: string): Finding => ({ check, status: 'skip', says })

/** A problem that may be a cause, and then has its certainty and its rank. */
export type Problem = {
  readonly says: string
  readonly fix?: string | undefined
  readonly advice?: string | undefined
} & ({ readonly cause?: never } | { readonly cause: string; readonly certainty: Certainty; readonly rank: number })

const problem = (check: string, status: 'warn' | 'fail', found: Problem): Finding => ({
  check,
  status,
  says: found.says,
  ...(found.fix !== undefined && { fix: found.fix }),
  ...(found.advice !== undefined && { advice: found.advice }),
  ...(found.cause !== undefined && {
    cause: { text: found.cause, certainty: found.certainty, rank: found.rank },
  }),
})

export const warn = (check: string, found: Problem): Finding => problem(check, 'warn', found)
export const fail = (check: string, found: Problem): Finding => problem(check, 'fail', found)

const CERTAINTIES: readonly Certainty[] = ['proven', 'likely', 'possible']

export type Explained = Finding & { readonly cause: Cause }

/** The findings that have a cause: the surest first, and of equally sure ones by rank. */
export const byCertainty = (findings: readonly Finding[]): Explained[] =>
  findings
    .filter((finding): finding is Explained => finding.cause !== undefined)
    .toSorted(
      ({ cause: a }, { cause: b }) =>
        CERTAINTIES.indexOf(a.certainty) - CERTAINTIES.indexOf(b.certainty) || b.rank - a.rank,
    )
