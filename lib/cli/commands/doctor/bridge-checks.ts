// Checks whether the interface is a bridge's port, or a bridge that has forgotten that this host listens.

import { describeGroup } from '../../../index.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import type { Observation } from './observation.ts'
import type { WantedChannel } from './wanted-channel.ts'

/**
 * A bridge that snoops forwards a group only to ports it heard a report from, and forgets reports that no querier
 * renews.
 */
export function bridgeChecks({ on: { name }, family, group }: WantedChannel, seen: Observation): Finding[] {
  const { master, bridge } = seen.link
  if (master !== undefined)
    return [
      fail('bridge', {
        says: `${name} is a port of ${master}: packets that come in go to ${master}, and a join on ${name} gets none`,
        fix: `join on ${master}: -i ${master}`,
        cause: `${name} is a port of ${master}, and the join has to be on ${master}`,
        rank: RANK.port,
      }),
    ]
  if (bridge === undefined) return []
  if (!bridge.snoops) return [pass('bridge', `the bridge ${name} does not snoop`)]
  if (bridge.asks) return [pass('bridge', `the bridge ${name} snoops, and sends queries itself`)]
  const protocol = family === 'ipv4' ? 'IGMP' : 'MLD'
  const fix = `ip link set ${name} type bridge mcast_querier 1, or mcast_snooping 0`
  const snooped = describeGroup(group).scope !== 'link-local'
  const silent = seen.captureRefused === undefined && seen.flows.length === 0
  if (snooped && silent && seen.listed !== undefined && bridge.groups?.includes(group) === false)
    return [
      fail('bridge', {
        says: `the bridge ${name} snoops, and has forgotten that this host listens to ${group}: no ${protocol} querier asked for new reports`,
        fix,
        cause: `the bridge ${name} snoops, and for want of ${protocol} queries has forgotten that this host listens`,
        rank: RANK.forgotten,
      }),
    ]
  const [query] = seen.queries
  if (query !== undefined) return [pass('bridge', `the bridge ${name} snoops, and ${query.source} sends queries`)]
  return [
    warn('bridge', {
      says: `the bridge ${name} snoops and sends no queries: without another ${protocol} querier it forgets which hosts listen`,
      fix,
      cause: `the bridge ${name} snoops, and nobody sends it ${protocol} queries`,
      rank: RANK.snooping,
    }),
  ]
}
