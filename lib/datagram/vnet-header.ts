// The header that a packet socket with PACKET_VNET_HDR puts before each frame: struct virtio_net_hdr.
import { struct } from '../options/codecs/layout.ts'

/**
 * How the kernel, or the card, is to cut a packet that is longer than the link takes. Frames of a packet socket are told
 * before they are cut. `struct virtio_net_hdr`, PACKET_VNET_HDR
 */
export interface SegmentationOffload {
  /** The protocol: `VIRTIO_NET_HDR_GSO_TCPV4`, `..._TCPV6`, `..._UDP` (fragments), `..._UDP_L4` (datagrams). */
  type: 'TCPV4' | 'TCPV6' | 'UDP' | 'UDP_L4'
  /** The payload of each packet that the frame stands for, in bytes; the last may have less. */
  size: number
  /** The length of the headers that each packet begins with, in bytes; 0: not told. */
  headerLength: number
}

const HEADER = struct({
  flags: 'u8',
  gso_type: 'u8',
  hdr_len: 'u16',
  gso_size: 'u16',
  csum_start: 'u16',
  csum_offset: 'u16',
})

/** The length of the header in bytes. PACKET_VNET_HDR_SZ may make it longer: what follows is no concern of ours. */
export const VNET_HEADER_LENGTH = HEADER.size

const TYPES: Readonly<Record<number, SegmentationOffload['type']>> = { 1: 'TCPV4', 3: 'UDP', 4: 'TCPV6', 5: 'UDP_L4' }
/** VIRTIO_NET_HDR_GSO_ECN */
const ECN = 0x80

/** What the header says, if the frame is one that is to be cut. */
export function readVnetHeader(header: Buffer): SegmentationOffload | undefined {
  if (header.length < HEADER.size) return undefined
  const { gso_type, gso_size, hdr_len } = HEADER.fromNative(header.subarray(0, HEADER.size))
  const type = TYPES[gso_type & ~ECN]
  return type === undefined ? undefined : { type, size: gso_size, headerLength: hdr_len }
}
