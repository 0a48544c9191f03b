// Text from the network, made safe to print.

/** Writes control characters as escapes, since they could steer a terminal. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })

// Styles that `paint` sets and ends.
const STYLES = new Set(['1', '2', '22', '31', '32', '33', '39'].map((code) => `\u001b[${code}m`))

/** Lines with every control character as an escape, save the styles of `paint` if the lines are styled. */
export const safeLines = (text: string, styled: boolean): string =>
  text
    .split(/(\n|\p{Cc}\[\d+m)/u)
    .map((part) => (part === '\n' || (styled && STYLES.has(part)) ? part : printable(part)))
    .join('')

/** A word of the user's in a message: in quotes, and not the whole of a long one. */
export const quoted = (text: string): string => `'${printable(text.length > 60 ? `${text.slice(0, 60)}...` : text)}'`
