// Notices which channels that had been flowing have fallen silent.
import type { Alarm } from '../base/alarm.ts'
import type { Datagram } from '../datagram/datagram.ts'
import { isMulticast, unmapped, withoutZone } from '../net/address.ts'

/** A group on an interface that something arrived for. Times are of `performance.now()`, in milliseconds. */
export interface GroupFlow {
  readonly group: string
  readonly interfaceIndex: number
  readonly seenAt: number
}

export interface SilencePlan {
  readonly alarm: Alarm
  /** The silence after which a flow is told, in milliseconds. */
  readonly after: (group: string, interfaceIndex: number) => number
  /** Called with flows that are silent. False for a flow that nobody wants any more. */
  readonly tell: (flow: GroupFlow) => boolean
  /** Called when a flow is seen first. */
  readonly onFirst: () => void
}

interface WatchedFlow extends GroupFlow {
  /** The group as the reader gives it. */
  readonly destination: string
  seenAt: number
  /** When the flow was last told. */
  toldAt: number
  /** How long to wait for the next datagram. */
  patience: number
}

/** A silent source looks like a forgetful switch: each time a flow is told again later, at most after this long. */
const MAX_PATIENCE = 3_600_000

/** Moves a time by up to a tenth, so that many receivers do not act together. */
const withJitter = (milliseconds: number): number => milliseconds * (0.9 + 0.2 * Math.random())

export interface SilenceWatch {
  /** Notes a batch. No timer runs before the first datagram. */
  note(batch: readonly Datagram[]): void
  /** Looks at every flow, since another silence may count. */
  check(): void
}

export function createSilenceWatch({ alarm, after, tell, onFirst }: SilencePlan): SilenceWatch {
  /** By the group as the reader gives it: a flow for each interface. */
  const flows = new Map<string, WatchedFlow[]>()
  /** When the flows are looked at next. */
  let next = Infinity

  /** Tells a flow if the time has come. Undefined: nobody wants the flow. Else the time of the next look at it. */
  const look = (flow: WatchedFlow, now: number): number | undefined => {
    if (flow.seenAt > flow.toldAt) flow.patience = after(flow.group, flow.interfaceIndex)
    const due = Math.max(flow.seenAt, flow.toldAt) + flow.patience
    if (due > now) return due
    if (!tell(flow)) return undefined
    flow.toldAt = now
    flow.patience = withJitter(Math.min(2 * flow.patience, MAX_PATIENCE))
    return now + flow.patience
  }

  const check = (): void => {
    const now = performance.now() + 1
    next = Infinity
    for (const [destination, list] of flows) {
      const kept = list.filter((flow) => {
        const due = look(flow, now)
        next = Math.min(next, due ?? Infinity)
        return due !== undefined
      })
      if (kept.length === 0) flows.delete(destination)
      else flows.set(destination, kept)
    }
    if (next < Infinity) alarm.set(check, next)
  }

  const begin = (destination: string, interfaceIndex: number, now: number): WatchedFlow | undefined => {
    const group = withoutZone(unmapped(destination))
    if (!isMulticast(group)) return undefined
    onFirst()
    const patience = after(group, interfaceIndex)
    const flow = { destination, group, interfaceIndex, seenAt: now, toldAt: 0, patience }
    flows.set(destination, [...(flows.get(destination) ?? []), flow])
    if (now + patience < next) {
      next = now + patience
      alarm.set(check, next)
    }
    return flow
  }

  const note = (batch: readonly Datagram[]): void => {
    const now = performance.now()
    let last: WatchedFlow | undefined
    for (const { destination, interfaceIndex = 0 } of batch) {
      // Mostly all datagrams of a batch are of one flow.
      if (destination === undefined || (last?.destination === destination && last.interfaceIndex === interfaceIndex))
        continue
      last =
        flows.get(destination)?.find((flow) => flow.interfaceIndex === interfaceIndex) ??
        begin(destination, interfaceIndex, now)
      if (last !== undefined) last.seenAt = now
    }
  }

  return { note, check }
}
