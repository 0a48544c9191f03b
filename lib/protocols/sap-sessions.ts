// The table of sessions heard by SAP: new, changed, deleted, expired.

import { isMalformed, type Malformed } from './malformed.ts'
import { type SapPacket, sapHash } from './sap.ts'
import { parseSdp, type SdpSession } from './sdp.ts'
import { wrongStart } from './sdp-lines.ts'
import { decodeSdp } from './sdp-text.ts'

/** A session as it was last announced. Times are in milliseconds since 1970. */
export interface SapSession {
  /** The address of the host that announces the session. */
  source: string
  /** Identifies this version of the session, together with the source; 0 if unknown. */
  messageIdHash: number
  /** The description, read. */
  description: SdpSession
  /** The description as it was received. */
  text: string
  /** When the first announcement was received. */
  firstSeen: number
  /** When the last announcement was received. */
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
 * So many announcements of an older version in a row, with none of the newer one between them, mean that the announcer has
 * lost count: some count from 1 after a reboot.
 */
const OLDER_IN_A_ROW = 3

/** An older version of a session that was announced. */
interface OlderVersion {
  version: bigint
  hash: number
  announcements: number
}

const MAX_BYTES_OF_ONE = 1 << 20
const MAX_BYTES_OF_ALL = 16 << 20
/** What a stream takes besides the text. */
const BYTES_OF_STREAM = 256

/** About how many bytes a session takes. */
const sizeOf = ({ text, description }: Pick<SapSession, 'text' | 'description'>): number =>
  2 * text.length + BYTES_OF_STREAM * (1 + description.streams.length + (description.problems?.length ?? 0))

interface Sizes {
  change(source: string, bytes: number): void
  /** Why so many bytes more are too many; undefined if they are not. */
  full(source: string, bytes: number): string | undefined
}

function createSizes(): Sizes {
  const bySource = new Map<string, number>()
  let all = 0
  return {
    change: (source, bytes) => {
      all += bytes
      const now = (bySource.get(source) ?? 0) + bytes
      if (now > 0) bySource.set(source, now)
      else bySource.delete(source)
    },
    full: (source, bytes) => {
      if (bytes <= 0) return undefined
      if ((bySource.get(source) ?? 0) + bytes > MAX_BYTES_OF_ONE)
        return `the sessions of ${source} take ${MAX_BYTES_OF_ONE} bytes already`
      return all + bytes > MAX_BYTES_OF_ALL ? `all sessions take ${MAX_BYTES_OF_ALL} bytes already` : undefined
    },
  }
}

/**
 * A table of the sessions heard. The announcing host and the `o=` line identify a session; a newer version replaces the
 * older one, and an older one that is announced three times in a row replaces the newer. A host can delete only sessions
 * it announced itself.
 *
 * Anybody can announce, so what the table holds is limited: 1 MiB for one announcing host, and 16 MiB in all. What goes
 * beyond is ignored.
 *
 * @param limit how many sessions the table holds; further sessions are ignored
 */
export function sapSessions(limit = 4096): SapSessions {
  const sessions = new Map<string, SapSession>()
  const older = new Map<string, OlderVersion>()
  const sizes = createSizes()
  const keyOf = (source: string, origin: string): string => `${source} ${origin}`

  const drop = (key: string, session: SapSession): void => {
    sessions.delete(key)
    older.delete(key)
    sizes.change(session.source, -sizeOf(session))
  }

  /** Whether an older version than the known one is still the older one. */
  const isOlder = (key: string, packet: SapPacket, version: bigint, known: SapSession): boolean => {
    if (version >= known.description.version) {
      older.delete(key)
      return false
    }
    const hash = packet.messageIdHash || sapHash(packet.payload)
    if (hash === known.messageIdHash) return true
    const before = older.get(key)
    const isSame = before?.hash === hash && before.version === version
    const announcements = isSame ? before.announcements + 1 : 1
    older.set(key, { version, hash, announcements })
    if (announcements < OLDER_IN_A_ROW) return true
    older.delete(key)
    return false
  }

  const remove = (packet: SapPacket, text: string): SapEvent => {
    const origin = parseSdp(text)
    const key = isMalformed(origin) ? undefined : keyOf(packet.source, origin.origin)
    for (const [other, session] of sessions) {
      const named = session.source === packet.source && session.messageIdHash === packet.messageIdHash
      if (other !== key && !(named && packet.messageIdHash !== 0)) continue
      drop(other, session)
      return { type: 'deleted', session }
    }
    return { type: 'ignored', reason: 'the deletion of an unknown session' }
  }

  return {
    take(packet, now) {
      if (packet.encrypted) return { type: 'ignored', reason: 'the packet is encrypted' }
      if (packet.payloadType !== 'application/sdp')
        return { type: 'ignored', reason: `the payload is ${packet.payloadType}, not SDP` }
      const { text, problem } = decodeSdp(packet.payload)
      if (packet.deletion) return remove(packet, text)
      const read = parseSdp(text)
      if (isMalformed(read)) return wrongStart(text) ?? read
      const wrong = wrongStart(text)
      if (wrong !== undefined) return wrong
      const description = problem === undefined ? read : { ...read, problems: [problem, ...(read.problems ?? [])] }
      const key = keyOf(packet.source, description.origin)
      const known = sessions.get(key)
      if (known !== undefined && isOlder(key, packet, description.version, known))
        return { type: 'ignored', reason: 'an older version of the session' }
      if (description.ends !== undefined && description.ends <= now)
        return { type: 'ignored', reason: 'the session has ended' }
      if (known === undefined && sessions.size >= limit)
        return { type: 'ignored', reason: `${limit} sessions are known already` }
      const growth = sizeOf({ text, description }) - (known === undefined ? 0 : sizeOf(known))
      const full = sizes.full(packet.source, growth)
      if (full !== undefined) return { type: 'ignored', reason: full }
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
      sizes.change(packet.source, growth)
      if (known === undefined) return { type: 'new', session }
      return { type: known.text === text ? 'refreshed' : 'modified', session }
    },
    expire(now) {
      const over: SapSession[] = []
      for (const [key, session] of sessions) {
        if (session.expires > now) continue
        drop(key, session)
        over.push(session)
      }
      return over
    },
    list: () => [...sessions.values()],
  }
}
