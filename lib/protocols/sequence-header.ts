// The header with a sequence number and a time in the datagrams of `sockctl send` and of iperf 2.

/**
 * The length of the header: the datagram's number, from 1, and the time of sending in seconds and microseconds since
 * 1970, each 32 bits, big-endian. In datagrams of 16 bytes and more a further 32 bits follow, 0 here, then iperf's
 * settings, 0 for none.
 */
export const SEQUENCE_HEADER_LENGTH = 12

/** Sequence numbers have 31 bits. The sign bit marks iperf's last datagram, which iperf sends several times. */
export const SEQUENCE_CYCLE = 2 ** 31
const SIGN_BIT = 0x80

const SECONDS_PER_DAY = 86_400

/** Writes the header to the beginning of a datagram. */
export function writeSequence(bytes: Buffer, sequence: number, seconds: number, microseconds: number): void {
  bytes.writeUInt32BE(sequence % SEQUENCE_CYCLE, 0)
  bytes.writeUInt32BE(seconds % 2 ** 32, 4)
  bytes.writeUInt32BE(microseconds, 8)
}

/**
 * The number in a datagram; -1 if the datagram has no such header, or is iperf's last. The header has no mark of its
 * own. Bytes count as one if the time of sending in them is within a day of `seconds`, the time now; other bytes meet
 * that by chance once in 10^8.
 */
export function readSequence(bytes: Buffer, seconds: number): number {
  if (bytes.length < SEQUENCE_HEADER_LENGTH) return -1
  if (bytes.readUInt32BE(8) >= 1_000_000 || Math.abs(bytes.readUInt32BE(4) - seconds) > SECONDS_PER_DAY) return -1
  return (bytes[0] as number) >= SIGN_BIT ? -1 : bytes.readUInt32BE(0)
}
