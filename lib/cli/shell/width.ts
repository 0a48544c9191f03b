// How many columns a text takes on a terminal.

import { stripVTControlCharacters } from 'node:util'
import { eastAsianWidth } from 'get-east-asian-width'

const PRINTABLE_ASCII = /^[ -~]*$/
/** Characters that take no column: marks on the character before, and characters of formatting. */
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u

/** How many columns a character takes. */
export const columnsOf = (character: string): number =>
  ZERO_WIDTH.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0)

/** How many columns a text takes; escape sequences of colours take none. */
export function width(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let columns = 0
  for (const character of stripVTControlCharacters(text)) columns += columnsOf(character)
  return columns
}
