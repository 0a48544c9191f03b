// What `sockctl demo` does step by step, and how many datagrams of each source are to arrive after each step.

import type { Membership, SocketControl } from '../../../index.ts'

export const GROUP = '239.255.77.1'
export const LOOPBACK = '127.0.0.1'
export const SOURCES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const
export const DATAGRAMS_PER_STEP = 5

export interface DemoStep {
  title: string
  /** Changes the memberships held, and gives those held afterwards. */
  act: (receiver: SocketControl, held: Membership[]) => Promise<Membership[]>
  /** Datagrams to arrive of each of `SOURCES`. */
  expected: readonly [number, number, number]
}

const ALL = DATAGRAMS_PER_STEP
const GROUP_ON_LOOPBACK = { group: GROUP, interface: LOOPBACK }

async function leaveAll(_: SocketControl, held: Membership[]): Promise<Membership[]> {
  for (const membership of held) await membership.leave()
  return []
}

export const STEPS: readonly DemoStep[] = [
  {
    title: 'join the group, any source',
    expected: [ALL, ALL, ALL],
    act: async (receiver) => [await receiver.join(GROUP_ON_LOOPBACK)],
  },
  {
    title: `block ${SOURCES[1]}`,
    expected: [ALL, 0, ALL],
    act: async (_, held) => {
      await held[0]?.block(SOURCES[1])
      return held
    },
  },
  {
    title: `unblock ${SOURCES[1]}`,
    expected: [ALL, ALL, ALL],
    act: async (_, held) => {
      await held[0]?.unblock(SOURCES[1])
      return held
    },
  },
  { title: 'leave', expected: [0, 0, 0], act: leaveAll },
  {
    title: `join source ${SOURCES[0]}`,
    expected: [ALL, 0, 0],
    act: async (receiver) => [await receiver.join({ ...GROUP_ON_LOOPBACK, source: SOURCES[0] })],
  },
  {
    title: `join source ${SOURCES[2]} too`,
    expected: [ALL, 0, ALL],
    act: async (receiver, held) => [...held, await receiver.join({ ...GROUP_ON_LOOPBACK, source: SOURCES[2] })],
  },
  {
    title: `filter: exclude ${SOURCES[0]}, ${SOURCES[1]}`,
    expected: [0, 0, ALL],
    act: async (receiver) => {
      await receiver.setSourceFilter(GROUP_ON_LOOPBACK, { mode: 'exclude', sources: [SOURCES[0], SOURCES[1]] })
      return [...receiver.memberships]
    },
  },
  { title: 'leave', expected: [0, 0, 0], act: leaveAll },
]
