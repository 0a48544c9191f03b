// The channels of one call, checked and with their interfaces found, and what becomes of each.
import { setImmediate } from 'node:timers/promises'
import { badValue, show } from '../base/errors.ts'
import { findInterface } from '../control/group-target.ts'
import { type Channel, type ChannelTarget, channelTargetOf, type Membership } from '../control/membership.ts'
import type { NamedInterface } from '../net/interfaces.ts'
import { type Found, lookUp } from '../net/route-lookup.ts'

/** A channel that one of a receiver's sockets is to join. */
export interface ChannelJoin extends ChannelTarget {
  readonly on: NamedInterface
  /** The membership or the error; undefined before. */
  outcome: unknown
}

/** So many channels are handled before the event loop turns: a turn must not take 5 ms. */
export const CHANNELS_PER_TURN = 1024

/** Checks channels and finds their interfaces with one lookup. A wrong channel has its error for an outcome. */
export async function resolveChannels(channels: readonly (Channel | Membership)[]): Promise<ChannelJoin[]> {
  const joins: Resolving[] = []
  for (const channel of channels) {
    joins.push(resolving(channel))
    if (joins.length % CHANNELS_PER_TURN === 0) await setImmediate()
  }
  const unresolved = joins.filter(({ on, outcome }) => on === undefined && outcome === undefined)
  if (unresolved.length > 0) {
    const lookups = unresolved.map(({ lookup }) => lookup)
    const found = await lookUp(lookups.flatMap((lookup) => (typeof lookup === 'object' ? [lookup.routeTo] : [])))
    for (const join of unresolved) resolve(join, found)
  }
  return joins as ChannelJoin[]
}

interface Resolving extends ChannelTarget {
  on?: NamedInterface | undefined
  outcome: unknown
}

function resolving(channel: Channel | Membership): Resolving {
  try {
    return Object.assign(channelTargetOf(channel), { outcome: undefined })
  } catch (error) {
    return { group: '', source: undefined, outcome: asError(error) }
  }
}

/** A getter of the program may throw any value, and an outcome that is no Error counts as a membership. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : badValue(`the channel can't be read: it threw ${show(thrown)}`)
}

function resolve(join: Resolving, found: Found): void {
  try {
    join.on = findInterface(join, found)
  } catch (error) {
    join.outcome = error
  }
}
