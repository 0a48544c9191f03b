// How the command prints values as JSON.

/**
 * One line of JSON. A BigInt becomes decimal text, since readers round large numbers; bytes become hexadecimal text.
 */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, plain: unknown) {
    // Not `plain`: a Buffer in it has already been turned into an object by its toJSON.
    const given = this[key]
    if (given instanceof Uint8Array) return hex(given)
    return typeof given === 'bigint' ? given.toString() : plain
  })
  // JSON.stringify leaves some control characters as they are, which could steer a terminal.
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
