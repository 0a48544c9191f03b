// Decodes messages of MLDv1 and MLDv2.

import { formatAddress } from '../net/address.ts'
import { internetChecksum, viewOf } from './bytes.ts'
import { isMalformed, type Malformed, malformed } from './malformed.ts'
import { decodeFloat16, readQueryTail, readRecords } from './membership-fields.ts'
import type { ChecksumStatus, MembershipMessage, MembershipQuery } from './membership-message.ts'

/** The addresses of an IPv6 packet, 16 bytes each, which ICMPv6's checksum covers. */
export interface Ipv6Endpoints {
  source: Uint8Array
  destination: Uint8Array
}

const ICMPV6 = 58

function checksumOf(bytes: Uint8Array, endpoints: Ipv6Endpoints | undefined): ChecksumStatus {
  if (endpoints === undefined) return 'unverified'
  const tail = new Uint8Array(8)
  const view = viewOf(tail)
  view.setUint32(0, bytes.length)
  tail[7] = ICMPV6
  return internetChecksum(endpoints.source, endpoints.destination, tail, bytes) === 0 ? 'good' : 'bad'
}

type Base = Pick<MembershipQuery, 'checksum'> & { protocol: 'MLD' }

function decodeQuery(bytes: Uint8Array, base: Base): MembershipQuery | Malformed {
  const address = formatAddress(bytes.subarray(8, 24))
  const group = address === '::' ? {} : { group: address }
  const code = viewOf(bytes).getUint16(4)
  // RFC 3810 8.1: the length of a query tells its version.
  if (bytes.length === 24) return { ...base, type: 'query', version: 1, ...group, sources: [], maxResponseTime: code }
  const tail = readQueryTail(bytes, 'MLD')
  if (isMalformed(tail)) return tail
  return { ...base, type: 'query', version: 2, ...group, ...tail, maxResponseTime: decodeFloat16(code) }
}

/** True for the types of ICMPv6 messages that belong to MLD: 130, 131, 132 and 143. */
export const isMldType = (type: number | undefined): boolean =>
  type === 130 || type === 131 || type === 132 || type === 143

/**
 * Reads an MLD message, which is an ICMPv6 message, without its IPv6 and extension headers: MLDv1 (RFC 2710), MLDv2
 * (RFC 3810). Without `endpoints` the checksum stays unverified. Messages from a raw ICMPv6 socket need none: there the
 * kernel has verified the checksum. Never throws.
 */
export function decodeMld(bytes: Uint8Array, endpoints?: Ipv6Endpoints): MembershipMessage | Malformed {
  const type = bytes[0]
  if (!isMldType(type)) return malformed(type === undefined ? 'an empty message' : `ICMPv6 type ${type} is not MLD`)
  const least = type === 143 ? 8 : 24
  if (bytes.length < least) return malformed(`this MLD message has at least ${least} bytes, not ${bytes.length}`)
  const base: Base = { protocol: 'MLD', checksum: checksumOf(bytes, endpoints) }
  if (type === 130) return decodeQuery(bytes, base)
  if (type === 143) {
    const records = readRecords(bytes, 'MLD')
    return isMalformed(records) ? records : { ...base, type: 'records', version: 2, records }
  }
  return { ...base, type: type === 131 ? 'report' : 'leave', version: 1, group: formatAddress(bytes.subarray(8, 24)) }
}
