// Encodes and decodes NTP packets, computes clock offsets from them, and says why a packet is not to be trusted.

import { mustBe, whole } from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import { formatAddress } from '../net/address.ts'
import { viewOf } from './bytes.ts'
import { type Malformed, malformed } from './malformed.ts'

const LEAPS = ['none', 'insert', 'delete', 'unsynchronized'] as const
const MODES = [
  'reserved',
  'symmetric-active',
  'symmetric-passive',
  'client',
  'server',
  'broadcast',
  'control',
  'private',
] as const

/** `insert`: the month's last minute has 61 seconds; `delete`: 59; `unsynchronized`: the server's clock is not set. */
export type NtpLeap = (typeof LEAPS)[number]
/** The mode of a packet. RFC 5905 7.3 */
export type NtpMode = (typeof MODES)[number]

/** The header of an NTP packet (RFC 5905 7.3, RFC 4330 4). */
export interface NtpPacket {
  /** Whether a leap second comes at the end of the month. RFC 5905 7.3 */
  leap: NtpLeap
  /** 1 to 4. */
  version: number
  /** Whether a client, a server or a broadcast sent it. */
  mode: NtpMode
  /** 0: a kiss of death; 1: a reference clock; 2 to 15; 16: not synchronized. */
  stratum: number
  /** The interval between packets, as a power of two of seconds. */
  poll: number
  /** The precision of the server's clock, as a power of two of seconds. */
  precision: number
  /** Round trip to the reference clock, in seconds, with 16 bits of fraction. */
  rootDelay: number
  /** Largest error against the reference clock, in seconds, with 16 bits of fraction. */
  rootDispersion: number
  /** 32 bits; `referenceText` gives their meaning. */
  referenceId: number
  /**
   * When the server's clock was last set. This and all other timestamps: 64 bits, the upper half seconds of an era; 0
   * if absent.
   */
  reference: bigint
  /** T1: the transmit timestamp of the client's request, repeated by the server. */
  origin: bigint
  /** T2: when the server received the request. */
  receive: bigint
  /** T3: when the server sent the packet. */
  transmit: bigint
}

const PACKET_LENGTH = 48
/** From the beginning of NTP's era 0, 1900, to the beginning of Unix time, 1970. */
export const SECONDS_FROM_1900_TO_1970 = 2_208_988_800
const NANOSECONDS_PER_SECOND = 1_000_000_000n
const NANOSECONDS_TO_1970 = BigInt(SECONDS_FROM_1900_TO_1970) * NANOSECONDS_PER_SECOND

/**
 * Division that rounds to the nearest integer, so that a time in nanoseconds stays the same as a timestamp and back.
 */
function divide(value: bigint, by: bigint): bigint {
  const doubled = value * 2n + by
  const quotient = doubled / (by * 2n)
  return doubled < 0n && quotient * by * 2n !== doubled ? quotient - 1n : quotient
}

const toFixed = (nanoseconds: bigint): bigint => divide(nanoseconds << 32n, NANOSECONDS_PER_SECOND)
const fromFixed = (fixed: bigint): bigint => divide(fixed * NANOSECONDS_PER_SECOND, 1n << 32n)

/**
 * The NTP timestamp of a time in nanoseconds since 1970. Like every timestamp in a packet, it does not say which era it
 * is in.
 */
export const toNtpTimestamp = (unixNanoseconds: bigint): bigint =>
  BigInt.asUintN(64, toFixed(unixNanoseconds + NANOSECONDS_TO_1970))

/**
 * The time of an NTP timestamp, in nanoseconds since 1970. An era is 136 years; the one is taken whose time is nearest
 * to `near`, also in nanoseconds since 1970. So the time is right on both sides of February 2036 (RFC 5905 6).
 */
export function fromNtpTimestamp(timestamp: bigint, near: bigint): bigint {
  const pivot = toFixed(near + NANOSECONDS_TO_1970)
  return fromFixed(pivot + BigInt.asIntN(64, timestamp - pivot)) - NANOSECONDS_TO_1970
}

/**
 * From one timestamp to another, as a fixed-point number of seconds. Right across eras if the two are less than 68
 * years apart.
 */
const difference = (from: bigint, to: bigint): bigint => BigInt.asIntN(64, to - from)

/** The four timestamps of one exchange. */
export interface NtpExchange {
  /** T1: when the client sent its request, by the client's clock. */
  origin: bigint
  /** T2: when the server received the request, by the server's clock. */
  receive: bigint
  /** T3: when the server sent its answer, by the server's clock. */
  transmit: bigint
  /** T4: when the client received the answer, by the client's clock. */
  destination: bigint
}

/**
 * How far the server's clock is ahead of the client's, and how long request and answer took to travel, both in
 * nanoseconds (RFC 5905 8). The delay is negative if a clock was set in between.
 */
export function exchangeOffset({ origin, receive, transmit, destination }: NtpExchange): {
  offset: bigint
  delay: bigint
} {
  return {
    offset: divide(fromFixed(difference(origin, receive) + difference(destination, transmit)), 2n),
    delay: fromFixed(difference(origin, destination) - difference(receive, transmit)),
  }
}

/**
 * How far a broadcasting server's clock is ahead, in nanoseconds. A broadcast does not tell how long it travelled: give
 * the `delay` an exchange with that server found, or the offset is too low by the time of travel.
 */
export function broadcastOffset(transmit: bigint, destination: bigint, delay = 0n): bigint {
  return fromFixed(difference(destination, transmit)) + divide(delay, 2n)
}

/** The kiss codes, and what each asks of a client (RFC 5905 7.4). */
const KISS_CODES: Partial<Record<string, string>> = {
  DENY: 'access is denied: stop asking this server',
  RSTR: 'access is restricted: stop asking this server',
  RATE: 'asked too often: ask more seldom',
  ACST: 'an anycast server answered',
  AUTH: 'authentication failed',
  AUTO: 'Autokey failed',
  BCST: 'a broadcast server answered',
  CRYP: 'authentication or identification failed',
  DROP: 'a symmetric peer was lost',
  INIT: 'the server has not synchronized yet',
  MCST: 'a dynamically found server answered',
  NKEY: 'the key is unknown or was never set',
  RMOT: 'tampering from another host was detected',
  STEP: 'the server steps its clock and has not synchronized again',
}

const wordBytes = (word: number): Uint8Array => Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word)

/**
 * The name of a kiss code or a reference clock, up to four characters: `RATE`, `GPS`. A byte that can't be printed
 * becomes a dot.
 */
function characters(word: number): string {
  const text = String.fromCharCode(...wordBytes(word)).replace(/\0+$/, '')
  return text.replaceAll(/[^\x20-\x7e]/g, '.')
}

/** The kiss code of a packet, and its meaning; undefined unless the packet's stratum is 0. */
export function kissOfDeath({ stratum, referenceId }: NtpPacket): { code: string; meaning: string } | undefined {
  if (stratum !== 0) return undefined
  const code = characters(referenceId)
  return { code, meaning: KISS_CODES[code] ?? 'no known meaning' }
}

/**
 * The reference as text, by stratum (RFC 5905 7.3). Of 0 and 1: a kiss code, or the name of a reference clock. Of 2 to 15: the IPv4
 * address of the server's own server, or a hash of its IPv6 address, written as an IPv4 address. Above, where the server is not
 * synchronized: a code, if there is one.
 */
export function referenceText({ stratum, referenceId }: NtpPacket): string {
  if (stratum < 2) return characters(referenceId)
  if (stratum > 15 && (referenceId === 0 || CODE.test(String.fromCharCode(...wordBytes(referenceId)))))
    return characters(referenceId)
  return formatAddress(wordBytes(referenceId))
}

/** A code of letters and digits, padded by zeros. */
const CODE = /^[A-Z\d]{2,4}\0*$/

/** Reads an NTP packet; extension fields and an authenticator after the 48 bytes are passed over. Never throws. */
export function decodeNtp(bytes: Uint8Array): NtpPacket | Malformed {
  if (bytes.length === 0) return malformed('an empty NTP packet')
  const first = bytes[0] ?? 0
  const version = (first >> 3) & 7
  const mode = MODES[first & 7] ?? 'reserved'
  if (version < 1 || version > 4) return malformed(`NTP version ${version}, only 1 to 4 are known`)
  if (mode === 'control' || mode === 'private') return malformed(`an NTP ${mode} message carries no time`)
  if (bytes.length < PACKET_LENGTH)
    return malformed(`an NTP packet has at least ${PACKET_LENGTH} bytes, this has ${bytes.length}`)
  const view = viewOf(bytes)
  return {
    leap: LEAPS[first >> 6] ?? 'none',
    version,
    mode,
    stratum: view.getUint8(1),
    poll: view.getInt8(2),
    precision: view.getInt8(3),
    rootDelay: view.getInt32(4) / 65536,
    rootDispersion: view.getUint32(8) / 65536,
    referenceId: view.getUint32(12),
    reference: view.getBigUint64(16),
    origin: view.getBigUint64(24),
    receive: view.getBigUint64(32),
    transmit: view.getBigUint64(40),
  }
}

const checkRange = (name: string, value: number, least: number, most: number): void =>
  mustBe(whole(least, most), `${name} of an NTP packet`, value)

/**
 * The 48 bytes of an NTP packet. By default it is of version 4 and mode `client`, and every other field is zero.
 * @throws SocketOptionError ERR_INVALID_VALUE if a field is out of its range
 */
export function encodeNtp(fields: Partial<NtpPacket> = {}): Uint8Array {
  const { leap = 'none', version = 4, mode = 'client', stratum = 0, poll = 0, precision = 0 } = fields
  const { rootDelay = 0, rootDispersion = 0, referenceId = 0 } = fields
  const { reference = 0n, origin = 0n, receive = 0n, transmit = 0n } = fields
  checkRange('leap', LEAPS.indexOf(leap), 0, 3)
  checkRange('mode', MODES.indexOf(mode), 0, 7)
  checkRange('version', version, 1, 4)
  checkRange('stratum', stratum, 0, 255)
  checkRange('poll', poll, -128, 127)
  checkRange('precision', precision, -128, 127)
  checkRange('rootDelay in units of 2^-16 s', Math.round(rootDelay * 65536), -(2 ** 31), 2 ** 31 - 1)
  checkRange('rootDispersion in units of 2^-16 s', Math.round(rootDispersion * 65536), 0, 2 ** 32 - 1)
  checkRange('referenceId', referenceId, 0, 2 ** 32 - 1)
  const bytes = new Uint8Array(PACKET_LENGTH)
  const view = viewOf(bytes)
  view.setUint8(0, (LEAPS.indexOf(leap) << 6) | (version << 3) | MODES.indexOf(mode))
  view.setUint8(1, stratum)
  view.setInt8(2, poll)
  view.setInt8(3, precision)
  view.setInt32(4, Math.round(rootDelay * 65536))
  view.setUint32(8, Math.round(rootDispersion * 65536))
  view.setUint32(12, referenceId)
  for (const [i, timestamp] of [reference, origin, receive, transmit].entries()) {
    if (typeof timestamp !== 'bigint' || BigInt.asUintN(64, timestamp) !== timestamp) {
      throw badValue(`an NTP timestamp is a BigInt of 64 bits, not ${show(timestamp)}`)
    }
    view.setBigUint64(16 + i * 8, timestamp)
  }
  return bytes
}

/**
 * The reasons why the time in a server's packet is not to be trusted (RFC 4330 5, RFC 5905 8); empty if it may be
 * trusted.
 *
 * @param request the transmit timestamp of the client's request; none for a broadcast
 */
export function ntpProblems(packet: NtpPacket, request?: bigint): string[] {
  const problems: string[] = []
  const wanted = request === undefined ? 'broadcast' : 'server'
  if (packet.mode !== wanted) problems.push(`the packet's mode is ${packet.mode}, not ${wanted}`)
  if (request !== undefined && packet.origin !== request) problems.push('the packet answers another request')
  const kiss = kissOfDeath(packet)
  if (kiss !== undefined) problems.push(`kiss of death ${kiss.code}: ${kiss.meaning}`)
  else if (packet.leap === 'unsynchronized' || packet.stratum > 15) problems.push('the server is not synchronized')
  if (packet.transmit === 0n) problems.push('the packet has no transmit timestamp')
  if (request !== undefined && packet.receive === 0n) problems.push('the packet has no receive timestamp')
  // RFC 5905 calls a server with a root distance of 16 s or more unfit.
  if (packet.rootDelay / 2 + packet.rootDispersion >= 16)
    problems.push('the server may be 16 s or more off its reference clock')
  return problems
}
