// What is sent to a group, as a capture sees it on the wire.

import { parseAddress } from '../../../net/address.ts'
import { viewOf } from '../../../protocols/bytes.ts'
import { decodeUdpPacket } from '../../../protocols/udp-packet.ts'
import { assembleFilter, ETHERTYPE, type FilterStep } from '../../capture/bpf.ts'

/** The datagrams from one source to one port of the group. */
export interface ObservedFlow {
  readonly source: string
  readonly port: number
  datagrams: number
  bytes: number
  /** The largest payload. */
  largest: number
  /** The lowest and the highest. */
  hopLimits: [number, number]
  /** How many datagrams came in fragments. */
  fragmented: number
}

/** How many flows are remembered: anybody can send from many addresses. */
const MAX_FLOWS = 4096

/** A filter that lets pass the packets sent to a group, fragments included. */
export function filterForGroup(group: string): ReturnType<typeof assembleFilter> {
  const bytes = parseAddress(group)?.bytes ?? new Uint8Array()
  const ipv6 = bytes.length === 16
  const words = Array.from({ length: bytes.length / 4 }, (_, index) => viewOf(bytes).getUint32(index * 4))
  return assembleFilter([
    { load: 'half', at: ETHERTYPE },
    { equals: ipv6 ? 0x86dd : 0x0800, no: 'leave' },
    ...words.flatMap((word, index): FilterStep[] => [
      { load: 'word', at: (ipv6 ? 24 : 16) + index * 4 },
      { equals: word, no: 'leave' },
    ]),
    { accept: true },
    { label: 'leave' },
    { accept: false },
  ])
}

/** Adds a packet to the flows. Of a datagram in fragments only the first is counted, since the others name no port. */
export function countPacket(flows: Map<string, ObservedFlow>, packet: Uint8Array): void {
  const udp = decodeUdpPacket(packet)
  if (udp?.destinationPort === undefined) return
  const { source, destinationPort: port, hopLimit, length = 0, fragment } = udp
  const key = `${source} ${port}`
  let flow = flows.get(key)
  if (flow === undefined) {
    if (flows.size >= MAX_FLOWS) return
    flow = { source, port, datagrams: 0, bytes: 0, largest: 0, hopLimits: [hopLimit, hopLimit], fragmented: 0 }
    flows.set(key, flow)
  }
  flow.datagrams++
  flow.bytes += length
  flow.largest = Math.max(flow.largest, length)
  flow.hopLimits = [Math.min(flow.hopLimits[0], hopLimit), Math.max(flow.hopLimits[1], hopLimit)]
  if (fragment) flow.fragmented++
}
