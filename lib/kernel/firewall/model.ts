// The terms in which a firewall's rules are followed, whichever program wrote them.

import type { IpFamily } from '../../net/address.ts'
import type { Portion } from './portion.ts'

/** A datagram on its way through this host's firewall; undefined for what is not known. */
export interface FilteredPacket {
  readonly family: IpFamily
  readonly direction: 'in' | 'out'
  /** The interface that the datagram comes in by, or goes out by. */
  readonly interface: FilteredInterface
  readonly source: string | undefined
  readonly destination: string
  readonly protocol: 'udp' | 'igmp' | 'icmpv6'
  readonly sourcePort?: number | undefined
  readonly destinationPort?: number | undefined
  /** The type of a message of IGMP or ICMPv6. */
  readonly messageType?: number | undefined
  readonly hopLimit?: number | undefined
  readonly fragmented?: boolean | undefined
  /** How many such datagrams, and bytes of IP packets, come a second. */
  readonly perSecond?: number | undefined
  readonly bytesPerSecond?: number | undefined
  /** The interface that this host would use to reach the source: this one, another, or none. */
  readonly routeToSource?: 'same' | 'other' | 'none' | undefined
}

export interface FilteredInterface {
  readonly name: string
  readonly index: number
  /** The group of interfaces, as `ip link set group` sets it. */
  readonly group?: number | undefined
  /** The interfaces that hand their packets to this one: the ports of a bridge or a bond, the device below a VLAN. */
  readonly below: readonly string[]
  readonly isBridge: boolean
  readonly isLoopback: boolean
}

/** What rules changed about the datagram so far; undefined for a value that is not known any more. */
export interface PacketState {
  readonly hook: string
  /** The names of the interface that rules see at this hook: more than one if it is one of several ports of a bridge. */
  interfaceNames: readonly string[]
  connection: 'new' | 'untracked' | 'invalid' | undefined
  mark: bigint | undefined
  /** Fields that rules wrote, such as `ip daddr`: what they hold now is not followed. */
  readonly rewritten: Set<string>
}

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  /** The datagram goes elsewhere: to another address, port, interface or process. */
  | { readonly kind: 'divert'; readonly to: string }
  /** Something outside the rules decides, such as a process that reads a queue. */
  | { readonly kind: 'ask'; readonly whom: string }

/** What a rule does with a portion of the datagrams. */
export interface Judgement {
  readonly portion: Portion
  readonly verdict: Verdict
}

export interface Rule {
  /**
   * What the rule does with this datagram; an empty list if it lets the datagram go on. The rule may change the state;
   * `reached` is false if it is not sure that the datagram gets to the rule.
   */
  judge(packet: FilteredPacket, state: PacketState, reached: boolean): readonly Judgement[]
  /** The rule as its own program prints it, without its chain. */
  readonly text: () => string
  /** How many datagrams the rule has met; undefined if it does not count. */
  readonly packets: () => number | undefined
  /** Where the rule is: its handle (nft) or its number in the chain (iptables). */
  readonly position: number
}

export interface Chain {
  readonly name: string
  readonly rules: readonly Rule[]
  /** What a base chain has; undefined for a chain that is only jumped to. */
  readonly base?: BaseChain
}

export interface BaseChain {
  readonly hook: string
  readonly priority: number
  readonly type: string
  readonly policy: 'accept' | 'drop'
  /** How many datagrams the policy has met; undefined if it does not count. */
  readonly policyPackets?: number | undefined
  /** The devices of an ingress or egress hook; undefined if the listing does not tell. */
  readonly devices?: readonly string[] | undefined
}

export interface Table {
  readonly tool: 'nft' | 'iptables-nft' | 'iptables-legacy'
  /** ip, ip6, inet, netdev, bridge. */
  readonly family: string
  readonly name: string
  /** Undefined if the listing does not tell whether the table is dormant. */
  readonly dormant: boolean | undefined
  readonly chains: ReadonlyMap<string, Chain>
}

/** A rule, or a policy, that takes datagrams away. */
export interface Obstacle {
  readonly table: Table
  readonly chain: Chain
  /** The chain of a hook by which the datagram came to the rule. */
  readonly base: Chain
  /** Undefined for a chain's policy. */
  readonly rule: Rule | undefined
  /** `inet filter input: udp dport 5000 drop` */
  readonly text: string
  readonly does: 'drops' | 'diverts' | 'asks'
  /** How much of this datagram's flow the rule takes away. */
  readonly portion: Portion
  readonly packets: number | undefined
}

/** How sure it is that an obstacle takes this datagram: each one, a share of them, or only perhaps. */
export const certaintyOf = ({ portion, does }: Obstacle): 'always' | 'share' | 'perhaps' => {
  if (does === 'asks') return 'perhaps'
  if (portion.least >= 1) return 'always'
  return portion.unjudged.length === 0 ? 'share' : 'perhaps'
}
