// What a querier is about to do to its network, told before it begins.

import type { Interface } from '../../../index.ts'
import type { QueryTimes } from '../../../protocols/membership-query.ts'
import type { Output } from '../../shell/output.ts'
import type { Question } from './asker.ts'

export interface Plan {
  readonly on: Interface
  readonly questions: readonly Question[]
  readonly times: QueryTimes
  /** In milliseconds. */
  readonly duration: number
}

/** A time of so many milliseconds in words: `125 s`, `10 minutes`, `1 hour`. */
function inWords(milliseconds: number): string {
  const seconds = milliseconds / 1000
  const [amount, unit] =
    seconds >= 3600 && seconds % 3600 === 0
      ? [seconds / 3600, 'hour']
      : seconds >= 120 && seconds % 60 === 0
        ? [seconds / 60, 'minute']
        : [Number(seconds.toFixed(3)), 's']
  return unit === 's' ? `${amount} s` : `${amount} ${unit}${amount === 1 ? '' : 's'}`
}

/** What the queries of one protocol do to the network. */
function effectOf(
  { protocol, version, source }: Question,
  { queryInterval, maxResponseTime, robustness }: QueryTimes,
): string[] {
  // How long a router that lost the election waits for the winner: RFC 9776 8.5, RFC 3810 9.5
  const patience = inWords((robustness * queryInterval + maxResponseTime / 2000) * 1000)
  const lines: string[] = []
  if (protocol === 'IGMP' && source === '0.0.0.0')
    lines.push(
      '  0.0.0.0 wins no election: a querier that is there goes on asking, and this one stops once it hears it.',
      '  Some switches ignore queries from 0.0.0.0; if memberships are still forgotten, give --source.',
    )
  else
    lines.push(
      `  ${source} takes part in the election, in which the lowest address wins. If it wins, routers and switches that`,
      `  ask now fall silent, until ${patience} after the last query; this one stops once it hears another querier.`,
    )
  if (version === (protocol === 'IGMP' ? 2 : 1))
    lines.push(
      `  ${protocol}v${version} makes hosts answer in ${protocol}v${version}: they can't name sources, so source-specific joins ask for any source.`,
    )
  return lines
}

export function tellPlan(out: Output, plan: Plan): void {
  const { on, questions, times, duration } = plan
  if (out.json) {
    out.object({
      event: 'plan',
      interface: on.name,
      queries: questions,
      interval: times.queryInterval,
      startupQueries: times.robustness,
      startupInterval: times.queryInterval / 4,
      maxResponseTime: times.maxResponseTime / 1000,
      robustness: times.robustness,
      duration: duration / 1000,
    })
    return
  }
  const names = questions.map(({ protocol, version }) => `${protocol}v${version}`).join(' and ')
  const startup = inWords(times.queryInterval * 250)
  const again =
    ['', `, again after ${startup}`][times.robustness - 1] ?? `, ${times.robustness - 1} more times every ${startup}`
  out.line(
    `For ${inWords(duration)}, this host asks every host on ${on.name} by ${names} what it listens to: now${again}, then every ${inWords(times.queryInterval * 1000)}.`,
  )
  out.line(
    `Each host reports its groups within ${inWords(times.maxResponseTime)}. Switches that snoop then forward these groups to the hosts that reported them, and other groups only to routers.`,
  )
  for (const question of questions) {
    out.line(`${question.protocol} queries come from ${question.source}:`)
    for (const line of effectOf(question, times)) out.line(line)
  }
}
