import { formatAddress } from '../net/address.ts'
import { viewOf } from './bytes.ts'
import { type Malformed, malformed } from './malformed.ts'

/** `unverified`: MLD without the addresses its checksum covers. */
export type ChecksumStatus = 'good' | 'bad' | 'unverified'

interface MembershipHeader {
  protocol: 'IGMP' | 'MLD'
  /** IGMP 1 to 3, MLD 1 and 2. */
  version: 1 | 2 | 3
  checksum: ChecksumStatus
}

/** A querier asks who listens. */
export interface MembershipQuery extends MembershipHeader {
  type: 'query'
  /** The group asked for; none in a general query. */
  group?: string
  /** The sources asked for, in IGMPv3 and MLDv2. */
  sources: string[]
  /** Milliseconds within which to answer. IGMPv1 has no such field: 10,000 as RFC 2236 4 reads it. */
  maxResponseTime: number
  /** The S flag: routers that hear this do not shorten their timers. IGMPv3 and MLDv2. */
  suppress?: boolean
  /** Querier's robustness variable, 0 where it is above 7. IGMPv3 and MLDv2. */
  robustness?: number
  /** Querier's query interval in seconds. IGMPv3 and MLDv2. */
  queryInterval?: number
}

/** A host listens to a group: IGMPv1, IGMPv2, MLDv1. */
export interface MembershipReport extends MembershipHeader {
  type: 'report'
  group: string
}

/** A host stops listening: IGMPv2 leave group, MLDv1 done. */
export interface MembershipLeave extends MembershipHeader {
  type: 'leave'
  group: string
}

/** IGMPv3 and MLDv2: what a host listens to, or what changed. */
export interface MembershipRecords extends MembershipHeader {
  type: 'records'
  records: GroupRecord[]
}

export interface GroupRecord {
  /** 1 to 6 as RFC 3376 4.2.12 and RFC 3810 5.2.12 number them; receivers ignore any other. */
  type: number
  /** The type by name, as tshark has it. */
  name: string
  group: string
  sources: string[]
  /** Auxiliary data in bytes, which the RFCs define none of. */
  auxiliaryLength: number
}

/** A message that shares IGMP's protocol number and says nothing of membership. */
export interface OtherMessage {
  protocol: 'IGMP'
  type: 'other'
  code: number
  name: string
  checksum: ChecksumStatus
}

export type MembershipMessage = MembershipQuery | MembershipReport | MembershipLeave | MembershipRecords | OtherMessage

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

/** IGMPv3's and MLDv2's 8-bit float (RFC 3376 4.1.1, 4.1.7): below 128 itself, else 4 bits of mantissa, 3 of exponent. */
export const decodeFloat8 = (code: number): number =>
  code < 0x80 ? code : ((code & 0x0f) | 0x10) << (((code >> 4) & 7) + 3)

/** MLDv2's 16-bit float (RFC 3810 5.1.3): below 32768 itself, else 12 bits of mantissa, 3 of exponent. */
export const decodeFloat16 = (code: number): number =>
  code < 0x8000 ? code : ((code & 0x0fff) | 0x1000) << (((code >> 12) & 7) + 3)

/** `count` addresses of `size` bytes from `offset`; undefined where the bytes end before. */
export function readAddresses(bytes: Uint8Array, offset: number, count: number, size: number): string[] | undefined {
  if (offset + count * size > bytes.length) return undefined
  return Array.from({ length: count }, (_, i) =>
    formatAddress(bytes.subarray(offset + i * size, offset + (i + 1) * size)),
  )
}

/** The group records of an IGMPv3 or MLDv2 report, which have one layout but for the size of an address. */
export function readRecords(bytes: Uint8Array, protocol: 'IGMP' | 'MLD'): GroupRecord[] | Malformed {
  const size = protocol === 'IGMP' ? 4 : 16
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

const braces = (sources: readonly string[]): string => `{${sources.join(', ')}}`

function recordText({ type, name, group, sources }: GroupRecord): string {
  const many = sources.length > 1
  const list = braces(sources)
  switch (type) {
    case 1:
    case 3:
      if (sources.length === 0) return `Leave group ${group}`
      return `Join group ${group} ${many ? 'for sources in' : 'for source'} ${list}`
    case 2:
    case 4:
      if (sources.length === 0) return `Join group ${group} for any sources`
      return `Join group ${group}, ${many ? 'for sources' : 'for source'} ${many ? 'not in' : 'not'} ${list}`
    case 5:
    case 6: {
      const verb = type === 5 ? 'new' : 'block'
      if (sources.length === 0) return `Group ${group}, ${name} without a source`
      return `Group ${group}, ${verb} ${many ? 'sources' : 'source'} ${list}`
    }
    default:
      return `Group ${group}, unknown record type ${type}`
  }
}

function bodyText(message: MembershipMessage): string {
  const mld = message.protocol === 'MLD'
  switch (message.type) {
    case 'query': {
      const name = mld ? 'Multicast Listener Query' : 'Membership Query'
      if (message.group === undefined) return `${name}, general`
      const sources = message.sources.length > 0 ? `, sources ${braces(message.sources)}` : ''
      return `${name}, specific for group ${message.group}${sources}`
    }
    case 'report':
      return `${mld ? 'Multicast Listener Report' : 'Membership Report'} group ${message.group}`
    case 'leave':
      return `${mld ? 'Multicast Listener Done' : 'Leave Group'} ${message.group}`
    case 'records': {
      const name = mld ? 'Multicast Listener Report' : 'Membership Report'
      return message.records.length === 0
        ? `${name} without a group record`
        : [name, ...message.records.map(recordText)].join(' / ')
    }
    case 'other':
      return message.name
  }
}

/** One line: `IGMPv3 Membership Report / Join group 232.1.1.1 for source {10.0.0.9}`, worded as tshark's info column. */
export function membershipText(message: MembershipMessage): string {
  const version = message.type === 'other' ? '' : `v${message.version}`
  const warning = message.checksum === 'bad' ? ' [bad checksum]' : ''
  return `${message.protocol}${version} ${bodyText(message)}${warning}`
}
