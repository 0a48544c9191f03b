// Checks the datagrams: whether they are on the wire, by which interface, and whether they reach a socket.

import { type IpFamily, isMulticast } from '../../../net/address.ts'
import { arrivedOf, lossOf } from './arrival.ts'
import { routeBy } from './choose-interface.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { AskedSocket } from './inside-socket.ts'
import type { Observation } from './observation.ts'
import {
  channelText,
  commandLine,
  flowsHere,
  isWantedSource,
  type WantedChannel,
  wantedFlows,
} from './wanted-channel.ts'
import type { ObservedFlow } from './wire.ts'

/** How many of a list are shown. */
const MAX_LISTED = 8
const listText = (all: Iterable<string | number>): string => {
  const list = [...new Set(all)]
  return list.length <= MAX_LISTED
    ? list.join(', ')
    : `${list.slice(0, MAX_LISTED).join(', ')} and ${list.length - MAX_LISTED} more`
}
const sourcesOf = (flows: readonly ObservedFlow[]): string => listText(flows.map(({ source }) => source))
const portsOf = (flows: readonly ObservedFlow[]): number[] => [
  ...new Set(flows.flatMap(({ port }) => (port === undefined ? [] : [port]))),
]

function flowText(
  family: IpFamily,
  { source, port, datagrams, bytes, largest, hopLimits: [lowest, highest], outgoing }: ObservedFlow,
  seconds: number,
): string {
  const hops = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`
  const rate = `${Math.round(datagrams / seconds)} a second, ${((bytes * 8) / seconds / 1e6).toFixed(2)} Mbit/s`
  const to = port === undefined ? '' : ` to port ${port}`
  return `${source}${to}: ${datagrams} datagrams (${rate}), ${family === 'ipv4' ? 'TTL' : 'hop limit'} ${hops}, payloads up to ${largest} bytes${outgoing ? ', from this host' : ''}`
}

const secondsOf = ({ listened, looked }: Observation): number => Math.max(1, listened || (looked?.length ?? 0)) / 1000

function wireCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  if (seen.captureRefused !== undefined)
    return [skip('wire', `${seen.captureRefused.says}; so the wire was not looked at`)]
  const seconds = secondsOf(seen)
  const found = wantedFlows(wanted, seen.flows)
  if (found.length > 0)
    return [
      ...found
        .toSorted((a, b) => b.datagrams - a.datagrams)
        .slice(0, MAX_LISTED)
        .map((flow) => pass('wire', flowText(wanted.family, flow, seconds))),
      ...(found.length > MAX_LISTED ? [pass('wire', `and ${found.length - MAX_LISTED} more sources and ports`)] : []),
    ]
  const elsewhere =
    elsewhereCheck(wanted, seen) ?? otherStreamCheck(wanted, seen) ?? otherDestinationCheck(wanted, seen)
  if (elsewhere !== undefined) return [elsewhere]
  if (seen.joinRefused !== undefined)
    return [skip('wire', `nothing for ${wanted.group} came in by ${wanted.on.name}; but it was not joined`)]
  return [silenceCheck(wanted, seen, seconds)]
}

/** Another port, or another source, of the same group on the same interface. */
function otherStreamCheck(wanted: WantedChannel, seen: Observation): Finding | undefined {
  const { group, sources, port } = wanted
  const here = flowsHere(wanted, seen.flows)
  const fromWanted = here.filter(({ source }) => isWantedSource(wanted, source))
  const ports = portsOf(fromWanted)
  const [other] = ports
  if (other !== undefined)
    return fail('wire', {
      says: `${sourcesOf(fromWanted)} sends to ${group}, but to port ${listText(ports)}, not ${port}`,
      fix: commandLine('receive', wanted, { port: other }),
      advice: `receive on port ${listText(ports)}`,
      cause: `${group} is sent to port ${listText(ports)}, not ${port}`,
      certainty: 'likely',
      rank: RANK.otherPort,
    })
  const toWanted = here.filter((flow) => port === undefined || flow.port === port)
  const [one] = toWanted
  if (one === undefined || sources.length === 0) return undefined
  return fail('wire', {
    says: `nothing from ${sources.join(', ')}; ${sourcesOf(toWanted)} sends to ${group}`,
    fix: commandLine('receive', wanted, {
      sources: [...new Set(toWanted.map(({ source }) => source))].slice(0, MAX_LISTED),
    }),
    advice: `join that source: --source ${sourcesOf(toWanted)}`,
    cause: `another source sends: ${sourcesOf(toWanted)}, not ${sources.join(', ')}`,
    certainty: 'likely',
    rank: RANK.otherSource,
  })
}

/** The wanted stream on another interface: it comes in there, or this host sends it there. */
function elsewhereCheck(wanted: WantedChannel, seen: Observation): Finding | undefined {
  const { group, on, port } = wanted
  const flows = seen.flows.filter(
    (flow) =>
      flow.interfaceIndex !== on.index &&
      (port === undefined || flow.port === port) &&
      isWantedSource(wanted, flow.source) &&
      (!flow.outgoing || seen.ownAddresses.has(flow.source)),
  )
  // What this host sends by lo shows there as it goes out, and as it comes in.
  const isOwn = (one: ObservedFlow): boolean =>
    one.outgoing ||
    seen.flows.some(
      ({ outgoing, interfaceIndex, source }) =>
        outgoing && interfaceIndex === one.interfaceIndex && source === one.source,
    )
  const [flow] = flows.toSorted((a, b) => Number(isOwn(a)) - Number(isOwn(b)))
  if (flow === undefined) return undefined
  const name = seen.interfaceNames.get(flow.interfaceIndex) ?? `${flow.interfaceIndex}`
  const rank = RANK.comesElsewhere
  if (seen.portsOfWanted.has(flow.interfaceIndex))
    return fail('wire', {
      says: `${group} comes in by ${name}, a port of ${on.name}, and does not reach ${on.name}`,
      advice: `look at the port and its state: bridge -d link show dev ${name}`,
      cause: `${group} comes in by ${name}, and the bridge does not hand it to ${on.name}`,
      certainty: 'possible',
      rank,
    })
  if (isOwn(flow))
    return fail('wire', {
      says: `this host itself sends ${group} from ${flow.source}, by ${name} and not by ${on.name}`,
      fix: routeBy(group, on.name),
      advice: `have the sender name its interface (IP_MULTICAST_IF), or join on ${name}`,
      cause: `the sender on this host sends by ${name}, not by ${on.name}`,
      certainty: 'likely',
      rank,
    })
  const { lower } = seen.link
  if (lower?.name === name)
    return fail('wire', {
      says: `${group} comes in by ${name}, from ${flow.source}; ${on.name} (${lower.kind}) is above ${name}, and takes none of it`,
      fix: commandLine('receive', wanted, { interface: name }),
      advice: `see what ${on.name} takes: ip -d link show dev ${on.name}`,
      cause: `${group} comes in by ${name}, and ${on.name} above it (${lower.kind}) does not take it`,
      certainty: 'likely',
      rank,
    })
  return fail('wire', {
    says: `${group} comes in by ${name}, from ${flow.source}, and not by ${on.name}`,
    fix: commandLine('receive', wanted, { interface: name }),
    advice: `join on ${name}: -i ${name}`,
    cause: `${group} comes in by ${name}, and was looked for on ${on.name}`,
    certainty: 'likely',
    rank,
  })
}

/** Groups of IPv6 may differ in their scope alone, the second half of their second byte. RFC 4291 2.7 */
const withoutScope = (group: string): string => group.replace(/^(ff.).:/, '$1x:')

/** The wanted port, and another destination: the sender was given another group, or an address of this host. */
function otherDestinationCheck(wanted: WantedChannel, seen: Observation): Finding | undefined {
  const { group, on, port } = wanted
  const here = seen.otherDestinations.filter(
    ({ interfaceIndex, source }) => interfaceIndex === on.index && isWantedSource(wanted, source),
  )
  const toGroups = here.filter(({ destination }) => isMulticast(destination))
  const scoped = toGroups.find(({ destination }) => withoutScope(destination) === withoutScope(group))
  // One port may have the streams of many groups, and none of them is the sender's mistake then.
  const isOnly = new Set(toGroups.map(({ destination }) => destination)).size === 1
  const found = scoped ?? (isOnly ? toGroups[0] : here.find((one) => !toGroups.includes(one)))
  if (found === undefined) return undefined
  const { destination, source } = found
  const isGroup = isMulticast(destination)
  const what = seen.ownAddresses.has(destination)
    ? `this host's own address ${destination}`
    : found === scoped
      ? `${destination}, another scope`
      : destination
  const text = `${source} sends to port ${port} of ${what}, and nobody to ${group}`
  return fail('wire', {
    says: `nothing for ${group} came in by ${on.name}; ${text}`,
    fix: isGroup ? commandLine('receive', { ...wanted, group: destination }) : undefined,
    advice: `have the sender send to ${group}`,
    cause: text,
    certainty: 'possible',
    rank: RANK.otherDestination,
  })
}

const silenceCheck = (wanted: WantedChannel, { passive }: Observation, seconds: number): Finding =>
  fail('wire', {
    says: `nothing for ${wanted.group} came in by ${wanted.on.name} in ${seconds.toFixed(1)} s`,
    advice: `${passive ? 'run doctor without --passive; ' : ''}check that the sender sends, by which interface, and with a TTL above 1 (the default) if a router is between; then check switches and routers: VLAN, snooping, PIM`,
    cause: `nobody sends ${channelText(wanted)}, or the network does not bring it to ${wanted.on.name}`,
    certainty: 'possible',
    rank: RANK.nothingSent,
  })

/** Datagrams that this host sends reach its own sockets only if the sender loops them back. */
function loopbackCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const own = wantedFlows(wanted, seen.flows).filter(({ outgoing }) => outgoing)
  const { lostOf } = lossOf(wanted, seen)
  const lost = own.filter(({ source }) => lostOf.has(source))
  if (lost.length === 0) return []
  const senders = seen.senders.filter(({ port }) => lost.some(({ sourcePort }) => sourcePort === port))
  // Of IPV6_MULTICAST_LOOP only the socket itself tells.
  const loops = ({ inside, more }: AskedSocket): boolean | undefined =>
    inside?.loops ?? (wanted.family === 'ipv4' ? more?.loopsMulticast : undefined)
  const told = senders.filter((one) => loops(one) !== undefined)
  const silent = told.find((one) => loops(one) === false)
  const sender = silent ?? (told.length === 0 ? senders[0] : undefined)
  if (sender === undefined) return []
  const option = wanted.family === 'ipv4' ? 'IP_MULTICAST_LOOP' : 'IPV6_MULTICAST_LOOP'
  return [
    fail('loopback', {
      says: `${sender.owner} on this host sends the datagrams, ${silent === undefined ? `perhaps with ${option} off` : `with ${option} off`}: then no socket of this host gets them`,
      advice: `switch ${option} on in ${sender.owner}`,
      cause: `the sender is ${sender.owner} on this host, and it ${silent === undefined ? 'may have' : 'has'} multicast loopback switched off`,
      certainty: silent === undefined ? 'possible' : arrivedOf(seen) === 0 ? 'proven' : 'likely',
      rank: RANK.noLoopback,
    }),
  ]
}

/** Datagrams that were on the wire, that their frames show to be sound, and that reached no socket. */
function lostCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const { onWire, soundLost, passed } = lossOf(wanted, seen)
  if (soundLost === 0) return []
  const isPast = passed !== undefined && passed >= onWire - soundLost / 2
  const way = isPast
    ? 'they passed the firewall, and UDP gave them to no socket'
    : 'they were lost between the interface and UDP'
  const says = `${soundLost} of ${onWire} datagrams on the wire reached no socket: ${way}`
  const advice = isPast
    ? 'look at the receive buffer: nstat -az UdpRcvbufErrors UdpInErrors; raise net.core.rmem_max'
    : `see which function drops them: perf record -g -e skb:kfree_skb -a -- sleep 2; tc filter show dev ${wanted.on.name} ingress`
  const found = {
    says,
    advice,
    cause: `${soundLost} of ${onWire} datagrams that came in reached no socket, and none of the checks accounts for them`,
    certainty: 'possible',
    rank: RANK.lost,
  } as const
  return [arrivedOf(seen) === 0 ? fail('delivery', found) : warn('delivery', found)]
}

function deliveryCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  if (seen.joinRefused !== undefined) return []
  const counts = seen.delivered ?? seen.passed
  const arrived = arrivedOf(seen)
  if (arrived > 0 && counts !== undefined) {
    const missing = wanted.sources.filter((source) => !counts.has(source))
    const where = seen.delivered === undefined ? 'passed the firewall on their way to UDP' : 'reached a socket here'
    const says = `${arrived} datagrams ${where}, from ${listText(counts.keys())}`
    if (missing.length === 0) return [pass('delivery', says)]
    return [
      fail('delivery', {
        says: `${says}; none from ${missing.join(', ')}`,
        advice: `check that ${missing.join(', ')} sends`,
        cause: `${missing.join(', ')} does not send, or the network does not bring it here`,
        certainty: 'possible',
        rank: RANK.nothingSent,
      }),
    ]
  }
  if (seen.captureRefused === undefined) return []
  if (seen.bindRefused !== undefined || seen.delivered === undefined)
    return [
      fail('delivery', {
        says: "the doctor has no socket on the port, and the wire can't be seen: there was nothing to look for",
        advice: `name a port that is free, ${wanted.group}:PORT; or run doctor ${seen.captureRefused.remedy}`,
        cause: `nothing could be looked for; ${seen.captureRefused.remedy}, doctor would see the wire`,
        certainty: 'possible',
        rank: RANK.nothingSent,
      }),
    ]
  return [
    fail('delivery', {
      says: `no datagram reached a socket in ${secondsOf(seen).toFixed(1)} s`,
      advice: `run doctor ${seen.captureRefused.remedy}, to see whether any are on the wire`,
      cause: `nothing of ${channelText(wanted)} reaches a socket; ${seen.captureRefused.remedy}, doctor would see whether it is on the wire`,
      certainty: 'possible',
      rank: RANK.nothingSent,
    }),
  ]
}

export const trafficChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...wireCheck(wanted, seen),
  ...loopbackCheck(wanted, seen),
  ...lostCheck(wanted, seen),
  ...deliveryCheck(wanted, seen),
]
