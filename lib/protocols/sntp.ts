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

/** Whether the month's last minute has 61 or 59 seconds, or the clock is not set. */
export type NtpLeap = (typeof LEAPS)[number]
export type NtpMode = (typeof MODES)[number]

/** The header of an NTP packet (RFC 5905 7.3, RFC 4330 4). */
export interface NtpPacket {
  leap: NtpLeap
  /** 1 to 4. */
  version: number
  mode: NtpMode
  /** 0: a kiss of death; 1: a reference clock; 2 to 15; 16: not synchronized. */
  stratum: number
  /** The interval between packets, as a power of two of seconds. */
  poll: number
  /** Of the clock, as a power of two of seconds. */
  precision: number
  /** Round trip to the reference clock, in seconds, with 16 bits of fraction. */
  rootDelay: number
  /** Largest error against the reference clock, in seconds, with 16 bits of fraction. */
  rootDispersion: number
  /** 32 bits; `referenceText` says what they mean. */
  referenceId: number
  /** Timestamps: 64 bits, seconds of an era in the upper half, 0 where there is none. */
  reference: bigint
  /** T1, the client's transmit timestamp given back. */
  origin: bigint
  /** T2. */
  receive: bigint
  /** T3. */
  transmit: bigint
}

const PACKET_LENGTH = 48
/** From the beginning of NTP's era 0, 1900, to the beginning of Unix time, 1970. */
export const SECONDS_FROM_1900_TO_1970 = 2_208_988_800
const NANOSECONDS_PER_SECOND = 1_000_000_000n
const NANOSECONDS_TO_1970 = BigInt(SECONDS_FROM_1900_TO_1970) * NANOSECONDS_PER_SECOND

/** Division that rounds to the nearest, so that nanoseconds survive the way to a timestamp and back. */
function divide(value: bigint, by: bigint): bigint {
  const doubled = value * 2n + by
  const quotient = doubled / (by * 2n)
  return doubled < 0n && quotient * by * 2n !== doubled ? quotient - 1n : quotient
}

const toFixed = (nanoseconds: bigint): bigint => divide(nanoseconds << 32n, NANOSECONDS_PER_SECOND)
const fromFixed = (fixed: bigint): bigint => divide(fixed * NANOSECONDS_PER_SECOND, 1n << 32n)

/** The NTP timestamp of a time in nanoseconds since 1970: its era is dropped, as on the wire. */
export const toNtpTimestamp = (unixNanoseconds: bigint): bigint =>
  BigInt.asUintN(64, toFixed(unixNanoseconds + NANOSECONDS_TO_1970))

/**
 * The time of an NTP timestamp in nanoseconds since 1970. Of all eras, each 136 years, it is the one that brings the time
 * nearest to `near`, in nanoseconds since 1970 too: right on both sides of February 2036 (RFC 5905 6).
 */
export function fromNtpTimestamp(timestamp: bigint, near: bigint): bigint {
  const pivot = toFixed(near + NANOSECONDS_TO_1970)
  return fromFixed(pivot + BigInt.asIntN(64, timestamp - pivot)) - NANOSECONDS_TO_1970
}

/** From one timestamp to another, in nanoseconds, where they are less than 68 years apart: right across eras. */
const difference = (from: bigint, to: bigint): bigint => BigInt.asIntN(64, to - from)

/** The four timestamps of one exchange. */
export interface NtpExchange {
  /** T1: the client sent its request, by its clock. */
  origin: bigint
  /** T2: the server got it, by its own. */
  receive: bigint
  /** T3: the server answered. */
  transmit: bigint
  /** T4: the client got the answer. */
  destination: bigint
}

/**
 * How far the server's clock is ahead of the client's, and how long the way there and back took, both in nanoseconds
 * (RFC 5905 8). The delay can be negative where a clock was set in between.
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
 * How far a broadcasting server's clock is ahead, in nanoseconds. A broadcast can't tell how long it took: `delay` is what
 * an exchange with that server found, else the offset is too low by the way here.
 */
export function broadcastOffset(transmit: bigint, destination: bigint, delay = 0n): bigint {
  return fromFixed(difference(destination, transmit)) + divide(delay, 2n)
}

/** What the kiss codes ask of a client (RFC 5905 7.4). */
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

/** The four characters a kiss of death or a reference clock is known by: `RATE`, `GPS`. What can't be printed is a dot. */
function characters(word: number): string {
  const text = String.fromCharCode(...wordBytes(word)).replace(/\0+$/, '')
  return text.replaceAll(/[^\x20-\x7e]/g, '.')
}

/** The kiss code of a packet of stratum 0, and what it asks for. */
export function kissOfDeath({ stratum, referenceId }: NtpPacket): { code: string; meaning: string } | undefined {
  if (stratum !== 0) return undefined
  const code = characters(referenceId)
  return { code, meaning: KISS_CODES[code] ?? 'no known meaning' }
}

/** The reference: a kiss code or clock in characters; from stratum 2 the server's server, an IPv4 address (or a hash of an IPv6 one). */
export function referenceText({ stratum, referenceId }: NtpPacket): string {
  return stratum < 2 ? characters(referenceId) : formatAddress(wordBytes(referenceId))
}

/** Reads an NTP packet; extension fields and an authenticator behind its 48 bytes are passed over. Never throws. */
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

function checkRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw badValue(`${name} of an NTP packet is from ${min} to ${max}, not ${show(value)}`)
  }
}

/**
 * The 48 bytes of an NTP packet. What is left out is zero or none; version 4, mode client.
 * @throws SocketOptionError ERR_INVALID_VALUE where a field is out of its range
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
 * Why the time in a server's packet is not to be trusted (RFC 4330 5, RFC 5905 8); empty where it may be.
 *
 * @param request the timestamp the client transmitted, for an answer; none for a broadcast
 */
export function ntpProblems(packet: NtpPacket, request?: bigint): string[] {
  const problems: string[] = []
  const wanted = request === undefined ? 'broadcast' : 'server'
  if (packet.mode !== wanted) problems.push(`its mode is ${packet.mode}, not ${wanted}`)
  if (request !== undefined && packet.origin !== request) problems.push('it answers another request')
  const kiss = kissOfDeath(packet)
  if (kiss !== undefined) problems.push(`kiss of death ${kiss.code}: ${kiss.meaning}`)
  else if (packet.leap === 'unsynchronized' || packet.stratum > 15) problems.push('the server is not synchronized')
  if (packet.transmit === 0n) problems.push('it carries no transmit timestamp')
  if (request !== undefined && packet.receive === 0n) problems.push('it carries no receive timestamp')
  // RFC 5905 calls a server with a root distance of 16 s or more unfit.
  if (packet.rootDelay / 2 + packet.rootDispersion >= 16) problems.push('it is 16 s or more from its reference clock')
  return problems
}
