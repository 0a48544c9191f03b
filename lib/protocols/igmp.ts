// Decodes messages of IGMPv1, v2 and v3.

import { formatAddress } from '../net/address.ts'
import { internetChecksum } from './bytes.ts'
import { isMalformed, type Malformed, malformed } from './malformed.ts'
import { decodeFloat8, readQueryTail, readRecords } from './membership-fields.ts'
import type { MembershipMessage, MembershipQuery } from './membership-message.ts'

const OTHER_NAMES: Partial<Record<number, string>> = {
  19: 'DVMRP Protocol',
  20: 'PIM Routing Message',
  30: 'Traceroute Response',
  31: 'Traceroute Query or Request',
  48: 'Multicast Router Advertisement',
  49: 'Multicast Router Solicitation',
  50: 'Multicast Router Termination',
}

type Base = Pick<MembershipQuery, 'checksum'> & { protocol: 'IGMP' }

function decodeQuery(bytes: Uint8Array, base: Base): MembershipQuery | Malformed {
  const address = formatAddress(bytes.subarray(4, 8))
  const group = address === '0.0.0.0' ? {} : { group: address }
  const code = bytes[1] ?? 0
  // RFC 3376 7.1: the length tells IGMPv3 queries from the others, whose code tells IGMPv1 from IGMPv2.
  if (bytes.length === 8) {
    const version = code === 0 ? 1 : 2
    return { ...base, type: 'query', version, ...group, sources: [], maxResponseTime: (code || 100) * 100 }
  }
  const tail = readQueryTail(bytes, 'IGMP')
  if (isMalformed(tail)) return tail
  return { ...base, type: 'query', version: 3, ...group, ...tail, maxResponseTime: decodeFloat8(code) * 100 }
}

/**
 * Reads an IGMP message without its IP header: IGMPv1 (RFC 1112), v2 (RFC 2236), v3 (RFC 3376, RFC 9776). Never throws.
 */
export function decodeIgmp(bytes: Uint8Array): MembershipMessage | Malformed {
  if (bytes.length < 8) return malformed(`an IGMP message has at least 8 bytes, this has ${bytes.length}`)
  const code = bytes[0] ?? 0
  const base: Base = { protocol: 'IGMP', checksum: internetChecksum(bytes) === 0 ? 'good' : 'bad' }
  const group = formatAddress(bytes.subarray(4, 8))
  switch (code) {
    case 0x11:
      return decodeQuery(bytes, base)
    case 0x12:
      return { ...base, type: 'report', version: 1, group }
    case 0x16:
      return { ...base, type: 'report', version: 2, group }
    case 0x17:
      return { ...base, type: 'leave', version: 2, group }
    case 0x22: {
      const records = readRecords(bytes, 'IGMP')
      return isMalformed(records) ? records : { ...base, type: 'records', version: 3, records }
    }
    default:
      return { ...base, type: 'other', code, name: OTHER_NAMES[code] ?? `Unknown IGMP type 0x${code.toString(16)}` }
  }
}
