// Reads a target that is no UDP address: packets of an IP protocol, frames of an interface, messages of a Unix socket.

import { badValue, type SocketOptionError, show } from '../base/errors.ts'
import { canonical, interfaceOfZone, unmapped } from '../net/address.ts'
import { PROTOCOLS } from '../net/protocol-numbers.ts'

/** Packets of one IP protocol: a raw socket. raw(7) */
export interface RawTarget {
  readonly kind: 'raw'
  /** The target as it was written. */
  readonly text: string
  /** 1 to 255. */
  readonly protocol: number
  /** An IP address in canonical form, which decides on the family; absent: any address of IPv4. */
  readonly address?: string
}

/** Frames of one interface: a packet socket. packet(7) */
export interface PacketTarget {
  readonly kind: 'packet'
  /** The target as it was written. */
  readonly text: string
  /** The name or the index of the interface. */
  readonly interface: string | number
  /** The Ethernet protocol, 1 to 65535; absent: all. */
  readonly protocol?: number
}

/** Messages at one path or abstract name: a Unix datagram socket. unix(7) */
export interface UnixTarget {
  readonly kind: 'unix'
  /** The target as it was written. */
  readonly text: string
  /** An abstract name begins with NUL. */
  readonly path: string
}

/** A target that is a socket of another kind than UDP's. */
export type SocketTarget = RawTarget | PacketTarget | UnixTarget

const FORMS = {
  raw: 'raw:PROTOCOL or raw:PROTOCOL@ADDRESS',
  packet: 'packet:INTERFACE or packet:INTERFACE:PROTOCOL',
  unix: 'unix:PATH or unix:@NAME',
}

const wrongTarget = (text: string, problem: string): SocketOptionError => badValue(`target ${show(text)}: ${problem}`)

/** A protocol by its number, or by its C name, with or without the prefix and in any case. */
function readProtocol(text: string, given: string, prefix: 'IPPROTO_' | 'ETH_P_', most: number): number {
  const upper = given.toUpperCase()
  const name = upper.startsWith(prefix) ? upper : `${prefix}${upper}`
  const number = /^(\d{1,5}|0x[\da-f]{1,4})$/i.test(given)
    ? Number(given)
    : Object.hasOwn(PROTOCOLS, name)
      ? PROTOCOLS[name as keyof typeof PROTOCOLS]
      : 0
  if (number >= 1 && number <= most) return number
  const names = Object.entries(PROTOCOLS).flatMap(([known, value]) =>
    known.startsWith(prefix) && value <= most ? known : [],
  )
  throw wrongTarget(text, `a protocol is a number from 1 to ${most}, or one of ${names.join(', ')}, not ${show(given)}`)
}

function readRaw(text: string, rest: string): RawTarget {
  const at = rest.indexOf('@')
  const protocol = at < 0 ? rest : rest.slice(0, at)
  if (protocol === '') throw wrongTarget(text, `write it as ${FORMS.raw}`)
  const number = readProtocol(text, protocol, 'IPPROTO_', 255)
  if (at < 0) return { kind: 'raw', text, protocol: number }
  const given = rest.slice(at + 1)
  const address = canonical(unmapped(given.replace(/^\[(.*)\]$/, '$1')))
  if (address === undefined)
    throw wrongTarget(text, `${show(given)} is not an address; names are not looked up. Write it as ${FORMS.raw}`)
  return { kind: 'raw', text, protocol: number, address }
}

function readPacket(text: string, rest: string): PacketTarget {
  const [on = '', protocol, ...more] = rest.split(':')
  if (on === '' || more.length > 0) throw wrongTarget(text, `write it as ${FORMS.packet}`)
  return {
    kind: 'packet',
    text,
    interface: interfaceOfZone(on),
    ...(protocol !== undefined && { protocol: readProtocol(text, protocol, 'ETH_P_', 65535) }),
  }
}

function readUnix(text: string, rest: string): UnixTarget {
  if (rest === '' || rest === '@') throw wrongTarget(text, `write it as ${FORMS.unix}`)
  return { kind: 'unix', text, path: rest.startsWith('@') ? `\0${rest.slice(1)}` : rest }
}

const READERS = { raw: readRaw, packet: readPacket, unix: readUnix }

/**
 * Reads `raw:2`, `raw:igmp@224.0.0.1`, `raw:58@::`; `packet:eth0`, `packet:eth0:0x88cc`, `packet:eth0:lldp`;
 * `unix:/run/x.sock`, `unix:@name`. `undefined` for any other text. A host of such a name is `udp://raw:2`.
 *
 * @throws SocketOptionError `bad-value`; the message says which part of the text is wrong
 */
export function parseSocketTarget(text: string): SocketTarget | undefined {
  const [, kind, rest] = /^(raw|packet|unix):(?!\/\/)(.*)$/s.exec(text) ?? []
  return kind === undefined || rest === undefined ? undefined : READERS[kind as keyof typeof READERS](text, rest)
}
