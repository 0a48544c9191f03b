// Checks whether the interface is a bridge's port, or a bridge that does not bring the stream to this host.

import { describeGroup } from '../../../index.ts'
import { isIpv6 } from '../../../net/address.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { Bridge } from './link.ts'
import type { Observation } from './observation.ts'
import { commandLine, type WantedChannel, wantedFlows } from './wanted-channel.ts'

/** Whether switches that snoop forward the group to every port. RFC 4541 2.1.2, 3 */
export const isNeverSnooped = (group: string): boolean =>
  isIpv6(group) ? group === 'ff02::1' : describeGroup(group).scope === 'link-local'

function portCheck(wanted: WantedChannel, seen: Observation, master: string): Finding {
  const { name } = wanted.on
  const onWire = wantedFlows(wanted, seen.flows).length > 0
  return fail('bridge', {
    says: `${name} is a port of ${master}: packets that come in go to ${master}, and a join on ${name} gets none`,
    fix: commandLine('receive', wanted, { interface: master }),
    advice: `join on ${master}: -i ${master}`,
    cause: `${name} is a port of ${master}, and the join has to be on ${master}`,
    certainty: onWire ? 'proven' : 'likely',
    rank: RANK.port,
  })
}

function stuckCheck(wanted: WantedChannel, seen: Observation, { stuckPorts, ports }: Bridge): Finding[] {
  const { name } = wanted.on
  const [port] = stuckPorts.filter(({ state }) => state !== 'disabled')
  if (port === undefined) return []
  const silent = wantedFlows(wanted, seen.flows).length === 0
  const says = `port ${port.name} of the bridge ${name} is ${port.state}, and forwards nothing`
  if (ports.length > stuckPorts.length || !silent) return [warn('bridge', { says })]
  return [
    fail('bridge', {
      says,
      fix: `ip link set ${name} type bridge stp_state 0 && ip link set ${port.name} type bridge_slave state 3`,
      cause: `port ${port.name} of the bridge ${name} is ${port.state}, and forwards nothing`,
      certainty: 'proven',
      rank: RANK.stuckPort,
    }),
  ]
}

/**
 * A bridge that snoops forwards a group only to ports it heard a report from, and forgets reports that no querier
 * renews.
 */
function snoopingCheck(wanted: WantedChannel, seen: Observation, bridge: Bridge): Finding {
  const { family, group } = wanted
  const { name } = wanted.on
  if (!bridge.snoops) return pass('bridge', `the bridge ${name} does not snoop`)
  if (bridge.asks) return pass('bridge', `the bridge ${name} snoops, and sends queries itself`)
  const protocol = family === 'ipv4' ? 'IGMP' : 'MLD'
  const fix = `ip link set ${name} type bridge mcast_querier 1`
  const silent = seen.captureRefused === undefined && wantedFlows(wanted, seen.flows).length === 0
  if (!isNeverSnooped(group) && silent && seen.listed !== undefined && bridge.groups?.includes(group) === false)
    return fail('bridge', {
      says: `the bridge ${name} snoops, and has forgotten that this host listens to ${group}: no ${protocol} querier asked for new reports`,
      fix,
      cause: `the bridge ${name} snoops, and for want of ${protocol} queries has forgotten that this host listens`,
      certainty: 'likely',
      rank: RANK.forgotten,
    })
  const [query] = seen.queries
  if (query !== undefined) return pass('bridge', `the bridge ${name} snoops, and ${query.source} sends queries`)
  return warn('bridge', {
    says: `the bridge ${name} snoops and sends no queries: without another ${protocol} querier it forgets which hosts listen`,
    fix,
    cause: `the bridge ${name} snoops, and nobody sends it ${protocol} queries`,
    certainty: 'possible',
    rank: RANK.snooping,
  })
}

export function bridgeChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const { master, bridge, isUnseen } = seen.link
  if (isUnseen === true && seen.interfaceEnd !== 'gone')
    return [
      skip('bridge', 'ip(8) tells nothing here; so whether the interface is a bridge, or a port of one, was not seen'),
    ]
  if (master !== undefined) return [portCheck(wanted, seen, master)]
  return bridge === undefined ? [] : [...stuckCheck(wanted, seen, bridge), snoopingCheck(wanted, seen, bridge)]
}
