// How many of the wanted datagrams on the wire reached a socket, and what a number of drops explains.

import type { Observation } from './observation.ts'
import { type WantedChannel, wantedFlows } from './wanted-channel.ts'
import { soundOf } from './wire.ts'

export const sum = (counts: ReadonlyMap<string, number> | undefined): number =>
  [...(counts?.values() ?? [])].reduce((total, count) => total + count, 0)

/** How many datagrams arrived: in the doctor's socket, or if that is not on the port, past the firewall. */
export const arrivedOf = ({ delivered, passed }: Observation): number =>
  delivered === undefined ? sum(passed) : sum(delivered)

/** Datagrams on their way when the counting begins or ends are no loss. */
const tolerated = (count: number): number => Math.max(3, count / 10)

/** A number of drops explains a loss of which it is most. */
const MOST = 0.8
export const explains = (drops: number, lost: number): boolean => drops >= lost * MOST

export interface LostOnTheWay {
  /** Wanted datagrams on the wire. */
  readonly onWire: number
  /** Those that did not arrive; 0 if they are so few that they may still be on their way. */
  readonly lost: number
  /** Those of them that nothing in their frames explains. */
  readonly soundLost: number
  /** Those of them that passed the firewall; undefined if nobody could look there. */
  readonly passed: number | undefined
  /** How many were lost, by source. */
  readonly lostOf: ReadonlyMap<string, number>
}

const NO_LOSS: LostOnTheWay = { onWire: 0, lost: 0, soundLost: 0, passed: undefined, lostOf: new Map() }

export function lossOf(wanted: WantedChannel, seen: Observation): LostOnTheWay {
  if (seen.joinRefused !== undefined || seen.captureRefused !== undefined) return NO_LOSS
  const flows = wantedFlows(wanted, seen.flows)
  const onWire = flows.reduce((total, { datagrams }) => total + datagrams, 0)
  const sound = flows.reduce((total, flow) => total + soundOf(flow), 0)
  const arrived = arrivedOf(seen)
  const significant = (count: number): number => (count > tolerated(onWire) || (arrived === 0 && count > 0) ? count : 0)
  const counts = seen.delivered ?? seen.passed
  const lostOf = new Map<string, number>()
  for (const { source, datagrams } of flows) lostOf.set(source, (lostOf.get(source) ?? 0) + datagrams)
  for (const [source, count] of lostOf) {
    const left = significant(count - (counts?.get(source) ?? 0))
    if (left > 0) lostOf.set(source, left)
    else lostOf.delete(source)
  }
  return {
    onWire,
    lost: significant(onWire - arrived),
    soundLost: significant(sound - arrived),
    passed: seen.passed === undefined ? undefined : sum(seen.passed),
    lostOf,
  }
}
