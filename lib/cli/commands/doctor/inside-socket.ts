// What only a socket itself can tell of its multicast settings: its descriptor is copied from the program that has it.

import { control, descriptorOfProcess, interfaces, SocketOptionError, type SourceFilter } from '../../../index.ts'
import type { IpFamily } from '../../../net/address.ts'
import { IP_MULTICAST_ALL, IP_MULTICAST_LOOP, IPV6_MULTICAST_ALL, IPV6_MULTICAST_LOOP } from '../../../options/index.ts'
import type { OwningProcess, SocketWithOwner } from './sockets.ts'

export interface InsideSocket {
  /** The socket's own filter of the group; undefined if the socket itself has not joined the group there. */
  readonly filter: SourceFilter | undefined
  /** IP_MULTICAST_ALL or IPV6_MULTICAST_ALL: whether the socket gets groups that only other sockets have joined. */
  readonly takesAll: boolean
  /** IP_MULTICAST_LOOP or IPV6_MULTICAST_LOOP. */
  readonly loops: boolean
}

/** A socket that was asked, as far as this process may. */
export interface AskedSocket extends SocketWithOwner {
  /** Absent if this process may not ask. */
  readonly inside?: InsideSocket
}

interface SoughtGroup {
  readonly group: string
  readonly family: IpFamily
  readonly on: { readonly index: number }
}

/** How many sockets are looked into. */
const MAX_SOCKETS = 32

const OPTIONS = {
  ipv4: { all: IP_MULTICAST_ALL, loop: IP_MULTICAST_LOOP },
  ipv6: { all: IPV6_MULTICAST_ALL, loop: IPV6_MULTICAST_LOOP },
}

const noMember = (error: unknown): undefined => {
  if (error instanceof SocketOptionError && error.reason === 'not-member') return undefined
  throw error
}

async function lookInto(
  { pid, fd }: OwningProcess,
  { group, family, on }: SoughtGroup,
): Promise<InsideSocket | undefined> {
  try {
    await using descriptor = descriptorOfProcess(pid, fd)
    const socket = control(descriptor.fd)
    // In IPv6 the kernel asks only whether the socket has joined the group, on whatever interface.
    const where = family === 'ipv4' ? [on.index] : [on.index, ...interfaces().map(({ index }) => index)]
    let filter: SourceFilter | undefined
    for (const index of new Set(where))
      filter ??= await socket.getSourceFilter({ group, interface: index }).catch(noMember)
    const { all, loop } = OPTIONS[family]
    return { filter, takesAll: socket.getSync(all), loops: socket.getSync(loop) }
  } catch {
    // It needs CAP_SYS_PTRACE, or the same user. The program may have closed the socket meanwhile.
    return undefined
  }
}

/** Looks into the sockets as far as this process may. */
export async function withInside(
  sockets: readonly SocketWithOwner[],
  sought: SoughtGroup,
): Promise<readonly AskedSocket[]> {
  const looked: AskedSocket[] = []
  for (const socket of sockets) {
    const holder = socket.processes?.at(-1)
    const inside = holder === undefined || looked.length >= MAX_SOCKETS ? undefined : await lookInto(holder, sought)
    looked.push(inside === undefined ? socket : { ...socket, inside })
  }
  return looked
}
