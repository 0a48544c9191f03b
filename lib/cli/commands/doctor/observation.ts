// What the doctor has seen of a channel and of this host, as the checks read it.

import type { SocketOptionError } from '../../../index.ts'
import type { Counters } from '../../../kernel/proc-counters.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import type { MembershipPacket } from '../../../protocols/membership-packet.ts'
import type { CaptureRefusal } from './capture-refusal.ts'
import type { AskedSocket } from './inside-socket.ts'
import type { BridgePort } from './link.ts'
import type { OtherDestination } from './other-destinations.ts'
import type { Firewall } from './read-firewall.ts'
import type { Trace } from './trace-firewall.ts'
import type { ObservedFlow } from './wire.ts'

/** What is read from this host before and after, to see what changed. */
export interface HostState {
  readonly counters: Counters
  /** The sockets on that port. */
  readonly sockets: readonly AskedSocket[]
}

/** What was seen in one stretch of time. */
export interface Stretch {
  /** In milliseconds. */
  readonly length: number
  /** What was sent to the group, as seen on the wire, of every interface. */
  readonly flows: readonly ObservedFlow[]
  /**
   * How many wanted datagrams passed the kernel's IP layer and the firewall, by source, as a raw socket sees them;
   * undefined if there can be none.
   */
  readonly passed: ReadonlyMap<string, number> | undefined
}

/** A time at which the host reported its memberships anew, and what the stream did then. */
export interface Renewal {
  /** In milliseconds: how long nothing had come although the group was joined. */
  readonly silentFor: number
  /** In milliseconds, from then until the stream was back; undefined if it stayed away. */
  readonly backAfter: number | undefined
  /** Whether a report of this host for the group was seen to go out. */
  readonly reported: boolean
  /** Whether the stream went on from then, with gaps far shorter than the silence before. */
  readonly steady: boolean
}

/** What was seen of a channel. */
export interface Observation {
  /** For how many milliseconds the doctor had joined the group; 0 if it only looked. */
  readonly listened: number
  /** The error of the join, if it was refused. */
  readonly joinRefused: SocketOptionError | undefined
  /** The error of the bind to the port, if it was refused. */
  readonly bindRefused: SocketOptionError | undefined
  /** The group's membership in the kernel's list, while the doctor had joined. */
  readonly listed: HostMembership | undefined
  /** The group's memberships before the doctor joined, on every interface. */
  readonly joinedBefore: readonly HostMembership[]
  readonly link: BridgePort
  /** Why packets could not be captured; undefined if they were. */
  readonly captureRefused: CaptureRefusal | undefined
  /** The wanted port; if none was named, that of the stream that was seen. */
  readonly port: number | undefined
  readonly before: HostState
  /** Before the doctor joined; undefined if it joined at once. */
  readonly looked: Stretch | undefined
  /** Since the doctor joined, or if it only looked, since it did. */
  readonly flows: readonly ObservedFlow[]
  readonly passed: ReadonlyMap<string, number> | undefined
  readonly renewals: readonly Renewal[]
  /** In milliseconds, from the first to the last wanted datagram on the wire. */
  readonly streamed: number
  /** Queries that the kernel takes, and when the first came: milliseconds before the last wanted datagram. */
  readonly queries: readonly MembershipPacket[]
  readonly queryAge: number
  /** Queries that the kernel does not take, with the reason. */
  readonly badQueries: readonly { readonly source: string; readonly why: string }[]
  /** How many queries passed the firewall, as a raw socket sees them; undefined if there can be none. */
  readonly queriesPassed: number | undefined
  /** Reports that this host sent for the group. */
  readonly reports: readonly MembershipPacket[]
  /** How many datagrams reached the doctor's socket, by source; undefined if it had none on the port. */
  readonly delivered: ReadonlyMap<string, number> | undefined
  readonly after: HostState
  /** The firewall's rules, with their counters before and after; the same twice if there was no time to read them again. */
  readonly firewall: { readonly before: Firewall; readonly after: Firewall }
  /** What the kernel's trace of some of the datagrams showed; undefined if none was asked for. */
  readonly trace: Trace | undefined
  /** For each source, the index of the interface its route goes by; 0 or less if there is no route. */
  readonly routes: ReadonlyMap<string, number>
  /** The kind of the route to a source, if it is one that drops: `unreachable`, `blackhole`, `prohibit`. */
  readonly routeKinds: ReadonlyMap<string, string>
  /** Whether multicast of IPv6 has a route by the interface; undefined if nobody tells, and of IPv4. */
  readonly hasGroupRoute: boolean | undefined
  /** What came to the wanted port and another destination, on every interface. */
  readonly otherDestinations: readonly OtherDestination[]
  /** Local senders to the group: programs with their socket, by the port they send from. */
  readonly senders: readonly AskedSocket[]
  /** The names of the interfaces, by index. */
  readonly interfaceNames: ReadonlyMap<number, string>
  /** The indexes of the ports of the wanted interface, if that is a bridge. */
  readonly portsOfWanted: ReadonlySet<number>
  /** This host's addresses, without zones. */
  readonly ownAddresses: ReadonlySet<string>
  /** Whether the interface was gone in the end, or set down. */
  readonly interfaceEnd: 'up' | 'down' | 'gone'
  /** Whether the doctor only looked, and joined nothing. */
  readonly passive: boolean
}
