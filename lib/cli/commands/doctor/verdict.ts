// The last sentence of the doctor: the most likely cause.

import { type Finding, RANK } from './finding.ts'

export interface Verdict {
  /** The check that found the cause; undefined if nothing is wrong. */
  readonly cause: string | undefined
  readonly sentence: string
}

/** Up to this rank, a cause is no more than advice if datagrams do arrive. */
const PRECAUTION = RANK.fragments

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Makes the verdict from all findings; `delivered` is the number of datagrams that arrived. */
export function verdictOf(findings: readonly Finding[], channel: string, delivered: number): Verdict {
  const [worst] = findings
    .filter(({ cause }) => cause !== undefined)
    .toSorted((a, b) => (b.cause?.rank ?? 0) - (a.cause?.rank ?? 0))
  const cause = worst?.cause
  if (delivered === 0) {
    if (worst === undefined || cause === undefined)
      return { cause: undefined, sentence: 'No reason was found why datagrams should not arrive.' }
    return { cause: worst.check, sentence: `Most likely: ${cause.text}.` }
  }
  if (worst === undefined || cause === undefined)
    return { cause: undefined, sentence: `${channel} arrives; nothing is wrong here.` }
  if (cause.rank <= PRECAUTION)
    return { cause: undefined, sentence: `${channel} arrives; to be on the safe side: ${cause.text}.` }
  return { cause: worst.check, sentence: `${capital(channel)} arrives here; but ${cause.text}.` }
}
