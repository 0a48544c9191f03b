// Splits a datagram of netlink(7) into messages and attributes, reads the answers to a request, and builds requests.

import { LITTLE_ENDIAN } from '../base/byte-order.ts'
import { viewOf } from '../protocols/bytes.ts'
import { isMalformed, type Malformed, malformed } from '../protocols/malformed.ts'

/** A message of netlink(7). */
export interface NetlinkMessage {
  type: number
  /** `NLM_F_...` of linux/netlink.h. */
  flags: number
  /** The number of the request that this message answers; of a notice 0, or the number of another's request. */
  seq: number
  /** The port of the socket that made the request; 0 for a notice of a change that the kernel made by itself. */
  pid: number
  /** The bytes after the header. */
  payload: Uint8Array
}

/** What a datagram of netlink(7) holds. */
export interface NetlinkDatagram {
  messages: NetlinkMessage[]
  /** Whether bytes are left that are no whole message: what they told is lost. */
  isCutShort: boolean
}

export type NetlinkAttribute = readonly [type: number, value: Uint8Array]

/** Attributes that follow one another. */
export interface NetlinkAttributes {
  attributes: NetlinkAttribute[]
  /** Whether bytes are left that are no whole attribute. */
  isCutShort: boolean
}

/** The messages of netlink itself, which each of its protocols has. */
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
export const NLMSG_OVERRUN = 4

const NLM_F_REQUEST = 0x1
/** Something changed while the list was made, which may lack it or have it twice: ask for the list again. */
export const NLM_F_DUMP_INTR = 0x10
/** In a request: the whole list is asked for. */
const NLM_F_DUMP = 0x300
/** In an answer: the request is not repeated whole. */
const NLM_F_CAPPED = 0x100
/** In an answer: attributes of an extended acknowledgement follow. */
const NLM_F_ACK_TLVS = 0x200

const NLMSGERR_ATTR_MSG = 1

const HEADER_LENGTH = 16
const ATTRIBUTE_HEADER_LENGTH = 4
/** Without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const NLA_TYPE_MASK = 0x3fff
const aligned = (length: number): number => (length + 3) & ~3

/**
 * The messages of a datagram of netlink(7). Their numbers are in this host's byte order, since netlink never leaves the
 * host.
 */
export function netlinkMessages(datagram: Uint8Array): NetlinkDatagram {
  const view = viewOf(datagram)
  const messages: NetlinkMessage[] = []
  let at = 0
  while (at + HEADER_LENGTH <= datagram.length) {
    const length = view.getUint32(at, LITTLE_ENDIAN)
    if (length < HEADER_LENGTH || at + length > datagram.length) break
    messages.push({
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      seq: view.getUint32(at + 8, LITTLE_ENDIAN),
      pid: view.getUint32(at + 12, LITTLE_ENDIAN),
      payload: datagram.subarray(at + HEADER_LENGTH, at + length),
    })
    at += aligned(length)
  }
  return { messages, isCutShort: at < datagram.length }
}

/** The attributes in a payload, which follow the message's own struct and so begin at offset `from`. */
export function netlinkAttributes(payload: Uint8Array, from: number): NetlinkAttributes {
  const view = viewOf(payload)
  const attributes: NetlinkAttribute[] = []
  let at = from
  while (at + ATTRIBUTE_HEADER_LENGTH <= payload.length) {
    const length = view.getUint16(at, LITTLE_ENDIAN)
    if (length < ATTRIBUTE_HEADER_LENGTH || at + length > payload.length) break
    const type = view.getUint16(at + 2, LITTLE_ENDIAN) & NLA_TYPE_MASK
    attributes.push([type, payload.subarray(at + ATTRIBUTE_HEADER_LENGTH, at + length)])
    at += aligned(length)
  }
  return { attributes, isCutShort: at < payload.length }
}

/**
 * The attributes after a struct of `from` bytes, by their types. `lengths` has the length that an attribute's value must
 * have, by its type.
 */
export function attributesByType(
  payload: Uint8Array,
  from: number,
  lengths: Readonly<Record<number, number>>,
): ReadonlyMap<number, Uint8Array> | Malformed {
  if (payload.length < from) return malformed(`${payload.length} bytes, where a struct of ${from} is needed`)
  const { attributes, isCutShort } = netlinkAttributes(payload, from)
  if (isCutShort) return malformed('the attributes are cut short')
  for (const [type, { length }] of attributes)
    if (lengths[type] !== undefined && lengths[type] !== length)
      return malformed(`attribute ${type} has ${length} bytes, not ${lengths[type]}`)
  return new Map(attributes)
}

/** The 32-bit number at offset `at` of a payload. */
export function netlinkNumber(payload: Uint8Array, at: number): number {
  return viewOf(payload).getUint32(at, LITTLE_ENDIAN)
}

/** The value of an attribute that is a 32-bit number. */
export const numberOf = (value: Uint8Array | undefined): number | undefined => value && netlinkNumber(value, 0)

/** The value of an attribute that is a text, which the kernel ends with a NUL. */
export function textOf(value: Uint8Array): string {
  const end = value.indexOf(0)
  return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end))
}

/** How a request ended. */
export interface NetlinkOutcome {
  /** 0 if the kernel did what was asked. */
  errno: number
  /** What the kernel says of the error in words, if the socket has `NETLINK_EXT_ACK`. */
  text?: string
}

/** How a request ended, from NLMSG_ERROR or NLMSG_DONE. */
export function decodeOutcome({ type, flags, payload }: NetlinkMessage): NetlinkOutcome | Malformed {
  if (payload.length < 4) return malformed(`${payload.length} bytes, where an errno of 4 is needed`)
  const errno = -viewOf(payload).getInt32(0, LITTLE_ENDIAN)
  if (errno < 0) return malformed(`the errno ${-errno}, which is greater than 0`)
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno: errno || 0 }
  const from = type === NLMSG_ERROR ? endOfRepeated(flags, payload) : 4
  const attributes = attributesByType(payload, from, {})
  if (isMalformed(attributes)) return attributes
  const text = attributes.get(NLMSGERR_ATTR_MSG)
  return { errno: errno || 0, ...(text && { text: textOf(text) }) }
}

/** Where the repeated request ends in the payload of NLMSG_ERROR. */
function endOfRepeated(flags: number, payload: Uint8Array): number {
  if ((flags & NLM_F_CAPPED) !== 0 || payload.length < 4 + HEADER_LENGTH) return 4 + HEADER_LENGTH
  return 4 + aligned(Math.min(netlinkNumber(payload, 4), payload.length))
}

/** A request for one thing, or with `dump` for the whole list. */
export interface NetlinkRequest {
  type: number
  seq: number
  dump: boolean
  /** The message's own struct. */
  struct: Uint8Array
  attributes?: readonly NetlinkAttribute[]
}

/** The bytes of a request, which go to the kernel from a socket of netlink(7). */
export function netlinkRequest({ type, seq, dump, struct, attributes = [] }: NetlinkRequest): Uint8Array {
  let length = HEADER_LENGTH + aligned(struct.length)
  for (const [, value] of attributes) length += aligned(ATTRIBUTE_HEADER_LENGTH + value.length)
  const bytes = new Uint8Array(length)
  const view = viewOf(bytes)
  view.setUint32(0, length, LITTLE_ENDIAN)
  view.setUint16(4, type, LITTLE_ENDIAN)
  view.setUint16(6, NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0), LITTLE_ENDIAN)
  view.setUint32(8, seq, LITTLE_ENDIAN)
  bytes.set(struct, HEADER_LENGTH)
  let at = HEADER_LENGTH + aligned(struct.length)
  for (const [kind, value] of attributes) {
    view.setUint16(at, ATTRIBUTE_HEADER_LENGTH + value.length, LITTLE_ENDIAN)
    view.setUint16(at + 2, kind, LITTLE_ENDIAN)
    bytes.set(value, at + ATTRIBUTE_HEADER_LENGTH)
    at += aligned(ATTRIBUTE_HEADER_LENGTH + value.length)
  }
  return bytes
}

/** A 32-bit number as the value of an attribute. */
export function numberValue(number: number): Uint8Array {
  const value = new Uint8Array(4)
  viewOf(value).setUint32(0, number, LITTLE_ENDIAN)
  return value
}
