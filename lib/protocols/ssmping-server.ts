// The server of the Multicast Ping Protocol, without sockets: makes the answer to each message.

import { formatAddress, isMulticast, parseAddress } from '../net/address.ts'
import { viewOf } from './bytes.ts'
import { isMalformed, type Malformed, malformed } from './malformed.ts'
import {
  decodePing,
  encodePing,
  type MulticastPrefix,
  PING_GROUPS,
  PING_HOP_LIMIT,
  PING_OPTION,
  type PingMessage,
} from './ssmping.ts'

export interface PingServerOptions {
  /** The text about the server, for clients that ask for it. */
  information?: string
  /** The hop limit the caller sends answers with; told in each answer. Default 64, which older clients suppose. */
  hopLimit?: number
  /**
   * Whether the server may send to a group that a client names. Default: only to groups that end as ssmping's do, in
   * 234 or ::4321:1234, so that no stranger can make the server send to a group in use.
   */
  allows?: (group: string) => boolean
}

/** The answer to one message: the bytes to send to the client, and to `group` as well if there is one. */
export interface PingAnswer {
  type: 'reply' | 'response'
  bytes: Uint8Array
  group?: string
}

/** True for a group that ends as the groups of ssmping and asmping do. */
export function isPingGroup(group: string): boolean {
  const bytes = isMulticast(group) ? parseAddress(group)?.bytes : undefined
  if (bytes?.length === 4) return bytes[3] === 234
  return bytes !== undefined && IPV6_ENDING.every((byte, i) => bytes[12 + i] === byte)
}

const IPV6_ENDING = [0x43, 0x21, 0x12, 0x34]

/** The group in a prefix that ends as ssmping's do; undefined if the prefix has no such multicast group. */
function groupIn({ family, length, address }: MulticastPrefix): string | undefined {
  if (length === 0) return PING_GROUPS[family]
  const parsed = parseAddress(address)
  if (parsed === undefined || !isMulticast(address)) return undefined
  const ending = family === 4 ? [234] : IPV6_ENDING
  if (length > (parsed.bytes.length - ending.length) * 8) return isPingGroup(address) ? address : undefined
  parsed.bytes.set(ending, parsed.bytes.length - ending.length)
  return formatAddress(parsed.bytes)
}

function askedOptions(request: PingMessage, options: PingServerOptions, now: () => bigint): Partial<PingMessage> {
  const wants = new Set(request.optionRequest)
  return {
    ...(wants.has(PING_OPTION.serverInformation) &&
      options.information !== undefined && { serverInformation: options.information }),
    ...(wants.has(PING_OPTION.serverTime) && { serverTime: now() }),
  }
}

/** The types of a request's options that a reply does not repeat. */
const OPTIONS_NOT_ECHOED = new Set<number>([PING_OPTION.optionRequest])

/**
 * The request's bytes as a reply repeats them: with the type of a reply, and without the options above. Unknown options
 * are repeated too.
 */
function echoedOptions(bytes: Uint8Array): number[] {
  const view = viewOf(bytes)
  const kept: number[] = [0x41]
  for (let at = 1; at < bytes.length; ) {
    const end = at + 4 + view.getUint16(at + 2)
    if (!OPTIONS_NOT_ECHOED.has(view.getUint16(at))) kept.push(...bytes.subarray(at, end))
    at = end
  }
  return kept
}

/**
 * The server's answer to a message from a client; `undefined` if the message needs none. The server keeps no state.
 *
 * @param family the family of the client's address, and so of the group
 * @param now gives the time in microseconds since 1970; called only if the client asks for the time
 */
export function answerPing(
  bytes: Uint8Array,
  family: 4 | 6,
  now: () => bigint,
  options: PingServerOptions = {},
): PingAnswer | Malformed | undefined {
  const request = decodePing(bytes)
  if (isMalformed(request)) return request
  const allows = options.allows ?? isPingGroup
  const ofFamily = (group: string): boolean => parseAddress(group)?.family === family
  const { version, clientId, sequence } = request
  if (request.type === 'init') {
    const groups = (request.prefixes ?? []).map(groupIn)
    const group = groups.find((found) => found !== undefined && ofFamily(found) && allows(found))
    const response: PingMessage = {
      type: 'response',
      version: 2,
      ...(clientId !== undefined && { clientId }),
      ...(sequence !== undefined && { sequence }),
      ...(group !== undefined && { group }),
      ...askedOptions(request, options, now),
    }
    return { type: 'response', bytes: encodePing(response) }
  }
  if (request.type !== 'request') return undefined
  const group = request.group ?? PING_GROUPS[family]
  if (!ofFamily(group) || !allows(group))
    return malformed(`a ping request for the group ${group}, which is not allowed for pings`)
  if (version === undefined) {
    // Clients older than the RFC get every byte back but the type: ssmping checks nothing else.
    const reply = bytes.slice()
    reply[0] = 0x41
    return { type: 'reply', bytes: reply, group }
  }
  const extra = encodePing({
    type: 'reply',
    version: 2,
    hopLimit: options.hopLimit ?? PING_HOP_LIMIT,
    ...askedOptions(request, options, now),
  })
  // The echoed options already begin with type and version, 6 bytes, so these are left out of the others.
  return { type: 'reply', bytes: Uint8Array.from([...echoedOptions(bytes), ...extra.subarray(6)]), group }
}
