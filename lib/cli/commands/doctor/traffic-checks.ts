import { growth } from '../../../kernel/proc-counters.ts'
import type { IpFamily } from '../../../net/address.ts'
import { isOwn } from '../../capture/capture.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { Observation } from './observe.ts'
import { channelText, type Patient } from './patient.ts'
import type { Flow } from './wire.ts'

const sum = (flows: readonly Flow[]): number => flows.reduce((total, { datagrams }) => total + datagrams, 0)
/** Of many as many as a line holds. */
const MOST_TOLD = 8
const few = (all: Iterable<string | number>): string => {
  const list = [...new Set(all)]
  return list.length <= MOST_TOLD
    ? list.join(', ')
    : `${list.slice(0, MOST_TOLD).join(', ')} and ${list.length - MOST_TOLD} more`
}
const sourcesOf = (flows: readonly Flow[]): string => few(flows.map(({ source }) => source))
const portsOf = (flows: readonly Flow[]): string => few(flows.map(({ port }) => port))

/** The flows that were asked for. */
export const wantedFlows = ({ port, sources }: Patient, flows: readonly Flow[]): Flow[] =>
  flows.filter(
    (flow) => (port === undefined || flow.port === port) && (sources.length === 0 || sources.includes(flow.source)),
  )

const deliveredOf = ({ delivered }: Observation): number =>
  delivered === undefined ? 0 : [...delivered.values()].reduce((total, count) => total + count, 0)

export { deliveredOf }

function describe(
  family: IpFamily,
  { source, port, datagrams, bytes, largest, hopLimits: [lowest, highest] }: Flow,
  seconds: number,
): string {
  const hops = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`
  const rate = `${Math.round(datagrams / seconds)} a second, ${((bytes * 8) / seconds / 1e6).toFixed(2)} Mbit/s`
  return `${source} to port ${port}: ${datagrams} datagrams (${rate}), ${family === 'ipv4' ? 'TTL' : 'hop limit'} ${hops}, payloads up to ${largest} bytes`
}

function wireCheck(patient: Patient, seen: Observation): Finding[] {
  const { group, sources, port, on } = patient
  const seconds = seen.listened / 1000
  if (seen.joinRefused !== undefined) return []
  if (seen.blind !== undefined) return [skip('wire', `${seen.blind}; so what is on the wire was not looked at`)]
  const wanted = wantedFlows(patient, seen.flows)
  if (wanted.length > 0)
    return [
      ...wanted
        .toSorted((a, b) => b.datagrams - a.datagrams)
        .slice(0, MOST_TOLD)
        .map((flow) =>
          pass('wire', describe(patient.family, flow, seconds) + (isOwn(on, flow.source) ? ', from this host' : '')),
        ),
      ...(wanted.length > MOST_TOLD ? [pass('wire', `and ${wanted.length - MOST_TOLD} more sources and ports`)] : []),
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
      says: `nothing for ${group} came by ${on.name} in ${seconds.toFixed(1)} s`,
      fix: 'see at the sender that it sends, by which interface, and with a TTL above 1 (the default) where a router is between; then at the switches and routers: VLAN, snooping, PIM',
      cause: `nobody sends ${channelText(patient)}, or the network does not bring it to ${on.name}`,
      rank: RANK.nothingSent,
    }),
  ]
}

/** Why datagrams that were on the wire did not reach a socket, by the counters they left; the firewall is what leaves none. */
function lostCheck(patient: Patient, seen: Observation, onWire: number): Finding {
  const grown = (name: string): number => growth(seen.before.counters, seen.after.counters, name)
  const prefix = patient.family === 'ipv4' ? 'Udp.' : 'Udp6'
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
      says: `${says}: ${room} found no room in a receive buffer`,
      fix: 'raise net.core.rmem_max and SO_RCVBUF',
      cause: 'receive buffers are full',
      rank: RANK.noRoom,
    })
  const ignored = grown(`${prefix}IgnoredMulti`)
  if (ignored > 0)
    return fail('delivery', {
      says: `${says}: ${ignored} came as far as UDP, and no socket took them (port, address or source filter)`,
      fix: 'compare the port and the sources with what the wire shows',
      cause: 'no socket takes them: port, bound address or source filter do not suit',
      rank: RANK.notTaken,
    })
  return fail('delivery', {
    says: `${says}, and no counter says why: a firewall, or a tc or BPF filter`,
    fix: `nft list ruleset; iptables -L -v -n; tc filter show dev ${patient.on.name} ingress`,
    cause: 'a firewall on this host drops them',
    rank: RANK.firewallInferred,
  })
}

function deliveryCheck(patient: Patient, seen: Observation): Finding[] {
  if (seen.joinRefused !== undefined) return []
  const arrived = deliveredOf(seen)
  const onWire = sum(wantedFlows(patient, seen.flows))
  if (arrived > 0) {
    const missing = patient.sources.filter((source) => !seen.delivered?.has(source))
    const says = `${arrived} datagrams reached a socket here, from ${few(seen.delivered?.keys() ?? [])}`
    if (missing.length === 0) return [pass('delivery', says)]
    return [
      warn('delivery', {
        says: `${says}; none from ${missing.join(', ')}`,
        cause: `${missing.join(', ')} does not send, or is not brought here`,
        rank: RANK.nothingSent,
      }),
    ]
  }
  if (seen.bindRefused !== undefined) return [skip('delivery', 'the port is taken, so none could be received here')]
  if (seen.delivered === undefined && seen.blind !== undefined)
    return [
      fail('delivery', {
        says: 'no port was named, and the wire can not be seen: there was nothing to look for',
        fix: `name the port, ${patient.group}:PORT; or run it as root`,
        cause: 'it can not be said without a port, or root to see the wire',
        rank: RANK.nothingSent,
      }),
    ]
  if (seen.delivered === undefined) return []
  if (onWire > 0) return [lostCheck(patient, seen, onWire)]
  if (seen.blind === undefined) return []
  return [
    fail('delivery', {
      says: `no datagram reached a socket in ${(seen.listened / 1000).toFixed(1)} s`,
      fix: 'run it as root, to see whether any are on the wire',
      cause: `nothing of ${channelText(patient)} reaches a socket; whether it is on the wire can be seen as root`,
      rank: RANK.nothingSent,
    }),
  ]
}

/** A datagram in pieces is lost with any one of them, and some networks pass none. */
function sizeCheck(patient: Patient, seen: Observation): Finding[] {
  const wanted = wantedFlows(patient, seen.flows)
  const fragmented = wanted.reduce((total, flow) => total + flow.fragmented, 0)
  if (wanted.length === 0) return []
  const most = patient.on.mtu - (patient.family === 'ipv4' ? 28 : 48)
  const largest = Math.max(...wanted.map((flow) => flow.largest))
  if (fragmented === 0 && largest <= most)
    return [pass('size', `payloads up to ${largest} bytes fit the MTU of ${patient.on.mtu}`)]
  return [
    warn('size', {
      says: `${fragmented} datagrams came in pieces; the largest payload has ${largest} bytes, and ${most} fit the MTU of ${patient.on.mtu}`,
      fix: `send at most ${most} bytes a datagram`,
      cause: 'the datagrams are larger than the MTU, and are lost with any of their pieces',
      rank: RANK.fragments,
    }),
  ]
}

export const trafficChecks = (patient: Patient, seen: Observation): Finding[] => [
  ...wireCheck(patient, seen),
  ...sizeCheck(patient, seen),
  ...deliveryCheck(patient, seen),
]
