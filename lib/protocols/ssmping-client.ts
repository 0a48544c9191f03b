// The client of the Multicast Ping Protocol, without sockets: makes requests, and matches replies to them.

import { isMalformed, type Malformed, malformed } from './malformed.ts'
import { decodePing, encodePing, PING_HOP_LIMIT, PING_OPTION } from './ssmping.ts'

export interface PingClientOptions {
  /** Any bytes by which the client recognises replies to its own requests; usually four random ones. */
  clientId: Uint8Array
  group: string
  /**
   * Default 2, RFC 6450. With `undefined` the client speaks to servers of ssmping 0.9, and to routers that only echo.
   */
  version?: 2 | undefined
  /** The session id in the server's response to an init message. */
  sessionId?: Uint8Array
}

/** A reply that has arrived. */
export interface PingReply {
  by: 'unicast' | 'multicast'
  sequence: number
  /** From request to reply, in microseconds of the client's clock. */
  roundTrip: bigint
  /** How many routers the reply came through; absent if the hop limit on arrival is unknown. */
  distance?: number
  duplicate: boolean
  serverInformation?: string
}

interface PingTally {
  received: number
  duplicates: number
  /**
   * The number of the first request answered this way. Earlier requests were lost while routers built the multicast
   * tree.
   */
  firstSequence?: number
  /** The shortest round trip; this, mean and maximum are in microseconds. */
  minimum?: number
  mean?: number
  maximum?: number
}

export interface PingSummary {
  sent: number
  unicast: PingTally
  multicast: PingTally
}

export interface PingClient {
  /** The bytes of the next request; `now` is in microseconds since 1970. */
  request(now: bigint): Uint8Array
  /** Takes a datagram that arrived; `undefined` if it is for another client. Never throws. */
  reply(bytes: Uint8Array, by: PingReply['by'], now: bigint, hopLimit?: number): PingReply | Malformed | undefined
  summary(): PingSummary
}

/** How many requests are remembered. A reply to an older request counts as a reply to none. */
const MAX_REMEMBERED = 4096

const sameBytes = (a: Uint8Array, b: Uint8Array | undefined): boolean => b !== undefined && Buffer.compare(a, b) === 0

/** The client's side of the protocol. The caller has the socket, joins the group, and reads the clock. */
export function pingClient({ clientId, group, sessionId, ...options }: PingClientOptions): PingClient {
  const version = 'version' in options ? options.version : 2
  const sentAt = new Map<number, bigint>()
  const seen = { unicast: new Set<number>(), multicast: new Set<number>() }
  const tallies = {
    unicast: { received: 0, duplicates: 0 } as PingTally,
    multicast: { received: 0, duplicates: 0 } as PingTally,
  }
  let sent = 0

  const countReply = (by: PingReply['by'], sequence: number, roundTrip: number): boolean => {
    const tally = tallies[by]
    if (seen[by].has(sequence)) {
      tally.duplicates++
      return true
    }
    seen[by].add(sequence)
    tally.received++
    tally.firstSequence = Math.min(tally.firstSequence ?? sequence, sequence)
    tally.minimum = Math.min(tally.minimum ?? roundTrip, roundTrip)
    tally.maximum = Math.max(tally.maximum ?? roundTrip, roundTrip)
    tally.mean = (tally.mean ?? 0) + (roundTrip - (tally.mean ?? 0)) / tally.received
    return false
  }

  const forgetOldest = (): void => {
    const [oldest] = sentAt.keys()
    if (sentAt.size < MAX_REMEMBERED || oldest === undefined) return
    sentAt.delete(oldest)
    seen.unicast.delete(oldest)
    seen.multicast.delete(oldest)
  }

  return {
    request(now) {
      forgetOldest()
      sent++
      sentAt.set(sent, now)
      return encodePing({
        type: 'request',
        ...(version !== undefined && { version }),
        clientId,
        sequence: sent,
        clientTime: now,
        group,
        ...(version !== undefined && sent === 1 && { optionRequest: [PING_OPTION.serverInformation] }),
        ...(sessionId !== undefined && { sessionId }),
      })
    },
    reply(bytes, by, now, hopLimit) {
      const message = decodePing(bytes)
      if (isMalformed(message)) return message
      if (message.type !== 'reply' || !sameBytes(clientId, message.clientId)) return undefined
      const { sequence, serverInformation } = message
      const left = sequence === undefined ? undefined : sentAt.get(sequence)
      if (sequence === undefined || left === undefined)
        return malformed(
          sequence === undefined
            ? 'a ping reply without a sequence number'
            : `a reply to ping request ${sequence}, which this client did not send`,
        )
      const roundTrip = now - left
      return {
        by,
        sequence,
        roundTrip,
        ...(hopLimit !== undefined && { distance: (message.hopLimit ?? PING_HOP_LIMIT) - hopLimit }),
        duplicate: countReply(by, sequence, Number(roundTrip)),
        ...(serverInformation !== undefined && { serverInformation }),
      }
    },
    summary: () => ({ sent, unicast: { ...tallies.unicast }, multicast: { ...tallies.multicast } }),
  }
}
