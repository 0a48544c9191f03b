// What is sent to a group, as a capture of every interface sees it on the wire.

import { parseAddress } from '../../../net/address.ts'
import { viewOf } from '../../../protocols/bytes.ts'
import { assembleFilter, ETHERTYPE, type FilterStep, NETWORK_HEADER } from '../../capture/bpf.ts'
import { FLAWS, type Flaw, type FlawKind, type Fragment, type Sighting } from './frame.ts'

/** The datagrams from one source to one port of the group, on one interface. */
export interface ObservedFlow {
  readonly interfaceIndex: number
  /** True of what this host sends. */
  readonly outgoing: boolean
  readonly source: string
  /** Undefined of frames that do not show their port. */
  readonly port: number | undefined
  /** The port of the sender, of its first datagram. */
  readonly sourcePort: number | undefined
  /** All datagrams, those the kernel won't take included. */
  datagrams: number
  bytes: number
  /** The largest payload. */
  largest: number
  /** The lowest and the highest. */
  hopLimits: [number, number]
  /** How many datagrams came in fragments, and how many of these with all of their fragments. */
  fragmented: number
  complete: number
  /** How many datagrams the kernel won't take, by the reason, with what the first of them shows. */
  readonly flaws: Map<FlawKind, { count: number; readonly detail: string }>
  /** In milliseconds, by performance.now(). */
  firstAt: number
  lastAt: number
  /** The longest time between two datagrams. */
  longestGap: number
}

/** How many flows are remembered: anybody can send from many addresses. */
const MAX_FLOWS = 4096
/** How many datagrams in fragments are followed at one time. */
const MAX_REASSEMBLIES = 1024

/** A filter that lets pass the packets sent to a group, fragments included, whatever header is before them. */
export function filterForGroup(group: string): ReturnType<typeof assembleFilter> {
  const bytes = parseAddress(group)?.bytes ?? new Uint8Array()
  const ipv6 = bytes.length === 16
  const words = Array.from({ length: bytes.length / 4 }, (_, index) => viewOf(bytes).getUint32(index * 4))
  return assembleFilter([
    { load: 'half', at: ETHERTYPE },
    { equals: ipv6 ? 0x86dd : 0x0800, no: 'leave' },
    ...words.flatMap((word, index): FilterStep[] => [
      { load: 'word', at: NETWORK_HEADER + (ipv6 ? 24 : 16) + index * 4 },
      { equals: word, no: 'leave' },
    ]),
    { accept: true },
    { label: 'leave' },
    { accept: false },
  ])
}

interface Reassembly {
  have: number
  whole: number | undefined
  /** Undefined until the first fragment, which names the port, has come. */
  flow: ObservedFlow | undefined
}

/** The flows of a capture. */
export interface Flows {
  add(sighting: Sighting, now: number): void
  list(): ObservedFlow[]
  /** Forgets what was seen. */
  clear(): void
}

export function createFlows(): Flows {
  const flows = new Map<string, ObservedFlow>()
  const reassemblies = new Map<string, Reassembly>()

  const flowOf = (seen: Sighting, now: number): ObservedFlow | undefined => {
    const { interfaceIndex, outgoing, source, port, sourcePort, hopLimit } = seen
    const key = `${interfaceIndex} ${outgoing} ${source} ${port}`
    const known = flows.get(key)
    if (known !== undefined || flows.size >= MAX_FLOWS) return known
    const flow: ObservedFlow = {
      ...{ interfaceIndex, outgoing, source, port, sourcePort },
      ...{ datagrams: 0, bytes: 0, largest: 0, hopLimits: [hopLimit, hopLimit], fragmented: 0, complete: 0 },
      ...{ flaws: new Map<FlawKind, { count: number; detail: string }>(), firstAt: now, lastAt: now, longestGap: 0 },
    }
    flows.set(key, flow)
    return flow
  }

  /** Follows the fragments of a datagram. Only the first names the port. */
  const follow = (
    { interfaceIndex, source }: Sighting,
    { id, offset, length, isLast }: Fragment,
    flow?: ObservedFlow,
  ) => {
    const key = `${interfaceIndex} ${source} ${id}`
    let one = reassemblies.get(key)
    if (one === undefined) {
      if (reassemblies.size >= MAX_REASSEMBLIES) reassemblies.clear()
      one = { have: 0, whole: undefined, flow }
      reassemblies.set(key, one)
    }
    one.flow ??= flow
    one.have += length
    if (isLast) one.whole = offset + length
    if (one.flow === undefined || one.whole === undefined || one.have < one.whole) return
    one.flow.complete++
    reassemblies.delete(key)
  }

  return {
    add(seen, now) {
      const { fragment, flaw } = seen
      if (fragment !== undefined && fragment.offset > 0 && flaw === undefined) {
        follow(seen, fragment)
        return
      }
      const flow = flowOf(seen, now)
      if (flow === undefined) return
      flow.datagrams += seen.datagrams
      flow.bytes += seen.bytes
      flow.largest = Math.max(flow.largest, seen.largest)
      flow.hopLimits = [Math.min(flow.hopLimits[0], seen.hopLimit), Math.max(flow.hopLimits[1], seen.hopLimit)]
      flow.longestGap = Math.max(flow.longestGap, now - flow.lastAt)
      flow.lastAt = now
      if (flaw !== undefined) addFlaw(flow, flaw)
      else if (fragment !== undefined) {
        flow.fragmented++
        follow(seen, fragment, flow)
      }
    },
    list: () => [...flows.values()],
    clear: () => {
      flows.clear()
      reassemblies.clear()
    },
  }
}

function addFlaw(flow: ObservedFlow, { kind, detail }: Flaw): void {
  const known = flow.flaws.get(kind)
  if (known === undefined) flow.flaws.set(kind, { count: 1, detail })
  else known.count++
}

/** How many datagrams of a flow the kernel won't take because of what their frames show. */
export const flawedOf = ({ flaws }: ObservedFlow): number =>
  [...flaws.values()].reduce((total, { count }) => total + count, 0)

/** How many datagrams of a flow the kernel takes, as far as their frames show. */
export const soundOf = (flow: ObservedFlow): number =>
  flow.datagrams - flawedOf(flow) - (flow.fragmented - flow.complete)

/** The flaws of flows together, the most frequent first. */
export function flawsOf(flows: readonly ObservedFlow[]): { kind: FlawKind; count: number; detail: string }[] {
  return FLAWS.flatMap((kind) => {
    const found = flows.flatMap(({ flaws }) => flaws.get(kind) ?? [])
    const [first] = found
    return first === undefined
      ? []
      : [{ kind, count: found.reduce((total, { count }) => total + count, 0), detail: first.detail }]
  }).toSorted((a, b) => b.count - a.count)
}
