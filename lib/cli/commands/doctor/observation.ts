// What the doctor has seen of a channel and of this host, as the checks read it.

import type { SocketOptionError } from '../../../index.ts'
import type { Counters } from '../../../kernel/proc-counters.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import type { MembershipPacket } from '../../../protocols/membership-packet.ts'
import type { CaptureRefusal } from './capture-refusal.ts'
import type { BridgePort } from './link.ts'
import type { SocketWithOwner } from './sockets.ts'
import type { ObservedFlow } from './wire.ts'

export interface DroppingRule {
  /** The rule and its chain, as nft(8) or iptables(8) prints them. */
  readonly text: string
  /** How many packets the rule has dropped; undefined if it does not count. */
  readonly packets: number | undefined
}

/** What is read from this host before and after, to see what changed. */
export interface HostState {
  readonly counters: Counters
  readonly rules: readonly DroppingRule[] | undefined
  readonly sockets: readonly SocketWithOwner[]
}

/** What was seen of a channel while its group was joined. */
export interface Observation {
  /** For how many milliseconds the group was joined. */
  readonly listened: number
  /** The error of the join, if it was refused. */
  readonly joinRefused: SocketOptionError | undefined
  /** The error of the bind to the port, if it was refused. */
  readonly bindRefused: SocketOptionError | undefined
  /** The group's membership in the kernel's list. */
  readonly listed: HostMembership | undefined
  readonly link: BridgePort
  /** Why packets could not be captured; undefined if they were. */
  readonly captureRefused: CaptureRefusal | undefined
  /** What was sent to the group, as seen on the wire. */
  readonly flows: readonly ObservedFlow[]
  /** Queries heard. */
  readonly queries: readonly MembershipPacket[]
  /** Reports that this host sent for the group. */
  readonly reports: readonly MembershipPacket[]
  /** How many datagrams reached the socket, by source; undefined if no port was known to listen on. */
  readonly delivered: ReadonlyMap<string, number> | undefined
  readonly before: HostState
  readonly after: HostState
  /** For each source, the index of the interface its route goes by; 0 or less if there is no route. */
  readonly routes: ReadonlyMap<string, number>
}
