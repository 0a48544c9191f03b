import { type Finding, RANK } from './finding.ts'

export interface Verdict {
  /** The check that found it; undefined where nothing is wrong. */
  readonly cause: string | undefined
  readonly sentence: string
}

/** What is only a precaution, where datagrams do arrive. */
const PRECAUTION = RANK.fragments

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** One sentence: the most likely cause. */
export function verdictOf(findings: readonly Finding[], channel: string, delivered: number): Verdict {
  const [worst] = findings
    .filter(({ cause }) => cause !== undefined)
    .toSorted((a, b) => (b.cause?.rank ?? 0) - (a.cause?.rank ?? 0))
  const cause = worst?.cause
  if (delivered === 0) {
    if (worst === undefined || cause === undefined)
      return { cause: undefined, sentence: 'Nothing was found that would keep datagrams from arriving.' }
    return { cause: worst.check, sentence: `Most likely: ${cause.text}.` }
  }
  if (worst === undefined || cause === undefined)
    return { cause: undefined, sentence: `${channel} arrives; nothing is wrong here.` }
  if (cause.rank <= PRECAUTION)
    return { cause: undefined, sentence: `${channel} arrives; to be on the safe side: ${cause.text}.` }
  return { cause: worst.check, sentence: `${capital(channel)} arrives here; but ${cause.text}.` }
}
