// The address of a socket in each family: its type, its checks, and its way from and to the kernel.

import { mustBe, mustKnow, whole } from '../base/check-fields.ts'
import { badValue, show, wrongType } from '../base/errors.ts'
import { native, unsupported } from '../binding/native.ts'
import { interfaceOfZone, isIpv6, isOfOneLink, parseAddress } from './address.ts'
import { interfaceByNameOrIndex, interfaceIndex, isInterfaceIndex, nameOfInterface } from './interfaces.ts'
import { type Protocol, protocolNumber } from './protocol-numbers.ts'

/** A socket's address family: `AF_INET`, `AF_INET6`, `AF_UNIX`, `AF_PACKET`, `AF_NETLINK`, `AF_VSOCK`. */
export type Family = 'ipv4' | 'ipv6' | 'unix' | 'packet' | 'netlink' | 'vsock'

/** Whether a socket is of IPv4 or IPv6. */
export const isInet = (family: Family): family is 'ipv4' | 'ipv6' => family === 'ipv4' || family === 'ipv6'

const CONSTANTS: Record<Family, string> = {
  ipv4: 'AF_INET',
  ipv6: 'AF_INET6',
  unix: 'AF_UNIX',
  packet: 'AF_PACKET',
  netlink: 'AF_NETLINK',
  vsock: 'AF_VSOCK',
}

/** The kernel's number of a family; throws reason `unsupported` if this system does not have it. */
export function familyNumber(family: Family): number {
  const name = CONSTANTS[family]
  const number = native.constants[name]
  if (number === undefined) throw unsupported(name)
  return number
}

/** The family of a number of the kernel's; undefined for a family that this library has no addresses of. */
export const familyOfNumber = (number: number): Family | undefined =>
  (Object.keys(CONSTANTS) as Family[]).find((family) => native.constants[CONSTANTS[family]] === number)

/** `sockaddr_in`, `sockaddr_in6`: an address of the socket's family, a link-local one with its `%zone`; port 0 to 65535. */
export interface Endpoint {
  /** An IP address of the socket's family. */
  address: string
  /** 0 to 65535; where a datagram or a connection goes, from 1. */
  port: number
}

/**
 * `sockaddr_un`: a path of at most 107 bytes; '' is none. unix(7)
 *
 * A path that begins with NUL is an abstract name (Linux), of at most 108 bytes, taken as given: NULs that follow are
 * part of the name. Node 20 pads its own abstract names: `'\0name'.padEnd(108, '\0')` reaches its `listen('\0name')`.
 */
export interface UnixAddress {
  /** A path, or an abstract name that begins with NUL; '' is none. */
  path: string
}

/** What a packet is to this host. `sll_pkttype`, packet(7) */
export type PacketType = 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing' | 'loopback' | 'user' | 'kernel'

/** `sockaddr_ll`: the interface by name or index (none: all of them) and the Ethernet protocol. packet(7) */
export interface PacketAddress {
  /** A name or an index. Default: all interfaces; where a packet is sent, an interface is needed. */
  interface?: string | number | undefined
  /** The Ethernet protocol, by name or number. Default: none; where a packet is sent, the socket's own. */
  protocol?: Protocol | undefined
  /**
   * The hardware address of the source or the destination, as `'02:00:5e:10:00:01'`, of at most 8 bytes. A socket of type
   * `dgram` needs it to send by an interface that has such addresses; a frame of a `raw` socket has its own. Not for bind.
   */
  hardwareAddress?: string | undefined
  /** What a packet that arrived was to this host. Where a packet is sent it says nothing. Not for bind. */
  packetType?: PacketType | undefined
}

/** The source of a packet that arrived. `sockaddr_ll`, packet(7) */
export interface PacketSource {
  /** The name of the interface; its index if the interface is gone. */
  interface: string | number
  /** The Ethernet protocol: 0x0800 for IPv4. */
  protocol: number
  /** The sender's hardware address, in hexadecimal with colons; '' on interfaces without such addresses. */
  hardwareAddress: string
  /** What the packet is to this host. */
  packetType: PacketType
}

/** `sockaddr_nl`: the port id (0: the kernel chooses) and the bit mask of groups 1 to 32. netlink(7) */
export interface NetlinkAddress {
  /** The port id, 0 to 4294967295; 0: the kernel chooses at bind, and is the kernel at connect. */
  pid: number
  /** A bit for each of the groups 1 to 32. */
  groups: number
}

/** `sockaddr_vm`: the context id (1 this machine, 2 its host, 0xffffffff any) and the port (0xffffffff any). vsock(7) */
export interface VsockAddress {
  /** The context id, 0 to 4294967295. */
  cid: number
  /** 0 to 4294967295. */
  port: number
}

/** The address of a socket of each family. */
export interface SocketAddresses {
  /** `struct sockaddr_in`. ip(7) */
  ipv4: Endpoint
  /** `struct sockaddr_in6`. ipv6(7) */
  ipv6: Endpoint
  /** `struct sockaddr_un`. unix(7) */
  unix: UnixAddress
  /** `struct sockaddr_ll`. packet(7) */
  packet: PacketAddress
  /** `struct sockaddr_nl`. netlink(7) */
  netlink: NetlinkAddress
  /** `struct sockaddr_vm`. vsock(7) */
  vsock: VsockAddress
}

/** The address of a socket of one family, or of any. */
export type SocketAddress<F extends Family = Family> = SocketAddresses[F]

/** Where a message may be sent, by family. Raw sockets and ICMP sockets have no ports, so there none is given. */
export interface Destinations extends Omit<SocketAddresses, 'ipv4' | 'ipv6' | 'netlink'> {
  /** An IPv4 address, and the port of a UDP socket. */
  ipv4: InetDestination
  /** An IPv6 address, and the port of a UDP socket. */
  ipv6: InetDestination
  /** The port id (default 0: the kernel) and the groups (default none). */
  netlink: Partial<SocketAddresses['netlink']>
}

/** An IP address and a port. */
export interface InetDestination {
  /** An IP address of the socket's family. */
  address: string
  /** 1 to 65535. Raw sockets and ICMP sockets have no ports: left out, or of no effect. */
  port?: number | undefined
}

/** Where a message may be sent, in one family or in any. */
export type Destination<F extends Family = Family> = Destinations[F]

/** The source of a message, by family. */
export interface Sources {
  /** The sender's address and port; port 0 on a raw socket or an ICMP socket. */
  ipv4: Endpoint
  /** The sender's address and port; port 0 on a raw socket or an ICMP socket. */
  ipv6: Endpoint
  /** The path that the sender is bound to; `undefined` if the sender has no name. */
  unix: UnixAddress | undefined
  /** The interface, the protocol, the sender's hardware address and the packet's type. */
  packet: PacketSource
  /** The sender's port id, 0 for the kernel, and the groups that the message was sent to. */
  netlink: NetlinkAddress
  /** The sender's context id and port. */
  vsock: VsockAddress
}

/**
 * Refuses fields that an address does not have, and lets through what Node adds to one: `family`, and `size` of a
 * datagram's. A family must be that of the address.
 */
export function checkEndpointFields(given: object, name: string): void {
  mustKnow(['address', 'port', 'family', 'size'], given, name)
  const { address, family, size } = given as Record<string, unknown>
  const own = typeof address === 'string' && isIpv6(address) ? IPV6_NAMES : IPV4_NAMES
  if (family !== undefined && address !== undefined && !own.includes(family))
    throw badValue(`${name}: family is ${show(family)} and address is ${show(address)}: leave family out`)
  if (size !== undefined) mustBe(SIZE, `${name}.size`, size)
}

// As dgram, net and this library write a family.
const IPV4_NAMES: readonly unknown[] = ['IPv4', 'ipv4', 4]
const IPV6_NAMES: readonly unknown[] = ['IPv6', 'ipv6', 6]
const SIZE = whole(0, 65535)
const FIELDS_OF_NODE = ['family', 'size']

/** An address as the native side takes it, and as messages show it. */
export interface ParsedSocketAddress {
  readonly raw: object
  readonly text: string
}

/** What an address is for, as messages call it: `to` is the destination of messages. */
export type Role = 'bind' | 'connect' | 'to' | `data[${number}].to`

type Fields = Record<string, unknown>
type Read = (given: Fields, role: Role, leastPort: number) => ParsedSocketAddress

const MAX_UINT32 = 0xffffffff
/** VMADDR_CID_ANY and VMADDR_PORT_ANY. */
const VSOCK_ANY = 0xffffffff

function integer(given: Fields, role: Role, name: string, least: number, most: number, otherwise?: number): number {
  const value = given[name] ?? otherwise
  mustBe(whole(least, most), `${role}: ${name}`, value)
  return value
}

/** Given as the least port of an address whose socket has no ports: a raw socket, or an ICMP socket's peer. */
export const NO_PORTS = -1
/** The kernel tells the peer of a socket only if the peer has a port; a raw socket and an ICMP socket heed none. */
const PORT_OF_NONE = 1

const inetReader =
  (family: 4 | 6, wildcard: string): Read =>
  (given, role, leastPort) => {
    const address = given.address ?? (role === 'bind' ? wildcard : undefined)
    const parsed = typeof address === 'string' ? parseAddress(address) : undefined
    if (parsed?.family !== family) throw notInet(role, family, address, parsed?.family)
    if (parsed.zone !== undefined) checkZone(role, address as string, parsed.zone)
    if (leastPort === NO_PORTS) {
      integer(given, role, 'port', 0, 65535, 0)
      return { raw: { address, port: role === 'bind' ? 0 : PORT_OF_NONE }, text: `${address}` }
    }
    const port = integer(given, role, 'port', leastPort, 65535, role === 'bind' ? 0 : undefined)
    return { raw: { address, port }, text: `${address} port ${port}` }
  }

function checkZone(role: Role, address: string, zone: string): void {
  interfaceByNameOrIndex(interfaceOfZone(zone))
  if (!isOfOneLink(address))
    throw badValue(
      `${role}: address is ${show(address)}: the kernel heeds a zone of link-local addresses only; leave it out and set IPV6_UNICAST_IF, IPV6_MULTICAST_IF or SO_BINDTODEVICE`,
    )
}

function notInet(role: Role, family: 4 | 6, address: unknown, other: 4 | 6 | undefined): Error {
  const asked = `${role}: address is ${show(address)}: an IPv${family} address is needed`
  if (other === undefined) return badValue(`${asked}; a host's name must be looked up first, with node:dns`)
  return badValue(
    `${asked} on an IPv${family} socket${family === 6 ? `; to reach IPv4 through it write '::ffff:${address}'` : ''}`,
  )
}

/** The bytes of `sun_path`. */
const UNIX_PATH_ROOM = process.platform === 'darwin' ? 104 : 108

const unix: Read = (given, role) => {
  const path = given.path ?? (role === 'bind' && process.platform === 'linux' ? '' : undefined)
  if (typeof path !== 'string' || (path === '' && role !== 'bind'))
    throw badValue(`${role}: path is ${show(path)}: the path of a socket is needed`)
  const isAbstract = path.startsWith('\0')
  if (!isAbstract && path.includes('\0')) throw badValue(`${role}: path ${show(path)} has a NUL in it`)
  if (isAbstract && process.platform !== 'linux')
    throw badValue(`${role}: path ${show(path)} begins with NUL: abstract names are Linux's`)
  const length = Buffer.byteLength(path)
  // The NUL that ends a path needs room too; an abstract name has none.
  const most = isAbstract ? UNIX_PATH_ROOM : UNIX_PATH_ROOM - 1
  if (length > most) throw badValue(`${role}: path ${show(path)} has ${length} bytes: at most ${most} fit`)
  return { raw: { path }, text: path === '' ? 'a name that the kernel chooses' : show(path.replaceAll('\0', '@')) }
}

const packet: Read = (given, role) => {
  const spec = given.interface ?? 0
  if (spec !== 0 && spec !== '' && typeof spec !== 'string' && !isInterfaceIndex(spec))
    throw badValue(`${role}: interface is ${show(spec)}: its name or its index is needed`)
  const index = spec === '' ? 0 : interfaceIndex(spec as string | number)
  const protocol = protocolNumber(given.protocol ?? 0, 65535)
  return {
    raw: { interface: index, protocol },
    text: `${spec === 0 ? 'all interfaces' : `interface ${spec}`} protocol 0x${protocol.toString(16).padStart(4, '0')}`,
  }
}

/** By their numbers: PACKET_HOST, ... linux/if_packet.h */
const PACKET_TYPES: readonly PacketType[] = [
  'host',
  'broadcast',
  'multicast',
  'otherhost',
  'outgoing',
  'loopback',
  'user',
  'kernel',
]

export const packetTypeOf = (number: number): PacketType => PACKET_TYPES[number] ?? 'kernel'

/** The bytes of `sll_addr`. */
const HARDWARE_ADDRESS_ROOM = 8

function hardwareAddress(given: unknown, name: string): Uint8Array {
  const bytes = typeof given === 'string' && /^[\da-f]{2}([:-][\da-f]{2})*$/i.test(given) ? given.split(/[:-]/) : []
  if (bytes.length < 1 || bytes.length > HARDWARE_ADDRESS_ROOM)
    throw badValue(`${name} is ${show(given)}: 1 to ${HARDWARE_ADDRESS_ROOM} bytes as '02:00:5e:10:00:01' are needed`)
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16))
}

const packetDestination: Read = (given, role, leastPort) => {
  const { hardwareAddress: hardware, packetType, ...rest } = given
  const { raw, text } = packet(rest, role, leastPort)
  if ((raw as { interface: number }).interface === 0)
    throw badValue(`${role}: interface is ${show(given.interface)}: the interface to send by is needed`)
  if (packetType !== undefined && !PACKET_TYPES.includes(packetType as PacketType))
    throw badValue(`${role}: packetType is ${show(packetType)}: leave it out, a packet that is sent has none`)
  if (hardware === undefined || hardware === '') return { raw, text }
  return {
    raw: { ...raw, hardwareAddress: hardwareAddress(hardware, `${role}: hardwareAddress`) },
    text: `${hardware} by ${text}`,
  }
}

const netlink: Read = (given, role) => {
  const pid = integer(given, role, 'pid', 0, MAX_UINT32, 0)
  const groups = integer(given, role, 'groups', 0, MAX_UINT32, 0)
  return { raw: { pid, groups }, text: `port id ${pid} groups 0x${groups.toString(16)}` }
}

const vsock: Read = (given, role) => {
  const otherwise = role === 'bind' ? VSOCK_ANY : undefined
  const cid = integer(given, role, 'cid', 0, MAX_UINT32, otherwise)
  const port = integer(given, role, 'port', 0, MAX_UINT32, otherwise)
  return { raw: { cid, port }, text: `context ${cid} port ${port}` }
}

const READERS: Record<Family, { readonly keys: readonly string[]; readonly read: Read }> = {
  ipv4: { keys: ['address', 'port'], read: inetReader(4, '0.0.0.0') },
  ipv6: { keys: ['address', 'port'], read: inetReader(6, '::') },
  unix: { keys: ['path'], read: unix },
  packet: { keys: ['interface', 'protocol'], read: packet },
  netlink: { keys: ['pid', 'groups'], read: netlink },
  vsock: { keys: ['cid', 'port'], read: vsock },
}

const PACKET_DESTINATION = {
  keys: [...READERS.packet.keys, 'hardwareAddress', 'packetType'],
  read: packetDestination,
}

/**
 * Checks an address before any socket is opened. A datagram socket may connect to port 0: then it receives from every port
 * of the peer.
 */
export function parseSocketAddress(
  family: Family,
  role: Role,
  given: unknown,
  leastPort: number = role === 'bind' ? 0 : 1,
): ParsedSocketAddress {
  const { keys, read } = role !== 'bind' && family === 'packet' ? PACKET_DESTINATION : READERS[family]
  const fields = `{ ${keys.join(', ')} }`
  if (typeof given !== 'object' || given === null)
    throw wrongType(`${role} is ${show(given)}: ${fields} is needed for ${family}`)
  const isInet = family === 'ipv4' || family === 'ipv6'
  const unknown = Object.keys(given).find((key) => !keys.includes(key) && !(isInet && FIELDS_OF_NODE.includes(key)))
  if (unknown !== undefined) {
    const hint = unknown === 'interface' ? '; to use one interface only, set SO_BINDTODEVICE' : ''
    throw badValue(`${role}: ${unknown} is no part of an address of ${family}, which is ${fields}${hint}`)
  }
  if (isInet) checkEndpointFields(given, role)
  return read(given as Fields, role, leastPort)
}

/** The address of a socket's local or remote end, as the kernel tells it. */
export function socketAddressFromNative<F extends Family>(family: F, raw: object): SocketAddress<F> {
  if (family !== 'packet') return raw as SocketAddress<F>
  const { interface: index, protocol } = raw as { interface: number; protocol: number }
  const named = index === 0 ? {} : { interface: nameOfInterface(index) || index }
  return { ...named, protocol } as SocketAddress<F>
}
