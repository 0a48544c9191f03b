// Values as JSON: what the library gives may hold BigInts, which JSON.stringify refuses, and bytes.

/**
 * One line of JSON for any value of this library, as the command line prints with `--json`.
 *
 * A BigInt becomes decimal text, since readers round large numbers; bytes become hexadecimal text. `undefined` becomes
 * null. Characters that could steer a terminal are escaped.
 * @throws TypeError for a value that refers to itself
 */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, plain: unknown) {
    // Not `plain`: a Buffer in it has already been turned into an object by its toJSON.
    const given = this[key]
    if (given instanceof Uint8Array) return hex(given)
    return typeof given === 'bigint' ? given.toString() : plain
  })
  // JSON.stringify leaves some control characters as they are.
  return (text ?? 'null').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character.replaceAll(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
