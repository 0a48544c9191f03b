// Chooses the interface to join on, and checks that the choice suits.

import { type Interface, interfaces } from '../../../index.ts'
import { interfaceOfZone, isIpv6, zoneOf } from '../../../net/address.ts'
import { lookUp } from '../../../net/route-lookup.ts'
import { findInterface, multicastInterfaces } from '../../shell/interface-option.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'

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
  const zone = sources.map(zoneOf).find((one) => one !== undefined)
  const on = spec ?? (zone === undefined ? undefined : interfaceOfZone(zone))
  if (on !== undefined) return { on: findInterface(on), findings: [] }
  return chooseByRoute(group, sources)
}

async function chooseByRoute(group: string, sources: readonly string[]): Promise<InterfaceChoice> {
  const list = interfaces()
  const found = await lookUp([group, ...sources])
  const on = list.find(({ index }) => index === found.route(group))
  const bySource = list.find(({ index }) => sources.some((source) => index === found.route(source)))
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
