import { type Interface, interfaces } from '../../../index.ts'
import { isIpv6 } from '../../../net/address.ts'
import { lookUp } from '../../../net/route-lookup.ts'
import { findInterface } from '../../shell/interface-option.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'

export interface Choice {
  readonly on: Interface | undefined
  readonly findings: readonly Finding[]
}

const names = (list: readonly Interface[]): string => list.map(({ name }) => name).join(', ')

/** The interface that was named, or the one a join that names none would be on. */
export async function chooseInterface(
  group: string,
  sources: readonly string[],
  spec: string | number | undefined,
): Promise<Choice> {
  if (spec !== undefined) return { on: findInterface(spec), findings: [] }
  const list = interfaces()
  const found = await lookUp([group, ...sources])
  const on = list.find(({ index }) => index === found.route(group))
  const bySource = list.find(({ index }) => sources.some((source) => index === found.route(source)))
  if (on === undefined) {
    const able = list.filter(({ flags }) => flags.up && flags.multicast)
    const best = bySource ?? able[0]
    return {
      on: undefined,
      findings: [
        fail('route', {
          says: `no route to ${group}, and no interface named: a join that names none is refused`,
          fix: `name one with -i (${able.length > 0 ? names(able) : 'none is up and takes multicast'}), or ip route add ${
            isIpv6(group) ? 'multicast ff00::/8' : '224.0.0.0/4'
          } dev ${best?.name ?? 'INTERFACE'}`,
          cause: `there is no route to ${group}, and no interface was named to join on`,
          rank: RANK.noRoute,
        }),
      ],
    }
  }
  const chosen = `${on.name}: the route to ${group} goes there, so does a join that names no interface`
  if (bySource === undefined || bySource.index === on.index) return { on, findings: [pass('route', chosen)] }
  return {
    on,
    findings: [
      warn('route', {
        says: `${chosen}; but ${sources.join(', ')} is reached by ${bySource.name}`,
        fix: `join on ${bySource.name}: -i ${bySource.name}, or route ${group} there`,
        cause: `the join is on ${on.name}, and the source is reached by ${bySource.name}`,
        rank: RANK.otherInterface,
      }),
    ],
  }
}
