// The text of a session description from its bytes, and back, by the charset that the description names (RFC 8866 6.10).

import { show } from '../base/errors.ts'
import { type Malformed, malformed } from './malformed.ts'

/** A text, and what is not understood of its charset. */
export interface DecodedSdp {
  text: string
  problem?: string
}

const charsetOf = (text: string): string | undefined => /^a=charset:[ \t]*([^\s]+)/im.exec(text)?.[1]
const isUtf8 = (label: string): boolean => /^(utf-?8|us-ascii|ascii)$/i.test(label)
const isLatin1 = (label: string): boolean => /^(iso[-_]8859-1|latin-?1)$/i.test(label)

function decodeAs(label: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(label, { ignoreBOM: true }).decode(bytes)
  } catch {
    // No charset of this name is known.
    return undefined
  }
}

/** Reads the bytes of a description. Never throws. */
export function decodeSdp(bytes: Uint8Array): DecodedSdp {
  // The name of the charset is ASCII, whichever it is.
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const label = charsetOf(latin1)
  if (label !== undefined && isLatin1(label)) return { text: latin1 }
  if (label !== undefined && !isUtf8(label)) {
    const text = decodeAs(label, bytes)
    if (text !== undefined) return { text }
    return { text: decodeAs('utf-8', bytes) ?? latin1, problem: `the charset ${show(label)} is unknown: read as UTF-8` }
  }
  try {
    return { text: new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(bytes) }
  } catch {
    return {
      text: latin1,
      problem: 'bytes that are no UTF-8, and no a=charset that says what they are: read as ISO-8859-1',
    }
  }
}

/** The bytes of a description; malformed if its charset can't be written here, or lacks a character. */
export function encodeSdp(text: string): Uint8Array | Malformed {
  const label = charsetOf(text)
  if (label === undefined || isUtf8(label)) return new Uint8Array(Buffer.from(text))
  if (!isLatin1(label))
    return malformed(`a session description in the charset ${show(label)}: write it in UTF-8 or ISO-8859-1`)
  const foreign = /[^\0-\xff]/u.exec(text)?.[0]
  if (foreign !== undefined)
    return malformed(`a session description in ISO-8859-1 with a character that it lacks: ${show(foreign)}`)
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
