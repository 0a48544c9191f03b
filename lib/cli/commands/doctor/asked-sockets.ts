// The sockets that the user asks about: those of other programs on the port, and whether they take the stream.

import type { HostMembership } from '../../../kernel/proc-net.ts'
import { isMulticast, unmapped } from '../../../net/address.ts'
import { sum } from './arrival.ts'
import type { AskedSocket } from './inside-socket.ts'
import type { Observation } from './observation.ts'
import { takesWanted, type WantedChannel, wantedFlows } from './wanted-channel.ts'

export interface SocketObstacle {
  /** A clause of which the socket's owner is the subject. */
  readonly text: string
  readonly advice: string
}

/** The sources whose datagrams a socket is to get. */
const sendersOf = (wanted: WantedChannel, { flows }: Observation): readonly string[] =>
  wanted.sources.length > 0 ? wanted.sources : wantedFlows(wanted, flows).map(({ source }) => source)

/** Why a socket takes no datagram of the channel, whatever is joined; undefined if it does. */
export function obstacleOf(socket: AskedSocket, wanted: WantedChannel, seen: Observation): SocketObstacle | undefined {
  const { group, on, family } = wanted
  const { more } = socket
  const address = unmapped(socket.address)
  if (family === 'ipv4' && socket.family === 'ipv6' && more?.isV6only === true)
    return {
      text: `is bound to [${socket.address}] for IPv6 alone (IPV6_V6ONLY), which takes no IPv4`,
      advice: `bind that socket to 0.0.0.0, or switch IPV6_V6ONLY off`,
    }
  const peer = more?.peer === undefined ? undefined : unmapped(more.peer)
  const senders = sendersOf(wanted, seen)
  // connect(2) binds a socket that was bound to the wildcard address, too.
  if (peer !== undefined && !senders.includes(peer))
    return { text: `is connected to ${peer}, and takes nothing from others`, advice: 'do not connect that socket' }
  const isWildcard = address === '0.0.0.0' || address === '::'
  if (!isWildcard && !isMulticast(address))
    return {
      text: `is bound to ${address}, which takes no multicast`,
      advice: `bind that socket to ${group} or to the wildcard address`,
    }
  if (!isWildcard && address !== group)
    return { text: `is bound to another group, ${address}`, advice: `bind that socket to ${group}` }
  if (more !== undefined && more.device !== 0 && more.device !== on.index) {
    const device = seen.interfaceNames.get(more.device) ?? `${more.device}`
    return {
      text: `is bound to the device ${device} (SO_BINDTODEVICE), and takes nothing from ${on.name}`,
      advice: `bind that socket to ${on.name}, or to no device`,
    }
  }
  return undefined
}

/** Why a socket takes no datagram of the channel by its own memberships, as far as it can be asked. */
export function ownObstacleOf(
  { inside }: AskedSocket,
  wanted: WantedChannel,
  seen: Observation,
): SocketObstacle | undefined {
  if (inside === undefined) return undefined
  const { group, on, family } = wanted
  const { filter, takesAll } = inside
  if (filter === undefined) {
    const option = family === 'ipv4' ? 'IP_MULTICAST_ALL' : 'IPV6_MULTICAST_ALL'
    return takesAll
      ? undefined
      : {
          text: `has not joined ${group} on ${on.name} by that socket, whose ${option} is off: it gets no group that only others have joined`,
          advice: `join ${group} on ${on.name} by the socket that receives`,
        }
  }
  const senders = sendersOf(wanted, seen)
  const isInclude = filter.mode === 'include'
  if (senders.length === 0 || senders.some((one) => filter.sources.includes(one) === isInclude)) return undefined
  return isInclude
    ? {
        text: `has joined ${group} only for ${filter.sources.join(', ')}, and ${senders.join(', ')} sends`,
        advice: `join for ${senders.join(', ')}, or for any source`,
      }
    : {
        text: `has blocked ${senders.join(', ')} on ${group}`,
        advice: 'unblock that source in the program (IP_UNBLOCK_SOURCE, MCAST_UNBLOCK_SOURCE)',
      }
}

/** The group's membership on the interface before the doctor joined. */
export const membershipBefore = ({ on }: WantedChannel, { joinedBefore }: Observation): HostMembership | undefined =>
  joinedBefore.find(({ index }) => index === on.index)

/** A source that every socket of the interface's membership excludes. */
const isExcluded = ({ users, sources }: HostMembership, source: string): boolean =>
  sources.some(({ address, exclude }) => address === source && exclude >= users)

/** Why no socket of this host got the stream before the doctor joined; undefined if some may have. */
export function whyNotJoined(wanted: WantedChannel, seen: Observation): string | undefined {
  const { group, on } = wanted
  const membership = membershipBefore(wanted, seen)
  if (membership === undefined) {
    const elsewhere = seen.joinedBefore.map((one) => one.interface)
    return `nobody on this host has joined ${group} on ${on.name}${elsewhere.length === 0 ? '' : ` (it is joined on ${elsewhere.join(', ')})`}`
  }
  const heard = wantedFlows(wanted, seen.flows).map(({ source }) => source)
  const included = membership.sources.filter(({ include }) => include > 0).map(({ address }) => address)
  const senders = wanted.sources.length > 0 ? wanted.sources : heard
  if (
    !takesWanted(wanted, membership) ||
    (membership.mode === 'include' && heard.length > 0 && !heard.some((one) => included.includes(one)))
  )
    return `${group} is joined on ${on.name} only for ${included.join(', ')}, and ${senders.join(', ')} sends`
  if (senders.length > 0 && senders.every((source) => isExcluded(membership, source)))
    return `${senders.join(', ')} is blocked by every socket of this host that has joined ${group} on ${on.name}`
  return undefined
}

/** How many datagrams a socket dropped meanwhile, since its buffer was full or its filter refused them. */
export const dropsOf = ({ inode, drops }: AskedSocket, { before }: Observation): number =>
  drops - (before.sockets.find((one) => one.inode === inode)?.drops ?? drops)

/** How many datagrams reached UDP, before the doctor joined and after. */
export const passedAtAll = ({ looked, passed, delivered, passive }: Observation): number =>
  passive ? sum(passed) : sum(looked?.passed) + Math.max(sum(passed), sum(delivered))
