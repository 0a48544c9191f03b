import { isMalformed, type Malformed, malformed } from './malformed.ts'
import { decodePing, encodePing, PING_HOP_LIMIT, PING_OPTION } from './ssmping.ts'

export interface PingClientOptions {
  /** What the client's messages are known by; four random bytes are usual. */
  clientId: Uint8Array
  group: string
  /** 2 (RFC 6450) unless told; `undefined` speaks to servers of ssmping 0.9 and to routers that only echo. */
  version?: 2 | undefined
  /** From the server's response to an init. */
  sessionId?: Uint8Array
}

/** One reply, as it arrived. */
export interface PingReply {
  by: 'unicast' | 'multicast'
  sequence: number
  /** Since the request left, in microseconds by the client's clock. */
  roundTrip: bigint
  /** Routers it came through; absent where the hop limit of its arrival is not known. */
  distance?: number
  duplicate: boolean
  serverInformation?: string
}

interface PingTally {
  received: number
  duplicates: number
  /** Of the first request that was answered this way: what was lost before it is the time a tree took to grow. */
  firstSequence?: number
  /** Round trips in microseconds. */
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
  /** The next request's bytes; `now` in microseconds since 1970. */
  request(now: bigint): Uint8Array
  /** Takes a datagram; `undefined` where it is another client's. Never throws. */
  reply(bytes: Uint8Array, by: PingReply['by'], now: bigint, hopLimit?: number): PingReply | Malformed | undefined
  summary(): PingSummary
}

/** Requests in flight that are remembered; older ones' replies are strangers'. */
const MAX_REMEMBERED = 4096

const sameBytes = (a: Uint8Array, b: Uint8Array | undefined): boolean => b !== undefined && Buffer.compare(a, b) === 0

/** The client's side: makes requests, and tells what a reply means. The socket, the join and the clock are the caller's. */
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
        return malformed(`a reply to request ${sequence ?? 'without a number'}, which was not sent`)
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
