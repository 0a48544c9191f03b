// The datagrams, queries and reports that the firewall meets, what takes them away, and how that is mended.

import { readdirSync } from 'node:fs'
import {
  type Chain,
  certaintyOf,
  type FilteredInterface,
  type FilteredPacket,
  type Obstacle,
  type Table,
} from '../../../kernel/firewall/model.ts'
import { followPacket, iptablesProgram } from '../../../kernel/firewall/walk.ts'
import { isIpv6, isOfOneLink, withoutZone } from '../../../net/address.ts'
import type { Observation } from './observation.ts'
import { readText } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'
import type { ObservedFlow } from './wire.ts'

/** The names of the interfaces below one, as sysfs has them; of another network namespace's sysfs none. */
function belowOf(name: string, index: number): string[] {
  const folder = `/sys/class/net/${name}`
  if (Number(readText(`${folder}/ifindex`)) !== index) return []
  try {
    return readdirSync(folder).flatMap((entry) => (entry.startsWith('lower_') ? [entry.slice(6)] : []))
  } catch {
    return []
  }
}

function interfaceOf({ on }: WantedChannel, { link }: Observation): FilteredInterface {
  const group = readText(`/sys/class/net/${on.name}/netdev_group`).trim()
  return {
    name: on.name,
    index: on.index,
    group: group === '' ? undefined : Number(group),
    below: link.bridge?.ports ?? belowOf(on.name, on.index),
    isBridge: link.bridge !== undefined,
    isLoopback: on.flags.loopback,
  }
}

/** In bytes: the headers of IP and UDP. */
const HEADERS = { ipv4: 28, ipv6: 48 }

/** A datagram of a flow; without a flow, one as it would come. */
export function datagramOf(wanted: WantedChannel, seen: Observation, flow: ObservedFlow | undefined): FilteredPacket {
  const source = flow?.source ?? wanted.sources[0]
  const seconds = flow === undefined ? 0 : (flow.lastAt - flow.firstAt) / 1000
  const perSecond = flow === undefined || seconds <= 0 ? undefined : flow.datagrams / seconds
  const route = source === undefined ? undefined : seen.routes.get(source)
  const isOnLink = source !== undefined && isIpv6(source) && isOfOneLink(source)
  return {
    family: wanted.family,
    direction: 'in',
    interface: interfaceOf(wanted, seen),
    source,
    destination: wanted.group,
    protocol: 'udp',
    sourcePort: flow?.sourcePort,
    destinationPort: flow?.port ?? wanted.port,
    hopLimit: flow !== undefined && flow.hopLimits[0] === flow.hopLimits[1] ? flow.hopLimits[0] : undefined,
    fragmented: flow === undefined ? undefined : flow.fragmented > 0,
    perSecond,
    bytesPerSecond:
      flow === undefined || perSecond === undefined
        ? undefined
        : perSecond * (flow.bytes / flow.datagrams + HEADERS[wanted.family]),
    routeToSource:
      isOnLink || route === wanted.on.index ? 'same' : route === undefined ? undefined : route <= 0 ? 'none' : 'other',
  }
}

/** A general query as it comes in, or a report as it goes out. */
export function membershipPacket(wanted: WantedChannel, seen: Observation, direction: 'in' | 'out'): FilteredPacket {
  const isIn = direction === 'in'
  const own = wanted.on.addresses
    .map(({ address }) => withoutZone(address))
    .find((address) => (wanted.family === 'ipv4' ? !isIpv6(address) : isIpv6(address) && isOfOneLink(address)))
  const common = {
    family: wanted.family,
    direction,
    interface: interfaceOf(wanted, seen),
    source: isIn ? seen.queries[0]?.source : own,
    hopLimit: 1,
    fragmented: false,
    routeToSource: 'same',
  } as const
  return wanted.family === 'ipv4'
    ? { ...common, protocol: 'igmp', destination: isIn ? '224.0.0.1' : '224.0.0.22', messageType: isIn ? 0x11 : 0x22 }
    : { ...common, protocol: 'icmpv6', destination: isIn ? 'ff02::1' : 'ff02::16', messageType: isIn ? 130 : 143 }
}

/** The condition that a packet of this kind meets, as nft and iptables write it. */
export function conditionOf(
  { protocol, destination, destinationPort, family, messageType }: FilteredPacket,
  isNft: boolean,
): string {
  const port = destinationPort === undefined ? undefined : `${destinationPort}`
  if (isNft) {
    if (protocol === 'igmp') return 'ip protocol igmp'
    if (protocol === 'icmpv6')
      return `icmpv6 type ${messageType === 130 ? 'mld-listener-query' : 'mld2-listener-report'}`
    return `${family === 'ipv4' ? 'ip' : 'ip6'} daddr ${destination}${port === undefined ? '' : ` udp dport ${port}`}`
  }
  if (protocol === 'igmp') return '-p igmp'
  if (protocol === 'icmpv6') return `-p ipv6-icmp --icmpv6-type ${messageType}`
  return `-d ${destination} -p udp${port === undefined ? '' : ` --dport ${port}`}`
}

/** The command that has a stream pass by the address translation, which keeps what it did to a stream's first datagram. */
function untracked(table: Table, packet: FilteredPacket): string {
  const isNft = table.tool === 'nft'
  const condition = conditionOf(packet, isNft)
  if (!isNft) return `${iptablesProgram(table)} -t raw -I PREROUTING ${condition} -j CT --notrack`
  const chain = `${packet.family === 'ipv4' ? 'ip' : 'ip6'} untracked`
  return [
    `nft add table ${chain}`,
    `nft add chain ${chain} pre '{ type filter hook prerouting priority -300; }'`,
    `nft add rule ${chain} pre ${condition} notrack`,
  ].join(' && ')
}

/** The command that has a chain accept the packet before any of its rules. */
function acceptIn(table: Table, base: Chain, packet: FilteredPacket): string {
  if (base.base?.type === 'nat' || table.name === 'nat') return untracked(table, packet)
  if (table.tool === 'nft')
    return `nft insert rule ${table.family} ${table.name} ${base.name} ${conditionOf(packet, true)} accept`
  return `${iptablesProgram(table)} -t ${table.name} -I ${base.name} ${conditionOf(packet, false)} -j ACCEPT`
}

/** What takes a packet away, or may, and the command line after which nothing does for sure. */
export interface Barrier {
  readonly packet: FilteredPacket
  readonly obstacles: readonly Obstacle[]
  readonly cutShort: boolean
  readonly fix: string | undefined
}

/** How many chains one fix has accept the packet. */
const MAX_CHAINS = 16

export function barrierTo(tables: readonly Table[], packet: FilteredPacket): Barrier {
  const { obstacles, cutShort } = followPacket(tables, packet)
  // Behind the first rule that drops for sure there may be more: each chain that does is to accept.
  const accepting = new Map<Chain, string>()
  for (let left = obstacles; accepting.size < MAX_CHAINS; ) {
    const first =
      left.find((obstacle) => certaintyOf(obstacle) === 'always') ?? (accepting.size === 0 ? left[0] : undefined)
    if (first === undefined || accepting.has(first.base)) break
    accepting.set(first.base, acceptIn(first.table, first.base, packet))
    left = followPacket(tables, packet, new Set(accepting.keys())).obstacles
  }
  const fixes = [...accepting.values()]
  return { packet, obstacles, cutShort, fix: fixes.length === 0 ? undefined : fixes.join(' && ') }
}
