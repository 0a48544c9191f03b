// The UDP sockets of this host, the programs that own them, and whether a socket takes a channel.

import { readdirSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { openSocket } from '../../../index.ts'
import { NLMSG_DONE, NLMSG_ERROR, netlinkMessages } from '../../../kernel/netlink.ts'
import { type HostSocket, hostSockets } from '../../../kernel/proc-sockets.ts'
import { type DiagnosedSocket, decodeUdpSocket, udpSocketsRequest } from '../../../kernel/sock-diag.ts'
import type { IpFamily } from '../../../net/address.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { printable } from '../../shell/printable.ts'
import { readText } from './system.ts'

export interface OwningProcess {
  readonly pid: number
  readonly program: string
  /** The number that the socket has there. */
  readonly fd: number
}

export interface SocketWithOwner extends HostSocket {
  /** Program and process, `vlc (4711)`; the user if the process can't be seen. */
  readonly owner: string
  /** The processes that hold the socket, as far as they can be seen. */
  readonly processes?: readonly OwningProcess[]
  /** What sock_diag(7) tells besides; undefined if it tells nothing. */
  readonly more: DiagnosedSocket | undefined
}

const entriesOf = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/**
 * The name of a program: that of its main thread, or of its command if the two differ, since Node 24 names its own
 * `MainThread`.
 */
function programName(pid: string): string {
  const thread = readText(`/proc/${pid}/comm`).trim()
  const command = readText(`/proc/${pid}/cmdline`)
  return command === '' || command.includes(thread) ? thread : basename(command.split('\0', 1)[0] ?? '')
}

/** The processes that hold these sockets, by inode. Only root sees all of them. */
function ownersOf(inodes: ReadonlySet<number>): Map<number, OwningProcess[]> {
  const owners = new Map<number, OwningProcess[]>()
  for (const pid of entriesOf('/proc').filter((name) => /^\d+$/.test(name))) {
    const found = new Map<number, number>()
    for (const fd of entriesOf(`/proc/${pid}/fd`)) {
      let link = ''
      try {
        link = readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        continue
      }
      const inode = Number(/^socket:\[(\d+)\]$/.exec(link)?.[1])
      if (inodes.has(inode)) found.set(inode, Number(fd))
    }
    if (found.size === 0) continue
    const owner = { pid: Number(pid), program: programName(pid) }
    for (const [inode, fd] of found) owners.set(inode, [...(owners.get(inode) ?? []), { ...owner, fd }])
  }
  return owners
}

const SOCK_DIAG = 4

/** In milliseconds: the kernel answers at once. */
const PATIENCE = 1000

/** The UDP sockets by inode; empty if the kernel has no sock_diag(7). */
async function diagnosedSockets(): Promise<Map<number, DiagnosedSocket>> {
  const found = new Map<number, DiagnosedSocket>()
  try {
    const opened = await openSocket({ family: 'netlink', type: 'raw', protocol: SOCK_DIAG, bind: {} })
    await using socket = await opened.toMessageSocket()
    const signal = AbortSignal.timeout(PATIENCE)
    for (const [at, family] of (['ipv4', 'ipv6'] as const).entries()) {
      await socket.send(udpSocketsRequest(at + 1, family), { pid: 0, groups: 0 })
      for (let done = false; !done; )
        for (const { data } of await socket.receive({ signal }))
          for (const message of netlinkMessages(data).messages) {
            if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) done = true
            else {
              const one = decodeUdpSocket(message)
              if (!isMalformed(one)) found.set(one.inode, one)
            }
          }
    }
  } catch {
    // /proc/net/udp has the sockets all the same, with less about each.
  }
  return found
}

/** The UDP sockets with a port that `wanted` chooses, except those of this process. */
export const socketsOn = (wanted: (port: number) => boolean): Promise<SocketWithOwner[]> =>
  socketsLike(({ port }) => wanted(port))

/** The UDP sockets that `wanted` chooses, except those of this process. */
export async function socketsLike(wanted: (socket: HostSocket) => boolean): Promise<SocketWithOwner[]> {
  const found = hostSockets([readText('/proc/net/udp'), readText('/proc/net/udp6')]).filter(wanted)
  if (found.length === 0) return []
  const owners = ownersOf(new Set(found.map(({ inode }) => inode)))
  const diagnosed = await diagnosedSockets()
  return found.flatMap((socket) => {
    const processes = owners.get(socket.inode) ?? []
    if (processes.some(({ pid }) => pid === process.pid)) return []
    const last = processes.at(-1)
    const owner = last === undefined ? `a process of user ${socket.uid}` : `${printable(last.program)} (${last.pid})`
    return { ...socket, owner, processes, more: diagnosed.get(socket.inode) }
  })
}

/** Whether a socket may be one for datagrams of a family: those of IPv6 take IPv4 too. */
export const isOfFamily = (socket: HostSocket, family: IpFamily): boolean =>
  socket.family === family || socket.family === 'ipv6'
