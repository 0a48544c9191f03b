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
  /** Said of itself to a client that asks. */
  information?: string
  /** What answers will be sent with; told to a client that asks. 64 unless told, which older clients take for granted. */
  hopLimit?: number
  /**
   * Whether to send to a group a client names. Unless told: only groups that end as ssmping's do, 234 or ::4321:1234, so
   * that no stranger can have the server send to a group in use.
   */
  allows?: (group: string) => boolean
}

/** What a server sends for one message it got: the same bytes to the client and to the group, or to the client only. */
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

/** The group of ssmping's ending in a prefix; undefined where the prefix has no multicast group with that ending. */
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

/** The client's own option types that a reply does not carry back. */
const OPTIONS_NOT_ECHOED = new Set<number>([PING_OPTION.optionRequest])

/** The request as it came, byte for byte, but for its type and what a reply leaves out: options unknown here come back too. */
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
 * The server's side, without state: what to send for a message a client sent. `group` is where the reply goes too; without
 * it the answer is the client's alone. `undefined`: no answer is due.
 *
 * @param family of the client's address, which the group has to be of
 * @param now the time in microseconds since 1970, asked only where the client wants it
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
  if (!ofFamily(group) || !allows(group)) return malformed(`a request for the group ${group}, which is not for pings`)
  if (version === undefined) {
    // What came before the RFC is echoed whole: ssmping checks nothing else.
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
  // Type and version, 6 bytes, are in the echo.
  return { type: 'reply', bytes: Uint8Array.from([...echoedOptions(bytes), ...extra.subarray(6)]), group }
}
