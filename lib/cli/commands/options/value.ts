import type { OptionParts } from '../../../options/option.ts'
import { toJson } from '../../shell/json.ts'

const WORDS = new Map(Object.entries({ true: true, on: true, yes: true, false: false, off: false, no: false }))

/** JSON has no bytes: a struct's are hexadecimal digits. */
const bytes = (_: string, value: unknown): unknown =>
  typeof value === 'string' && /^(?:[0-9a-f]{2})+$/i.test(value) ? new Uint8Array(Buffer.from(value, 'hex')) : value

function fromJson(text: string, revive?: (key: string, value: unknown) => unknown): unknown[] {
  try {
    return [JSON.parse(text, revive)]
  } catch {
    return []
  }
}

/** All that a text could stand for, likelier first. */
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
 * A value for an option, from text: the first reading its codec takes. Numbers, also hexadecimal; true, false, on, off;
 * JSON for structs and lists; hexadecimal digits for bytes; anything else as text. Where it takes none, the likeliest is
 * given back, for the option to refuse with its reasons.
 */
export function parseValue(option: OptionParts, text: string): unknown {
  const values = readings(text)
  return values.find((value) => accepted(option.codec.wrong(value))) ?? values[0]
}

/** A value as a person reads it: text as it is, the rest as JSON. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' && value !== '' ? value : value === undefined ? '' : toJson(value)
