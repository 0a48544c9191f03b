import { readFile } from 'node:fs/promises'
import { MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP } from '../../options/mcast.ts'
import type { OwnedSocket } from '../../owned-socket.ts'
import { type HostMembership, hostMemberships } from '../../protocols/proc-net.ts'
import { openSocket } from '../../socket.ts'
import { Failure } from '../failure.ts'

const LO = 1

/**
 * Linux lists source filters from the first interface on whose newest group has sources. One of our own on the first
 * interface of all, held while the lists are read, makes them whole.
 */
const HELD = [
  { family: 'ipv4', value: { group: '232.255.255.255', source: '127.0.0.1', interface: LO } },
  { family: 'ipv6', value: { group: 'ff31::1', source: '::1', interface: LO } },
] as const

export interface HostGroups extends AsyncDisposable {
  /** What this host has joined now, without what reading it needs. */
  read(): Promise<HostMembership[]>
}

/** Whether it is a group that `read` joins for a moment. */
export const isHeldToRead = (index: number, group: string): boolean =>
  index === LO && HELD.some(({ value }) => value.group === group)

interface Hold {
  family: 4 | 6
  group: string
  socket: OwnedSocket
  on: () => Promise<void>
  off: () => Promise<void>
}

async function openHolds(): Promise<Hold[]> {
  const holds: Hold[] = []
  for (const { family, value } of HELD) {
    // A host without one of the families has no list of it either.
    const socket = await openSocket({ family, type: 'dgram' }).catch(() => undefined)
    if (socket === undefined) continue
    holds.push({
      family: family === 'ipv4' ? 4 : 6,
      group: value.group,
      socket,
      on: () => socket.control.set(MCAST_JOIN_SOURCE_GROUP, value),
      off: () => socket.control.set(MCAST_LEAVE_SOURCE_GROUP, value),
    })
  }
  return holds
}

function withoutHeld(memberships: HostMembership[], held: readonly Hold[]): HostMembership[] {
  return memberships.flatMap((one) => {
    if (one.index !== LO || !held.some(({ family, group }) => one.family === family && one.group === group)) return one
    // Another's membership of the same group stays.
    const users = one.users - 1
    const sources = one.sources.flatMap((source) => {
      const include = source.include - (source.address === '127.0.0.1' || source.address === '::1' ? 1 : 0)
      return include + source.exclude > 0 ? { ...source, include } : []
    })
    return users > 0 ? { ...one, users, sources } : []
  })
}

const text = (name: string): Promise<string | undefined> =>
  readFile(`/proc/net/${name}`, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

async function readAll(): Promise<HostMembership[]> {
  const [igmp, igmp6, mcfilter, mcfilter6] = await Promise.all(['igmp', 'igmp6', 'mcfilter', 'mcfilter6'].map(text))
  if (igmp === undefined && igmp6 === undefined)
    throw new Failure(`what this host has joined is read from Linux's /proc/net/igmp and igmp6, which are not here`)
  return hostMemberships({
    ...(igmp !== undefined && { igmp }),
    ...(igmp6 !== undefined && { igmp6 }),
    ...(mcfilter !== undefined && { mcfilter }),
    ...(mcfilter6 !== undefined && { mcfilter6 }),
  })
}

export async function openHostGroups(): Promise<HostGroups> {
  const holds = await openHolds()
  return {
    read: async () => {
      const joined = await Promise.all(
        holds.map((hold) =>
          hold.on().then(
            () => hold,
            () => undefined,
          ),
        ),
      )
      const held = joined.filter((hold) => hold !== undefined)
      const memberships = await readAll().finally(() => Promise.all(held.map(({ off }) => off())))
      return withoutHeld(memberships, held)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(holds.map(({ socket }) => socket.close()))
    },
  }
}
