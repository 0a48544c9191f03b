// Text from the network, made safe to print.

/** Writes control characters as escapes, since they could steer a terminal. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })

/** A word of the user's in a message: in quotes, and not the whole of a long one. */
export const quoted = (text: string): string => `'${printable(text.length > 60 ? `${text.slice(0, 60)}...` : text)}'`
