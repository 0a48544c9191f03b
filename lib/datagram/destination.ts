// The destination of a message as the kernel takes it, in each family.
import { badValue, show } from '../base/errors.ts'
import { type NativeDatagrams, native } from '../binding/native.ts'
import { interfaceOfZone, isIpv6, isMapped, toIpv6, unmapped, zoneOf } from '../net/address.ts'
import { interfaceByNameOrIndex, interfaces } from '../net/interfaces.ts'
import { type Family, familyNumber, parseSocketAddress } from '../net/socket-address.ts'
import { readEndpoint } from './message.ts'

/** A destination as the kernel takes it. */
export interface EncodedDestination {
  /** The sockaddr; undefined on a connected socket. */
  readonly bytes: Uint8Array | undefined
  readonly ipv6: boolean
  /** The index of the interface that the zone names. */
  readonly zone?: number
}

/** Checks a destination that the caller gave, and converts it. No code of the caller's changes the result any more. */
export type EncodeDestination = (to: unknown, name: 'to' | `data[${number}].to`) => EncodedDestination

/** A destination as its `struct sockaddr`: an IPv4-mapped address goes over IPv4. */
export const goesOverIpv6 = (sockaddr: Uint8Array): boolean =>
  sockaddr.length > 16 && !isMapped(sockaddr.subarray(8, 24))

export function createInetDestinations(send: NativeDatagrams, ipv6: boolean, hasPorts = true): EncodeDestination {
  let last: { address: string; port: number; encoded: EncodedDestination } | undefined

  return (to, name) => {
    const { address, port } = readEndpoint(to, name, hasPorts)
    if (last?.address === address && last.port === port) return last.encoded
    const own = ipv6 ? toIpv6(address) : unmapped(address)
    if (!ipv6 && isIpv6(own)) throw badValue(`${name} is '${address}': this socket is IPv4`)
    const zone = zoneOf(own)
    const zoneIndex = zone === undefined ? undefined : interfaceByNameOrIndex(interfaceOfZone(zone))?.index
    const bytes = send.encodeSockaddr(own, port)
    const overIpv6 = goesOverIpv6(bytes)
    // A zone names an interface, whose index changes when the interface is made anew. So it is looked up each time.
    if (zoneIndex !== undefined) return { bytes, ipv6: overIpv6, zone: zoneIndex }
    last = { address, port, encoded: { bytes, ipv6: overIpv6 } }
    return last.encoded
  }
}

/** What a packet socket knows of the packets it sends. */
export interface PacketDefaults {
  /** Whether the socket's packets have no link-layer header, which the kernel then makes: type `dgram`. */
  readonly isCooked: boolean
  /** The Ethernet protocol that the socket is bound to; 0: none, or all. */
  protocol(): number
}

/** Destinations of families other than IPv4 and IPv6. */
export function createDestinations(family: Family, packetDefaults?: PacketDefaults): EncodeDestination {
  const number = familyNumber(family)
  return (to, name) => {
    const { raw } = parseSocketAddress(family, name, to, 0)
    const address = packetDefaults === undefined ? raw : withDefaults(raw as PacketFields, packetDefaults, name)
    return { bytes: native.encodeAddress(number, address), ipv6: false }
  }
}

interface PacketFields {
  readonly interface: number
  readonly protocol: number
  readonly hardwareAddress?: Uint8Array
}

const NO_HARDWARE_ADDRESS = new Uint8Array(0)

/** Without a protocol or an address the kernel would send the packet nowhere, and say nothing. */
function withDefaults(given: PacketFields, { isCooked, protocol }: PacketDefaults, name: string): PacketFields {
  const chosen = given.protocol === 0 ? protocol() : given.protocol
  if (!isCooked) return { ...given, protocol: chosen }
  if (chosen === 0)
    throw badValue(`${name}: protocol is 0: the Ethernet protocol of the packet is needed, such as 'ETH_P_IP'`)
  if (given.hardwareAddress !== undefined) return { ...given, protocol: chosen }
  const { mac = '', name: link = given.interface } = interfaces().find(({ index }) => index === given.interface) ?? {}
  if (/[^0:]/.test(mac))
    throw badValue(
      `${name}: hardwareAddress is ${show(undefined)}: ${link} has hardware addresses such as ${show(mac)}, and one is needed`,
    )
  return { ...given, protocol: chosen, hardwareAddress: NO_HARDWARE_ADDRESS }
}

/** A destination in the bytes of a sockaddr, for an error's message. */
export function textOfDestination(sockaddr: Uint8Array | undefined): string {
  if (sockaddr === undefined) return ''
  const { address, port, path, ...rest } = native.decodeAddress(sockaddr) as Record<string, unknown>
  if (address !== undefined) return port === 0 ? ` to ${address}` : ` to ${address} port ${port}`
  if (path !== undefined) return ` to ${show(String(path).replaceAll('\0', '@'))}`
  const fields = Object.entries(rest).map(([field, value]) => `${field} ${value}`)
  return ` to ${fields.join(', ')}`
}
