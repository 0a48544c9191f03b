import type { Membership, SourceFilter } from '../../../index.ts'
import { canonical } from '../../../net/address.ts'
import { interfaceNamed } from '../../../net/interfaces.ts'
import {
  MCAST_BLOCK_SOURCE,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_UNBLOCK_SOURCE,
} from '../../../options/index.ts'
import { parseChannel } from '../../../protocols/channel.ts'
import { Failure } from '../../shell/failure.ts'
import { interfaceSpec } from '../../shell/values.ts'
import type { ScriptSocket } from './script-socket.ts'
import type { Session } from './session.ts'

/** A group, where, and of which sources, as `GROUP [INTERFACE] [SOURCE...]` or in one word, `SOURCE@GROUP%INTERFACE`. */
export interface Place {
  group: string
  interface?: string | number
  sources: string[]
}

export function parsePlace(session: Session, words: readonly string[]): Place {
  const [channel, ...more] = words
  if (channel === undefined) throw new Failure('a group is needed')
  const { group, sources, interface: zone } = parseChannel(channel)
  // 0.0.0.0 is mtest's word for the interface of the kernel's choice.
  const given = zone ?? (more[0] === undefined ? session.interface : interfaceSpec(more[0]))
  const listed = zone === undefined ? more.slice(1) : more
  return {
    group,
    sources: [...sources, ...listed.map((source) => canonical(source) ?? source)],
    ...(given !== undefined && given !== '0.0.0.0' && given !== '::' && { interface: given }),
  }
}

const at = ({ group, interface: on }: Place): { group: string; interface?: string | number } => ({
  group,
  ...(on !== undefined && { interface: on }),
})

function indexOf(spec: string | number): number {
  return interfaceNamed(spec).index
}

/** The memberships a socket has there: of one interface, the oldest's where none is named. */
function held({ control }: ScriptSocket, place: Place): Membership[] {
  const all = control.memberships.filter(({ group }) => group === place.group)
  const index = place.interface === undefined ? all[0]?.interface.index : indexOf(place.interface)
  return all.filter((one) => one.interface.index === index)
}

// Where the socket has no such membership the kernel is asked all the same: its answer is what a script is after.

const byIndex = (place: Place): { group: string; interface?: number } => ({
  group: place.group,
  ...(place.interface !== undefined && { interface: indexOf(place.interface) }),
})

export async function join(socket: ScriptSocket, place: Place): Promise<void> {
  if (place.sources.length === 0) await socket.control.join(at(place))
  else await socket.control.joinAll(place.sources.map((source) => ({ ...at(place), source })))
}

export async function leave(socket: ScriptSocket, place: Place): Promise<void> {
  const { control } = socket
  const there = held(socket, place)
  for (const source of place.sources) {
    const one = there.find((membership) => membership.source === source)
    if (one !== undefined) await one.leave()
    else await control.set(MCAST_LEAVE_SOURCE_GROUP, { ...byIndex(place), source })
  }
  if (place.sources.length > 0) return
  const any = there.find(({ source }) => source === undefined)
  if (any !== undefined) return await any.leave()
  await control.set(
    MCAST_LEAVE_GROUP,
    there[0] ? { group: place.group, interface: there[0].interface.index } : byIndex(place),
  )
  // The kernel has left each source with the group; the memberships learn of it.
  for (const one of there) await one.leave()
}

async function change(socket: ScriptSocket, place: Place, act: 'block' | 'unblock'): Promise<void> {
  if (place.sources.length === 0) throw new Failure('a source is needed: GROUP INTERFACE SOURCE, or SOURCE@GROUP')
  const any = held(socket, place).find(({ source }) => source === undefined)
  const option = act === 'block' ? MCAST_BLOCK_SOURCE : MCAST_UNBLOCK_SOURCE
  for (const source of place.sources) {
    if (any !== undefined) await any[act](source)
    else await socket.control.set(option, { ...byIndex(place), source })
  }
}

export const block = (socket: ScriptSocket, place: Place): Promise<void> => change(socket, place, 'block')
export const unblock = (socket: ScriptSocket, place: Place): Promise<void> => change(socket, place, 'unblock')

export const getFilter = (socket: ScriptSocket, place: Place): Promise<SourceFilter> =>
  socket.control.getSourceFilter(at(place))

export const setFilter = (socket: ScriptSocket, place: Place, mode: SourceFilter['mode']): Promise<void> =>
  socket.control.setSourceFilter(at(place), { mode, sources: place.sources })
