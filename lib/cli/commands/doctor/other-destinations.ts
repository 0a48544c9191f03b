// What comes to the wanted port, but to another destination than the group: another group, this host itself, everybody.

import { formatAddress, type IpFamily } from '../../../net/address.ts'
import { assembleFilter, ETHERTYPE, type FilterStep, NETWORK_HEADER } from '../../capture/bpf.ts'
import { openFrameCapture } from '../../capture/capture.ts'
import type { HostRules } from './frame.ts'
import { networkPart, readFrame } from './frame.ts'

/** The datagrams of one source to one destination. */
export interface OtherDestination {
  readonly interfaceIndex: number
  readonly source: string
  readonly destination: string
  datagrams: number
}

/** How many datagrams are looked at, and how many sources and destinations are told apart: enough to know of them. */
const MAX_DATAGRAMS = 1000
const MAX_FLOWS = 64

const UDP = 17
const FRAGMENT_OFFSET = 0x1fff
const IPV4 = { type: 0x0800, protocol: 9, destination: 16, length: 4 }
const IPV6 = { type: 0x86dd, protocol: 6, destination: 24, length: 16, header: 40 }

function filterForPort(family: IpFamily, port: number): ReturnType<typeof assembleFilter> {
  const { type, protocol } = family === 'ipv4' ? IPV4 : IPV6
  const toPort: FilterStep[] =
    family === 'ipv4'
      ? [
          { load: 'half', at: NETWORK_HEADER + 6 },
          { has: FRAGMENT_OFFSET, yes: 'leave' },
          { headerLength: NETWORK_HEADER },
          { load: 'half', at: NETWORK_HEADER + 2, from: 'index' },
        ]
      : [{ load: 'half', at: NETWORK_HEADER + IPV6.header + 2 }]
  return assembleFilter([
    { load: 'half', at: ETHERTYPE },
    { equals: type, no: 'leave' },
    { load: 'byte', at: NETWORK_HEADER + protocol },
    { equals: UDP, no: 'leave' },
    ...toPort,
    { equals: port, no: 'leave' },
    { accept: true },
    { label: 'leave' },
    { accept: false },
  ])
}

export interface OtherDestinations extends AsyncDisposable {
  list(): readonly OtherDestination[]
}

/** Looks from now on, until enough was seen. Needs CAP_NET_RAW. */
export async function watchOtherDestinations(
  { group, family, port }: { readonly group: string; readonly family: IpFamily; readonly port: number },
  rules: HostRules,
  stop: AbortSignal,
): Promise<OtherDestinations> {
  const capture = await openFrameCapture(filterForPort(family, port))
  const found = new Map<string, OtherDestination>()
  const place = family === 'ipv4' ? IPV4 : IPV6
  const ended = new AbortController()
  const read = async (): Promise<void> => {
    let left = MAX_DATAGRAMS
    for await (const batch of capture.packets(AbortSignal.any([stop, ended.signal])))
      for (const frame of batch) {
        const seen = readFrame(frame, rules)
        const packet = networkPart(frame)?.packet
        if (seen === undefined || packet === undefined || seen.outgoing || seen.flaw !== undefined) continue
        const destination = formatAddress(packet.subarray(place.destination, place.destination + place.length))
        if (destination === group) continue
        const { interfaceIndex, source } = seen
        const key = `${interfaceIndex} ${source} ${destination}`
        const known = found.get(key)
        if (known !== undefined) known.datagrams++
        else if (found.size < MAX_FLOWS) found.set(key, { interfaceIndex, source, destination, datagrams: 1 })
        if (--left <= 0) return
      }
  }
  const reading = read().catch(() => {})
  return {
    list: () => [...found.values()],
    [Symbol.asyncDispose]: async () => {
      ended.abort()
      await reading
      await capture[Symbol.asyncDispose]()
    },
  }
}
