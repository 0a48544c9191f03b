// The sockets of a receiver, all on one port: as many as its channels need.
import { SocketOptionError } from '../base/errors.ts'
import type { SocketControl } from '../control/control.ts'
import type { Keeper } from '../control/keeper.ts'
import type { KeptTarget } from '../control/keeper-host.ts'
import { type Channel, ChannelMembership, type Membership } from '../control/membership.ts'
import type { MembershipRegistry } from '../control/registry.ts'
import type { AbsentTarget } from '../control/wanted-interface.ts'
import type { BatchReader } from '../datagram/batch-reader.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { SO_REUSEADDR } from '../options/table/socket.ts'
import { parseSpec, type Setting, type SocketPlan } from '../socket/socket-spec.ts'
import { createGroupMap } from './group-map.ts'
import {
  joinAllOverSockets,
  joinEachOverSockets,
  joinTargetsOverSockets,
  type SocketPool,
} from './join-over-sockets.ts'
import type { ReceiverPlan } from './receiver-options.ts'
import { ReceiverSocket } from './receiver-socket.ts'
import { createSocketRoom } from './socket-room.ts'

export interface ReceiverSockets {
  /** Of the first socket, mostly the only one. Both throw if the receiver is closed. */
  readonly control: SocketControl
  readonly address: Endpoint
  readonly count: number
  memberships(): Membership[]
  /** How many datagrams the kernel had no room for, also on sockets that are closed. */
  dropped(): number
  /** Of each socket. */
  registries(): MembershipRegistry<ChannelMembership>[]
  /**
   * Joins all channels or none, on further sockets if those there are take no more. One call at a time, of all joins.
   * Channels without an interface are not joined if there is a list for them.
   */
  joinAll(
    channels: readonly (Channel | Membership)[],
    signal?: AbortSignal,
    absent?: (Channel | Membership)[],
  ): Promise<Membership[]>
  /** Joins each channel that can be joined: a membership or an error for each, in their order. */
  joinEach(channels: readonly (Channel | Membership)[]): Promise<unknown[]>
  /** As `joinEach`, for channels whose interfaces are known. */
  joinTargets(targets: readonly KeptTarget[]): Promise<unknown[]>
  /** A membership that waits for its interface, of the first socket. */
  absent(target: AbsentTarget): ChannelMembership
  close(): Promise<void>
}

export const receiverClosed = (): SocketOptionError =>
  new SocketOptionError('this receiver is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

/** Opens the first socket. */
export async function openSockets(
  plan: ReceiverPlan,
  batchReader: BatchReader,
  keeper: Keeper,
): Promise<ReceiverSockets> {
  const sockets: ReceiverSocket[] = []
  const joined = createGroupMap<readonly ReceiverSocket[]>()
  // igmp_max_memberships, which IPv6 does not have, is 20; igmp_max_msf is 10 and mld_max_msf 64.
  const groupRoom = { ipv4: createSocketRoom(24), ipv6: createSocketRoom(1024) }
  const sourceRoom = { ipv4: createSocketRoom(12), ipv6: createSocketRoom(68) }
  const wildcard = plan.family === 'ipv6' ? '::' : '0.0.0.0'
  let droppedBefore = 0
  let ended = false

  const first = (): ReceiverSocket => {
    const [socket] = sockets
    if (socket === undefined || ended) throw receiverClosed()
    return socket
  }

  const noteGroup = (group: string, index: number, isJoined: boolean, socket: ReceiverSocket): void => {
    const before = joined.get(group, index)
    if (before === undefined) {
      if (isJoined) joined.set(group, index, [socket])
      return
    }
    const others = before.filter((other) => other !== socket)
    if (isJoined) joined.set(group, index, [...others, socket])
    else if (others.length > 0) joined.set(group, index, others)
    else joined.delete(group, index)
  }

  const open = async (address: string, unicast: boolean, broadcast: boolean): Promise<ReceiverSocket> => {
    const socket = new ReceiverSocket(plan.family, batchReader, noteGroup, keeper)
    await socket.open(socketPlanFor(address), address)
    try {
      if (ended) throw receiverClosed()
      batchReader.add(socket)
    } catch (error) {
      await socket.close()
      throw error
    }
    batchReader.admit(socket.fd, unicast, broadcast)
    sockets.push(socket)
    return socket
  }

  /** The plans of further sockets, by the address they are bound to. */
  const furtherPlans = new Map<string, SocketPlan>()

  const socketPlanFor = (address: string): SocketPlan => {
    if (sockets.length === 0) return parsePlan(address, plan.port, plan.settings)
    let socketPlan = furtherPlans.get(address)
    if (socketPlan === undefined) {
      const isRaw = plan.type === 'raw'
      if (!isRaw) first().control.setSync(SO_REUSEADDR, true)
      socketPlan = parsePlan(address, isRaw ? 0 : first().address.port, [[SO_REUSEADDR, true], ...plan.settings])
      furtherPlans.set(address, socketPlan)
    }
    return socketPlan
  }

  const parsePlan = (address: string, port: number, options: readonly Setting[]): SocketPlan => {
    const { family, type, protocol = 0 } = plan
    return parseSpec({ family, type, protocol, options, bind: { address, port } })
  }

  const openFurther = (boundTo: string | undefined): Promise<ReceiverSocket> => {
    // The kernel delivers unicast to the socket last bound to the wildcard, and a broadcast to each.
    const unicast = plan.type !== 'raw' && !plan.groupsOnly && first().boundTo === undefined
    return open(boundTo === undefined ? wildcard : plan.address, unicast, false)
  }

  const closeOne = async (socket: ReceiverSocket): Promise<void> => {
    const index = sockets.indexOf(socket)
    if (index < 0) return
    sockets.splice(index, 1)
    for (const { group, interface: on } of socket.memberships) noteGroup(group, on.index, false, socket)
    droppedBefore += socket.dropped
    batchReader.remove(socket)
    await socket.close()
  }

  const dropped = (): number => sockets.reduce((sum, socket) => sum + socket.dropped, droppedBefore)

  await open(plan.address, !plan.groupsOnly, !plan.groupsOnly)

  const pool: SocketPool = {
    sockets,
    joined,
    groupRoom,
    sourceRoom,
    boundTo: first().boundTo,
    mayGrow: plan.shares,
    mustBeOpen: () => void first(),
    open: openFurther,
    close: closeOne,
  }

  return {
    get control() {
      return first().control
    },
    get address() {
      return first().address
    },
    get count() {
      return sockets.length
    },
    memberships: () => sockets.flatMap(({ memberships }) => memberships),
    dropped,
    registries: () => sockets.map(({ registry }) => registry),
    joinAll: (channels, signal, absent) => joinAllOverSockets(pool, channels, signal, absent),
    joinEach: (channels) => joinEachOverSockets(pool, channels),
    joinTargets: (targets) => joinTargetsOverSockets(pool, targets),
    absent: ({ group, source, on, named }) => {
      const membership = new ChannelMembership(first().registry, first(), group, on, source, named)
      membership.await()
      return membership
    },
    close: async () => {
      if (ended) return
      droppedBefore = dropped()
      ended = true
      joined.clear()
      // Newest first, as the kernel searches its list of memberships: 20,000 take seconds otherwise.
      const closing = sockets.splice(0).reverse()
      await Promise.all(closing.map((socket) => socket.close()))
    },
  }
}
