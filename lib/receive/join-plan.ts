// Which socket of a receiver is to join which channel, before the kernel is asked.
import { setImmediate } from 'node:timers/promises'
import { CHANNELS_PER_TURN, type ChannelJoin } from './channel-join.ts'
import { createGroupMap, type GroupMap } from './group-map.ts'
import { familyOfGroup, type GroupFamily, type ReceiverSocket } from './receiver-socket.ts'
import type { SocketRoom } from './socket-room.ts'

/** What one socket is to join. */
export interface SocketShare {
  /** The socket; one is to be opened if there is none. */
  readonly socket: ReceiverSocket | undefined
  readonly boundTo: string | undefined
  readonly channels: ChannelJoin[]
}

export interface JoinPlan {
  readonly shares: readonly SocketShare[]
  /** How many of the channels the shares hold, from the first on: the others wait until the kernel has answered. */
  readonly planned: number
}

/** What is known of a receiver's sockets. */
export interface SocketsState {
  readonly sockets: readonly ReceiverSocket[]
  /** The sockets that have joined a group on an interface. */
  readonly joined: GroupMap<readonly ReceiverSocket[]>
  /** How many groups a socket takes. */
  readonly groupRoom: Readonly<Record<GroupFamily, SocketRoom>>
  /** How many sources a group on a socket takes. */
  readonly sourceRoom: Readonly<Record<GroupFamily, SocketRoom>>
  /** The group that further sockets are bound to for its channels, if any. */
  readonly boundTo: string | undefined
}

/** A share while channels are being added. */
interface GrowingShare extends SocketShare {
  readonly newGroups: Record<GroupFamily, number>
  readonly newIpv6Groups: Set<string>
}

/** The shares with sources of one group on an interface. */
interface GroupShares {
  /** By source; a membership for any source has the key ANY_SOURCE. */
  readonly bySource: Map<string, GrowingShare>
  readonly holders: { readonly share: GrowingShare; sources: number }[]
  /** The index in `holders` before which none has room for a further source. */
  firstWithRoom: number
}

const ANY_SOURCE = ''

/** Only the kernel can tell whether there is room. */
const UNKNOWN = Symbol('unknown')

/**
 * Spreads channels over the sockets there are and sockets to be opened.
 *
 * While nobody knows how much a socket takes, only as many channels are planned as the kernel is likely to take.
 */
export async function planJoins(channels: readonly ChannelJoin[], known: SocketsState): Promise<JoinPlan> {
  const { joined, groupRoom, sourceRoom } = known
  // A copy: the receiver may be closed while this function waits.
  const sockets = [...known.sockets]
  const sharesOfSockets = new Map<ReceiverSocket, GrowingShare>()
  const sharesToOpen: GrowingShare[] = []
  /** By group. Mostly a group has one channel, and no socket holds another: then the channel's share itself. */
  const groups = createGroupMap<GroupShares | GrowingShare>()
  /** The index before which no socket has room for a further group. */
  const firstWithRoom = { ipv4: 0, ipv6: 0 }
  let planned = 0

  const shareOf = (socket: ReceiverSocket): GrowingShare => {
    let share = sharesOfSockets.get(socket)
    if (share === undefined) {
      share = startShare(socket, socket.boundTo)
      sharesOfSockets.set(socket, share)
    }
    return share
  }

  /** The shares that hold or will join the channel's group; undefined if there are none. */
  const sharesBeside = (channel: ChannelJoin): GroupShares | undefined => {
    const { group, on } = channel
    const held = joined.get(group, on.index)
    const found = groups.get(group, on.index)
    if (found === undefined && held === undefined) return undefined
    if (found !== undefined && 'bySource' in found) return found
    const shares: GroupShares = { bySource: new Map(), holders: [], firstWithRoom: 0 }
    for (const socket of held ?? []) {
      const share = shareOf(socket)
      const memberships = socket.membershipsBeside(channel)
      for (const { source = ANY_SOURCE } of memberships) shares.bySource.set(source, share)
      shares.holders.push({ share, sources: socket.mayTakeSource(channel) ? memberships.length : Infinity })
    }
    if (found !== undefined) {
      const first = found.channels.findLast((other) => other.group === group && other.on.index === on.index)
      shares.bySource.set(first?.source ?? ANY_SOURCE, found)
      shares.holders.push({ share: found, sources: 1 })
    }
    groups.set(group, on.index, shares)
    return shares
  }

  /** A share that has the group and takes a further source of it. */
  const roomForSource = (family: GroupFamily, shares: GroupShares): GrowingShare | typeof UNKNOWN | undefined => {
    const { most, isExact } = sourceRoom[family]
    for (; shares.firstWithRoom < shares.holders.length; shares.firstWithRoom++) {
      const candidate = shares.holders[shares.firstWithRoom] as GroupShares['holders'][number]
      if (candidate.sources < most || (!isExact && planned === 0 && candidate.sources < Infinity)) {
        candidate.sources++
        return candidate.share
      }
      if (!isExact && candidate.sources < Infinity) return UNKNOWN
    }
    return undefined
  }

  /** A share that does not have the group and takes it, opened if there is none. */
  const roomForGroup = (group: string, shares: GroupShares | undefined): GrowingShare | typeof UNKNOWN => {
    const family = familyOfGroup(group)
    const { most, isExact } = groupRoom[family]
    for (let i = firstWithRoom[family]; i < sockets.length + sharesToOpen.length; i++) {
      const socket = sockets[i]
      const share = socket === undefined ? sharesToOpen[i - sockets.length] : sharesOfSockets.get(socket)
      const count = (socket?.groupCounts[family] ?? 0) + (share?.newGroups[family] ?? 0)
      if (socket?.mayTakeGroup(family) === false || (isExact && count >= most)) {
        if (i === firstWithRoom[family]) firstWithRoom[family]++
        continue
      }
      const boundTo = (socket ?? share)?.boundTo
      if (boundTo !== undefined && boundTo !== group) continue
      if (share !== undefined && shares?.holders.some((candidate) => candidate.share === share)) continue
      // An IPv6 socket holds one filter for a group on all interfaces, so each interface needs a socket of its own.
      if (family === 'ipv6' && (socket?.hasJoined(group) || share?.newIpv6Groups.has(group))) continue
      if (count >= most && planned > 0) return UNKNOWN
      return share ?? shareOf(socket as ReceiverSocket)
    }
    const share = startShare(undefined, known.boundTo === group ? group : undefined)
    sharesToOpen.push(share)
    return share
  }

  const assignToNewGroup = (channel: ChannelJoin, shares: GroupShares | undefined): GrowingShare | typeof UNKNOWN => {
    const { group, on } = channel
    const share = roomForGroup(group, shares)
    if (share === UNKNOWN) return UNKNOWN
    const family = familyOfGroup(group)
    share.newGroups[family]++
    if (family === 'ipv6') share.newIpv6Groups.add(group)
    if (shares === undefined) groups.set(group, on.index, share)
    else shares.holders.push({ share, sources: 1 })
    return share
  }

  const assign = (channel: ChannelJoin): boolean => {
    const { group, source = ANY_SOURCE } = channel
    const shares = sharesBeside(channel)
    const beside = shares && (clashing(shares, source) ?? roomForSource(familyOfGroup(group), shares))
    const share = beside ?? assignToNewGroup(channel, shares)
    if (share === UNKNOWN) return false
    shares?.bySource.set(source, share)
    share.channels.push(channel)
    return true
  }

  while (planned < channels.length && assign(channels[planned] as ChannelJoin)) {
    planned++
    if (planned % CHANNELS_PER_TURN === 0) await setImmediate()
  }
  const shares = [...sharesOfSockets.values(), ...sharesToOpen].filter((share) => share.channels.length > 0)
  return { shares, planned }
}

const startShare = (socket: ReceiverSocket | undefined, boundTo: string | undefined): GrowingShare => ({
  socket,
  boundTo,
  channels: [],
  newGroups: { ipv4: 0, ipv6: 0 },
  newIpv6Groups: new Set(),
})

/** The share whose socket must refuse the channel: any source beside single sources, or the same source twice. */
function clashing({ bySource }: GroupShares, source: string): GrowingShare | undefined {
  if (source !== ANY_SOURCE) return bySource.get(ANY_SOURCE) ?? bySource.get(source)
  const [first] = bySource.values()
  return first
}
