// Encodes echo requests of ICMP and ICMPv6, and decodes echo requests and replies.

import { internetChecksum, viewOf } from './bytes.ts'
import { type Malformed, malformed } from './malformed.ts'

/** An echo message of ICMP (RFC 792) or ICMPv6 (RFC 4443 4). */
export interface EchoMessage {
  type: 'request' | 'reply'
  /** 16 bits, as is the sequence number. */
  identifier: number
  sequence: number
  payload: Uint8Array
}

const ECHO_TYPES = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const
const HEADER_LENGTH = 8

/** The bytes of an echo request. The kernel fills in ICMPv6's checksum, which covers the addresses too. */
export function encodeEchoRequest(
  family: 4 | 6,
  { identifier, sequence, payload }: Omit<EchoMessage, 'type'>,
): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + payload.length)
  const view = viewOf(bytes)
  view.setUint8(0, ECHO_TYPES[family].request)
  view.setUint16(4, identifier)
  view.setUint16(6, sequence)
  bytes.set(payload, HEADER_LENGTH)
  if (family === 4) view.setUint16(2, internetChecksum(bytes))
  return bytes
}

/** Reads an echo message; `undefined` if the bytes are another message of ICMP. Never throws. */
export function decodeEcho(family: 4 | 6, bytes: Uint8Array): EchoMessage | Malformed | undefined {
  const { request, reply } = ECHO_TYPES[family]
  const [type, code] = bytes
  if (type === undefined) return malformed('an empty ICMP message')
  if (type !== request && type !== reply) return undefined
  if (bytes.length < HEADER_LENGTH)
    return malformed(`an ICMP echo has at least ${HEADER_LENGTH} bytes, this has ${bytes.length}`)
  if (code !== 0) return malformed(`an ICMP echo of code ${code}`)
  const view = viewOf(bytes)
  return {
    type: type === request ? 'request' : 'reply',
    identifier: view.getUint16(4),
    sequence: view.getUint16(6),
    payload: bytes.subarray(HEADER_LENGTH),
  }
}

/** The message after the IPv4 header, with which raw IPv4 sockets receive every packet. */
export function withoutIpv4Header(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(((bytes[0] ?? 0) & 15) * 4)
}
