// Checks whether the network had forgotten that this host listens, and whether its reports leave and queries come in.

import { isNeverSnooped } from './bridge-checks.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import { membershipFix } from './firewall.ts'
import type { Observation } from './observation.ts'
import { forgottenBy } from './renewals.ts'
import { type WantedChannel, wantedFlows } from './wanted-channel.ts'

const protocolOf = ({ family }: WantedChannel): string => (family === 'ipv4' ? 'IGMP' : 'MLD')

/** In milliseconds: having heard no query for less than this means nothing. */
const MIN_QUERY_WAIT = 3000
/** In milliseconds: by then a host has sent the first report of a join. */
const FIRST_REPORT = 500

/** What has a network remember its hosts: a bridge of this host's own asks by itself, any other needs a querier. */
function querierFix({ on: { name } }: WantedChannel, seen: Observation): { fix: string; advice: string } {
  if (seen.link.bridge !== undefined)
    return { fix: `ip link set ${name} type bridge mcast_querier 1`, advice: `switch on the querier of ${name}` }
  return {
    fix: `sockctl querier -i ${name}`,
    advice: "switch on the IGMP querier of the switch, or mcast_querier of the host's bridge",
  }
}

function forgottenCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const { group, on } = wanted
  const forgotten = forgottenBy(seen.renewals)
  if (forgotten === undefined) {
    const [last] = seen.renewals
    if (last === undefined || wantedFlows(wanted, seen.flows).length > 0) return []
    return [pass('forgotten', `the memberships were reported anew, and the stream stayed away`)]
  }
  const { renewal, isProven } = forgotten
  const times = `nothing came for ${(renewal.silentFor / 1000).toFixed(1)} s although ${group} was joined on ${on.name}, and ${Math.round(renewal.backAfter ?? 0)} ms after a new report the stream was back`
  const found = {
    says: times,
    ...querierFix(wanted, seen),
    cause: `the network had forgotten this host: ${times}`,
    certainty: isProven ? 'proven' : 'possible',
    rank: RANK.forgotten + 1,
  } as const
  return [isProven ? fail('forgotten', found) : warn('forgotten', found)]
}

function reportCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const { group, on } = wanted
  const protocol = protocolOf(wanted)
  const [report] = seen.reports
  if (report !== undefined && report.message.type !== 'other')
    return [
      pass('report', `an ${protocol}v${report.message.version} report for ${group} went out to ${report.destination}`),
    ]
  if (on.flags.loopback || seen.passive || seen.joinRefused !== undefined) return []
  if (!on.flags.up) return [skip('report', `no report leaves ${on.name}, which is down`)]
  const wasJoined = seen.joinedBefore.some(({ index }) => index === on.index)
  if (wasJoined || isNeverSnooped(group) || seen.listened < FIRST_REPORT || !on.flags.multicast)
    return [
      skip(
        'report',
        `this host sent no ${protocol} report for ${group}: the group was joined before, or needs no report`,
      ),
    ]
  const silent = wantedFlows(wanted, seen.flows).length === 0
  const says = `this host joined ${group}, and no ${protocol} report for it left ${on.name}`
  const advice = `have the firewall accept ${protocol} as output: nft list ruleset; iptables -L OUTPUT -v -n`
  const fix = membershipFix(wanted, seen, 'out')
  if (!silent) return [warn('report', { says, fix, advice })]
  return [
    fail('report', {
      says,
      fix,
      advice,
      cause: `no ${protocol} report of this host leaves ${on.name}, so no switch or router learns that it listens`,
      certainty: 'likely',
      rank: RANK.reportsDropped,
    }),
  ]
}

function querierCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const protocol = protocolOf(wanted)
  const seconds = ((seen.listened || (seen.looked?.length ?? 0)) / 1000).toFixed(1)
  const [query] = seen.queries
  const [bad] = seen.badQueries
  if (query !== undefined && query.message.type === 'query') {
    const heard = `${query.source} sends queries of ${protocol}v${query.message.version}`
    if (seen.queriesPassed !== 0) return [pass('querier', heard)]
    const onWire = wantedFlows(wanted, seen.flows).length > 0
    const flows = onWire && ((seen.delivered?.size ?? 0) > 0 || (seen.passed?.size ?? 0) > 0)
    const says = `${heard}; none of them passes this host's firewall, so this host does not answer`
    const advice = `have the firewall accept ${protocol} as input: nft list ruleset; iptables -L INPUT -v -n`
    const fix = membershipFix(wanted, seen, 'in')
    if (onWire && !flows) return [warn('querier', { says, fix, advice })]
    return [
      fail('querier', {
        says,
        fix,
        advice,
        cause: `${protocol} queries come in by ${wanted.on.name} and do not pass this host's firewall: the host does not answer, and the network forgets it within 260 s`,
        certainty: flows || forgottenBy(seen.renewals)?.isProven === true ? 'proven' : 'likely',
        rank: RANK.forgotten + 2,
      }),
    ]
  }
  const untaken = bad === undefined ? '' : `; ${bad.source} sends queries that this host does not take: ${bad.why}`
  if (seen.listened < MIN_QUERY_WAIT && bad === undefined)
    return [skip('querier', `no ${protocol} query in ${seconds} s; queries may come only every 125 s: --wait 130s`)]
  return [
    warn('querier', {
      says: `no ${protocol} query in ${seconds} s that counts; queries may come only every 125 s${untaken}`,
      advice: 'listen longer, --wait 130s; without queries, switches that snoop stop forwarding after some minutes',
      cause: `no ${protocol} querier was heard${untaken}`,
      certainty: 'possible',
      rank: RANK.noQuerier,
    }),
  ]
}

export function networkChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  if (seen.captureRefused !== undefined)
    return [skip('querier', `${seen.captureRefused.says}; so reports and queries were not looked for`)]
  return [...forgottenCheck(wanted, seen), ...reportCheck(wanted, seen), ...querierCheck(wanted, seen)]
}
