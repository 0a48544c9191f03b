// Reads what this host has joined from /proc/net, and makes the kernel list every source.

import { readFileSync } from 'node:fs'
import { openSourceHold, type SourceHold } from '../../../calls/source-hold.ts'
import { type HostMembership, hostMemberships } from '../../../kernel/proc-net.ts'
import { Failure } from '../../shell/failure.ts'

const LOOPBACK_INDEX = 1

/**
 * Linux begins its list of source filters at the first interface whose newest group has sources. A source joined on the
 * very first interface, and held while the list is read, makes the list complete.
 */
const HELD_MEMBERSHIPS = [
  { family: 'ipv4', value: { group: '232.255.255.255', source: '127.0.0.1', interface: LOOPBACK_INDEX } },
  { family: 'ipv6', value: { group: 'ff31::1', source: '::1', interface: LOOPBACK_INDEX } },
] as const

export interface HostGroups extends AsyncDisposable {
  /** What this host has joined now, without the memberships held for reading. */
  read(): HostMembership[]
}

/** True for a membership that is only held for reading. */
export const isHeldForReading = (index: number, group: string): boolean =>
  index === LOOPBACK_INDEX && HELD_MEMBERSHIPS.some(({ value }) => value.group === group)

interface Hold {
  readonly hold: SourceHold
  readonly value: (typeof HELD_MEMBERSHIPS)[number]['value']
}

function openHolds(): Hold[] {
  return HELD_MEMBERSHIPS.flatMap(({ family, value }) => {
    const hold = openSourceHold(family, value)
    // A host without one of the families has no list of that family either.
    return hold === undefined ? [] : [{ hold, value }]
  })
}

function withoutHeldMemberships(memberships: HostMembership[], held: readonly Hold[]): HostMembership[] {
  return memberships.flatMap((one) => {
    const own = one.index === LOOPBACK_INDEX ? held.find(({ value }) => value.group === one.group)?.value : undefined
    if (own === undefined) return one
    // If another socket has joined the same group, its membership stays.
    const users = one.users - 1
    const sources = one.sources.flatMap((source) => {
      const include = source.include - (source.address === own.source ? 1 : 0)
      return include + source.exclude > 0 ? { ...source, include } : []
    })
    return users > 0 ? { ...one, users, sources } : []
  })
}

function readProcNet(name: string): string | undefined {
  try {
    return readFileSync(`/proc/net/${name}`, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readAll(): HostMembership[] {
  const [igmp, igmp6, mcfilter, mcfilter6] = ['igmp', 'igmp6', 'mcfilter', 'mcfilter6'].map(readProcNet)
  if (igmp === undefined && igmp6 === undefined)
    throw new Failure(`this needs Linux's /proc/net/igmp and igmp6, which are not here`)
  return hostMemberships({
    ...(igmp !== undefined && { igmp }),
    ...(igmp6 !== undefined && { igmp6 }),
    ...(mcfilter !== undefined && { mcfilter }),
    ...(mcfilter6 !== undefined && { mcfilter6 }),
  })
}

export function openHostGroups(): HostGroups {
  const holds = openHolds()
  return {
    read: () => {
      const held = holds.filter(({ hold }) => hold.join())
      try {
        return withoutHeldMemberships(readAll(), held)
      } finally {
        for (const { hold } of held) hold.leave()
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(holds.map(({ hold }) => hold.close()))
    },
  }
}
