// What the commands on memberships do: join, leave, block, unblock, and source filters.

import type { Membership, SourceFilter } from '../../../index.ts'
import { canonical } from '../../../net/address.ts'
import {
  MCAST_BLOCK_SOURCE,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
} from '../../../options/index.ts'
import { parseChannel } from '../../../protocols/channel.ts'
import { Failure } from '../../shell/failure.ts'
import { findInterface } from '../../shell/interface-option.ts'
import { interfaceArgument } from '../../shell/parsers.ts'
import type { ScriptSession } from './script-session.ts'
import type { ScriptSocket } from './script-socket.ts'

/**
 * A group, perhaps an interface and sources, written as `GROUP [INTERFACE] [SOURCE...]` or `SOURCE@GROUP%INTERFACE`.
 */
export interface GroupSpec {
  group: string
  interface?: string | number
  sources: string[]
}

export function parseGroupSpec(session: ScriptSession, words: readonly string[]): GroupSpec {
  const [channel, ...more] = words
  if (channel === undefined) throw new Failure('a group is needed')
  const { group, sources, interface: zone } = parseChannel(channel)
  // In mtest, 0.0.0.0 stands for the interface the kernel chooses.
  const given = zone ?? (more[0] === undefined ? session.interface : interfaceArgument(more[0]))
  const listed = zone === undefined ? more.slice(1) : more
  return {
    group,
    sources: [...sources, ...listed.map((source) => canonical(source) ?? source)],
    ...(given !== undefined && given !== '0.0.0.0' && given !== '::' && { interface: given }),
  }
}

const groupOnInterface = ({ group, interface: on }: GroupSpec): { group: string; interface?: string | number } => ({
  group,
  ...(on !== undefined && { interface: on }),
})

function interfaceIndexOf(spec: string | number): number {
  return findInterface(spec).index
}

/** The memberships of a socket in the group on the interface; if none is named, on that of the oldest membership. */
function heldMemberships({ control }: ScriptSocket, spec: GroupSpec): Membership[] {
  const all = control.memberships.filter(({ group }) => group === spec.group)
  const index = spec.interface === undefined ? all[0]?.interface.index : interfaceIndexOf(spec.interface)
  return all.filter((one) => one.interface.index === index)
}

// If the socket has no such membership, the option is set all the same: scripts test how the kernel refuses it.

const byInterfaceIndex = (spec: GroupSpec): { group: string; interface?: number } => ({
  group: spec.group,
  ...(spec.interface !== undefined && { interface: interfaceIndexOf(spec.interface) }),
})

export async function joinGroup(socket: ScriptSocket, spec: GroupSpec): Promise<void> {
  if (spec.sources.length === 0) await socket.control.join(groupOnInterface(spec))
  else await socket.control.joinAll(spec.sources.map((source) => ({ ...groupOnInterface(spec), source })))
}

export async function leaveGroup(socket: ScriptSocket, spec: GroupSpec): Promise<void> {
  const { control } = socket
  const there = heldMemberships(socket, spec)
  for (const source of spec.sources) {
    const one = there.find((membership) => membership.source === source)
    if (one !== undefined) await one.leave()
    else await control.set(MCAST_LEAVE_SOURCE_GROUP, { ...byInterfaceIndex(spec), source })
  }
  if (spec.sources.length > 0) return
  const any = there.find(({ source }) => source === undefined)
  if (any !== undefined) return await any.leave()
  await control.set(
    MCAST_LEAVE_GROUP,
    there[0] ? { group: spec.group, interface: there[0].interface.index } : byInterfaceIndex(spec),
  )
  // The kernel has left each source with the group; the memberships learn of it.
  for (const one of there) await one.leave()
}

async function changeSources(socket: ScriptSocket, spec: GroupSpec, act: 'block' | 'unblock'): Promise<void> {
  if (spec.sources.length === 0) throw new Failure('a source is needed: GROUP INTERFACE SOURCE, or SOURCE@GROUP')
  const any = heldMemberships(socket, spec).find(({ source }) => source === undefined)
  const option = act === 'block' ? MCAST_BLOCK_SOURCE : MCAST_UNBLOCK_SOURCE
  for (const source of spec.sources) {
    if (any !== undefined) await any[act](source)
    else await socket.control.set(option, { ...byInterfaceIndex(spec), source })
  }
}

export const blockSources = (socket: ScriptSocket, spec: GroupSpec): Promise<void> =>
  changeSources(socket, spec, 'block')
export const unblockSources = (socket: ScriptSocket, spec: GroupSpec): Promise<void> =>
  changeSources(socket, spec, 'unblock')

/** Reads `GROUP [INTERFACE] [include|exclude [SOURCE...]]`; without a mode, `filter` is undefined. */
export function parseFilter(
  session: ScriptSession,
  words: readonly string[],
): { spec: GroupSpec; filter: SourceFilter | undefined } {
  const at = words.findIndex((text) => text === 'include' || text === 'exclude')
  if (at < 0) return { spec: parseGroupSpec(session, words), filter: undefined }
  const sources = words.slice(at + 1).map((source) => canonical(source) ?? source)
  return {
    spec: parseGroupSpec(session, words.slice(0, at)),
    filter: { mode: words[at] as SourceFilter['mode'], sources },
  }
}

export const getFilter = (socket: ScriptSocket, spec: GroupSpec): Promise<SourceFilter> =>
  socket.control.getSourceFilter(groupOnInterface(spec))

export const setFilter = (socket: ScriptSocket, spec: GroupSpec, filter: SourceFilter): Promise<void> =>
  socket.control.setSourceFilter(groupOnInterface(spec), filter)
