import { isMalformed, type Malformed, malformed } from './malformed.ts'
import type { SapPacket } from './sap.ts'
import { parseSdp, type SdpSession } from './sdp.ts'

/** A session as it was last announced. Times are in milliseconds since 1970. */
export interface SapSession {
  /** The host that announces it. */
  source: string
  messageIdHash: number
  description: SdpSession
  /** The SDP as it came. */
  text: string
  firstSeen: number
  lastSeen: number
  /** How often it was announced. */
  announcements: number
  /** Between the last two announcements. */
  interval?: number
  /** When it will be taken for over without another announcement. */
  expires: number
}

/** What one packet did to the table. `ignored`: says nothing new, and why. */
export type SapEvent =
  | { type: 'new' | 'modified' | 'refreshed' | 'deleted'; session: SapSession }
  | { type: 'ignored'; reason: string }

export interface SapSessions {
  /** Takes a packet that arrived at `now`. Never throws. */
  take(packet: SapPacket, now: number): SapEvent | Malformed
  /** Takes out and returns what is over at `now`. */
  expire(now: number): SapSession[]
  /** The sessions known, in order of their first announcement. */
  list(): SapSession[]
}

const HOUR = 3_600_000
/** RFC 2974 4: ten announcements missed, or an hour, whichever is longer. */
const MAX_MISSED = 10

function expiry(now: number, interval: number | undefined, ends: number | undefined): number {
  return Math.min(now + Math.max(HOUR, MAX_MISSED * (interval ?? 0)), ends ?? Number.POSITIVE_INFINITY)
}

/**
 * A table of the sessions heard. A session is known by who announces it and its `o=` line; its versions replace each other.
 * Nobody's deletion touches another's session.
 *
 * @param limit of sessions, 4,096 unless told: anybody can announce; past it new ones are ignored
 */
export function sapSessions(limit = 4096): SapSessions {
  const sessions = new Map<string, SapSession>()
  const keyOf = (source: string, origin: string): string => `${source} ${origin}`

  const remove = (packet: SapPacket, text: string): SapEvent => {
    const origin = parseSdp(text)
    const key = isMalformed(origin) ? undefined : keyOf(packet.source, origin.origin)
    for (const [other, session] of sessions) {
      const named = session.source === packet.source && session.messageIdHash === packet.messageIdHash
      if (other !== key && !(named && packet.messageIdHash !== 0)) continue
      sessions.delete(other)
      return { type: 'deleted', session }
    }
    return { type: 'ignored', reason: 'a deletion of a session that is not known' }
  }

  return {
    take(packet, now) {
      if (packet.encrypted) return { type: 'ignored', reason: 'it is encrypted' }
      if (packet.payloadType !== 'application/sdp')
        return { type: 'ignored', reason: `it is ${packet.payloadType}, not SDP` }
      const text = new TextDecoder().decode(packet.payload)
      if (packet.deletion) return remove(packet, text)
      const description = parseSdp(text)
      if (isMalformed(description)) return description
      if (!text.startsWith('v=0')) return malformed('a session description that does not start with v=0')
      const key = keyOf(packet.source, description.origin)
      const known = sessions.get(key)
      if (known !== undefined && description.version < known.description.version) {
        return { type: 'ignored', reason: 'an older version of the session' }
      }
      if (description.ends !== undefined && description.ends <= now)
        return { type: 'ignored', reason: 'the session has ended' }
      if (known === undefined && sessions.size >= limit)
        return { type: 'ignored', reason: `${limit} sessions are known already` }
      const interval = known === undefined ? undefined : now - known.lastSeen
      const session: SapSession = {
        source: packet.source,
        messageIdHash: packet.messageIdHash,
        description,
        text,
        firstSeen: known?.firstSeen ?? now,
        lastSeen: now,
        announcements: (known?.announcements ?? 0) + 1,
        ...(interval !== undefined && { interval }),
        expires: expiry(now, interval, description.ends),
      }
      sessions.set(key, session)
      if (known === undefined) return { type: 'new', session }
      return { type: known.text === text ? 'refreshed' : 'modified', session }
    },
    expire(now) {
      const over: SapSession[] = []
      for (const [key, session] of sessions) {
        if (session.expires > now) continue
        sessions.delete(key)
        over.push(session)
      }
      return over
    },
    list: () => [...sessions.values()],
  }
}
