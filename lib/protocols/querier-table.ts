// What is known of the queriers of links, by the general queries that were heard.

import type { MembershipQuery } from './membership-message.ts'

/** A querier as its newest general query has it. */
export interface Querier {
  readonly version: number
  readonly address: string
  /** In milliseconds, by the clock of who notes the queries. */
  readonly heardAt: number
  /** Milliseconds from one general query to the next; undefined before the second of a version that does not say it. */
  readonly interval: number | undefined
}

/** What a query has told. */
export interface NotedQuery {
  readonly querier: Querier
  readonly before: Querier | undefined
  /** The querier is another one than before, speaks another version, or is back after it was taken for gone. */
  readonly isChanged: boolean
}

export interface QuerierTable {
  /** Notes a general query. `link` names what the querier is of: a family on an interface. */
  note(link: string, query: MembershipQuery, address: string, heardAt: number): NotedQuery
  get(link: string): Querier | undefined
  clear(): void
}

/** RFC 3376 8.5, RFC 3810 9.5: a querier that was silent for this many intervals is taken for gone. */
const ROBUSTNESS = 2
/** RFC 3376 8.2, for a querier that does not say its interval. In milliseconds. */
const QUERY_INTERVAL = 125_000

/** In milliseconds: when the next general query is expected, by the clock of `heardAt`. */
export const nextQueryAt = ({ heardAt, interval = QUERY_INTERVAL }: Querier): number => heardAt + interval

/** In milliseconds: a querier that was silent until then is taken for gone. */
export const goneAt = ({ heardAt, interval = QUERY_INTERVAL }: Querier): number =>
  heardAt + (ROBUSTNESS + 0.5) * interval

export function createQuerierTable(): QuerierTable {
  const queriers = new Map<string, Querier>()
  return {
    note: (link, { version, queryInterval }, address, heardAt) => {
      const before = queriers.get(link)
      const between = before?.address === address ? heardAt - before.heardAt : undefined
      const querier = { version, address, heardAt, interval: queryInterval ? queryInterval * 1000 : between }
      queriers.set(link, querier)
      const isChanged =
        before !== undefined && (version !== before.version || address !== before.address || heardAt > goneAt(before))
      return { querier, before, isChanged }
    },
    get: (link) => queriers.get(link),
    clear: () => queriers.clear(),
  }
}
