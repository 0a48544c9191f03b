// Decodes RTP packets.

import { viewOf } from './bytes.ts'
import { type Malformed, malformed } from './malformed.ts'

/** An RTP packet (RFC 3550 5.1). */
export interface RtpPacket {
  marker: boolean
  payloadType: number
  /** 16 bits. */
  sequence: number
  /** 32 bits, in ticks of the payload's clock. */
  timestamp: number
  ssrc: number
  csrcs: number[]
  /** The header extension (RFC 3550 5.3.1); its data come without the words for profile and length. */
  extension?: { profile: number; data: Uint8Array }
  /** The payload without padding, as a window on the bytes that were decoded. */
  payload: Uint8Array
}

/** Reads one RTP packet. Never throws. */
export function decodeRtp(bytes: Uint8Array): RtpPacket | Malformed {
  if (bytes.length < 12) return malformed(`an RTP packet has at least 12 bytes, this has ${bytes.length}`)
  const [first = 0, second = 0] = bytes
  if (first >> 6 !== 2) return malformed(`RTP version ${first >> 6}, only 2 is known`)
  // RFC 5761 4: if RTP and RTCP share a port, these are the packet types of RTCP.
  if (second >= 192 && second <= 223) return malformed(`an RTCP packet, type ${second}`)
  const view = viewOf(bytes)
  const csrcs: number[] = []
  let at = 12 + (first & 15) * 4
  if (at > bytes.length) return malformed(`an RTP packet of ${bytes.length} bytes can't hold ${first & 15} CSRCs`)
  for (let i = 12; i < at; i += 4) csrcs.push(view.getUint32(i))
  let extension: RtpPacket['extension']
  if ((first & 0x10) !== 0) {
    const end = at + 4 > bytes.length ? Number.POSITIVE_INFINITY : at + 4 + view.getUint16(at + 2) * 4
    if (end > bytes.length) return malformed("RTP's header extension is cut short")
    extension = { profile: view.getUint16(at), data: bytes.subarray(at + 4, end) }
    at = end
  }
  const padding = (first & 0x20) === 0 ? 0 : (bytes.at(-1) ?? 0)
  if ((first & 0x20) !== 0 && (padding === 0 || at + padding > bytes.length)) {
    return malformed(`${padding} bytes of padding in an RTP packet with ${bytes.length - at} behind its header`)
  }
  return {
    marker: second >= 128,
    payloadType: second & 127,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    csrcs,
    ...(extension !== undefined && { extension }),
    payload: bytes.subarray(at, bytes.length - padding),
  }
}
