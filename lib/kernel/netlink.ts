// Splits a datagram of netlink(7) into messages and their attributes.

import { LITTLE_ENDIAN } from '../base/byte-order.ts'
import { viewOf } from '../protocols/bytes.ts'

/** A message of netlink(7). */
export interface NetlinkMessage {
  type: number
  /** The bytes after the header. */
  payload: Uint8Array
}

const HEADER_LENGTH = 16
const aligned = (length: number): number => (length + 3) & ~3

/**
 * The messages of a datagram of netlink(7). Their numbers are in this host's byte order, since netlink never leaves the
 * host.
 */
export function* netlinkMessages(datagram: Uint8Array): Generator<NetlinkMessage> {
  const view = viewOf(datagram)
  for (let at = 0; at + HEADER_LENGTH <= datagram.length; ) {
    const length = view.getUint32(at, LITTLE_ENDIAN)
    if (length < HEADER_LENGTH || at + length > datagram.length) return
    yield { type: view.getUint16(at + 4, LITTLE_ENDIAN), payload: datagram.subarray(at + HEADER_LENGTH, at + length) }
    at += aligned(length)
  }
}

/** The attributes of rtnetlink(7) in a payload, which follow the message's own struct and so begin at offset `from`. */
export function* netlinkAttributes(payload: Uint8Array, from: number): Generator<[type: number, value: Uint8Array]> {
  const view = viewOf(payload)
  for (let at = from; at + 4 <= payload.length; ) {
    const length = view.getUint16(at, LITTLE_ENDIAN)
    if (length < 4 || at + length > payload.length) return
    yield [view.getUint16(at + 2, LITTLE_ENDIAN), payload.subarray(at + 4, at + length)]
    at += aligned(length)
  }
}

/** The 32-bit number at offset `at` of a payload. */
export function netlinkNumber(payload: Uint8Array, at: number): number {
  return viewOf(payload).getUint32(at, LITTLE_ENDIAN)
}
