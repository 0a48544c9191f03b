// What the interfaces have counted, and how much from one reading to the next.

import { type Interface, type InterfaceCounters, interfaceCounters, SocketOptionError } from '../../../index.ts'

export type Counted = Pick<InterfaceCounters, 'received' | 'sent'>

/** The counters by the index of their interface; none on a system that does not tell them. */
export async function countersByIndex(): Promise<Map<number, InterfaceCounters>> {
  try {
    return new Map((await interfaceCounters()).map((one) => [one.index, one]))
  } catch (error) {
    if (error instanceof SocketOptionError && error.reason === 'unsupported') return new Map()
    throw error
  }
}

/** An interface with what it has counted. */
export type CountedInterface = Interface & { counters?: Counted }

export async function withCounters(list: readonly Interface[]): Promise<CountedInterface[]> {
  const all = await countersByIndex()
  return list.map((one) => {
    const found = all.get(one.index)
    return found === undefined ? one : { ...one, counters: { received: found.received, sent: found.sent } }
  })
}

function grown<T extends Record<string, number>>(before: T, now: T): T {
  // A driver that was loaded again counts from 0.
  const entries = Object.entries(now).map(([key, value]) => {
    const earlier = before[key] ?? 0
    return [key, value >= earlier ? value - earlier : value]
  })
  return Object.fromEntries(entries) as T
}

/** How much the counters have grown. */
export const growthOf = (before: Counted, now: Counted): Counted => ({
  received: grown(before.received, now.received),
  sent: grown(before.sent, now.sent),
})

/** Whether anything was counted. */
export const isCounting = ({ received, sent }: Counted): boolean =>
  [...Object.values(received), ...Object.values(sent)].some((value) => value > 0)
