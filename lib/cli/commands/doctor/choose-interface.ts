// Chooses the interface to join on, and checks that the choice suits.

import { type Interface, interfaces } from '../../../index.ts'
import { isIpv6 } from '../../../net/address.ts'
import { lookUp } from '../../../net/route-lookup.ts'
import { findInterface, multicastInterfaces } from '../../shell/interface-option.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'

export interface InterfaceChoice {
  readonly on: Interface | undefined
  readonly findings: readonly Finding[]
}

const names = (list: readonly Interface[]): string => list.map(({ name }) => name).join(', ')

/** The interface that was named; else the one the kernel would choose for a join that names none. */
export async function chooseInterface(
  group: string,
  sources: readonly string[],
  spec: string | number | undefined,
): Promise<InterfaceChoice> {
  if (spec !== undefined) return { on: findInterface(spec), findings: [] }
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
          fix: `name an interface with -i (${able.length > 0 ? names(able) : 'none is up and takes multicast'}), or ip route add ${
            isIpv6(group) ? 'multicast ff00::/8' : '224.0.0.0/4'
          } dev ${best?.name ?? 'INTERFACE'}`,
          cause: `there is no route to ${group}, and no interface was named`,
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
        fix: `join on ${bySource.name}: -i ${bySource.name}, or route ${group} by ${bySource.name}`,
        cause: `the join is on ${on.name}, and the route to the source goes by ${bySource.name}`,
        rank: RANK.otherInterface,
      }),
    ],
  }
}
