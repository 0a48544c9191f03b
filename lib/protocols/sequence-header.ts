/**
 * The header of iperf 2's UDP datagrams, which `sockctl send` writes too: the datagram's number, from 1, and when it was
 * sent, in seconds and microseconds since 1970, each 32 bits, big-endian. In 16 bytes and more a further 32 bits follow,
 * 0 here, then iperf's settings, 0 for none.
 */
export const SEQUENCE_HEADER_LENGTH = 12

/** A sequence number has 31 bits; iperf's last datagram, which is repeated, has the sign bit set. */
export const SEQUENCE_CYCLE = 2 ** 31
const SIGN_BIT = 0x80

const SECONDS_PER_DAY = 86_400

/** Writes the header into the first 12 bytes. */
export function writeSequence(bytes: Buffer, sequence: number, seconds: number, microseconds: number): void {
  bytes.writeUInt32BE(sequence % SEQUENCE_CYCLE, 0)
  bytes.writeUInt32BE(seconds % 2 ** 32, 4)
  bytes.writeUInt32BE(microseconds, 8)
}

/**
 * The number in a datagram; -1 where it has no such header, or is iperf's last. The header has no mark of its own: it is
 * known by a time of sending within a day of `seconds` now, which other bytes have by chance once in 10^8.
 */
export function readSequence(bytes: Buffer, seconds: number): number {
  if (bytes.length < SEQUENCE_HEADER_LENGTH) return -1
  if (bytes.readUInt32BE(8) >= 1_000_000 || Math.abs(bytes.readUInt32BE(4) - seconds) > SECONDS_PER_DAY) return -1
  return (bytes[0] as number) >= SIGN_BIT ? -1 : bytes.readUInt32BE(0)
}
