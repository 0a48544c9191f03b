// Chooses the interface to join on, and checks that the choice suits.

import { type Interface, interfaces } from '../../../index.ts'
import { hostMemberships } from '../../../kernel/proc-net.ts'
import { interfaceOfZone, isIpv6, zoneOf } from '../../../net/address.ts'
import { lookUp } from '../../../net/route-lookup.ts'
import { UsageError } from '../../shell/failure.ts'
import { findInterface, multicastInterfaces } from '../../shell/interface-option.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import { readText } from './system.ts'

export interface InterfaceChoice {
  readonly on: Interface | undefined
  readonly findings: readonly Finding[]
}

const names = (list: readonly Interface[]): string => list.map(({ name }) => name).join(', ')

/** The command that has the kernel choose an interface for a group. */
export const routeBy = (group: string, name: string): string =>
  isIpv6(group)
    ? `ip route replace multicast ${group}/128 dev ${name} table local metric 1`
    : `ip route replace ${group} dev ${name}`

/** The interface that was named; else the one the kernel would choose for a join that names none. */
export async function chooseInterface(
  group: string,
  sources: readonly string[],
  spec: string | number | undefined,
): Promise<InterfaceChoice> {
  const zoned = sources.find((source) => zoneOf(source) !== undefined)
  if (zoned === undefined)
    return spec === undefined ? chooseByRoute(group, sources) : { on: findInterface(spec), findings: [] }
  const ofZone = findInterface(interfaceOfZone(zoneOf(zoned) ?? ''))
  const on = spec === undefined ? ofZone : findInterface(spec)
  if (on.index !== ofZone.index)
    throw new UsageError(
      `the source ${zoned} is on ${ofZone.name}, and the group is to be joined on ${on.name}: name one of them`,
    )
  return { on, findings: [] }
}

/** The interfaces on which programs of this host have joined a group. */
function joinedInterfaces(group: string, list: readonly Interface[]): Interface[] {
  const texts = { igmp: readText('/proc/net/igmp'), igmp6: readText('/proc/net/igmp6') }
  const indexes = new Set(hostMemberships(texts).flatMap((one) => (one.group === group ? one.index : [])))
  return list.filter(({ index }) => indexes.has(index))
}

async function chooseByRoute(group: string, sources: readonly string[]): Promise<InterfaceChoice> {
  const list = interfaces()
  const found = await lookUp([group, ...sources])
  const on = list.find(({ index }) => index === found.route(group))
  const bySource = list.find(({ index }) => sources.some((source) => index === found.route(source)))
  const joined = joinedInterfaces(group, list)
  // Programs have joined where they named an interface: that is where they miss the stream.
  const [only] = joined
  if (on === undefined && only !== undefined && joined.length === 1)
    return { on: only, findings: [pass('route', `${only.name}: ${group} is joined there, and no route to it decides`)] }
  if (on === undefined) {
    const able = multicastInterfaces()
    const best = bySource ?? able[0]
    return {
      on: undefined,
      findings: [
        fail('route', {
          says: `there is no route to ${group}, and no interface was named: the kernel refuses such a join`,
          fix: best && routeBy(group, best.name),
          advice: `name an interface with -i: ${able.length > 0 ? names(able) : 'none is up and takes multicast'}`,
          cause: `there is no route to ${group}, and no interface was named`,
          certainty: 'proven',
          rank: RANK.noRoute,
        }),
      ],
    }
  }
  const chosen = `${on.name}: the route to ${group} goes by it, and so a join that names no interface is on it`
  if (bySource === undefined || bySource.index === on.index) return { on, findings: [pass('route', chosen)] }
  return {
    on,
    findings: [
      warn('route', {
        says: `${chosen}; but the route to ${sources.join(', ')} goes by ${bySource.name}`,
        fix: routeBy(group, bySource.name),
        advice: `join on ${bySource.name}: -i ${bySource.name}`,
        cause: `the join is on ${on.name}, and the route to the source goes by ${bySource.name}`,
        certainty: 'possible',
        rank: RANK.otherInterface,
      }),
    ],
  }
}
