// One socket of a receiver: what it has joined, what it has no room for, and what the reader delivers of it.
import { membershipsOf, type SocketControl } from '../control/control.ts'
import type { Membership } from '../control/membership.ts'
import type { BatchReader } from '../datagram/batch-reader.ts'
import { isIpv6 } from '../net/address.ts'
import type { OwnedSocket } from '../socket/owned-socket.ts'
import type { ChannelJoin } from './channel-join.ts'
import { createGroupMap } from './group-map.ts'

export type GroupFamily = 'ipv4' | 'ipv6'

export const familyOf = (group: string): GroupFamily => (isIpv6(group) ? 'ipv6' : 'ipv4')

export interface ReceiverSocket {
  readonly owned: OwnedSocket
  readonly control: SocketControl
  /** The group the socket is bound to, if it is bound to an address. */
  readonly boundTo: string | undefined
  /** How many groups it has joined, each interface counted. */
  readonly groupCounts: Readonly<Record<GroupFamily, number>>
  /** The memberships of the channel's group on its interface. */
  membershipsBeside(channel: ChannelJoin): readonly Membership[]
  /** Whether it has joined a group on any interface. */
  hasJoined(group: string): boolean
  /** Joins each channel that can be joined: a membership or an error for each, in their order. */
  join(channels: readonly ChannelJoin[]): Promise<unknown[]>
  /** The kernel had no room for a channel: a further group, or a further source of a group it has. */
  noteRefusal(channel: ChannelJoin): void
  /** False if the kernel had no room for a further group, and nothing has been left since. */
  mayTakeGroup(family: GroupFamily): boolean
  /** False if the kernel had no room for a further source of the channel's group, and nothing has been left since. */
  mayTakeSource(channel: ChannelJoin): boolean
  /** Follows the memberships no longer. */
  unfollow(): void
}

export function createReceiverSocket(
  owned: OwnedSocket,
  boundTo: string | undefined,
  batchReader: BatchReader,
  onGroupChange: (group: string, interfaceIndex: number, isJoined: boolean, socket: ReceiverSocket) => void,
): ReceiverSocket {
  const { control } = owned
  const { registry, joinEach } = membershipsOf(control)
  const groupCounts = { ipv4: 0, ipv6: 0 }
  /** Families with no room for a group, and groups on interfaces with no room for a source. */
  const full = new Set<string>()
  /** IPv6 channels that are being joined. */
  const joining = createGroupMap<Set<ChannelJoin>>()
  let isFollowed = true

  /** Tells the reader what to deliver of an IPv6 group: what is joined and what is being joined. */
  const setRule = (group: string, index: number): void => {
    if (!isFollowed) return
    const members = [...registry.on(group, index), ...(joining.get(group, index) ?? [])]
    const [first] = members
    if (first === undefined) batchReader.setRule(owned.fd, group, index, 'none', [])
    else if (first.source === undefined) {
      const blocked = 'blocked' in first ? [...first.blocked] : []
      batchReader.setRule(owned.fd, group, index, 'exclude', blocked)
    } else {
      const sources = members.flatMap(({ source }) => source ?? [])
      batchReader.setRule(owned.fd, group, index, 'include', sources)
    }
  }

  const setRules = (channels: readonly ChannelJoin[]): void => {
    const groups = new Map(channels.map((channel) => [keyOf(channel), channel]))
    for (const { group, on } of groups.values()) setRule(group, on.index)
  }

  registry.onChange = ({ group, interface: { index } }, change) => {
    const family = familyOf(group)
    const { length } = registry.on(group, index)
    if (change === 'added' && length === 1) {
      groupCounts[family]++
      onGroupChange(group, index, true, socket)
    } else if (change === 'removed') {
      full.clear()
      if (length === 0) {
        groupCounts[family]--
        onGroupChange(group, index, false, socket)
      }
    }
    // A channel that is being joined has its rule already.
    if (family === 'ipv6' && !(change === 'added' && joining.get(group, index) !== undefined)) setRule(group, index)
  }

  /** The rules are there before the kernel delivers the first datagram, and are taken back for what it refuses. */
  const joinIpv6 = async (channels: readonly ChannelJoin[]): Promise<unknown[]> => {
    for (const channel of channels) {
      const { group, on } = channel
      const others = joining.get(group, on.index)
      if (others === undefined) joining.set(group, on.index, new Set([channel]))
      else others.add(channel)
    }
    setRules(channels)
    let refused = channels
    try {
      const outcomes = await joinEach(channels)
      refused = channels.filter((_, i) => outcomes[i] instanceof Error)
      return outcomes
    } finally {
      for (const channel of channels) {
        const { group, on } = channel
        const others = joining.get(group, on.index)
        others?.delete(channel)
        if (others?.size === 0) joining.delete(group, on.index)
      }
      setRules(refused)
    }
  }

  const membershipsBeside = ({ group, on }: ChannelJoin): readonly Membership[] => registry.on(group, on.index)

  const socket: ReceiverSocket = {
    owned,
    control,
    boundTo,
    groupCounts,
    membershipsBeside,
    hasJoined: registry.has,
    // What is delivered of IPv4 groups the kernel decides alone, given IP_MULTICAST_ALL off.
    join: (channels) => (channels.some(({ group }) => isIpv6(group)) ? joinIpv6(channels) : joinEach(channels)),
    noteRefusal: (channel) => {
      full.add(membershipsBeside(channel).length > 0 ? keyOf(channel) : familyOf(channel.group))
    },
    mayTakeGroup: (family) => !full.has(family),
    mayTakeSource: (channel) => full.size === 0 || !full.has(keyOf(channel)),
    unfollow: () => {
      isFollowed = false
      delete registry.onChange
    },
  }
  return socket
}

const keyOf = ({ group, on }: ChannelJoin): string => `${group} ${on.index}`
