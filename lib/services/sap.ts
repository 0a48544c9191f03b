// SAP (RFC 2974): listens for announcements of sessions, and announces one.

import { setTimeout } from 'node:timers/promises'
import {
  abortSignal,
  checkFields,
  type FieldRule,
  flag,
  interfaceSpec,
  list,
  text,
  whole,
} from '../base/check-fields.ts'
import { badValue } from '../base/errors.ts'
import { groupTargetOf, lookUpInterface } from '../control/group-target.ts'
import type { Membership } from '../control/membership.ts'
import type { Datagram } from '../datagram/datagram.ts'
import { familyOf, withoutZone } from '../net/address.ts'
import { interfaceNamed } from '../net/interfaces.ts'
import type { Endpoint } from '../net/socket-address.ts'
import { isMalformed } from '../protocols/malformed.ts'
import {
  decodeSap,
  encodeSap,
  SAP_GROUPS,
  SAP_HOP_LIMIT,
  SAP_PORT,
  sapDelay,
  sapGroup,
  sapInterval,
} from '../protocols/sap.ts'
import { type SapEvent, type SapSession, sapSessions } from '../protocols/sap-sessions.ts'
import { parseSdp, type SdpSession, type SdpStream } from '../protocols/sdp.ts'
import { wrongStart } from '../protocols/sdp-lines.ts'
import { encodeSdp } from '../protocols/sdp-text.ts'
import { openSender, type Sender } from '../send/sender.ts'
import { LISTEN_FIELDS, type ListenOptions, openGroupListener } from './group-listener.ts'

export { SAP_GROUPS, SAP_PORT, type SapEvent, type SapSession, type SdpSession, type SdpStream }

/**
 * What one packet tells about a session, or that a session has expired.
 *
 * A `malformed` packet comes with the reason, as does one that is `ignored` because it tells nothing new.
 */
export type SapNotice =
  | ((SapEvent | { type: 'malformed'; reason: string }) & { from: Endpoint; interfaceIndex: number })
  | { type: 'expired'; session: SapSession }

/** What `listenSap` takes. */
export interface SapListenOptions extends ListenOptions {
  /** Default 9875. */
  port?: number | undefined
  /** Default: `SAP_GROUPS`, the groups of every scope of IPv4 and IPv6. */
  groups?: readonly string[] | undefined
  /** How many sessions are remembered, since anybody can announce; further sessions are ignored. Default 4096. */
  maxSessions?: number | undefined
}

/** Gives notices of sessions: `for await (const notice of listener)`. Leaving the loop closes the listener. */
export interface SapListener extends AsyncIterable<SapNotice>, AsyncDisposable {
  /** What is joined: a membership for each group and interface. */
  readonly memberships: readonly Membership[]
  /** The sessions announced and neither deleted nor expired, in order of their first announcement. Never throws. */
  sessions(): SapSession[]
  /** Leaves the groups, closes the sockets and ends the loop that listens. Never throws. */
  close(): Promise<void>
}

/** In milliseconds: how often to look for sessions that have expired. */
const EXPIRY_INTERVAL = 1000

/**
 * Listens for session announcements (RFC 2974) on the groups of every scope.
 * @throws SocketOptionError if the groups can't be joined on any interface, or the port is taken
 */
export async function listenSap(options: SapListenOptions = {}): Promise<SapListener> {
  options = checkFields(options, { ...LISTEN_FIELDS, maxSessions: whole(1, 2 ** 31 - 1) }, 'listenSap')
  const { port = SAP_PORT, groups = SAP_GROUPS, maxSessions, ...rest } = options
  const listener = await openGroupListener({ port, groups, ...rest })
  const table = sapSessions(maxSessions)

  async function* notices(): AsyncGenerator<SapNotice, void, undefined> {
    try {
      for await (const batch of listener.batches(EXPIRY_INTERVAL)) {
        for (const datagram of batch) yield take(datagram)
        for (const session of table.expire(Date.now())) yield { type: 'expired', session }
      }
    } finally {
      await listener.close()
    }
  }
  const take = ({ data, source, interfaceIndex = 0 }: Datagram): SapNotice => {
    const packet = decodeSap(data)
    const event = isMalformed(packet) ? packet : table.take(packet, Date.now())
    const told = isMalformed(event) ? ({ type: 'malformed', reason: event.malformed } as const) : event
    return { ...told, from: source, interfaceIndex }
  }
  return {
    get memberships() {
      return listener.memberships
    },
    sessions: () => table.list(),
    close: listener.close,
    [Symbol.asyncIterator]: notices,
    [Symbol.asyncDispose]: listener.close,
  }
}

/** What `announceSap` takes. */
export interface SapAnnounceOptions {
  /** The session description to announce (RFC 8866). */
  sdp: string
  /** The interface to announce on: name, index or local address. Default: the one the route to each group goes by. */
  interface?: string | number | undefined
  /** Default: the groups that carry announcements for the scopes of the description's own groups (RFC 2974 3). */
  groups?: readonly string[] | undefined
  /** Default 9875. */
  port?: number | undefined
  /**
   * The originating source to name in the announcement. Default: an address of the interface, of the group's family.
   */
  source?: string | undefined
  /** The hop limit, 0 to 255. Default 255 (RFC 2974 3): the scope of the group limits how far announcements go. */
  hops?: number | undefined
  /**
   * Milliseconds between announcements, 100 to 2 ** 30, moved at random by up to a third. Default: as RFC 2974 3.1
   * says, at least 300 s.
   */
  interval?: number | undefined
  /** Compress the description by zlib. Default false. */
  compressed?: boolean | undefined
  /** When announcing ends, tell listeners that the session is over. Default true. */
  withdraw?: boolean | undefined
  /** Ends announcing when aborted. */
  signal?: AbortSignal | undefined
}

const ANNOUNCE_FIELDS: Record<keyof SapAnnounceOptions, FieldRule> = {
  sdp: text('a session description'),
  interface: interfaceSpec,
  groups: list('an array of groups'),
  port: whole(1, 65535),
  source: text('an IP address'),
  hops: whole(0, 255),
  // A timer takes up to 2 ** 31 - 1 ms, and fires at once if given more; the interval may grow by a third.
  interval: whole(100, 2 ** 30),
  compressed: flag,
  withdraw: flag,
  signal: abortSignal,
}

/** One round of announcements: a packet to each group. */
export interface SapAnnouncement {
  /** From 1. */
  number: number
  /** The groups that the session was announced to. */
  groups: readonly string[]
  /** The size of the packet in bytes. */
  size: number
}

/** What is needed to announce the session to one group. */
interface Announcer {
  group: string
  sender: Sender
  packet: (deletion: boolean) => Uint8Array
}

/**
 * Announces a session until the loop is left or the signal aborts; then tells listeners that the session is over.
 *
 * `for await (const announcement of announceSap({ sdp, interface: 'eth0' }))`
 * @throws SocketOptionError ERR_INVALID_VALUE if the description is one that listeners refuse, or names no group
 */
export async function* announceSap(options: SapAnnounceOptions): AsyncGenerator<SapAnnouncement, void, undefined> {
  options = checkFields(options, ANNOUNCE_FIELDS, 'announceSap')
  const { sdp, signal, withdraw = true } = options
  if (sdp === undefined) throw badValue('announceSap: sdp is undefined: a session description is needed')
  if (options.groups?.length === 0) throw badValue('announceSap: groups is empty: leave it out, or name one')
  const { payload, session } = readable(sdp)
  const groups = options.groups ?? groupsFor(session)
  const announcers: Announcer[] = []
  let announced = false
  try {
    for (const group of groups) announcers.push(await openAnnouncer(group, payload, options))
    const size = Math.max(...announcers.map(({ packet }) => packet(false).length))
    const interval = options.interval ?? sapInterval(1, size) * 1000
    for (let number = 1; signal?.aborted !== true; number++) {
      for (const { sender, packet } of announcers) await sender.send(packet(false))
      announced = true
      yield { number, groups, size }
      await setTimeout(sapDelay(interval), undefined, signal && { signal }).catch(() => {})
    }
  } finally {
    if (withdraw && announced)
      for (const { sender, packet } of announcers) await sender.send(packet(true)).catch(() => {})
    await Promise.all(announcers.map(({ sender }) => sender.close()))
  }
}

/** As much as listeners inflate, and more than a datagram holds. */
const MAX_SDP_BYTES = 65_536

/** The description's bytes, and what they say. A description that listeners would refuse is refused. */
function readable(sdp: string): { payload: Uint8Array; session: SdpSession } {
  const session = wrongStart(sdp) ?? parseSdp(sdp)
  if (isMalformed(session)) throw badValue(`sdp is ${session.malformed}`)
  const payload = encodeSdp(sdp)
  if (isMalformed(payload)) throw badValue(`sdp is ${payload.malformed}`)
  if (payload.length > MAX_SDP_BYTES)
    throw badValue(`sdp is a session description of ${payload.length} bytes: at most ${MAX_SDP_BYTES} can be announced`)
  if (session.ends !== undefined && session.ends <= Date.now())
    throw badValue(
      `sdp is of a session that ended at ${new Date(session.ends).toISOString()}: give a later time, or t=0 0 for no end`,
    )
  return { payload, session }
}

function groupsFor(session: SdpSession): string[] {
  const groups = new Set(session.streams.map(({ group }) => sapGroup(group)))
  if (groups.size === 0)
    throw badValue('sdp names no multicast group with a port: give the groups to announce the session to')
  return [...groups]
}

async function openAnnouncer(group: string, payload: Uint8Array, options: SapAnnounceOptions): Promise<Announcer> {
  const { port = SAP_PORT, hops = SAP_HOP_LIMIT, compressed = false } = options
  const target = groupTargetOf({ group, ...(options.interface !== undefined && { interface: options.interface }) })
  const { index } = await lookUpInterface(target)
  const source = options.source ?? sourceOn(index, target.group)
  const sender = await openSender({ to: { address: target.group, port }, interface: index, hops })
  return {
    group: target.group,
    sender,
    // RFC 2974 6: the hash in a deletion tells which announcement is deleted, so it is that of the same payload.
    packet: (deletion) => encodeSap({ source, payload, deletion, compressed }),
  }
}

function sourceOn(index: number, group: string): string {
  const family = familyOf(group)
  const { name, addresses } = interfaceNamed(index)
  const ofFamily = addresses.filter((one) => one.family === family)
  const own = ofFamily.find((one) => !one.address.startsWith('fe80:')) ?? ofFamily[0]
  if (own === undefined)
    throw badValue(
      `${name} has no ${family === 'ipv6' ? 'IPv6' : 'IPv4'} address: give the source to name in the announcement`,
    )
  return withoutZone(own.address)
}
