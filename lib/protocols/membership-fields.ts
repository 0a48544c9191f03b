// Reads, and partly writes, the fields that IGMPv3 and MLDv2 share: sources, the end of a query, group records, and floats of 8 and 16
// bits.

import { formatAddress } from '../net/address.ts'
import { viewOf } from './bytes.ts'
import { type Malformed, malformed } from './malformed.ts'
import type { GroupRecord, MembershipQuery } from './membership-message.ts'

const ADDRESS_LENGTHS = { IGMP: 4, MLD: 16 } as const

const RECORD_NAMES = {
  IGMP: [
    'Mode Is Include',
    'Mode Is Exclude',
    'Change To Include Mode',
    'Change To Exclude Mode',
    'Allow New Sources',
    'Block Old Sources',
  ],
  MLD: ['Include', 'Exclude', 'Changed to include', 'Changed to exclude', 'Allow new sources', 'Block old sources'],
} as const

/**
 * IGMPv3's and MLDv2's 8-bit float (RFC 3376 4.1.1, 4.1.7): below 128 itself, else 4 bits of mantissa, 3 of exponent.
 */
export const decodeFloat8 = (code: number): number =>
  code < 0x80 ? code : ((code & 0x0f) | 0x10) << (((code >> 4) & 7) + 3)

/** MLDv2's 16-bit float (RFC 3810 5.1.3): below 32768 itself, else 12 bits of mantissa, 3 of exponent. */
export const decodeFloat16 = (code: number): number =>
  code < 0x8000 ? code : ((code & 0x0fff) | 0x1000) << (((code >> 12) & 7) + 3)

/** The code of a value, as far as a mantissa of `bits` bits and an exponent of 3 go; of a larger value, the largest code. */
function encodeFloat(value: number, bits: number): number {
  const implied = 1 << bits
  if (value < implied * 8) return value
  for (let exponent = 0; exponent < 8; exponent++) {
    const mantissa = Math.floor(value / 2 ** (exponent + 3))
    if (mantissa < implied * 2) return (implied * 8) | (exponent << bits) | (mantissa - implied)
  }
  return implied * 16 - 1
}

/** The code of the largest number up to `value` that IGMPv3's and MLDv2's 8-bit float can tell. */
export const encodeFloat8 = (value: number): number => encodeFloat(Math.floor(value), 4)

/** The code of the largest number up to `value` that MLDv2's 16-bit float can tell. */
export const encodeFloat16 = (value: number): number => encodeFloat(Math.floor(value), 12)

/** Reads `count` addresses of `size` bytes, beginning at `offset`; undefined if there are fewer bytes. */
function readAddresses(bytes: Uint8Array, offset: number, count: number, size: number): string[] | undefined {
  if (offset + count * size > bytes.length) return undefined
  return Array.from({ length: count }, (_, i) =>
    formatAddress(bytes.subarray(offset + i * size, offset + (i + 1) * size)),
  )
}

/**
 * The fields of an IGMPv3 or MLDv2 query after its group: S flag and robustness variable, query interval, number of
 * sources, sources (RFC 3376 4.1, RFC 3810 5.1).
 */
export function readQueryTail(
  bytes: Uint8Array,
  protocol: 'IGMP' | 'MLD',
): Pick<MembershipQuery, 'sources' | 'suppress' | 'robustness' | 'queryInterval'> | Malformed {
  const offset = protocol === 'IGMP' ? 8 : 24
  if (bytes.length < offset + 4)
    return malformed(`an ${protocol} query is ${offset} bytes or at least ${offset + 4}, this is ${bytes.length}`)
  const [flags = 0, interval = 0] = bytes.subarray(offset)
  const count = viewOf(bytes).getUint16(offset + 2)
  const sources = readAddresses(bytes, offset + 4, count, ADDRESS_LENGTHS[protocol])
  if (sources === undefined)
    return malformed(`an ${protocol} query of ${bytes.length} bytes can't hold ${count} sources`)
  return { sources, suppress: (flags & 8) !== 0, robustness: flags & 7, queryInterval: decodeFloat8(interval) }
}

/** Reads the group records of an IGMPv3 or MLDv2 report. The two layouts differ only in the size of an address. */
export function readRecords(bytes: Uint8Array, protocol: 'IGMP' | 'MLD'): GroupRecord[] | Malformed {
  const size = ADDRESS_LENGTHS[protocol]
  const count = viewOf(bytes).getUint16(6)
  const records: GroupRecord[] = []
  let at = 8
  for (let i = 1; i <= count; i++) {
    const [type = 0, auxiliaryWords = 0, high = 0, low = 0] = bytes.subarray(at)
    const [group, ...sources] = readAddresses(bytes, at + 4, 1 + high * 256 + low, size) ?? []
    const next = at + 4 + (1 + sources.length) * size + auxiliaryWords * 4
    if (group === undefined || next > bytes.length) return malformed(`group record ${i} of ${count} is cut short`)
    const name = RECORD_NAMES[protocol][type - 1] ?? `Unknown (${type})`
    records.push({ type, name, group, sources, auxiliaryLength: auxiliaryWords * 4 })
    at = next
  }
  return records
}
