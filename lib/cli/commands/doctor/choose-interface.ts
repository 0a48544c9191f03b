// Chooses the interface to join on, and checks that the choice suits.

import { type Interface, interfaces } from '../../../index.ts'
import { hostMemberships } from '../../../kernel/proc-net.ts'
import { interfaceOfZone, isIpv6, zoneOf } from '../../../net/address.ts'
import { lookUp } from '../../../net/route-lookup.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { findInterface, multicastInterfaces } from '../../shell/interface-option.ts'
import { type Finding, fail, pass, RANK, warn } from './finding.ts'
import { droppingRouteTo } from './link.ts'
import { readText } from './system.ts'
import { type AskedChannel, whereStreamComes } from './where-stream-comes.ts'

export interface InterfaceChoice {
  readonly on: Interface
  readonly findings: readonly Finding[]
  /** Whether the kernel refuses a join that names no interface, as was asked for. */
  readonly isRefused: boolean
}

const names = (list: readonly Interface[]): string => list.map(({ name }) => name).join(', ')

/** The command that has the kernel choose an interface for a group. */
export const routeBy = (group: string, name: string): string =>
  isIpv6(group)
    ? `ip route replace multicast ${group}/128 dev ${name} table local metric 1`
    : `ip route replace ${group} dev ${name}`

/** The interface that was named; else the one the kernel would choose for a join that names none. */
export async function chooseInterface(
  asked: AskedChannel,
  spec: string | number | undefined,
  stop: AbortSignal,
): Promise<InterfaceChoice> {
  const zoned = asked.sources.find((source) => zoneOf(source) !== undefined)
  if (zoned === undefined)
    return spec === undefined ? chooseByRoute(asked, stop) : { on: findInterface(spec), findings: [], isRefused: false }
  const ofZone = findInterface(interfaceOfZone(zoneOf(zoned) ?? ''))
  const on = spec === undefined ? ofZone : findInterface(spec)
  if (on.index !== ofZone.index)
    throw new UsageError(
      `the source ${zoned} is on ${ofZone.name}, and the group is to be joined on ${on.name}: name one of them`,
    )
  return { on, findings: [], isRefused: false }
}

/** The interfaces on which programs of this host have joined a group. */
function joinedInterfaces(group: string, list: readonly Interface[]): Interface[] {
  const texts = { igmp: readText('/proc/net/igmp'), igmp6: readText('/proc/net/igmp6') }
  const indexes = new Set(hostMemberships(texts).flatMap((one) => (one.group === group ? one.index : [])))
  return list.filter(({ index }) => indexes.has(index))
}

/** An interface to look on if the kernel would choose none: better one that is up and takes multicast. */
function bestOf(list: readonly Interface[], group: string): Interface {
  const best = multicastInterfaces()[0] ?? list.find(({ flags }) => !flags.loopback) ?? list[0]
  if (best === undefined) throw new Failure(`this host has no interface on which ${group} could be joined`)
  return best
}

/** The interface on which a join that names none is, or on which programs have joined that named one. */
async function chooseByRoute(asked: AskedChannel, stop: AbortSignal): Promise<InterfaceChoice> {
  const { group, sources } = asked
  const list = interfaces()
  const found = await lookUp([group, ...sources])
  const byRoute = list.find(({ index }) => index === found.route(group))
  const bySource = list.find(({ index }) => sources.some((source) => index === found.route(source)))
  const joined = joinedInterfaces(group, list)
  if (byRoute !== undefined && joined.every(({ index }) => index === byRoute.index))
    return ofRoute(asked, byRoute, bySource)
  const comesBy = await whereStreamComes(asked, stop)
  // Programs have joined where they named an interface: that is where they get the stream, or miss it.
  const flowing = joined.find(({ index }) => comesBy.includes(index))
  if (flowing !== undefined) return chosen(flowing, `${group} is joined there, and comes in there`)
  const topmost = list.find(({ index }) => index === comesBy.at(-1))
  if (byRoute !== undefined && (topmost !== undefined || joined.includes(byRoute)))
    return ofRoute(asked, byRoute, bySource)
  const [first] = joined
  if (first === undefined)
    return ofNoRoute(group, topmost ?? bySource ?? bestOf(list, group), await droppingRouteTo(group))
  return topmost === undefined
    ? chosen(first, `${group} is joined there, where no route to it goes`)
    : chosen(topmost, `${group} comes in there, and no route to it decides`)
}

const chosen = (on: Interface, why: string): InterfaceChoice => ({
  on,
  findings: [pass('route', `${on.name}: ${why}`)],
  isRefused: false,
})

function ofNoRoute(group: string, on: Interface, kind: string | undefined): InterfaceChoice {
  const able = multicastInterfaces()
  const text = `${kind === undefined ? `there is no route to ${group}` : `the route to ${group} is ${kind}`}, and no interface was named`
  const found = fail('route', {
    says: `${text}: the kernel refuses such a join; doctor looks on ${on.name}`,
    fix: routeBy(group, on.name),
    advice: `name an interface with -i: ${able.length > 0 ? names(able) : 'none is up and takes multicast'}`,
    cause: text,
    certainty: 'proven',
    rank: RANK.noRoute,
  })
  return { on, findings: [found], isRefused: true }
}

function ofRoute({ group, sources }: AskedChannel, on: Interface, bySource: Interface | undefined): InterfaceChoice {
  const why = `the route to ${group} goes by it, and so a join that names no interface is on it`
  if (bySource === undefined || bySource.index === on.index) return chosen(on, why)
  const found = warn('route', {
    says: `${on.name}: ${why}; but the route to ${sources.join(', ')} goes by ${bySource.name}`,
    fix: routeBy(group, bySource.name),
    advice: `join on ${bySource.name}: -i ${bySource.name}`,
    cause: `the join is on ${on.name}, and the route to the source goes by ${bySource.name}`,
    certainty: 'possible',
    rank: RANK.otherInterface,
  })
  return { on, findings: [found], isRefused: false }
}
