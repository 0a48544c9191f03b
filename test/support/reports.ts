import { ipv4, ipv6 } from './net-stat.ts'

/** The record types of IGMPv3 (RFC 9776 4.2.13) and MLDv2 (RFC 3810 5.2.12), and the older messages. */
export type RecordKind =
  | 'IS_IN'
  | 'IS_EX'
  | 'TO_IN'
  | 'TO_EX'
  | 'ALLOW'
  | 'BLOCK'
  | 'V1_REPORT'
  | 'V2_REPORT'
  | 'V2_LEAVE'
  | 'MLD1_REPORT'
  | 'MLD1_DONE'

/** One group record of a membership report. */
export interface GroupRecord {
  readonly kind: RecordKind
  readonly group: string
  readonly sources: readonly string[]
}

/** A membership report as it was on the wire. */
export interface Report {
  readonly family: 4 | 6
  readonly from: string
  readonly to: string
  readonly hopLimit: number
  /** TOS or traffic class. */
  readonly trafficClass: number
  /** IPv4's router alert option (RFC 2113), or IPv6's (RFC 2711). */
  readonly routerAlert: boolean
  readonly records: readonly GroupRecord[]
}

const kinds: readonly RecordKind[] = ['IS_IN', 'IS_EX', 'TO_IN', 'TO_EX', 'ALLOW', 'BLOCK']
const single4: Readonly<Record<number, RecordKind>> = { 18: 'V1_REPORT', 22: 'V2_REPORT', 23: 'V2_LEAVE' }
const single6: Readonly<Record<number, RecordKind>> = { 131: 'MLD1_REPORT', 132: 'MLD1_DONE' }

/** Reads an Ethernet frame that holds an IGMP or MLD message; undefined where it is none that reports (a query). */
export function decodeReport(frame: Buffer): Report | undefined {
  const packet = frame.subarray(14)
  return frame.readUInt16BE(12) === 0x0800 ? report4(packet) : report6(packet)
}

function report4(packet: Buffer): Report | undefined {
  const headerLength = (packet.readUInt8(0) & 15) * 4
  const records = readRecords(packet.subarray(headerLength, packet.readUInt16BE(2)), 4, 0x22, single4)
  return (
    records && {
      family: 4,
      from: address(packet.subarray(12, 16)),
      to: address(packet.subarray(16, 20)),
      hopLimit: packet.readUInt8(8),
      trafficClass: packet.readUInt8(1),
      routerAlert: packet.subarray(20, headerLength).toString('hex').startsWith('94040000'),
      records,
    }
  )
}

function report6(packet: Buffer): Report | undefined {
  const hopByHop = packet.subarray(40, 48 + packet.readUInt8(41) * 8)
  const records = readRecords(packet.subarray(40 + hopByHop.length), 16, 143, single6)
  return (
    records && {
      family: 6,
      from: address(packet.subarray(8, 24)),
      to: address(packet.subarray(24, 40)),
      hopLimit: packet.readUInt8(7),
      trafficClass: (packet.readUInt16BE(0) >> 4) & 255,
      routerAlert: hopByHop.subarray(2).toString('hex').startsWith('05020000'),
      records,
    }
  )
}

/** Both families' messages have one layout: only the length of an address and the numbers differ. */
function readRecords(
  message: Buffer,
  octets: 4 | 16,
  report: number,
  single: Readonly<Record<number, RecordKind>>,
): GroupRecord[] | undefined {
  const type = message.readUInt8(0)
  const old = single[type]
  if (old) {
    const at = octets === 4 ? 4 : 8
    return [{ kind: old, group: address(message.subarray(at, at + octets)), sources: [] }]
  }
  if (type !== report) return undefined
  const records: GroupRecord[] = []
  for (let at = 8, left = message.readUInt16BE(6); left > 0; left--) {
    const kind = kinds[message.readUInt8(at) - 1]
    if (!kind) throw new Error(`record type ${message.readUInt8(at)} in ${message.toString('hex')}`)
    const count = message.readUInt16BE(at + 2)
    const take = (index: number) => address(message.subarray(at + 4 + index * octets, at + 4 + (index + 1) * octets))
    records.push({ kind, group: take(0), sources: Array.from({ length: count }, (_, index) => take(index + 1)).sort() })
    at += 4 + (count + 1) * octets + message.readUInt8(at + 1) * 4
  }
  return records
}

function address(octets: Buffer): string {
  return octets.length === 4 ? ipv4(octets.toString('hex')) : ipv6(octets.toString('hex'))
}
