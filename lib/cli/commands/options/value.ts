// Values of options, as text of a command line or a script.

import { toJson } from '../../../index.ts'
import type { OptionParts } from '../../../options/option.ts'

const WORDS = new Map(Object.entries({ true: true, on: true, yes: true, false: false, off: false, no: false }))

/** Turns hexadecimal text within JSON into bytes, which JSON does not have. */
const bytes = (_: string, value: unknown): unknown =>
  typeof value === 'string' && /^(?:[0-9a-f]{2})+$/i.test(value) ? new Uint8Array(Buffer.from(value, 'hex')) : value

function fromJson(text: string, revive?: (key: string, value: unknown) => unknown): unknown[] {
  try {
    return [JSON.parse(text, revive)]
  } catch {
    return []
  }
}

/** Every value a text could stand for, the likeliest first. */
function readings(text: string): unknown[] {
  const values: unknown[] = []
  const word = WORDS.get(text.toLowerCase())
  if (word !== undefined) values.push(word)
  if (text === '1' || text === '0') values.push(Number(text), text === '1')
  if (/^[+-]?0x[0-9a-f]+$/i.test(text)) values.push(Number(text))
  const [, whole] = /^(-?\d+|0[xX][\da-fA-F]+)n?$/.exec(text) ?? []
  if (whole !== undefined) values.push(BigInt(whole))
  if (/^(?:0x)?(?:[0-9a-f]{2})+$/i.test(text)) values.push(new Uint8Array(Buffer.from(text.replace(/^0x/i, ''), 'hex')))
  return [...fromJson(text), ...values, ...fromJson(text, bytes), text]
}

const accepted = (verdict: string | boolean): boolean => verdict === '' || verdict === false

/**
 * The value a text stands for, for an option: the first reading that the option's codec accepts. Texts are numbers,
 * also hexadecimal; true, false, on, off; JSON for structs and lists; hexadecimal digits for bytes; or just text. If
 * the codec accepts no reading, the likeliest is given, so that setting the option tells what is wrong.
 */
export function parseValue(option: OptionParts, text: string): unknown {
  const values = readings(text)
  return values.find((value) => accepted(option.codec.wrong(value))) ?? values[0]
}

/** A value as text for a person: a text as it is, any other value as JSON. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' && value !== '' ? value : value === undefined ? '' : toJson(value)
