import { readFileSync } from 'node:fs'
import { type NativeSocket, native } from '../../native.ts'
import { type OptionParts, partsOf } from '../../option.ts'
import { MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP } from '../../options/mcast.ts'
import { type HostMembership, hostMemberships } from '../../protocols/proc-net.ts'
import { setNow } from '../../sockopt.ts'
import { Failure } from '../failure.ts'

const LO = 1

/**
 * Linux lists source filters from the first interface on whose newest group has sources. One of our own on the first
 * interface of all, held while the lists are read, makes them whole.
 */
const HELD = [
  { domain: 'AF_INET', value: { group: '232.255.255.255', source: '127.0.0.1', interface: LO } },
  { domain: 'AF_INET6', value: { group: 'ff31::1', source: '::1', interface: LO } },
] as const

export interface HostGroups extends AsyncDisposable {
  /** What this host has joined now, without what reading it needs. */
  read(): HostMembership[]
}

/** Whether it is a group that `read` joins for a moment. */
export const isHeldToRead = (index: number, group: string): boolean =>
  index === LO && HELD.some(({ value }) => value.group === group)

interface Hold {
  readonly socket: NativeSocket
  readonly value: (typeof HELD)[number]['value']
}

// Not by openSocket and control, whose modules take longer to load than all this takes to run.
function openHolds(): Hold[] {
  const { AF_INET = -1, AF_INET6 = -1, SOCK_DGRAM = -1 } = native.constants
  return HELD.flatMap(({ domain, value }) => {
    const socket = new native.Socket()
    // A host without one of the families has no list of it either.
    return socket.open(domain === 'AF_INET' ? AF_INET : AF_INET6, SOCK_DGRAM, 0) === 0 ? [{ socket, value }] : []
  })
}

function tried({ socket, value }: Hold, option: OptionParts): boolean {
  try {
    setNow(socket.fd, option, value)
    return true
  } catch {
    return false
  }
}

function withoutHeld(memberships: HostMembership[], held: readonly Hold[]): HostMembership[] {
  return memberships.flatMap((one) => {
    const own = one.index === LO ? held.find(({ value }) => value.group === one.group)?.value : undefined
    if (own === undefined) return one
    // Another's membership of the same group stays.
    const users = one.users - 1
    const sources = one.sources.flatMap((source) => {
      const include = source.include - (source.address === own.source ? 1 : 0)
      return include + source.exclude > 0 ? { ...source, include } : []
    })
    return users > 0 ? { ...one, users, sources } : []
  })
}

function text(name: string): string | undefined {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readAll(): HostMembership[] {
  const [igmp, igmp6, mcfilter, mcfilter6] = ['igmp', 'igmp6', 'mcfilter', 'mcfilter6'].map(text)
  if (igmp === undefined && igmp6 === undefined)
    throw new Failure(`what this host has joined is read from Linux's /proc/net/igmp and igmp6, which are not here`)
  return hostMemberships({
    ...(igmp !== undefined && { igmp }),
    ...(igmp6 !== undefined && { igmp6 }),
    ...(mcfilter !== undefined && { mcfilter }),
    ...(mcfilter6 !== undefined && { mcfilter6 }),
  })
}

export function openHostGroups(): HostGroups {
  const holds = openHolds()
  const [join, leave] = [partsOf(MCAST_JOIN_SOURCE_GROUP), partsOf(MCAST_LEAVE_SOURCE_GROUP)]
  return {
    read: () => {
      const held = holds.filter((hold) => tried(hold, join))
      try {
        return withoutHeld(readAll(), held)
      } finally {
        for (const hold of held) tried(hold, leave)
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(holds.map(({ socket }) => new Promise<void>((resolve) => socket.close(resolve))))
    },
  }
}
