// The table of sessions heard by SAP: new, changed, deleted, expired.

import { isMalformed, type Malformed, malformed } from './malformed.ts'
import type { SapPacket } from './sap.ts'
import { parseSdp, type SdpSession } from './sdp.ts'

/** A session as it was last announced. Times are in milliseconds since 1970. */
export interface SapSession {
  /** The address of the host that announces the session. */
  source: string
  messageIdHash: number
  description: SdpSession
  /** The description as it was received. */
  text: string
  firstSeen: number
  lastSeen: number
  /** How many announcements were received. */
  announcements: number
  /** Milliseconds between the last two announcements; absent before the second. */
  interval?: number
  /** When the session will count as over, unless another announcement comes before. */
  expires: number
}

/** What one packet did to the table; for an `ignored` packet, why it did nothing. */
export type SapEvent =
  | { type: 'new' | 'modified' | 'refreshed' | 'deleted'; session: SapSession }
  | { type: 'ignored'; reason: string }

export interface SapSessions {
  /** Takes a packet that arrived at `now`. Never throws. */
  take(packet: SapPacket, now: number): SapEvent | Malformed
  /** Takes the sessions out of the table that are over at `now`, and returns them. */
  expire(now: number): SapSession[]
  /** The sessions in the table, in order of their first announcement. */
  list(): SapSession[]
}

const HOUR = 3_600_000
/** RFC 2974 4: a session expires after the time of ten missed announcements or an hour, whichever is longer. */
const MAX_MISSED = 10

function expiry(now: number, interval: number | undefined, ends: number | undefined): number {
  return Math.min(now + Math.max(HOUR, MAX_MISSED * (interval ?? 0)), ends ?? Number.POSITIVE_INFINITY)
}

/**
 * A table of the sessions heard. The announcing host and the `o=` line identify a session; a newer version replaces the
 * older one. A host can delete only sessions it announced itself.
 *
 * @param limit how many sessions the table holds, since anybody can announce; further sessions are ignored
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
    return { type: 'ignored', reason: 'the deletion of an unknown session' }
  }

  return {
    take(packet, now) {
      if (packet.encrypted) return { type: 'ignored', reason: 'the packet is encrypted' }
      if (packet.payloadType !== 'application/sdp')
        return { type: 'ignored', reason: `the payload is ${packet.payloadType}, not SDP` }
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
