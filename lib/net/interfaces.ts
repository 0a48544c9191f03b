// The interfaces of this host: their list, and one of them by name, index or local address.

import { whole } from '../base/check-fields.ts'
import { badValue, codeOf, kernelError, SocketOptionError, show } from '../base/errors.ts'
import { type NativeInterface, native } from '../binding/native.ts'
import { canonical, type IpFamily, interfaceOfZone, parseAddress, unmapped, withoutZone, zoneOf } from './address.ts'

/** An address of an interface, with the length of its prefix. */
export interface InterfaceAddress {
  /** In its canonical spelling; a link-local IPv6 address with its zone. */
  address: string
  /** The family of the address. */
  family: IpFamily
  /** In bits: 24 for a netmask of 255.255.255.0. */
  prefixLength: number
}

/** A network interface of this host (in this process's network namespace). */
export interface Interface {
  /** Up to 15 bytes: `eth0`. */
  name: string
  /** From 1; the kernel does not use it again soon. */
  index: number
  /** Largest payload of a frame, in bytes; 0 if the system does not tell. */
  mtu: number
  /** The hardware address, '' if it has none. */
  mac: string
  /** `IFF_UP` and its kin. netdevice(7) */
  flags: {
    up: boolean
    running: boolean
    loopback: boolean
    multicast: boolean
    broadcast: boolean
    pointToPoint: boolean
  }
  /** IPv4 and IPv6, in the order of the kernel. */
  addresses: InterfaceAddress[]
}

const FLAGS = {
  up: 'IFF_UP',
  running: 'IFF_RUNNING',
  loopback: 'IFF_LOOPBACK',
  multicast: 'IFF_MULTICAST',
  broadcast: 'IFF_BROADCAST',
  pointToPoint: 'IFF_POINTOPOINT',
} as const

function prefixLength(netmask: string): number {
  let bits = 0
  for (const octet of parseAddress(netmask)?.bytes ?? []) bits += Math.clz32(~(octet << 24))
  return bits
}

/** The flags of an interface, by their bits. */
export function flagsFromNative(bits: number): Interface['flags'] {
  const flag = (name: string): boolean => (bits & (native.constants[name] ?? 0)) !== 0
  return {
    up: flag(FLAGS.up),
    running: flag(FLAGS.running),
    loopback: flag(FLAGS.loopback),
    multicast: flag(FLAGS.multicast),
    broadcast: flag(FLAGS.broadcast),
    pointToPoint: flag(FLAGS.pointToPoint),
  }
}

export function interfaceFromNative(raw: NativeInterface): Interface {
  return {
    name: raw.name,
    index: raw.index,
    mtu: raw.mtu,
    mac: raw.mac,
    flags: flagsFromNative(raw.flags),
    addresses: raw.addresses.map(({ address, family, netmask }) => ({
      address,
      family: family === 6 ? 'ipv6' : 'ipv4',
      prefixLength: prefixLength(netmask),
    })),
  }
}

/**
 * The network interfaces of this host, those without an address included, in order of index.
 *
 * The call goes to the kernel at once and may wait for the kernel's network lock while interfaces come and go.
 * getifaddrs(3), netdevice(7).
 * @throws SocketOptionError `limit` if descriptors or memory are used up, `unsupported` without the addon
 */
export function interfaces(): Interface[] {
  return list().map(interfaceFromNative)
}

function list(): NativeInterface[] {
  try {
    return native.interfaces()
  } catch (errno) {
    if (typeof errno !== 'number') throw errno
    throw kernelError({ asked: 'list the interfaces', errno, syscall: 'getifaddrs' })
  }
}

/** The error for an interface that does not exist, with the interfaces that do. Throws if they can't be listed. */
export function noInterface(given: string | number, errno?: number): SocketOptionError {
  const names = list().map(({ name, index }) => `${name} (${index})`)
  return new SocketOptionError(
    `no interface ${typeof given === 'number' ? `with index ${given}` : show(given)}; there are: ${names.join(', ')}`,
    { code: errno === undefined ? 'ENODEV' : codeOf(errno), reason: 'no-interface', errno },
  )
}

/** The interfaces that are up and take multicast. */
export const multicastInterfaces = (): Interface[] => interfaces().filter(({ flags }) => flags.up && flags.multicast)

/** The index of an interface by its name; an index is returned as it is. The kernel reads a table and does not wait. */
export function interfaceIndex(spec: string | number): number {
  if (typeof spec === 'number') return spec
  const index = native.nameToIndex(spec)
  if (index === 0) throw noInterface(spec)
  return index
}

/** The name of an interface by its index, '' if there is none. The kernel reads a table and does not wait. */
export const nameOfInterface = (index: number): string => native.indexToName(index)

/** Linux gives lo this index in each network namespace: LOOPBACK_IFINDEX of net/flow.h. */
const LOOPBACK_INDEX = 1

/**
 * The IPv4 address to send from by lo; `undefined` for any other interface. It has to be named: addresses of lo have the
 * scope of the host, so the kernel would take one of another interface.
 *
 * @param spec how the interface was named
 */
export function loopbackSource(index: number, spec: unknown): string | undefined {
  if (index !== LOOPBACK_INDEX || process.platform !== 'linux') return undefined
  const own = interfaces().find((one) => one.index === index)?.addresses ?? []
  const given = typeof spec === 'string' ? unmapped(spec) : ''
  return (own.find(({ address }) => address === given) ?? own.find(({ family }) => family === 'ipv4'))?.address
}

export const isInterfaceIndex = whole(1, 2 ** 31 - 1).right

export interface NamedInterface {
  readonly name: string
  readonly index: number
}

/** Interfaces found in this tick. A question to the kernel opens a socket and costs more than a join: calls of one tick ask once. */
const foundNow = new Map<string | number, NamedInterface>()
const forgetFound = foundNow.clear.bind(foundNow)

/** An interface by its name or index, with both; `undefined` if the text is an address, for which a list is needed. */
export function interfaceByNameOrIndex(spec: string | number): NamedInterface | undefined {
  const known = foundNow.get(spec)
  if (known !== undefined) return known
  if (typeof spec === 'string' && canonical(spec) !== undefined) return undefined
  if (typeof spec === 'number' && !isInterfaceIndex(spec)) throw wrongInterface(spec)
  const index = typeof spec === 'string' ? native.nameToIndex(spec) : spec
  // Asked for by index, since the text may be an alias (`eth0:1`) or an altname, which no list of interfaces has.
  const name = index === 0 ? '' : native.indexToName(index)
  if (name === '' || index === 0) throw noInterface(spec)
  const found = Object.freeze({ name, index })
  if (foundNow.size === 0) queueMicrotask(forgetFound)
  foundNow.set(spec, found)
  return found
}

/** An interface that is named by an address of this host: which one it is must be looked up. */
export interface InterfaceByAddress {
  readonly address: string
}

/** An interface as it was named; `undefined` leaves the choice to the kernel, as 0, 0.0.0.0 and :: do. */
export function readInterface(spec: unknown): NamedInterface | InterfaceByAddress | undefined {
  if (spec === undefined || spec === 0) return undefined
  if (typeof spec !== 'string' && typeof spec !== 'number') throw wrongInterface(spec)
  const named = interfaceByNameOrIndex(spec)
  if (named !== undefined) return named
  const address = unmapped(canonical(spec as string) as string)
  if (address === '0.0.0.0' || address === '::') return undefined
  const zone = zoneOf(address)
  return zone !== undefined && withoutZone(address) === '::'
    ? interfaceByNameOrIndex(interfaceOfZone(zone))
    : { address }
}

const wrongInterface = (spec: unknown): SocketOptionError =>
  badValue(`interface is ${show(spec)}: a name, an index or a local address is needed`)

/** The interface that has a local address; a link-local address needs no zone if only one interface has it. */
export function interfaceByAddress(address: string, known: readonly NativeInterface[]): NamedInterface {
  const given = canonical(address) ?? address
  const wanted = withoutZone(given)
  const zone = zoneOf(given)
  // There is always lo: an empty list is one that could not be had.
  const found = (known.length > 0 ? known : list()).filter(
    ({ name, index, addresses }) =>
      (zone === undefined || zone === name || zone === String(index)) &&
      addresses.some((entry) => withoutZone(canonical(entry.address) ?? '') === wanted),
  )
  const [first, second] = found
  if (first === undefined) throw noInterface(address)
  if (second !== undefined) {
    const names = found.map(({ name }) => name).join(', ')
    throw badValue(`interface is ${show(address)}, an address of each of ${names}: name one of them`)
  }
  return { name: first.name, index: first.index }
}

/** The interface of a name, an index or a local address; throws reason `no-interface` with the interfaces that exist. */
export function interfaceNamed(spec: string | number): Interface {
  const all = list()
  const wanted = readInterface(spec)
  if (wanted === undefined) throw noInterface(spec)
  const { index } = 'address' in wanted ? interfaceByAddress(wanted.address, all) : wanted
  const found = all.find((one) => one.index === index)
  if (found === undefined) throw noInterface(spec)
  return interfaceFromNative(found)
}
