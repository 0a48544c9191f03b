// The UDP sockets of this host that may take what comes to its groups: those bound to a group, or to the wildcard address.

import type { HostMembership } from '../../../kernel/proc-net.ts'
import type { HostSocket } from '../../../kernel/proc-sockets.ts'
import { hostPort, isMulticast, unmapped } from '../../../net/address.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import type { Column } from '../../shell/table.ts'
import { isOfFamily, type OwningProcess, type SocketWithOwner, socketsLike } from '../doctor/sockets.ts'

/** A socket as `--json` has it. */
export interface GroupSocket {
  readonly family: HostSocket['family']
  readonly address: string
  readonly port: number
  readonly uid: number
  readonly inode: number
  /** The processes that hold it, as far as they can be seen. */
  readonly processes: readonly Pick<OwningProcess, 'pid' | 'program'>[]
  /** Datagrams dropped because the receive buffer was full, or refused by the socket's filter. */
  readonly drops: number
  /** In bytes: what waits to be read, and how much may wait. */
  readonly unread?: number
  readonly receiveBuffer?: number
  /** The device it is bound to. */
  readonly device?: string
  /** IP_MULTICAST_ALL: whether an IPv4 socket takes groups that only others have joined. */
  readonly multicastAll?: boolean
}

const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::'

/** The sockets that may take what comes to one of the groups. */
export function socketsOfGroups(memberships: readonly HostMembership[]): Promise<SocketWithOwner[]> {
  const groups = new Set(memberships.map(({ group }) => group))
  return socketsLike(({ address, port }) => {
    const bound = unmapped(address)
    return port !== 0 && (isWildcard(bound) || (isMulticast(bound) && groups.has(bound)))
  })
}

/** Whether a socket may take what comes to a membership's group. */
export function maySocketTake(socket: SocketWithOwner, { family, group, index }: HostMembership): boolean {
  const bound = unmapped(socket.address)
  const { device = 0, isV6only } = socket.more ?? {}
  if (!isOfFamily(socket, family) || (family === 'ipv4' && isV6only === true)) return false
  // Bound to ::ffff:a.b.c.d an IPv6 socket takes IPv4 alone.
  if (family === 'ipv6' && bound !== socket.address) return false
  return (isWildcard(bound) || bound === group) && (device === 0 || device === index)
}

export function groupSocket({
  family,
  address,
  port,
  uid,
  inode,
  drops,
  processes = [],
  more,
}: SocketWithOwner): GroupSocket {
  return {
    ...{ family, address, port, uid, inode, processes: processes.map(({ pid, program }) => ({ pid, program })), drops },
    ...(more !== undefined && { unread: more.unread }),
    ...(more?.receiveBuffer !== undefined && { receiveBuffer: more.receiveBuffer }),
    ...(more !== undefined && more.device !== 0 && { device: interfaceLabel(more.device) }),
    // Of an IPv6 socket the kernel shows the option of IPv4 alone.
    ...(family === 'ipv4' && more?.takesAllMulticast !== undefined && { multicastAll: more.takesAllMulticast }),
  }
}

export const socketColumns: Column<SocketWithOwner>[] = [
  {
    head: 'SOCKET',
    cell: ({ address, port, more }) => {
      const at = hostPort(address, port)
      return more === undefined || more.device === 0 ? at : `${at} on ${interfaceLabel(more.device)}`
    },
  },
  { head: 'PROGRAM', cell: ({ owner }) => owner },
  {
    head: 'UNREAD',
    right: true,
    cell: ({ more }, { dim, warn }) => {
      if (more === undefined) return dim('-')
      const { unread, receiveBuffer } = more
      const text = receiveBuffer === undefined ? `${unread}` : `${unread} of ${receiveBuffer}`
      return receiveBuffer !== undefined && unread > receiveBuffer / 2 ? warn(text) : text
    },
  },
  { head: 'DROPS', right: true, cell: ({ drops }, { bad }) => (drops > 0 ? bad(String(drops)) : '0') },
  {
    head: 'MULTICAST_ALL',
    cell: ({ family, more }, { dim }) => {
      const all = family === 'ipv4' ? more?.takesAllMulticast : undefined
      return all === undefined ? dim('-') : all ? 'yes' : 'no'
    },
  },
]
