import { SocketOptionError } from '../base/errors.ts'
import { control, registryOf, type SocketControl } from '../control/control.ts'
import { findInterface, type GroupTarget, groupTargetOf, lookupFor } from '../control/group-target.ts'
import { type Channel, type Membership, parseSource } from '../control/membership.ts'
import type { BatchReader } from '../datagram/batch-reader.ts'
import { isIpv6, withoutZone } from '../net/address.ts'
import { lookUp } from '../net/route-lookup.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { SO_MEMINFO, SO_REUSEADDR } from '../options/table/socket.ts'
import { openSocket } from '../socket/open-socket.ts'
import type { OwnedSocket } from '../socket/owned-socket.ts'
import type { ReceiverPlan } from './receiver-options.ts'

/** The sockets of a receiver, all on one port: as many as its channels need. */
export interface ReceiverSockets {
  /** Of the first; the only one, mostly. Both throw where they are closed. */
  readonly control: SocketControl
  readonly address: Endpoint
  readonly count: number
  memberships(): Membership[]
  /** What the kernel had no room for, also on sockets that are closed. */
  dropped(): number
  /** On the first socket that takes the channel; on a further one where none does. */
  join(channel: Channel): Promise<Membership>
  close(): Promise<void>
}

interface Entry {
  readonly socket: OwnedSocket
  readonly control: SocketControl
  /** The group it is bound to, where it is bound to an address. */
  readonly boundTo: string | undefined
  /** Its groups, each with the indexes of the interfaces it is joined on. */
  readonly groups: Map<string, Set<number>>
  /** What it had no room for: a further source of a group on an interface, or ANY further group. */
  readonly refused: Set<string>
}

const ANY = ''

const isWildcard = (address: string): boolean => address === '::' || address === '0.0.0.0'

const dropsOf = ({ control }: Entry): number => control.getSync(SO_MEMINFO).drops

const closed = (): SocketOptionError =>
  new SocketOptionError('this receiver is closed: open another', { code: 'ERR_SOCKET_CLOSED', reason: 'closed' })

/** Where a channel is to be joined. */
interface Place {
  readonly group: string
  readonly index: number
  readonly source: string | undefined
}

async function placeOf(channel: Channel): Promise<Place> {
  const target = groupTargetOf(channel)
  const source = channel.source === undefined ? undefined : parseSource(channel.source, target.group)
  return { group: target.group, index: (await find(target)).index, source }
}

async function find(target: GroupTarget): Promise<{ index: number }> {
  if (target.on !== undefined) return target.on
  const lookup = lookupFor(target)
  return findInterface(target, await lookUp(typeof lookup === 'object' ? [lookup.routeTo] : []))
}

/** Opens the first of them. */
export async function openSockets(plan: ReceiverPlan, batchReader: BatchReader): Promise<ReceiverSockets> {
  const entries: Entry[] = []
  let droppedBefore = 0
  let ended = false

  const first = (): Entry => {
    const [entry] = entries
    if (entry === undefined || ended) throw closed()
    return entry
  }

  const add = async (address: string, port: number, unicast: boolean, broadcast: boolean): Promise<Entry> => {
    const socket = await openSocket({
      family: plan.family,
      type: plan.type,
      ...(plan.protocol === undefined ? {} : { protocol: plan.protocol }),
      options: (entries.length > 0 ? [[SO_REUSEADDR, true], ...plan.settings] : plan.settings) as never,
      bind: { address, port },
    })
    const own = control(socket)
    const boundTo = isWildcard(address) ? undefined : withoutZone(address)
    const entry: Entry = { socket, control: own, boundTo, groups: new Map(), refused: new Set() }
    try {
      if (ended) throw closed()
      batchReader.add(socket)
    } catch (error) {
      await socket.close()
      throw error
    }
    batchReader.admit(socket.fd, unicast, broadcast)
    registryOf(own).onChange = (group, index) => note(entry, group, index)
    entries.push(entry)
    return entry
  }

  /** A membership of the entry has changed. */
  const note = (entry: Entry, group: string, index: number): void => {
    const held = registryOf(entry.control).on(group, index)
    const indexes = entry.groups.get(group) ?? new Set()
    if (held.length > 0) entry.groups.set(group, indexes.add(index))
    else {
      indexes.delete(index)
      if (indexes.size === 0) entry.groups.delete(group)
    }
    // It may have room again.
    entry.refused.clear()
    allow(entry, { group, index })
  }

  /** Tells the reader what to deliver: what is joined, and a source that is about to be. */
  const allow = (entry: Entry, { group, index }: Omit<Place, 'source'>, coming?: Place): void => {
    if (ended) return
    const held = [...registryOf(entry.control).on(group, index), ...(coming === undefined ? [] : [coming])]
    const any = held.find(({ source }) => source === undefined)
    const mode = held.length === 0 ? 'none' : any === undefined ? 'include' : 'exclude'
    const sources =
      any === undefined ? held.map(({ source }) => source as string) : 'blocked' in any ? [...any.blocked] : []
    batchReader.setRule(entry.socket.fd, group, index, mode, sources)
  }

  const joinOn = async (entry: Entry, channel: Channel, place: Place): Promise<Membership> => {
    // Before the kernel delivers the first, and taken back where the kernel refuses.
    allow(entry, place, place)
    try {
      return await entry.control.join(channel)
    } catch (error) {
      allow(entry, place)
      throw error
    }
  }

  const addFor = async (group: string): Promise<Entry> => {
    const { boundTo, control: own } = first()
    if (plan.type === 'raw') return add(boundTo === group ? plan.address : wildcard, 0, false, false)
    const { port } = address()
    own.setSync(SO_REUSEADDR, true)
    const toGroup = boundTo === group
    // Unicast goes to the last socket that was bound to the wildcard; a broadcast to each.
    return add(toGroup ? plan.address : wildcard, port, !plan.groupsOnly && boundTo === undefined, false)
  }

  const remove = async (entry: Entry): Promise<void> => {
    const place = entries.indexOf(entry)
    if (place < 0) return
    entries.splice(place, 1)
    droppedBefore += dropsOf(entry)
    batchReader.remove(entry.socket)
    await entry.socket.close()
  }

  const wildcard = plan.family === 'ipv6' ? '::' : '0.0.0.0'
  const address = (): Endpoint => first().socket.address() as Endpoint

  await add(plan.address, plan.port, !plan.groupsOnly, !plan.groupsOnly)

  return {
    get control() {
      return first().control
    },
    get address() {
      return address()
    },
    get count() {
      return entries.length
    },
    memberships: () => entries.flatMap(({ control }) => control.memberships),
    dropped: () => entries.reduce((sum, entry) => sum + dropsOf(entry), droppedBefore),
    join: async (channel) => {
      first()
      const place = await placeOf(channel)
      let refused: unknown
      for (const entry of candidates(entries, place)) {
        try {
          return await joinOn(entry, channel, place)
        } catch (error) {
          if (!(error instanceof SocketOptionError) || error.reason !== 'limit') throw error
          refused = error
          entry.refused.add(holds(entry, place) ? keyOf(place) : ANY)
        }
      }
      if (refused !== undefined && !plan.shares) throw refused
      const entry = await addFor(place.group)
      try {
        return await joinOn(entry, channel, place)
      } catch (error) {
        await remove(entry)
        throw error
      }
    },
    close: async () => {
      if (ended) return
      droppedBefore = entries.reduce((sum, entry) => sum + dropsOf(entry), droppedBefore)
      ended = true
      await Promise.all(entries.splice(0).map(({ socket }) => socket.close()))
    },
  }
}

const keyOf = ({ group, index }: Place): string => `${group} ${index}`

const holds = ({ groups }: Entry, { group, index }: Place): boolean => groups.get(group)?.has(index) === true

/** The sockets a channel may go to, best first. */
function candidates(entries: readonly Entry[], place: Place): Entry[] {
  const { group, index, source } = place
  const fits = entries.filter(({ boundTo }) => boundTo === undefined || boundTo === group)
  const here = fits.filter((entry) => holds(entry, place))
  // One socket must refuse what it can't hold together with what it has: any-source beside source-specific, or twice.
  const clash = here.find(({ control }) =>
    registryOf(control)
      .on(group, index)
      .some((held) => source === undefined || held.source === undefined || held.source === source),
  )
  if (clash !== undefined) return [clash]
  // IPv6 holds one filter for a group on all interfaces of a socket, so each interface has a socket of its own.
  const others = fits.filter(
    (entry) => !here.includes(entry) && !entry.refused.has(ANY) && !(isIpv6(group) && entry.groups.has(group)),
  )
  return [...here.filter(({ refused }) => !refused.has(keyOf(place))), ...others]
}
