// Encodes and decodes the messages of the Multicast Ping Protocol, as RFC 6450 and ssmping 0.9 have them.

import { mustBe, whole } from '../base/check-fields.ts'
import { badValue, show } from '../base/errors.ts'
import { formatAddress, isMulticast, parseAddress } from '../net/address.ts'
import { viewOf } from './bytes.ts'
import { type Malformed, malformed } from './malformed.ts'

/** The UDP port of ping servers. */
export const PING_PORT = 4321
/** The source-specific groups a server sends its answers to if the client names none. */
export const PING_GROUPS = { 4: '232.43.211.234', 6: 'ff3e::4321:1234' } as const
/** The hop limit of ssmpingd's answers: to be supposed if an answer does not tell its hop limit. */
export const PING_HOP_LIMIT = 64

const MESSAGE_TYPES = { request: 0x51, reply: 0x41, init: 0x49, response: 0x53 } as const

/**
 * `request` and `reply` are the ping itself. `init` asks the server for a group; `response` names one, or none if
 * refused.
 */
export type PingType = keyof typeof MESSAGE_TYPES

/** A multicast prefix from which a client would take a group. Length 0 stands for any group of the family. */
export interface MulticastPrefix {
  family: 4 | 6
  /** In bits. */
  length: number
  /** The prefix as an address, whose bits after the prefix are zero. */
  address: string
}

/**
 * A message of the Multicast Ping Protocol (RFC 6450). The programs ssmping and asmping speak the protocol's earlier
 * form: without `version`, and with a shorter group option.
 */
export interface PingMessage {
  type: PingType
  /** 2 for RFC 6450; absent in what ssmping 0.9 sends. */
  version?: number
  /** Any bytes by which the client recognises replies to its own requests. */
  clientId?: Uint8Array
  /** 32 bits. */
  sequence?: number
  /** When the client sent its request, in microseconds since 1970. */
  clientTime?: bigint
  group?: string
  /** The types of the options the client would like in the reply. */
  optionRequest?: number[]
  /** The name and version of the server's program, or any other text about it. */
  serverInformation?: string
  /** The hop limit the reply was sent with: less the hop limit on arrival, this gives the distance. */
  hopLimit?: number
  prefixes?: MulticastPrefix[]
  sessionId?: Uint8Array
  /** When the server sent its reply, in microseconds since 1970. */
  serverTime?: bigint
}

/** The types of a message's options, as `optionRequest` names them. */
export const PING_OPTION = {
  version: 0,
  clientId: 1,
  sequence: 2,
  clientTime: 3,
  group: 4,
  optionRequest: 5,
  serverInformation: 6,
  hopLimit: 9,
  prefix: 10,
  sessionId: 11,
  serverTime: 12,
} as const

const familyFrom = (number: number): 4 | 6 | undefined => (number === 1 ? 4 : number === 2 ? 6 : undefined)
const addressLength = (family: 4 | 6): number => (family === 4 ? 4 : 16)

/**
 * The group in an option. Before it, the family takes one byte in ssmping 0.9 and two in the RFC, so the length tells
 * which.
 */
function readGroup(value: Uint8Array): string | undefined {
  const beforeRfc = value.length % 2 === 1
  const family = familyFrom(beforeRfc ? (value[0] ?? 0) : (value[0] ?? 0) * 256 + (value[1] ?? 0))
  if (family === undefined || value.length !== (beforeRfc ? 1 : 2) + addressLength(family)) return undefined
  const group = formatAddress(value.subarray(beforeRfc ? 1 : 2))
  return isMulticast(group) ? group : undefined
}

function readPrefix(value: Uint8Array): MulticastPrefix | undefined {
  const family = value.length < 2 ? undefined : familyFrom(viewOf(value).getUint16(0))
  if (family === undefined) return undefined
  const length = value[2] ?? 0
  const bytes = new Uint8Array(addressLength(family))
  if (length > bytes.length * 8 || value.length > 3 + bytes.length) return undefined
  if (value.length < 3 + Math.ceil(length / 8) && length > 0) return undefined
  bytes.set(value.subarray(3))
  return { family, length, address: formatAddress(masked(bytes, length)) }
}

const masked = (bytes: Uint8Array, length: number): Uint8Array =>
  bytes.map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, 8 * (i + 1) - length))))

const microseconds = (view: DataView): bigint => BigInt(view.getUint32(0)) * 1_000_000n + BigInt(view.getUint32(4))

/** Adds one option to the message; false if the option's value does not fit its type. */
function readOption(message: PingMessage, type: number, value: Uint8Array): boolean {
  const view = viewOf(value)
  switch (type) {
    case PING_OPTION.version:
      if (value.length !== 1) return false
      message.version = view.getUint8(0)
      return true
    case PING_OPTION.clientId:
      message.clientId = value
      return true
    case PING_OPTION.sequence:
      if (value.length !== 4) return false
      message.sequence = view.getUint32(0)
      return true
    case PING_OPTION.clientTime:
    case PING_OPTION.serverTime:
      if (value.length !== 8) return false
      message[type === PING_OPTION.clientTime ? 'clientTime' : 'serverTime'] = microseconds(view)
      return true
    case PING_OPTION.group: {
      const group = readGroup(value)
      if (group === undefined) return false
      message.group = group
      return true
    }
    case PING_OPTION.optionRequest:
      if (value.length % 2 !== 0) return false
      message.optionRequest = Array.from({ length: value.length / 2 }, (_, i) => view.getUint16(i * 2))
      return true
    case PING_OPTION.serverInformation:
      message.serverInformation = new TextDecoder().decode(value)
      return true
    case PING_OPTION.hopLimit:
      if (value.length !== 1) return false
      message.hopLimit = view.getUint8(0)
      return true
    case PING_OPTION.prefix: {
      const prefix = readPrefix(value)
      if (prefix === undefined) return false
      message.prefixes = [...(message.prefixes ?? []), prefix]
      return true
    }
    case PING_OPTION.sessionId:
      message.sessionId = value
      return true
    default:
      // RFC 6450 3: unknown options are passed over.
      return true
  }
}

/** Reads a ping message, of RFC 6450 or of ssmping 0.9. Unknown options are passed over. Never throws. */
export function decodePing(bytes: Uint8Array): PingMessage | Malformed {
  const code = bytes[0]
  const type = (Object.keys(MESSAGE_TYPES) as PingType[]).find((name) => MESSAGE_TYPES[name] === code)
  if (type === undefined) return malformed(code === undefined ? 'an empty ping message' : `ping message type ${code}`)
  const message: PingMessage = { type }
  const view = viewOf(bytes)
  for (let at = 1; at < bytes.length; ) {
    const end = at + 4 > bytes.length ? Number.POSITIVE_INFINITY : at + 4 + view.getUint16(at + 2)
    if (end > bytes.length) return malformed('the last ping option is cut short')
    const option = view.getUint16(at)
    const value = bytes.subarray(at + 4, end)
    if (!readOption(message, option, value))
      return malformed(`ping option ${option} with a wrong value of ${value.length} bytes`)
    at = end
  }
  return message
}

const bigEndian = (value: number, size: 1 | 2 | 4, name: string): number[] => {
  mustBe(whole(0, 256 ** size - 1), `${name} of a ping message`, value)
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) & 255)
}

function timeBytes(value: bigint, name: string): number[] {
  const seconds = value / 1_000_000n
  if (value < 0n || seconds >= 1n << 32n)
    throw badValue(`${name} of a ping message is in microseconds since 1970, up to the year 2106, not ${show(value)}`)
  return [...bigEndian(Number(seconds), 4, name), ...bigEndian(Number(value % 1_000_000n), 4, name)]
}

function groupBytes(group: string, beforeRfc: boolean): number[] {
  const parsed = parseAddress(group)
  if (parsed === undefined || !isMulticast(group))
    throw badValue(`the group of a ping message is a multicast address, not ${show(group)}`)
  const family = parsed.family === 4 ? 1 : 2
  return [...(beforeRfc ? [] : [0]), family, ...parsed.bytes]
}

function prefixBytes({ family, length, address }: MulticastPrefix): number[] {
  const parsed = parseAddress(address)
  if (parsed?.family !== family)
    throw badValue(`the prefix of a ping message is an IPv${family} address, not ${show(address)}`)
  const size = bigEndian(length, 1, 'prefix length')
  if (length > parsed.bytes.length * 8) throw badValue(`a prefix of ${length} bits is too long for IPv${family}`)
  return [0, family === 4 ? 1 : 2, ...size, ...masked(parsed.bytes, length).subarray(0, Math.ceil(length / 8))]
}

/**
 * The bytes of a ping message. Without `version`, the group is written as ssmping 0.9 reads it.
 * @throws SocketOptionError ERR_INVALID_VALUE if a field is out of its range
 */
export function encodePing(message: PingMessage): Uint8Array {
  const bytes: number[] = [MESSAGE_TYPES[message.type]]
  const put = (type: number, value: ArrayLike<number> & Iterable<number>): void => {
    bytes.push(...bigEndian(type, 2, 'option'), ...bigEndian(value.length, 2, 'length of an option'), ...value)
  }
  const { version, clientId, sequence, clientTime, group, optionRequest, serverInformation, hopLimit } = message
  if (version !== undefined) put(PING_OPTION.version, bigEndian(version, 1, 'version'))
  if (clientId !== undefined) put(PING_OPTION.clientId, clientId)
  if (sequence !== undefined) put(PING_OPTION.sequence, bigEndian(sequence, 4, 'sequence'))
  if (clientTime !== undefined) put(PING_OPTION.clientTime, timeBytes(clientTime, 'clientTime'))
  if (group !== undefined) put(PING_OPTION.group, groupBytes(group, version === undefined))
  if (optionRequest !== undefined)
    put(
      PING_OPTION.optionRequest,
      optionRequest.flatMap((type) => bigEndian(type, 2, 'option request')),
    )
  if (serverInformation !== undefined) put(PING_OPTION.serverInformation, new TextEncoder().encode(serverInformation))
  if (hopLimit !== undefined) put(PING_OPTION.hopLimit, bigEndian(hopLimit, 1, 'hopLimit'))
  for (const prefix of message.prefixes ?? []) put(PING_OPTION.prefix, prefixBytes(prefix))
  if (message.sessionId !== undefined) put(PING_OPTION.sessionId, message.sessionId)
  if (message.serverTime !== undefined) put(PING_OPTION.serverTime, timeBytes(message.serverTime, 'serverTime'))
  return Uint8Array.from(bytes)
}
