// The last sentence of the doctor: the cause, how sure it is, and what to do.

import { byCertainty, type Certainty, type Explained, type Finding } from './finding.ts'

/** What became of the stream. */
export interface StreamOutcome {
  /** The channel as text. */
  readonly channel: string
  /** Whether the stream flows to the socket that was asked about. */
  readonly flows: boolean
  /** How many datagrams arrived. */
  readonly delivered: number
  /**
   * Whether a querier was heard, so long ago that a host which does not answer would have been forgotten or only lately;
   * whether none is needed, none was heard, or nobody could look.
   */
  readonly querier: 'heard' | 'heard-lately' | 'not-needed' | 'unheard' | 'unseen'
  /** For how long the group was joined. */
  readonly seconds: number
  /** The command to try next if nothing else is to be tried. */
  readonly next: string
}

export interface DoctorVerdict {
  readonly sentence: string
  /** The check that found the cause; undefined if nothing is wrong. */
  readonly cause: string | undefined
  readonly certainty: Certainty | undefined
  readonly fix: string | undefined
  readonly advice: string | undefined
  /** The checks that found nothing wrong, if nothing is proven. */
  readonly ruledOut: readonly string[]
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The checks that passed, and neither warned nor failed besides. */
function ruledOutBy(findings: readonly Finding[]): string[] {
  const passed = findings.filter(({ status }) => status === 'pass').map(({ check }) => check)
  const doubted = new Set(findings.filter(({ status }) => status !== 'pass').map(({ check }) => check))
  return [...new Set(passed)].filter((check) => !doubted.has(check))
}

const whatToDo = ({ fix, advice }: Pick<Finding, 'fix' | 'advice'>): string =>
  fix !== undefined ? ` Fix: ${fix}` : advice !== undefined ? ` What to do: ${advice}` : ''

function ofCause(found: Explained, certainty: Certainty, sentence: string): DoctorVerdict {
  const { check, fix, advice } = found
  return { sentence, cause: check, certainty, fix, advice, ruledOut: [] }
}

function ofSilence(findings: readonly Finding[], { next }: StreamOutcome): DoctorVerdict {
  const [first] = byCertainty(findings)
  const ruledOut = ruledOutBy(findings)
  if (first !== undefined && first.cause.certainty !== 'possible') {
    const { certainty, text } = first.cause
    return ofCause(first, certainty, `${capital(certainty)}: ${text}.${whatToDo(first)}`)
  }
  const excluded = ruledOut.length === 0 ? '' : ` Ruled out: ${ruledOut.join(', ')}.`
  if (first === undefined)
    return {
      sentence: `Nothing is proven, and no cause was found.${excluded} Try next: ${next}`,
      cause: undefined,
      certainty: undefined,
      fix: undefined,
      advice: next,
      ruledOut,
    }
  const { text } = first.cause
  const then = first.fix ?? first.advice ?? next
  return {
    ...ofCause(first, 'possible', `Nothing is proven. Possible: ${text}.${excluded} Try next: ${then}`),
    ruledOut,
  }
}

const WELL = { cause: undefined, certainty: undefined, fix: undefined, advice: undefined, ruledOut: [] }

/** In seconds: a querier asks every 125 s. RFC 3376 8.2 */
const QUERY_INTERVAL = 125

function ofStream(findings: readonly Finding[], { channel, querier, seconds }: StreamOutcome): DoctorVerdict {
  const [first] = byCertainty(findings.filter(({ status }) => status === 'fail'))
  if (first !== undefined) {
    const { certainty, text } = first.cause
    return ofCause(first, certainty, `${channel} arrives; but, ${certainty}: ${text}.${whatToDo(first)}`)
  }
  if (querier === 'unheard' || querier === 'unseen') {
    const heard =
      querier === 'unseen' ? 'queries could not be looked for' : `no querier was heard in ${seconds.toFixed(1)} s`
    const longer = querier === 'unheard' && seconds < QUERY_INTERVAL ? '; `--wait 130s` tells' : ''
    return {
      ...WELL,
      sentence: `${channel} arrives; ${heard} (one asks every ${QUERY_INTERVAL} s): where a switch snoops it may stop within 260 s${longer}.`,
    }
  }
  if (querier === 'heard-lately')
    return {
      ...WELL,
      sentence: `${channel} arrives, and a querier was heard; ${seconds.toFixed(1)} s are too short to see whether it stays: \`--wait 20s\` tells.`,
    }
  const [precaution] = byCertainty(findings)
  if (precaution !== undefined)
    return { ...WELL, sentence: `${channel} arrives; to be on the safe side: ${precaution.cause.text}.` }
  return { ...WELL, sentence: `${channel} arrives; nothing is wrong here.` }
}

/** Makes the verdict once all checks have looked. */
export const verdictOf = (findings: readonly Finding[], outcome: StreamOutcome): DoctorVerdict =>
  outcome.flows ? ofStream(findings, outcome) : ofSilence(findings, outcome)
