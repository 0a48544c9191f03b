// Watches the wire and the way up to UDP: frames of every interface, packets past the firewall, IGMP and MLD.

import type { Datagram } from '../../../index.ts'
import { viewOf } from '../../../protocols/bytes.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { decodeMembershipPacket, type MembershipPacket } from '../../../protocols/membership-packet.ts'
import { openCapture, openFrameCapture } from '../../capture/capture.ts'
import { MEMBERSHIP_FILTER } from '../../capture/membership-filter.ts'
import { whyUntaken } from '../../capture/untaken-query.ts'
import { type CaptureRefusal, captureRefusal } from './capture-refusal.ts'
import { readFrame, type Sighting } from './frame.ts'
import { hostRules } from './host-rules.ts'
import { type OtherDestination, type OtherDestinations, watchOtherDestinations } from './other-destinations.ts'
import { openPassedDatagrams, openPassedQueries, type PassedPacket } from './past-firewall.ts'
import { isWantedSource, type WantedChannel } from './wanted-channel.ts'
import { createFlows, filterForGroup, type ObservedFlow } from './wire.ts'

/** How many messages, sources and arrivals are remembered: anybody can send more. */
export const MAX_REMEMBERED = 4096

export interface HeardQuery {
  readonly packet: MembershipPacket
  /** In milliseconds, by performance.now(). */
  readonly at: number
}

export interface Watch extends AsyncDisposable {
  readonly captureRefused: CaptureRefusal | undefined
  flows(): ObservedFlow[]
  /** Undefined if no raw socket can be opened. */
  passed(): ReadonlyMap<string, number> | undefined
  readonly queries: readonly HeardQuery[]
  readonly badQueries: readonly { readonly source: string; readonly why: string }[]
  queriesPassed(): number | undefined
  readonly reports: readonly HeardQuery[]
  readonly otherDestinations: readonly OtherDestination[]
  /** When wanted datagrams that the kernel takes, as far as their frames show, came; by performance.now(). */
  readonly arrivals: readonly number[]
  /** Begins to count anew. What was counted is given. */
  restart(): { flows: ObservedFlow[]; passed: ReadonlyMap<string, number> | undefined }
}

const IGMP_QUERY = 0x11
const MLD_QUERY = 130
/** The length of an IPv6 header, and of one with the router alert behind it. */
const IPV6_HEADERS = [40, 48]

/** Whether a packet that can't be read is a query, by the first byte of its message. */
function looksLikeQuery(packet: Uint8Array): boolean {
  const [first = 0] = packet
  return first >> 4 === 4
    ? packet[(first & 15) * 4] === IGMP_QUERY
    : IPV6_HEADERS.some((length) => packet[length] === MLD_QUERY)
}

export async function openWatch(wanted: WantedChannel, stop: AbortSignal): Promise<Watch> {
  const { group, on, port, family } = wanted
  const flows = createFlows()
  let passed: Map<string, number> | undefined
  let queriesPassed: number | undefined
  const queries: HeardQuery[] = []
  const badQueries: { source: string; why: string }[] = []
  const reports: HeardQuery[] = []
  const arrivals: number[] = []
  const ended = new AbortController()
  const end = AbortSignal.any([stop, ended.signal])
  const opened: AsyncDisposable[] = []
  const readers: Promise<void>[] = []
  const rules = hostRules()

  const read = <T>(
    source: AsyncDisposable & { packets(stop: AbortSignal): AsyncGenerator<T[], void> },
    take: (one: T) => void,
  ): void => {
    opened.push(source)
    const consume = async (): Promise<void> => {
      for await (const batch of source.packets(end)) for (const one of batch) take(one)
    }
    // The interface may go away meanwhile: what was seen until then counts.
    readers.push(consume().catch(() => {}))
  }

  const isWanted = ({ interfaceIndex, outgoing, port: to, source, flaw }: Sighting): boolean =>
    interfaceIndex === on.index &&
    !(outgoing && on.flags.loopback) &&
    flaw === undefined &&
    (port === undefined || to === port) &&
    isWantedSource(wanted, source)
  const takeFrame = (frame: Datagram<'packet'>): void => {
    const seen = readFrame(frame, rules)
    if (seen === undefined) return
    const now = performance.now()
    flows.add(seen, now)
    if (isWanted(seen) && arrivals.length < MAX_REMEMBERED) arrivals.push(now)
  }
  const takeMembership = (frame: Datagram<'packet'>): void => {
    const packet = decodeMembershipPacket(frame.data)
    const isOwn = frame.source.packetType === 'outgoing'
    if (packet === undefined || queries.length + reports.length + badQueries.length >= MAX_REMEMBERED) return
    if (isMalformed(packet)) {
      if (!isOwn && looksLikeQuery(frame.data)) badQueries.push({ source: hardware(frame), why: packet.malformed })
      return
    }
    const at = performance.now()
    if (packet.message.type === 'query') {
      if (isOwn) return
      const why = whyUntaken(frame, packet)
      if (why === undefined) queries.push({ packet, at })
      else badQueries.push({ source: packet.source, why })
    } else if (isOwn && JSON.stringify(packet.message).includes(`"${group}"`)) reports.push({ packet, at })
  }
  const hardware = ({ source }: Datagram<'packet'>): string => source.hardwareAddress || 'somebody'
  const takePassed = ({ source, destination, interfaceIndex, payload }: PassedPacket): void => {
    if (passed === undefined || interfaceIndex !== on.index || destination !== group || payload.length < 4) return
    if (port !== undefined && viewOf(payload).getUint16(2) !== port) return
    if (!isWantedSource(wanted, source) || (passed.size >= MAX_REMEMBERED && !passed.has(source))) return
    passed.set(source, (passed.get(source) ?? 0) + 1)
  }
  const own = new Set([...rules.addresses])
  const takeQuery = ({ source, interfaceIndex }: PassedPacket): void => {
    // The doctor's own question to its own kernel is none of a querier's.
    if (interfaceIndex === on.index && !own.has(source)) queriesPassed = (queriesPassed ?? 0) + 1
  }

  let others: OtherDestinations | undefined
  let captureRefused: CaptureRefusal | undefined
  try {
    read(await openCapture(on, MEMBERSHIP_FILTER), takeMembership)
    read(await openFrameCapture(filterForGroup(group)), takeFrame)
    read(await openPassedDatagrams(family, port), takePassed)
    passed = new Map()
    read(await openPassedQueries(family), takeQuery)
    queriesPassed = 0
    if (port !== undefined) {
      others = await watchOtherDestinations({ group, family, port }, rules, end)
      opened.push(others)
    }
  } catch (error) {
    captureRefused = captureRefusal(error)
  }
  return {
    captureRefused,
    flows: () => flows.list(),
    passed: () => passed,
    queries,
    badQueries,
    queriesPassed: () => queriesPassed,
    reports,
    get otherDestinations() {
      return others?.list() ?? []
    },
    arrivals,
    restart: () => {
      const before = { flows: flows.list(), passed }
      flows.clear()
      if (passed !== undefined) passed = new Map()
      return before
    },
    [Symbol.asyncDispose]: async () => {
      ended.abort()
      await Promise.all(readers)
      await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()))
    },
  }
}
