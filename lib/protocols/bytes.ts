// Help for reading packets: a view of bytes, and the Internet checksum.

/**
 * A view of exactly these bytes. A Buffer is often a window on a larger pool, so its `buffer` alone would be too much.
 */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * The Internet checksum (RFC 1071) over the parts, one after the other. Over bytes that include their own right
 * checksum the result is 0. Only the last part may have an odd length.
 */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) {
    for (let i = 0; i + 1 < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0)
    if (part.length % 2 === 1) sum += (part.at(-1) ?? 0) << 8
  }
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536)
  return ~sum & 0xffff
}
