/** One line of JSON. BigInts become decimal text, which no reader rounds; bytes become hexadecimal. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, plain: unknown) {
    // A Buffer's toJSON has already run on `plain`.
    const given = this[key]
    if (given instanceof Uint8Array) return hex(given)
    return typeof given === 'bigint' ? given.toString() : plain
  })
  // JSON lets stand what could steer a terminal.
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
