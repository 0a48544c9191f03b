// Encodes and decodes packets of SAP, and says which groups announcements go to, and how often.

import { createHash } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import { mustBe, whole } from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import { formatAddress, parseAddress } from '../net/address.ts'
import { describeGroup } from '../net/group.ts'
import { viewOf } from './bytes.ts'
import { isMalformed, type Malformed, malformed } from './malformed.ts'

/** The UDP port of session announcements. */
export const SAP_PORT = 9875
/** The hop limit (TTL) announcements are sent with (RFC 2974 3). */
export const SAP_HOP_LIMIT = 255
const SDP_TYPE = 'application/sdp'

/** A session announcement or deletion (RFC 2974 6). */
export interface SapPacket {
  /** The T bit: the session is over. */
  deletion: boolean
  /** The E bit. An encrypted payload can't be read here and is given as it was received. */
  encrypted: boolean
  /** The C bit: the payload was compressed by zlib. The payload is given inflated, unless it is encrypted. */
  compressed: boolean
  /**
   * Identifies this version of the session, together with the originating source. 0 if unknown: compare the payload.
   */
  messageIdHash: number
  /** The originating source: the address of the host that made the announcement, as the packet claims. */
  source: string
  /** Authentication data, a multiple of 4 bytes; never verified here. */
  authentication: Uint8Array
  /** A MIME type in lower case: `application/sdp` if the packet names none; empty if the payload is encrypted. */
  payloadType: string
  payload: Uint8Array
}

export interface DecodeSapOptions {
  /** How many bytes a compressed payload may have once inflated. Default 65,536. */
  maxInflated?: number | undefined
}

/** RFC 2974 6: a payload without a type is SDP, which starts with v=0. That of a deletion may be only an o= line, or empty. */
const SDP_START = /^(?:v=0|o=|$)/
/** Other starts that mean SDP: that of a wrong text is told by those who read the text. */
const WRONG_SDP_START = /^(?:\xef\xbb\xbf|\s*SDP:)/i

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** The MIME type before a payload, in lower case, and where the zero byte is that ends the type. RFC 2045 5.1 */
interface PayloadType {
  type: string
  end: number
}

/** Undefined if the bytes begin with no MIME type. Parameters of the type are passed over. */
function readType(bytes: Uint8Array): PayloadType | undefined {
  const end = bytes.subarray(0, 256).indexOf(0)
  const text = end < 0 ? '' : latin1(bytes.subarray(0, end))
  const type = /^([\w.+-]+\/[\w.+-]+)[ \t]*(?:;[\x20-\x7e\t]*)?$/.exec(text)?.[1]
  return type === undefined ? undefined : { type: type.toLowerCase(), end }
}

function inflate(bytes: Uint8Array, maxOutputLength: number): Uint8Array | Malformed {
  try {
    return new Uint8Array(inflateSync(bytes, { maxOutputLength }))
  } catch (error) {
    const tooLarge = error instanceof RangeError
    return malformed(
      tooLarge
        ? `a SAP payload that inflates to more than ${maxOutputLength} bytes`
        : 'a compressed SAP payload that is not zlib',
    )
  }
}

function readPayload(
  bytes: Uint8Array,
  compressed: boolean,
  limit: number,
): Pick<SapPacket, 'payloadType' | 'payload'> | Malformed {
  // The RFC does not say whether the type is compressed with the payload; some senders do that, others do not.
  const outer = readType(bytes)
  let payload = outer === undefined ? bytes : bytes.subarray(outer.end + 1)
  if (compressed) {
    const inflated = inflate(payload, limit)
    if (isMalformed(inflated)) return inflated
    payload = inflated
  }
  const inner = outer === undefined ? readType(payload) : undefined
  if (inner !== undefined) payload = payload.subarray(inner.end + 1)
  const payloadType = (outer ?? inner)?.type
  if (payloadType !== undefined) return { payloadType, payload }
  const start = latin1(payload.subarray(0, 64))
  if (SDP_START.test(start) || WRONG_SDP_START.test(start)) return { payloadType: SDP_TYPE, payload }
  return malformed('a SAP payload that has no type and is not SDP')
}

/** Reads a SAP packet. The payload is a window on the decoded bytes, unless it was compressed. Never throws. */
export function decodeSap(bytes: Uint8Array, options: DecodeSapOptions = {}): SapPacket | Malformed {
  if (bytes.length < 4) return malformed(`a SAP packet has at least 8 bytes, this has ${bytes.length}`)
  const [flags = 0, authenticationWords = 0] = bytes
  if (flags >> 5 !== 1) return malformed(`SAP version ${flags >> 5}, only 1 is known`)
  const sourceEnd = (flags & 0x10) === 0 ? 8 : 20
  const start = sourceEnd + authenticationWords * 4
  if (start > bytes.length) {
    return malformed(
      `a SAP header of ${start} bytes, ${authenticationWords * 4} of authentication, in ${bytes.length} bytes`,
    )
  }
  const header = {
    deletion: (flags & 4) !== 0,
    encrypted: (flags & 2) !== 0,
    compressed: (flags & 1) !== 0,
    messageIdHash: viewOf(bytes).getUint16(2),
    source: formatAddress(bytes.subarray(4, sourceEnd)),
    authentication: bytes.subarray(sourceEnd, start),
  }
  const rest = bytes.subarray(start)
  if (header.encrypted) return { ...header, payloadType: '', payload: rest }
  if (rest.length === 0 && !header.deletion) return malformed('an announcement without a payload')
  const payload = readPayload(rest, header.compressed, options.maxInflated ?? 65_536)
  return isMalformed(payload) ? payload : { ...header, ...payload }
}

/** A message id hash for a payload, from 1 to 65,535. Two payloads have the same hash by chance once in 65,535. */
export function sapHash(payload: Uint8Array): number {
  const digest = createHash('sha256').update(payload).digest()
  return (digest.readUInt32BE(0) % 65_535) + 1
}

/**
 * The fields of a packet to encode. Default: no bit set, no authentication data, the hash of the payload, SDP as its
 * type.
 */
export type SapFields = Pick<SapPacket, 'source' | 'payload'> & Partial<SapPacket>

/**
 * The bytes of a SAP packet. With `compressed`, encodeSap deflates the payload; an `encrypted` payload is sent as it
 * is.
 * @throws SocketOptionError ERR_INVALID_VALUE if a field is out of its range
 */
export function encodeSap(fields: SapFields): Uint8Array {
  const { source, payload, deletion = false, encrypted = false, compressed = false, payloadType = SDP_TYPE } = fields
  const { messageIdHash = sapHash(payload), authentication = new Uint8Array() } = fields
  const address = parseAddress(source)?.bytes
  if (address === undefined) throw badValue(`the originating source of a SAP packet is an address, not ${show(source)}`)
  mustBe(whole(0, 65535), 'the message id hash of a SAP packet', messageIdHash)
  if (authentication.length % 4 !== 0 || authentication.length > 1020) {
    throw badValue(`SAP authentication data are up to 1020 bytes, a multiple of 4, not ${authentication.length}`)
  }
  if (!encrypted && readType(Buffer.from(`${payloadType}\0`, 'latin1'))?.type !== payloadType) {
    throw badValue(`the payload type of a SAP packet is a MIME type, not ${show(payloadType)}`)
  }
  const bits = (address.length === 16 ? 0x10 : 0) | (deletion ? 4 : 0) | (encrypted ? 2 : 0) | (compressed ? 1 : 0)
  // Compressed SDP is sent without its type, so that receivers of both readings of the RFC can read the payload.
  const type = encrypted || (compressed && payloadType === SDP_TYPE) ? '' : `${payloadType}\0`
  const parts = [
    Uint8Array.of(0x20 | bits, authentication.length / 4, messageIdHash >> 8, messageIdHash),
    address,
    authentication,
    Buffer.from(type, 'latin1'),
    compressed && !encrypted ? deflateSync(payload) : payload,
  ]
  return new Uint8Array(Buffer.concat(parts))
}

/** The group on which to announce a session of the given group: the one for the group's scope (RFC 2974 3). */
export function sapGroup(group: string): string {
  const { family, scope, kind, hopLimit } = describeGroup(group)
  if (family === 'ipv6') {
    const bytes = parseAddress(group)?.bytes ?? new Uint8Array(16)
    return `ff0${((bytes[1] ?? 0) & 15).toString(16)}::2:7ffe`
  }
  if (scope === 'link-local') return '224.0.0.255'
  // Of the groups that the organization's scope may grow into, announcements would not be heard there.
  if (scope === 'organization-local' && hopLimit !== undefined) return '239.195.255.255'
  return kind === 'administratively-scoped' ? '239.255.255.255' : '224.2.127.254'
}

/** The groups that carry announcements: those for IPv4's scopes, and those for IPv6's from link-local to global. */
export const SAP_GROUPS: readonly string[] = [
  '224.2.127.254',
  '239.255.255.255',
  '239.195.255.255',
  '224.0.0.255',
  ...['2', '3', '4', '5', '8', 'e'].map((scope) => `ff0${scope}::2:7ffe`),
]

/**
 * Seconds from one announcement to the next (RFC 2974 3.1): at least 300, and so many that all announcements in the
 * scope together stay below the limit.
 *
 * @param sessions how many sessions all hosts announce in the scope
 * @param size of an announcement, in bytes
 * @param limit bits a second
 */
export const sapInterval = (sessions: number, size: number, limit = 4000): number =>
  Math.max(300, (8 * sessions * size) / limit)

/** An interval moved at random by up to a third either way, so that announcers do not fall into step. */
export const sapDelay = (interval: number, random: () => number = Math.random): number =>
  interval + random() * ((interval * 2) / 3) - interval / 3
