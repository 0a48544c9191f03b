// Bytes as a hexdump.

/** Lines of sixteen bytes: their offset, the bytes, and the characters of those that can be printed. */
export function hexdump(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)]
    const pairs = row.map((byte, index) => `${index === 8 ? ' ' : ''}${byte.toString(16).padStart(2, '0')}`).join(' ')
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(5, '0')}  ${pairs.padEnd(48)}  ${text}`)
  }
  return lines
}
