// Reads what to send to or listen at: a channel, or a host by address or name, as a person writes it.

import { canonical, interfaceOfZone, isMulticast, isOfOneLink, parseAddress, unmapped } from '../net/address.ts'
import {
  type AddressParts,
  type ChannelText,
  interfaceFrom,
  parseChannel,
  RTP_PORT,
  readHops,
  readPort,
  splitAddress,
  splitChannel,
} from './channel.ts'
import { wrongChannel } from './channel-error.ts'

/** What the text of a host says. */
export interface HostText {
  /** An address in canonical form, or a name; `''` for any address of this host. A link-local address has its zone. */
  host: string
  /** 1 to 65535. Absent if the text names none. */
  port?: number
  /** `rtp` if the text is an `rtp://` URL. */
  protocol: 'udp' | 'rtp'
  /** Name, index or local address of the interface, if it is no zone that the kernel heeds. */
  interface?: string | number
  /** The hop limit to send with; `ttl=` of a URL. */
  hops?: number
}

/** A channel or a host. */
export type TargetText = ChannelText | HostText

/** Whether a target is a host. */
export const isHost = (target: TargetText): target is HostText => 'host' in target

const FORMS = 'GROUP:PORT, ADDRESS:PORT, NAME:PORT, [IPV6-ADDRESS]:PORT, or a udp:// or rtp:// URL'
/** RFC 1123 2.1, and the underscores that many names have. */
const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?$/i
/** No name ends with a number, so such text was meant as an address. */
const ENDS_IN_NUMBER = /(^|\.)\d+\.?$/

function partsOf(text: string, target: string): AddressParts {
  const anyAddress = /^:(?<port>[^:]*)$/.exec(target)?.groups
  if (anyAddress !== undefined) return { address: '', port: anyAddress.port ?? '' }
  const parts = splitAddress(target)
  if (parts === undefined) throw wrongChannel(text, `write it as ${FORMS}`)
  return parts
}

function hostOf(text: string, address: string): string {
  if (address === '') return ''
  const known = canonical(unmapped(address))
  if (known !== undefined) return known
  if (NAME.test(address) && !ENDS_IN_NUMBER.test(address)) return address
  throw wrongChannel(text, `${JSON.stringify(address)} is neither an address nor a name. Write it as ${FORMS}`)
}

/**
 * Reads a target: a channel in any form of `parseChannel`; else a host, `10.0.0.2:5000`, `[2001:db8::1]:5000`,
 * `[fe80::1%eth0]:5000`, `host.example:5000`, `udp://host.example:5000`; or `:5000` for any address of this host.
 *
 * @throws SocketOptionError ERR_INVALID_CHANNEL; the message says which part of the text is wrong
 */
export function parseTarget(text: string): TargetText {
  if (text.trim() === '') throw wrongChannel(text, `write it as ${FORMS}`)
  const { protocol, before, target, parameters } = splitChannel(text.trim())
  const parts = partsOf(text, target)
  if (isMulticast(unmapped(parts.address))) return parseChannel(text)
  const host = hostOf(text, parts.address)
  if (before !== '' || parameters.sources.length > 0 || parameters.blocked.length > 0)
    throw wrongChannel(
      text,
      `sources are joined or blocked in groups, and ${host === '' ? target : host} is a host: leave them out`,
    )
  const port = parts.port === undefined ? (protocol === 'rtp' ? RTP_PORT : undefined) : readPort(text, parts.port)
  const on = interfaceFrom(text, parts.zone, parameters.interface)
  const isZoneOfAddress = parts.zone !== undefined && parseAddress(host)?.family === 6 && isOfOneLink(host)
  const { ttl } = parameters
  return {
    host: isZoneOfAddress ? `${host}%${parts.zone}` : host,
    protocol,
    ...(port !== undefined && { port }),
    ...(!isZoneOfAddress && on !== undefined && { interface: interfaceOfZone(on) }),
    ...(ttl !== undefined && { hops: readHops(text, ttl) }),
  }
}
