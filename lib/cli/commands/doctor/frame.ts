// Reads a frame that carries a UDP datagram, or a part of one, and says why the kernel will not take it.

import type { Datagram } from '../../../index.ts'
import { formatAddress, isMapped, isMulticast } from '../../../net/address.ts'
import { internetChecksum, viewOf } from '../../../protocols/bytes.ts'

/** Why the kernel takes no datagram from a frame, in the order in which it looks. */
export const FLAWS = [
  'vlan',
  'other-host',
  'ip-checksum',
  'truncated',
  'source',
  'own-address',
  'udp-length',
  'no-udp-checksum',
  'udp-checksum',
] as const
export type FlawKind = (typeof FLAWS)[number]

export interface Flaw {
  readonly kind: FlawKind
  /** The VLAN's number, the hardware address, or the lengths. */
  readonly detail: string
}

/** Which part of a datagram a fragment has. RFC 791 */
export interface Fragment {
  readonly id: number
  /** In bytes. */
  readonly offset: number
  readonly length: number
  readonly isLast: boolean
}

/** What a frame shows. */
export interface Sighting {
  readonly interfaceIndex: number
  /** True of a frame that this host sends. */
  readonly outgoing: boolean
  readonly source: string
  /** Undefined if the frame does not show the port, as a later fragment. */
  readonly sourcePort: number | undefined
  readonly port: number | undefined
  readonly hopLimit: number
  /** How many datagrams the frame holds: more than one of a frame that offloading put together. */
  readonly datagrams: number
  /** In bytes: the payload of all of them, and that of the largest. */
  readonly bytes: number
  readonly largest: number
  readonly fragment: Fragment | undefined
  readonly flaw: Flaw | undefined
}

/** What this host takes, which its settings decide. */
export interface HostRules {
  /** The host's own addresses, without zones. */
  readonly addresses: ReadonlySet<string>
  isLoopback(interfaceIndex: number): boolean
  /** net.ipv4.conf.*.accept_local */
  acceptsLocal(interfaceIndex: number): boolean
  /**
   * The broadcast addresses of this host's own networks, which are no sources if the reverse path filter looks at routes
   * (net.ipv4.conf.*.rp_filter).
   */
  isRefusedBroadcast(source: string, interfaceIndex: number): boolean
  /** net.ipv4.conf.*.route_localnet */
  routesLocalnet(interfaceIndex: number): boolean
}

const ETHERNET_HEADER = 14
const TAG_LENGTH = 4
const TAGS = [0x8100, 0x88a8]
const ETHERTYPE_AT = 12
const IPV4_HEADER = 20
const IPV6_HEADER = 40
const UDP_HEADER = 8
const UDP = 17
const FRAGMENT = 44
const EXTENSIONS = [0, 43, 60]
const MAX_VLAN = 0xfff

export interface NetworkPart {
  readonly packet: Buffer
  /** 0 if the frame has no tag. */
  readonly vlan: number
  /** The hardware address that the frame is sent to; '' if it has none. */
  readonly to: string
}

/** The IP packet in a frame. Packet sockets give an Ethernet header before it, and none of an interface that has none. */
export function networkPart({ data, vlan }: Datagram<'packet'>): NetworkPart | undefined {
  const isIp = (at: number): boolean => [4, 6].includes((data[at] ?? 0) >> 4)
  const tag = vlan === undefined ? 0 : vlan.id
  if (data.length > ETHERNET_HEADER) {
    const type = data.readUInt16BE(ETHERTYPE_AT)
    const to = data.toString('hex', 0, 6).replaceAll(/(..)(?!$)/g, '$1:')
    if ((type === 0x0800 || type === 0x86dd) && isIp(ETHERNET_HEADER))
      return { packet: data.subarray(ETHERNET_HEADER), vlan: tag, to }
    const start = ETHERNET_HEADER + TAG_LENGTH
    if (TAGS.includes(type) && isIp(start))
      return { packet: data.subarray(start), vlan: data.readUInt16BE(ETHERNET_HEADER) & MAX_VLAN, to }
  }
  return isIp(0) ? { packet: data, vlan: tag, to: '' } : undefined
}

interface IpPart {
  readonly family: 4 | 6
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly hopLimit: number
  readonly protocol: number
  readonly payload: Uint8Array
  readonly fragment: Fragment | undefined
  readonly flaw: Flaw | undefined
}

const tooShort = (told: number, found: number): Flaw => ({
  kind: 'truncated',
  detail: `${found} bytes came of ${told}`,
})

function readIpv4(packet: Buffer): IpPart | undefined {
  if (packet.length < IPV4_HEADER) return undefined
  const header = ((packet[0] ?? 0) & 15) * 4
  const told = packet.readUInt16BE(2)
  const flags = packet.readUInt16BE(6)
  const offset = (flags & 0x1fff) * 8
  const more = (flags & 0x2000) !== 0
  const payload = packet.subarray(header, Math.max(header, Math.min(told, packet.length)))
  const badSum = header < IPV4_HEADER || internetChecksum(packet.subarray(0, header)) !== 0
  return {
    family: 4,
    source: packet.subarray(12, 16),
    destination: packet.subarray(16, 20),
    hopLimit: packet[8] ?? 0,
    protocol: packet[9] ?? 0,
    payload,
    fragment:
      more || offset > 0 ? { id: packet.readUInt16BE(4), offset, length: payload.length, isLast: !more } : undefined,
    flaw: badSum
      ? { kind: 'ip-checksum', detail: '' }
      : told > packet.length
        ? tooShort(told, packet.length)
        : undefined,
  }
}

function readIpv6(packet: Buffer): IpPart | undefined {
  if (packet.length < IPV6_HEADER) return undefined
  const told = IPV6_HEADER + packet.readUInt16BE(4)
  const end = Math.min(told, packet.length)
  let protocol = packet[6] ?? 0
  let at = IPV6_HEADER
  let fragment: Fragment | undefined
  while ((EXTENSIONS.includes(protocol) || protocol === FRAGMENT) && at + 8 <= end) {
    const length = protocol === FRAGMENT ? 8 : ((packet[at + 1] ?? 0) + 1) * 8
    if (protocol === FRAGMENT) {
      const flags = packet.readUInt16BE(at + 2)
      fragment = {
        id: packet.readUInt32BE(at + 4),
        offset: flags & 0xfff8,
        length: end - at - 8,
        isLast: (flags & 1) === 0,
      }
    }
    protocol = packet[at] ?? 0
    at += length
    if (fragment !== undefined && fragment.offset > 0) break
  }
  return {
    family: 6,
    source: packet.subarray(8, 24),
    destination: packet.subarray(24, 40),
    hopLimit: packet[7] ?? 0,
    protocol,
    payload: packet.subarray(Math.min(at, end), end),
    fragment,
    flaw: told > packet.length ? tooShort(told, packet.length) : undefined,
  }
}

const LIMITED_BROADCAST = '255.255.255.255'

/** Whether no host can have the address. The kernel takes no datagram from such a source. */
function isImpossible(source: string, bytes: Uint8Array, destination: Uint8Array, routesLocalnet: boolean): boolean {
  if (isMulticast(source) || source === LIMITED_BROADCAST) return true
  if (bytes.length === 16) return source === '::1' || isMapped(bytes)
  // 224.0.0.0/24 is heard from hosts that have no address yet.
  if (bytes[0] === 0) return !(destination[0] === 224 && destination[1] === 0 && destination[2] === 0)
  return bytes[0] === 127 && !routesLocalnet
}

interface UdpPart {
  readonly sourcePort: number | undefined
  readonly port: number | undefined
  readonly length: number
  readonly flaw: Flaw | undefined
}

/** The pseudo header that the checksum of UDP covers, besides the datagram. RFC 768, RFC 8200 8.1 */
function pseudoHeader({ family, source, destination, payload }: IpPart): Uint8Array {
  const tail = new Uint8Array(family === 4 ? 4 : 8)
  tail[family === 4 ? 1 : 7] = UDP
  viewOf(tail).setUint16(2, payload.length)
  return Buffer.concat([source, destination, tail])
}

function readUdp(ip: IpPart, checked: boolean): UdpPart {
  const { payload, fragment } = ip
  if (payload.length < UDP_HEADER || (fragment?.offset ?? 0) > 0)
    return { sourcePort: undefined, port: undefined, length: payload.length, flaw: undefined }
  const view = viewOf(payload)
  const told = view.getUint16(4)
  const sum = view.getUint16(6)
  const part = { sourcePort: view.getUint16(0), port: view.getUint16(2), length: Math.max(0, told - UDP_HEADER) }
  const flaw = ((): Flaw | undefined => {
    if (fragment !== undefined || !checked) return undefined
    if (told > payload.length || told < UDP_HEADER)
      return { kind: 'udp-length', detail: `${told} bytes are told, and ${payload.length} came` }
    if (sum === 0) return ip.family === 6 ? { kind: 'no-udp-checksum', detail: '' } : undefined
    const datagram = { ...ip, payload: payload.subarray(0, told) }
    return internetChecksum(pseudoHeader(datagram), datagram.payload) === 0
      ? undefined
      : { kind: 'udp-checksum', detail: '' }
  })()
  return { ...part, flaw }
}

/** What the kernel finds before it looks at the packet: a tag of a VLAN, or another host's hardware address. */
function flawOfFrame({ source }: Datagram<'packet'>, { vlan, to }: NetworkPart): Flaw | undefined {
  if (vlan > 0) return { kind: 'vlan', detail: `${vlan}` }
  return source.packetType === 'otherhost' ? { kind: 'other-host', detail: to } : undefined
}

function flawOfSource(ip: IpPart, source: string, index: number, rules: HostRules): Flaw | undefined {
  if (rules.isLoopback(index)) return undefined
  if (
    isImpossible(source, ip.source, ip.destination, rules.routesLocalnet(index)) ||
    rules.isRefusedBroadcast(source, index)
  )
    return { kind: 'source', detail: source }
  return ip.family === 4 && rules.addresses.has(source) && !rules.acceptsLocal(index)
    ? { kind: 'own-address', detail: source }
    : undefined
}

/** Reads a frame; `undefined` if it carries no UDP. Never throws. */
export function readFrame(frame: Datagram<'packet'>, rules: HostRules): Sighting | undefined {
  const network = networkPart(frame)
  if (network === undefined) return undefined
  const ip = (network.packet[0] ?? 0) >> 4 === 4 ? readIpv4(network.packet) : readIpv6(network.packet)
  if (ip === undefined || ip.protocol !== UDP) return undefined
  const outgoing = frame.source.packetType === 'outgoing'
  const { gso, partialChecksum = false, interfaceIndex = 0 } = frame
  // A frame that is cut later, or whose checksum is computed later, has neither its own lengths nor its own checksum yet.
  // Of a frame longer than a packet socket's room the end is missing here, and not on the wire.
  const isWhole = gso === undefined && !partialChecksum && !frame.truncated
  const udp = readUdp(ip, !outgoing && isWhole)
  const payload = gso === undefined ? udp.length : Math.max(0, ip.payload.length - UDP_HEADER)
  const isCut = gso?.type === 'UDP_L4' && gso.size > 0 && payload > gso.size
  const source = formatAddress(ip.source)
  return {
    interfaceIndex,
    outgoing,
    source,
    sourcePort: udp.sourcePort,
    port: udp.port,
    hopLimit: ip.hopLimit,
    datagrams: isCut ? Math.ceil(payload / gso.size) : 1,
    bytes: payload,
    largest: isCut ? gso.size : payload,
    fragment: ip.fragment,
    flaw: outgoing
      ? undefined
      : (flawOfFrame(frame, network) ??
        (frame.truncated && ip.flaw?.kind === 'truncated' ? undefined : ip.flaw) ??
        flawOfSource(ip, source, interfaceIndex, rules) ??
        udp.flaw),
  }
}
