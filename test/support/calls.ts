import type { SocketOptionError } from 'sockctl'
import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_MSFILTER,
  IP_UNBLOCK_SOURCE,
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_MSFILTER,
  MCAST_UNBLOCK_SOURCE,
} from 'sockctl/options'
import type { Lane, Receiver } from './lanes.ts'
import { kernelGroups, kernelSources } from './net-stat.ts'

export type Verb =
  | 'join'
  | 'leave'
  | 'join-source'
  | 'leave-source'
  | 'block'
  | 'unblock'
  | 'include'
  | 'exclude'
  | 'get-filter'
  | 'other-mode'

/** One way to make the calls; a call that can't be made in this way is left out. */
export type Way = Partial<Record<Verb, (sources: string[]) => Promise<unknown>>>

interface Options {
  join: typeof IP_ADD_MEMBERSHIP
  leave: typeof IP_DROP_MEMBERSHIP
  source: Record<'join-source' | 'leave-source' | 'block' | 'unblock', typeof IP_ADD_SOURCE_MEMBERSHIP>
  filter: typeof IP_MSFILTER
}

const byIndex: Options = {
  join: MCAST_JOIN_GROUP,
  leave: MCAST_LEAVE_GROUP,
  source: {
    'join-source': MCAST_JOIN_SOURCE_GROUP,
    'leave-source': MCAST_LEAVE_SOURCE_GROUP,
    block: MCAST_BLOCK_SOURCE,
    unblock: MCAST_UNBLOCK_SOURCE,
  },
  filter: MCAST_MSFILTER,
}

const byAddress: Options = {
  join: IP_ADD_MEMBERSHIP,
  leave: IP_DROP_MEMBERSHIP,
  source: {
    'join-source': IP_ADD_SOURCE_MEMBERSHIP,
    'leave-source': IP_DROP_SOURCE_MEMBERSHIP,
    block: IP_BLOCK_SOURCE,
    unblock: IP_UNBLOCK_SOURCE,
  },
  filter: IP_MSFILTER,
}

/** The same calls by the control's methods, and by the options of either kind. */
export function waysOf({ control: c }: Receiver, lane: Lane): Record<string, Way> {
  const { group, local } = lane
  const named = { group, interface: lane.interface }
  const calls = ({ join, leave, source, filter }: Options, on: { group: string; interface: string }): Way => ({
    join: () => c.set(join, on),
    leave: () => c.set(leave, on),
    'join-source': ([one = '']) => c.set(source['join-source'], { ...on, source: one }),
    'leave-source': ([one = '']) => c.set(source['leave-source'], { ...on, source: one }),
    block: ([one = '']) => c.set(source.block, { ...on, source: one }),
    unblock: ([one = '']) => c.set(source.unblock, { ...on, source: one }),
    include: (sources) => c.set(filter, { ...on, mode: 'include', sources }),
    exclude: (sources) => c.set(filter, { ...on, mode: 'exclude', sources }),
    'other-mode': () => c.set(filter, { ...on, mode: 'both' as 'include', sources: [] }),
    'get-filter': () => c.get(filter, on),
  })
  return {
    'the control': {
      join: () => c.join(named),
      'join-source': ([source = '']) => c.join({ ...named, source }),
      block: ([source = '']) => heldBy(c)?.block(source) ?? c.set(MCAST_BLOCK_SOURCE, { ...named, source }),
      unblock: ([source = '']) => heldBy(c)?.unblock(source) ?? c.set(MCAST_UNBLOCK_SOURCE, { ...named, source }),
      include: (sources) => c.setSourceFilter(named, { mode: 'include', sources }),
      exclude: (sources) => c.setSourceFilter(named, { mode: 'exclude', sources }),
      'other-mode': () => c.setSourceFilter(named, { mode: 'both' as 'include', sources: [] }),
      'get-filter': () => c.getSourceFilter(named),
    },
    'the options by index': calls(byIndex, named),
    ...(lane.family === 4 && { 'the options by address': calls(byAddress, { group, interface: local[0] }) }),
  }
}

const heldBy = (c: Receiver['control']) => c.memberships[0]

/** What the kernel tells about a group: on this socket and on this host. */
export async function stateOf({ control: c }: Receiver, { group, interface: on }: Lane): Promise<unknown> {
  return {
    filter: await c.getSourceFilter({ group, interface: on }).catch(({ reason }: SocketOptionError) => reason),
    groups: kernelGroups().filter((entry) => entry.group === group),
    sources: kernelSources().filter((entry) => entry.group === group),
  }
}
