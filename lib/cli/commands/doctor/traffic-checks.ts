// Checks the datagrams: whether they are on the wire, whether they reach a socket, and whether they fit the MTU.

import { growth } from '../../../kernel/proc-counters.ts'
import type { IpFamily } from '../../../net/address.ts'
import { isOwn } from '../../capture/capture.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { Observation } from './observation.ts'
import { channelText, type WantedChannel } from './wanted-channel.ts'
import type { ObservedFlow } from './wire.ts'

const sum = (flows: readonly ObservedFlow[]): number => flows.reduce((total, { datagrams }) => total + datagrams, 0)
/** How many of a list are shown. */
const MAX_LISTED = 8
const listText = (all: Iterable<string | number>): string => {
  const list = [...new Set(all)]
  return list.length <= MAX_LISTED
    ? list.join(', ')
    : `${list.slice(0, MAX_LISTED).join(', ')} and ${list.length - MAX_LISTED} more`
}
const sourcesOf = (flows: readonly ObservedFlow[]): string => listText(flows.map(({ source }) => source))
const portsOf = (flows: readonly ObservedFlow[]): string => listText(flows.map(({ port }) => port))

/** The flows from wanted sources to the wanted port. */
export const wantedFlows = ({ port, sources }: WantedChannel, flows: readonly ObservedFlow[]): ObservedFlow[] =>
  flows.filter(
    (flow) => (port === undefined || flow.port === port) && (sources.length === 0 || sources.includes(flow.source)),
  )

export const deliveredOf = ({ delivered }: Observation): number =>
  delivered === undefined ? 0 : [...delivered.values()].reduce((total, count) => total + count, 0)

function flowText(
  family: IpFamily,
  { source, port, datagrams, bytes, largest, hopLimits: [lowest, highest] }: ObservedFlow,
  seconds: number,
): string {
  const hops = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`
  const rate = `${Math.round(datagrams / seconds)} a second, ${((bytes * 8) / seconds / 1e6).toFixed(2)} Mbit/s`
  return `${source} to port ${port}: ${datagrams} datagrams (${rate}), ${family === 'ipv4' ? 'TTL' : 'hop limit'} ${hops}, payloads up to ${largest} bytes`
}

function wireCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const { group, sources, port, on } = wanted
  const seconds = seen.listened / 1000
  if (seen.joinRefused !== undefined) return []
  if (seen.captureRefused !== undefined)
    return [skip('wire', `${seen.captureRefused.says}; so the wire was not looked at`)]
  const found = wantedFlows(wanted, seen.flows)
  if (found.length > 0)
    return [
      ...found
        .toSorted((a, b) => b.datagrams - a.datagrams)
        .slice(0, MAX_LISTED)
        .map((flow) =>
          pass('wire', flowText(wanted.family, flow, seconds) + (isOwn(on, flow.source) ? ', from this host' : '')),
        ),
      ...(found.length > MAX_LISTED ? [pass('wire', `and ${found.length - MAX_LISTED} more sources and ports`)] : []),
    ]
  const fromWanted = seen.flows.filter(({ source }) => sources.length === 0 || sources.includes(source))
  if (fromWanted.length > 0)
    return [
      fail('wire', {
        says: `${sourcesOf(fromWanted)} sends to ${group}, but to port ${portsOf(fromWanted)}, not ${port}`,
        fix: `receive on port ${portsOf(fromWanted)}`,
        cause: `${group} is sent to port ${portsOf(fromWanted)}, not ${port}`,
        rank: RANK.otherPort,
      }),
    ]
  if (seen.flows.length > 0)
    return [
      fail('wire', {
        says: `nothing from ${sources.join(', ')}; ${sourcesOf(seen.flows)} sends to ${group}`,
        fix: `join that source: --source ${sourcesOf(seen.flows)}`,
        cause: `another source sends: ${sourcesOf(seen.flows)}, not ${sources.join(', ')}`,
        rank: RANK.otherSource,
      }),
    ]
  return [
    fail('wire', {
      says: `nothing for ${group} came in by ${on.name} in ${seconds.toFixed(1)} s`,
      fix: 'check that the sender sends, by which interface, and with a TTL above 1 (the default) if a router is between; then check switches and routers: VLAN, snooping, PIM',
      cause: `nobody sends ${channelText(wanted)}, or the network does not bring it to ${on.name}`,
      rank: RANK.nothingSent,
    }),
  ]
}

/** Why datagrams that were on the wire did not reach a socket: the kernel's counters tell. A firewall leaves none. */
function lostCheck(wanted: WantedChannel, seen: Observation, onWire: number): Finding {
  const grown = (name: string): number => growth(seen.before.counters, seen.after.counters, name)
  const prefix = wanted.family === 'ipv4' ? 'Udp.' : 'Udp6'
  const says = `${onWire} datagrams were on the wire and none reached a socket`
  const reverse = grown('TcpExt.IPReversePathFilter')
  if (reverse > 0) return fail('delivery', { says: `${says}: the reverse path filter dropped ${reverse}` })
  const checksums = grown(`${prefix}InCsumErrors`)
  if (checksums > 0)
    return fail('delivery', {
      says: `${says}: ${checksums} had a wrong UDP checksum`,
      fix: 'look at the sender, and at checksum offloading between virtual machines (ethtool -K)',
      cause: 'the datagrams have a wrong UDP checksum',
      rank: RANK.badChecksum,
    })
  const room = grown(`${prefix}RcvbufErrors`)
  if (room > 0)
    return fail('delivery', {
      says: `${says}: ${room} came while the receive buffer was full`,
      fix: 'raise net.core.rmem_max and SO_RCVBUF',
      cause: 'receive buffers are full',
      rank: RANK.noRoom,
    })
  const ignored = grown(`${prefix}IgnoredMulti`)
  if (ignored > 0)
    return fail('delivery', {
      says: `${says}: ${ignored} reached UDP, and no socket took them (port, address or source filter)`,
      fix: 'compare the port and the sources with those on the wire',
      cause: 'no socket takes the datagrams: port, bound address or source filter do not match',
      rank: RANK.notTaken,
    })
  return fail('delivery', {
    says: `${says}, and no counter says why: a firewall, or a tc or BPF filter`,
    fix: `nft list ruleset; iptables -L -v -n; tc filter show dev ${wanted.on.name} ingress`,
    cause: 'a firewall on this host drops the datagrams',
    rank: RANK.firewallInferred,
  })
}

function deliveryCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  if (seen.joinRefused !== undefined) return []
  const arrived = deliveredOf(seen)
  const onWire = sum(wantedFlows(wanted, seen.flows))
  if (arrived > 0) {
    const missing = wanted.sources.filter((source) => !seen.delivered?.has(source))
    const says = `${arrived} datagrams reached a socket here, from ${listText(seen.delivered?.keys() ?? [])}`
    if (missing.length === 0) return [pass('delivery', says)]
    return [
      warn('delivery', {
        says: `${says}; none from ${missing.join(', ')}`,
        cause: `${missing.join(', ')} does not send, or the network does not bring it here`,
        rank: RANK.nothingSent,
      }),
    ]
  }
  if (seen.bindRefused !== undefined) return [skip('delivery', 'the port is taken, so none could be received here')]
  if (seen.delivered === undefined && seen.captureRefused !== undefined)
    return [
      fail('delivery', {
        says: "no port was named, and the wire can't be seen: there was nothing to look for",
        fix: `name the port, ${wanted.group}:PORT; or run doctor ${seen.captureRefused.remedy}`,
        cause: `no port was named, and the wire can't be seen; ${seen.captureRefused.remedy}, doctor would see the wire`,
        rank: RANK.nothingSent,
      }),
    ]
  if (seen.delivered === undefined) return []
  if (onWire > 0) return [lostCheck(wanted, seen, onWire)]
  if (seen.captureRefused === undefined) return []
  return [
    fail('delivery', {
      says: `no datagram reached a socket in ${(seen.listened / 1000).toFixed(1)} s`,
      fix: `run doctor ${seen.captureRefused.remedy}, to see whether any are on the wire`,
      cause: `nothing of ${channelText(wanted)} reaches a socket; ${seen.captureRefused.remedy}, doctor would see whether it is on the wire`,
      rank: RANK.nothingSent,
    }),
  ]
}

/** A datagram sent in fragments is lost if any of them is, and some networks forward no fragments. */
function sizeCheck(wanted: WantedChannel, seen: Observation): Finding[] {
  const flows = wantedFlows(wanted, seen.flows)
  const fragmented = flows.reduce((total, flow) => total + flow.fragmented, 0)
  if (flows.length === 0) return []
  const maxPayload = wanted.on.mtu - (wanted.family === 'ipv4' ? 28 : 48)
  const largest = Math.max(...flows.map((flow) => flow.largest))
  if (fragmented === 0 && largest <= maxPayload)
    return [pass('size', `payloads up to ${largest} bytes fit the MTU of ${wanted.on.mtu}`)]
  return [
    warn('size', {
      says: `${fragmented} datagrams came in fragments; the largest payload has ${largest} bytes, and ${maxPayload} fit the MTU of ${wanted.on.mtu}`,
      fix: `send at most ${maxPayload} bytes a datagram`,
      cause: 'the datagrams are larger than the MTU, and each is lost with any of its fragments',
      rank: RANK.fragments,
    }),
  ]
}

export const trafficChecks = (wanted: WantedChannel, seen: Observation): Finding[] => [
  ...wireCheck(wanted, seen),
  ...sizeCheck(wanted, seen),
  ...deliveryCheck(wanted, seen),
]
