import { stripVTControlCharacters } from 'node:util'
import { eastAsianWidth } from 'get-east-asian-width'

const PRINTABLE_ASCII = /^[ -~]*$/
/** What stands on, or in, the character before it. */
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u

/** How many columns of a terminal a character takes. */
export const columnsOf = (character: string): number =>
  ZERO_WIDTH.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0)

/** The columns of a text; colours take none. */
export function width(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let columns = 0
  for (const character of stripVTControlCharacters(text)) columns += columnsOf(character)
  return columns
}
