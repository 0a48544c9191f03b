// Joins the channel as a program would, and watches what arrives, on the wire and in a socket.

import { openReceiver, type Receiver, SocketOptionError } from '../../../index.ts'
import { parseCounters } from '../../../kernel/proc-counters.ts'
import type { HostMembership } from '../../../kernel/proc-net.ts'
import { lookUp } from '../../../net/route-lookup.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { decodeMembershipPacket, type MembershipPacket } from '../../../protocols/membership-packet.ts'
import { type Capture, isOwn, openCapture } from '../../capture/capture.ts'
import { MEMBERSHIP_FILTER } from '../../capture/membership-filter.ts'
import { openHostGroups } from '../groups/host-groups.ts'
import { type CaptureRefusal, captureRefusal } from './capture-refusal.ts'
import { droppingRules } from './firewall.ts'
import { type BridgePort, linkOf } from './link.ts'
import type { HostState, Observation } from './observation.ts'
import { socketsOn } from './sockets.ts'
import { readText } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'
import { countPacket, filterForGroup, type ObservedFlow } from './wire.ts'

/** How many messages of IGMP and MLD, and how many sources, are remembered: anybody can send more. */
const MAX_REMEMBERED = 4096

const readHostState = async ({ family, port }: WantedChannel): Promise<HostState> => ({
  counters: parseCounters(...['netstat', 'snmp', 'snmp6'].map((name) => readText(`/proc/net/${name}`))),
  rules: await droppingRules(family),
  sockets: port === undefined ? [] : socketsOn(port),
})

interface JoinResult {
  receiver: Receiver | undefined
  joinRefused?: SocketOptionError
  bindRefused?: SocketOptionError
}

/** Joins as a program would. If the port is taken, joins on another one. */
async function joinWanted(wanted: WantedChannel, port: number | undefined): Promise<JoinResult> {
  const { group, sources, on } = wanted
  const channel = { group, interface: on.index }
  const channels = sources.length === 0 ? [channel] : sources.map((source) => ({ ...channel, source }))
  try {
    return { receiver: await openReceiver({ channels, ...(port !== undefined && { port }), maxDatagram: 1 }) }
  } catch (error) {
    if (!(error instanceof SocketOptionError)) throw error
    if (error.syscall !== 'bind' || port === undefined) return { receiver: undefined, joinRefused: error }
    return { ...(await joinWanted(wanted, undefined)), bindRefused: error }
  }
}

/** In milliseconds: go on for `atLeast`, even if all sources have arrived, and for `atMost`, even if none has. */
export interface WaitTime {
  readonly atLeast: number
  readonly atMost: number
}

export async function observe(wanted: WantedChannel, wait: WaitTime, stop: AbortSignal): Promise<Observation> {
  const { group, on, port, sources } = wanted
  const before = await readHostState(wanted)
  const flows = new Map<string, ObservedFlow>()
  const queries: MembershipPacket[] = []
  const reports: MembershipPacket[] = []
  const delivered = new Map<string, number>()
  const ended = new AbortController()
  const end = AbortSignal.any([stop, ended.signal])
  const captures: Capture[] = []
  const readers: Promise<void>[] = []
  let captureRefused: CaptureRefusal | undefined

  const capture = async (filter: Parameters<typeof openCapture>[1], take: (packet: Buffer) => void): Promise<void> => {
    const opened = await openCapture(on, filter)
    captures.push(opened)
    const consume = async (): Promise<void> => {
      for await (const batch of opened.packets(end)) for (const { data } of batch) take(data)
    }
    readers.push(consume())
  }
  const takeMembership = (data: Buffer): void => {
    const packet = decodeMembershipPacket(data)
    if (packet === undefined || isMalformed(packet)) return
    const { message } = packet

    if (queries.length + reports.length >= MAX_REMEMBERED) return
    if (message.type === 'query') queries.push(packet)
    else if (isOwn(on, packet.source) && JSON.stringify(message).includes(`"${group}"`)) reports.push(packet)
  }
  try {
    await capture(MEMBERSHIP_FILTER, takeMembership)
    await capture(filterForGroup(group), (data) => countPacket(flows, data))
  } catch (error) {
    captureRefused = captureRefusal(error)
  }

  const listen = (receiver: Receiver): void => {
    const consume = async (): Promise<void> => {
      for await (const batch of receiver)
        for (const { address } of batch.map(({ source }) => source))
          if (delivered.size < MAX_REMEMBERED || delivered.has(address))
            delivered.set(address, (delivered.get(address) ?? 0) + 1)
    }
    readers.push(consume())
  }
  const satisfied = (): boolean =>
    sources.length === 0 ? delivered.size > 0 : sources.every((source) => delivered.has(source))

  const start = performance.now()
  const joined = await joinWanted(wanted, port)
  let listed: HostMembership | undefined
  let second: Receiver | undefined
  let link: BridgePort
  let heard = port !== undefined && joined.bindRefused === undefined
  try {
    if (joined.receiver !== undefined) {
      await using groups = openHostGroups()
      listed = groups.read().find((one) => one.index === on.index && one.group === group)
      if (heard) listen(joined.receiver)
      await until(() => satisfied() || (port === undefined && flows.size > 0), wait, end)
      const [busiest] = [...flows.values()].toSorted((a, b) => b.datagrams - a.datagrams)
      if (port === undefined && busiest !== undefined) {
        second = (await joinWanted(wanted, busiest.port)).receiver
        heard = second !== undefined
        if (second !== undefined) listen(second)
        await until(satisfied, wait, end)
      }
    }
    link = await linkOf(on.name)
  } finally {
    ended.abort()
    await Promise.all([joined.receiver?.close(), second?.close()])
    await Promise.all(readers)
    await Promise.all(captures.map((one) => one[Symbol.asyncDispose]()))
  }
  const named = [...new Set([...sources, ...[...flows.values()].map(({ source }) => source)])]
  const found = await lookUp(named)
  return {
    listened: performance.now() - start,
    joinRefused: joined.joinRefused,
    bindRefused: joined.bindRefused,
    listed,
    link,
    captureRefused,
    flows: [...flows.values()],
    queries,
    reports,
    delivered: heard ? delivered : undefined,
    before,
    after: await readHostState(wanted),
    routes: new Map(named.map((source) => [source, found.route(source)])),
  }
}

/** Waits until `holds` gives true, within the limits of `wait`. */
async function until(holds: () => boolean, { atLeast, atMost }: WaitTime, end: AbortSignal): Promise<void> {
  const start = performance.now()
  while (!end.aborted) {
    const passed = performance.now() - start
    if (passed >= atMost || (passed >= atLeast && holds())) return
    await new Promise((resolve) => setTimeout(resolve, Math.min(50, atMost - passed)))
  }
}
