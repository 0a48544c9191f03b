// Makes Ethernet frames with a UDP datagram in them, right in all but what a test asks for.
import { parseAddress } from '../../../lib/net/address.ts'
import { internetChecksum } from '../../../lib/protocols/bytes.ts'

export interface FramePlan {
  source: string
  destination: string
  port: number
  payload?: Buffer
  /** The hardware addresses; by default those of the group, and one of nobody. */
  to?: string
  from?: string
  /** The VLAN's number; 0 is a tag with a priority alone. */
  vlan?: number
  /** What is changed in the IP packet once all else is right. */
  spoil?: (packet: Buffer) => void
  /** The checksum of UDP, if not the right one. */
  udpChecksum?: number
  /** The length in the UDP header, if not the right one. */
  udpLength?: number
  /** Sends the datagram in fragments, and of them only the first so many. */
  fragments?: number
}

const IPV4_HEADER = 20
const IPV6_HEADER = 40
const PIECE = 1024

const bytesOf = (address: string): Buffer => Buffer.from(parseAddress(address)?.bytes ?? [])
const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex')

/** The hardware address of a group. RFC 1112 6.4, RFC 2464 7 */
function groupMac(group: Buffer): Buffer {
  if (group.length === 16) return Buffer.concat([Buffer.from([0x33, 0x33]), group.subarray(12)])
  return Buffer.from([1, 0, 0x5e, (group[1] ?? 0) & 0x7f, group[2] ?? 0, group[3] ?? 0])
}

function udpOf(plan: FramePlan, source: Buffer, destination: Buffer): Buffer {
  const payload = plan.payload ?? Buffer.alloc(100)
  const udp = Buffer.alloc(8 + payload.length)
  udp.writeUInt16BE(4000, 0)
  udp.writeUInt16BE(plan.port, 2)
  udp.writeUInt16BE(udp.length, 4)
  payload.copy(udp, 8)
  const pseudo = Buffer.alloc(8)
  pseudo[3] = 17
  pseudo.writeUInt16BE(udp.length, 6)
  udp.writeUInt16BE(plan.udpChecksum ?? (internetChecksum(source, destination, pseudo, udp) || 0xffff), 6)
  if (plan.udpLength !== undefined) udp.writeUInt16BE(plan.udpLength, 4)
  return udp
}

function ipv4(source: Buffer, destination: Buffer, payload: Buffer, flags: number): Buffer {
  const header = Buffer.alloc(IPV4_HEADER)
  header.set([0x45, 0, 0, 0, 0x77, 0x77, 0, 0, 3, 17])
  header.writeUInt16BE(IPV4_HEADER + payload.length, 2)
  header.writeUInt16BE(flags, 6)
  source.copy(header, 12)
  destination.copy(header, 16)
  header.writeUInt16BE(internetChecksum(header), 10)
  return Buffer.concat([header, payload])
}

function ipv6(source: Buffer, destination: Buffer, payload: Buffer, next: number): Buffer {
  const header = Buffer.alloc(IPV6_HEADER)
  header.set([0x60, 0, 0, 0, 0, 0, next, 3])
  header.writeUInt16BE(payload.length, 4)
  source.copy(header, 8)
  destination.copy(header, 24)
  return Buffer.concat([header, payload])
}

function packetsOf(plan: FramePlan, source: Buffer, destination: Buffer): Buffer[] {
  const udp = udpOf(plan, source, destination)
  if (plan.fragments === undefined)
    return [source.length === 4 ? ipv4(source, destination, udp, 0) : ipv6(source, destination, udp, 17)]
  const count = Math.ceil(udp.length / PIECE)
  return Array.from({ length: Math.min(count, plan.fragments) }, (_, at) => {
    const piece = udp.subarray(at * PIECE, (at + 1) * PIECE)
    const more = at + 1 < count
    if (source.length === 4) return ipv4(source, destination, piece, (more ? 0x2000 : 0) | ((at * PIECE) / 8))
    const header = Buffer.alloc(8)
    header[0] = 17
    header.writeUInt16BE((at * PIECE) | (more ? 1 : 0), 2)
    header.writeUInt32BE(0x7777, 4)
    return ipv6(source, destination, Buffer.concat([header, piece]), 44)
  })
}

/** The frames of one datagram. */
export function framesOf(plan: FramePlan): Buffer[] {
  const source = bytesOf(plan.source)
  const destination = bytesOf(plan.destination)
  const to = plan.to === undefined ? groupMac(destination) : macBytes(plan.to)
  const from = macBytes(plan.from ?? '02:00:00:00:00:99')
  const type = Buffer.from(source.length === 4 ? '0800' : '86dd', 'hex')
  const tag = Buffer.alloc(plan.vlan === undefined ? 0 : 4)
  if (plan.vlan !== undefined) {
    tag.writeUInt16BE(0x8100, 0)
    tag.writeUInt16BE(plan.vlan | 0x6000, 2)
  }
  return packetsOf(plan, source, destination).map((packet) => {
    plan.spoil?.(packet)
    return Buffer.concat([to, from, tag, type, packet])
  })
}

/** Changes a byte of an IPv4 header and puts its checksum right. */
export function changeIpv4(packet: Buffer, change: (header: Buffer) => void): void {
  const header = packet.subarray(0, IPV4_HEADER)
  change(header)
  header.writeUInt16BE(0, 10)
  header.writeUInt16BE(internetChecksum(header), 10)
}
