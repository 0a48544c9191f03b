// The sockets on a port, and the programs that own them.

import { readdirSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { type HostSocket, hostSockets } from '../../../kernel/proc-sockets.ts'
import { printable } from '../../shell/printable.ts'
import { readText } from './system.ts'

export interface SocketWithOwner extends HostSocket {
  /** Program and process, `vlc (4711)`; the user if the process can't be seen. */
  readonly owner: string
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

/** The processes that hold these sockets, by inode. Only root sees the processes of other users. */
function ownersOf(inodes: ReadonlySet<number>): Map<number, string> {
  const owners = new Map<number, string>()
  for (const pid of entriesOf('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of entriesOf(`/proc/${pid}/fd`)) {
      let link = ''
      try {
        link = readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        continue
      }
      const inode = Number(/^socket:\[(\d+)\]$/.exec(link)?.[1])
      if (inodes.has(inode)) owners.set(inode, `${printable(programName(pid))} (${pid})`)
    }
  }
  return owners
}

/** Every UDP socket on a port, except this process's own. */
export function socketsOn(port: number): SocketWithOwner[] {
  const found = hostSockets([readText('/proc/net/udp'), readText('/proc/net/udp6')]).filter((one) => one.port === port)
  if (found.length === 0) return []
  const owners = ownersOf(new Set(found.map(({ inode }) => inode)))
  return found
    .map((socket) => ({ ...socket, owner: owners.get(socket.inode) ?? `a process of user ${socket.uid}` }))
    .filter(({ owner }) => !owner.endsWith(`(${process.pid})`))
}
