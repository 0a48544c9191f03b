// IP addresses as text and as bytes: how they are read, spelt and told apart.

let net: typeof import('node:net') | undefined

/** node:net is loaded when it is needed: it would be half of what importing the table of options costs. */
function isWellFormedIpv6(text: string): boolean {
  net ??= process.getBuiltinModule('node:net')
  return net.isIPv6(text)
}

/** An address as its bytes in network order, 4 for IPv4 and 16 for IPv6, and its zone if the text has one. */
export interface ParsedAddress {
  family: 4 | 6
  bytes: Uint8Array
  zone?: string
}

/** The family of an IP address. */
export type IpFamily = 'ipv4' | 'ipv6'

/** Whether an IP address is IPv6. Of any other text this says nothing. */
export const isIpv6 = (address: string): boolean => address.includes(':')

/** The family of an IP address. */
export const familyOf = (address: string): IpFamily => (isIpv6(address) ? 'ipv6' : 'ipv4')

/** An address without its zone: `fe80::1` of `fe80::1%eth0`. */
export function withoutZone(address: string): string {
  const percent = address.indexOf('%')
  return percent < 0 ? address : address.slice(0, percent)
}

/**
 * Whether the kernel heeds the zone of an IPv6 address when it sends: it does for link-local unicast, and for groups of
 * interface-local and link-local scope, and ignores that of any other. RFC 4291 2.7
 */
export function isOfOneLink(address: string): boolean {
  const [first = 0, second = 0] = parseAddress(address)?.bytes ?? []
  return first === 0xfe ? (second & 0xc0) === 0x80 : first === 0xff && [1, 2].includes(second & 15)
}

/** The zone of an address: `eth0` of `fe80::1%eth0`. */
export function zoneOf(address: string): string | undefined {
  const percent = address.indexOf('%')
  return percent < 0 ? undefined : address.slice(percent + 1)
}

/** IPv4 for an address that is IPv4-mapped, in whichever spelling; any other as it is. RFC 4291 2.5.5.2 */
export function unmapped(address: string): string {
  const bytes = isIpv6(address) ? parseAddress(address)?.bytes : undefined
  return bytes !== undefined && isMapped(bytes) ? formatAddress(bytes.subarray(12)) : address
}

/** An address as an IPv6 socket takes it: IPv4 as `::ffff:192.0.2.1`. */
export const toIpv6 = (address: string): string => (isIpv6(address) ? address : `::ffff:${address}`)

/** A zone as an interface's name, or as its index if the zone is digits. */
export const interfaceOfZone = (zone: string): string | number => (/^\d+$/.test(zone) ? Number(zone) : zone)

/** `239.1.1.1:5000`, `[ff15::1]:5000` */
export const hostPort = (address: string, port: number | string): string =>
  isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`

const DOT = 46
const ZERO = 48
const NINE = 57
const COLON = 58

/** Dotted decimal as an unsigned 32-bit number, -1 for other text. No regex and no substrings: this runs for each datagram. */
function ipv4Number(text: string): number {
  const { length } = text
  if (length < 7 || length > 15) return -1
  let value = 0
  let octet = -1
  let dots = 0
  for (let i = 0; i < length; i++) {
    const char = text.charCodeAt(i)
    if (char >= ZERO && char <= NINE) {
      // A leading zero means octal to some parsers and decimal to others, so such text is no address.
      if (octet === 0) return -1
      octet = (octet < 0 ? 0 : octet * 10) + char - ZERO
      if (octet > 255) return -1
    } else if (char === DOT && octet >= 0 && dots < 3) {
      value = value * 256 + octet
      octet = -1
      dots++
    } else return -1
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1
}

function ipv6Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const [head = '', tail] = text.split('::')
  const write = (part: string, fromEnd: boolean): void => {
    const words: number[] = []
    for (const word of part === '' ? [] : part.split(':')) {
      if (!word.includes('.')) words.push(Number.parseInt(word, 16))
      else {
        const embedded = ipv4Number(word)
        words.push(Math.floor(embedded / 65536), embedded % 65536)
      }
    }
    let at = fromEnd ? 16 - 2 * words.length : 0
    for (const word of words) {
      bytes[at++] = word >> 8
      bytes[at++] = word & 255
    }
  }
  write(head, false)
  if (tail !== undefined) write(tail, true)
  return bytes
}

/** Reads an IPv4 or IPv6 address (`fe80::1%eth0` with its zone). `undefined` for any other text. */
export function parseAddress(text: string): ParsedAddress | undefined {
  if (typeof text !== 'string') return undefined
  const number = ipv4Number(text)
  if (number >= 0) {
    return { family: 4, bytes: Uint8Array.of(number / 2 ** 24, number >>> 16, number >>> 8, number) }
  }
  if (!isWellFormedIpv6(text)) return undefined
  const bytes = ipv6Bytes(withoutZone(text))
  const zone = zoneOf(text)
  return zone === undefined ? { family: 6, bytes } : { family: 6, bytes, zone }
}

/** Whether the bytes are an IPv4-mapped address, ::ffff:0:0/96: what is sent there goes over IPv4. RFC 4291 2.5.5.2 */
export function isMapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 255 || bytes[11] !== 255) return false
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false
  return true
}

/**
 * The text of an address from its 4 or 16 bytes in network order, IPv6 as RFC 5952 has it: lower case, the longest run
 * of two or more zero words shortened, the first of equals, an IPv4-mapped address with its IPv4 part in dotted decimal.
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`
  const word = (i: number): number => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)
  let start = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && word(end) === 0) end++
    if (end - i > longest) {
      start = i
      longest = end - i
    }
    if (end > i) i = end
  }
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      text += '::'
      i += longest - 1
    } else {
      if (text !== '' && i !== start + longest) text += ':'
      text += word(i).toString(16)
    }
  }
  return text
}

/**
 * The one spelling of an address, so that two texts of the same address compare equal: RFC 5952 for IPv6, with its zone
 * if it has one. An IPv4-mapped address stays IPv4-mapped. `undefined` if the text is no address.
 */
export function canonical(address: string): string | undefined {
  if (typeof address !== 'string') return undefined
  // Dotted decimal without leading zeros has one spelling only.
  if (!isIpv6(address)) return ipv4Number(address) >= 0 ? address : undefined
  const parsed = parseAddress(address)
  if (parsed === undefined) return undefined
  const text = formatAddress(parsed.bytes)
  return parsed.zone === undefined ? text : `${text}%${parsed.zone}`
}

/**
 * True for an IPv4 address in 224.0.0.0/4 and an IPv6 address in ff00::/8 (RFC 5771, RFC 4291 2.7). False for any
 * other text, and for an IPv4-mapped IPv6 address, which is unicast to the kernel.
 */
export function isMulticast(address: string): boolean {
  if (typeof address !== 'string') return false
  const first = address.charCodeAt(0)
  if (first === 50) {
    const number = ipv4Number(address)
    return number >= 0xe0000000 && number < 0xf0000000
  }
  // `ff:` is 00ff, so four digits before the first colon.
  return (
    (first | 32) === 102 &&
    (address.charCodeAt(1) | 32) === 102 &&
    address.charCodeAt(4) === COLON &&
    isWellFormedIpv6(address)
  )
}

/** Flags of an interface's address, of linux/if_addr.h: another host has the address too. */
export const IFA_F_DADFAILED = 0x08
/** Flags of an interface's address, of linux/if_addr.h: the address is still checked for duplicates. */
export const IFA_F_TENTATIVE = 0x40
