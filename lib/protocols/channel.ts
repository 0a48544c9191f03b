// Reads a channel as a person writes one: a group with sources, interface and port, or a URL of VLC's or ffmpeg's form.

import { show } from '../base/errors.ts'
import { canonical, interfaceOfZone, isIpv6, isMulticast, parseAddress, unmapped, withoutZone } from '../net/address.ts'
import { wrongChannel } from './channel-error.ts'
import { readParameters, type UrlParameters } from './url-parameters.ts'

/** What the text of a channel says: a group, perhaps a port, perhaps the sources wanted or not wanted. */
export interface ChannelText {
  /** `rtp` if the text is an `rtp://` URL. */
  protocol: 'udp' | 'rtp'
  group: string
  /** 1 to 65535. 5004 (RFC 3551) if an `rtp://` URL names no port; absent if any other text names none. */
  port?: number
  /** Sources to join, source-specific; empty for any source. */
  sources: string[]
  /** Sources to block on an any-source membership; `block=` of a URL. Never together with `sources`. */
  blocked: string[]
  /** Name, index or local address of the interface: the zone of the group (`%eth0`), or `interface=` of a URL. */
  interface?: string | number
  /** The hop limit to send with; `ttl=` of a URL. */
  hops?: number
}

/** The port of an `rtp://` URL that names none. RFC 3551 */
export const RTP_PORT = 5004
const FORMS = 'GROUP, GROUP:PORT, [GROUP]:PORT, SOURCE@GROUP:PORT, GROUP%INTERFACE:PORT, or a udp:// or rtp:// URL'

/** An address or a name, with what is written after it. */
export interface AddressParts {
  address: string
  zone?: string
  port?: string
}

const ADDRESS_PARTS =
  /^(?:\[(?<bracketed>[^\][%]+)(?:%(?<inner>[^\][]+))?\](?:%(?<outer>[^:\][]+))?|(?<ipv4>[^:%\][]+)(?:%(?<zone4>[^:\][]+))?)(?::(?<port>[^:]*))?$/

/**
 * The parts of `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS%ZONE]:PORT`. A port after an IPv6 address needs the brackets:
 * without them, all of the text is the address.
 */
export function splitAddress(text: string): AddressParts | undefined {
  const bare = parseAddress(text)
  if (bare?.family === 6) {
    return { address: withoutZone(text), ...(bare.zone !== undefined && { zone: bare.zone }) }
  }
  const parts = ADDRESS_PARTS.exec(text)?.groups
  if (parts === undefined) return undefined
  const zone = parts.inner ?? parts.outer ?? parts.zone4
  return {
    address: parts.bracketed ?? parts.ipv4 ?? '',
    ...(zone !== undefined && { zone }),
    ...(parts.port !== undefined && { port: parts.port }),
  }
}

/** A port from 1 to 65535. */
export function readPort(text: string, port: string): number {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0
  if (number < 1 || number > 65535) throw wrongChannel(text, `a port is a number from 1 to 65535, not ${show(port)}`)
  return number
}

/** A hop limit from 0 to 255. */
export function readHops(text: string, ttl: string): number {
  const number = /^\d{1,3}$/.test(ttl) ? Number(ttl) : 256
  if (number > 255) throw wrongChannel(text, `ttl is a number from 0 to 255, not ${show(ttl)}`)
  return number
}

function readGroup(text: string, target: string): AddressParts {
  const parts = splitAddress(target)
  if (parts === undefined) throw wrongChannel(text, `write it as ${FORMS}`)
  const parsed = parseAddress(parts.address)
  if (parsed === undefined) {
    throw wrongChannel(text, `${show(parts.address)} is not an address; names are not looked up. Write it as ${FORMS}`)
  }
  const group = unmapped(parts.address)
  if (!isMulticast(group)) {
    throw wrongChannel(text, `${parts.address} is not a group: groups are 224.0.0.0 to 239.255.255.255 and ff00::/8`)
  }
  return { ...parts, address: canonical(group) ?? group }
}

function readSource(text: string, source: string, group: string): string {
  const given = /^\[(.*)\]$/.exec(source)?.[1] ?? source
  const bare = isIpv6(group) ? given : unmapped(given)
  const parsed = parseAddress(bare)
  if (parsed === undefined) {
    const withPort = splitAddress(source)?.port !== undefined
    throw wrongChannel(
      text,
      withPort ? `a source has no port: ${show(source)}` : `the source ${show(source)} is not an address`,
    )
  }
  if (parsed.family !== parseAddress(group)?.family)
    throw wrongChannel(text, `source ${bare} and group ${group} are not of one family`)
  if (isMulticast(bare) || parsed.bytes.every((byte) => byte === 0)) {
    throw wrongChannel(text, `the source ${bare} is not the address of a host`)
  }
  return canonical(bare) ?? bare
}

function readSources(text: string, list: readonly string[], group: string): string[] {
  const sources = list.map((source) => readSource(text, source, group))
  const twice = sources.find((source, i) => sources.indexOf(source) !== i)
  if (twice !== undefined) throw wrongChannel(text, `source ${twice} is named twice`)
  return sources
}

interface ChannelParts {
  protocol: 'udp' | 'rtp'
  /** The text before the last `@`: the sources. */
  before: string
  /** The text after the last `@`: group, interface and port. */
  target: string
  parameters: UrlParameters
}

/** Also what mediamtx has: `udp+rtp`, `udp+mpegts`. */
const SCHEME = /^(?:(?<plain>udp|rtp)[46]?|udp\+(?<inner>rtp|mpegts))$/

/** The interface that a target's zone and its URL's parameter name. */
export function interfaceFrom(text: string, zone: string | undefined, on: string | undefined): string | undefined {
  if (zone !== undefined && on !== undefined && zone !== on)
    throw wrongChannel(text, `the zone ${zone} and the parameter ${on} name two interfaces: leave one out`)
  return zone ?? on
}

/**
 * Not done with Node's `URL`, which takes neither `@GROUP` without a source nor zones, and reads 239.1 as 239.0.0.1.
 */
export function splitChannel(text: string): ChannelParts {
  // VLC takes udp:@GROUP too.
  const url = /^([a-z][a-z0-9+.-]*):(?:\/\/|(?=@))([^/?#]*)(?:\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i.exec(text)
  const scheme = url?.[1]?.toLowerCase() ?? 'udp'
  const { plain, inner } = SCHEME.exec(scheme)?.groups ?? {}
  if (plain === undefined && inner === undefined) throw wrongChannel(text, `${scheme}:// is neither udp:// nor rtp://`)
  // RFC 6874 writes the % of a zone as %25 in a URL.
  const authority = url === null ? text : (url[2] ?? '').replaceAll('%25', '%')
  const at = authority.lastIndexOf('@')
  return {
    protocol: plain === 'rtp' || inner === 'rtp' ? 'rtp' : 'udp',
    before: authority.slice(0, Math.max(0, at)),
    target: authority.slice(at + 1),
    parameters: readParameters(text, new URLSearchParams(url?.[3] ?? '')),
  }
}

/**
 * Reads a channel: `239.1.1.1`, `239.1.1.1:5000`, `[ff15::1]:5000`, `10.0.0.1@232.1.1.1:5000`, several sources as
 * `10.0.0.1,10.0.0.2@232.1.1.1:5000`, an interface as `239.1.1.1%eth0:5000` or `[ff15::1%eth0]:5000`; URLs as VLC has
 * them, `udp://@239.1.1.1:5000`, `udp://10.0.0.1@232.1.1.1:5000`, `rtp://@[ff15::1]:5004`; and as ffmpeg has them,
 * `udp://239.1.1.1:5000?sources=10.0.0.1,10.0.0.2&localaddr=10.0.0.9` or `?block=`, and `?ttl=` to send; and as GStreamer,
 * mediamtx and VLC have them, `?multicast-iface=`, `?interface=`, `?source=`. Buffer sizes and timeouts are passed over; a parameter
 * that is not known is refused. Names of hosts are not looked up, so every address has to be written as one.
 *
 * @throws SocketOptionError ERR_INVALID_CHANNEL; the message says which part of the text is wrong
 */
export function parseChannel(text: string): ChannelText {
  if (typeof text !== 'string' || text.trim() === '') {
    throw wrongChannel(typeof text === 'string' ? text : show(text), `write it as ${FORMS}`)
  }
  const { protocol, before, target, parameters } = splitChannel(text.trim())
  const { address: group, zone, port } = readGroup(text, target)
  const sources = readSources(text, [...(before === '' ? [] : before.split(',')), ...parameters.sources], group)
  const blocked = readSources(text, parameters.blocked, group)
  if (sources.length > 0 && blocked.length > 0) {
    throw wrongChannel(
      text,
      'name sources to join or sources to block, not both: only the sources that are joined are heard anyway',
    )
  }
  const number = port === undefined ? (protocol === 'rtp' ? RTP_PORT : undefined) : readPort(text, port)
  const { ttl } = parameters
  const on = interfaceFrom(text, zone, parameters.interface)
  return {
    protocol,
    group,
    ...(number !== undefined && { port: number }),
    sources,
    blocked,
    ...(on !== undefined && { interface: interfaceOfZone(on) }),
    ...(ttl !== undefined && { hops: readHops(text, ttl) }),
  }
}
