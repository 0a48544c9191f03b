// The sockets of a receiver, all on one port: as many as its channels need.
import { SocketOptionError } from '../base/errors.ts'
import type { SocketControl } from '../control/control.ts'
import type { Channel, Membership } from '../control/membership.ts'
import type { BatchReader } from '../datagram/batch-reader.ts'
import { withoutZone } from '../net/address.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { SO_MEMINFO, SO_REUSEADDR } from '../options/table/socket.ts'
import { openSocket } from '../socket/open-socket.ts'
import { createGroupMap } from './group-map.ts'
import { joinOverSockets, type SocketPool } from './join-over-sockets.ts'
import type { ReceiverPlan } from './receiver-options.ts'
import { createReceiverSocket, type ReceiverSocket } from './receiver-socket.ts'
import { createSocketRoom } from './socket-room.ts'

export interface ReceiverSockets {
  /** Of the first socket, mostly the only one. Both throw if the receiver is closed. */
  readonly control: SocketControl
  readonly address: Endpoint
  readonly count: number
  memberships(): Membership[]
  /** How many datagrams the kernel had no room for, also on sockets that are closed. */
  dropped(): number
  /** Joins all channels or none, on further sockets if those there are take no more. One call at a time. */
  joinAll(channels: readonly Channel[], signal?: AbortSignal): Promise<Membership[]>
  close(): Promise<void>
}

const isWildcard = (address: string): boolean => address === '::' || address === '0.0.0.0'

const droppedBy = ({ control }: ReceiverSocket): number => control.getSync(SO_MEMINFO).drops

const receiverClosed = (): SocketOptionError =>
  new SocketOptionError('this receiver is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

/** Opens the first socket. */
export async function openSockets(plan: ReceiverPlan, batchReader: BatchReader): Promise<ReceiverSockets> {
  const sockets: ReceiverSocket[] = []
  const joined = createGroupMap<readonly ReceiverSocket[]>()
  const groupRoom = { ipv4: createSocketRoom(), ipv6: createSocketRoom() }
  const sourceRoom = { ipv4: createSocketRoom(), ipv6: createSocketRoom() }
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

  const open = async (address: string, port: number, unicast: boolean, broadcast: boolean): Promise<ReceiverSocket> => {
    const owned = await openSocket({
      family: plan.family,
      type: plan.type,
      ...(plan.protocol === undefined ? {} : { protocol: plan.protocol }),
      options: (sockets.length > 0 ? [[SO_REUSEADDR, true], ...plan.settings] : plan.settings) as never,
      bind: { address, port },
    })
    const boundTo = isWildcard(address) ? undefined : withoutZone(address)
    try {
      if (ended) throw receiverClosed()
      batchReader.add(owned)
    } catch (error) {
      await owned.close()
      throw error
    }
    batchReader.admit(owned.fd, unicast, broadcast)
    const socket = createReceiverSocket(owned, boundTo, batchReader, noteGroup)
    sockets.push(socket)
    return socket
  }

  const openFurther = (boundTo: string | undefined): Promise<ReceiverSocket> => {
    const { control, boundTo: firstBoundTo } = first()
    const address = boundTo === undefined ? wildcard : plan.address
    if (plan.type === 'raw') return open(address, 0, false, false)
    control.setSync(SO_REUSEADDR, true)
    // Unicast goes to the last socket that was bound to the wildcard; a broadcast to each.
    return open(address, localAddress().port, !plan.groupsOnly && firstBoundTo === undefined, false)
  }

  const localAddress = (): Endpoint => first().owned.address() as Endpoint

  const closeOne = async (socket: ReceiverSocket): Promise<void> => {
    const index = sockets.indexOf(socket)
    if (index < 0) return
    sockets.splice(index, 1)
    socket.unfollow()
    for (const { group, interface: on } of socket.control.memberships) noteGroup(group, on.index, false, socket)
    droppedBefore += droppedBy(socket)
    batchReader.remove(socket.owned)
    await socket.owned.close()
  }

  await open(plan.address, plan.port, !plan.groupsOnly, !plan.groupsOnly)

  const boundTo = first().boundTo
  const pool: SocketPool = {
    sockets,
    joined,
    groupRoom,
    sourceRoom,
    boundTo,
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
      return localAddress()
    },
    get count() {
      return sockets.length
    },
    memberships: () => sockets.flatMap(({ control }) => control.memberships),
    dropped: () => sockets.reduce((sum, socket) => sum + droppedBy(socket), droppedBefore),
    joinAll: (channels, signal) => joinOverSockets(pool, channels, signal),
    close: async () => {
      if (ended) return
      droppedBefore = sockets.reduce((sum, socket) => sum + droppedBy(socket), droppedBefore)
      ended = true
      for (const socket of sockets) socket.unfollow()
      // The kernel finds the newest membership first.
      await Promise.all(
        sockets
          .splice(0)
          .reverse()
          .map(({ owned }) => owned.close()),
      )
    },
  }
}
