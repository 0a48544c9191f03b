// Values of options, as text of a command line or a script.

import { toJson } from '../../../index.ts'
import type { OptionParts } from '../../../options/option.ts'
import { UsageError } from '../../shell/failure.ts'
import { quoted } from '../../shell/printable.ts'
import { parseJson, settleJson } from './json-value.ts'

const WORDS = new Map(Object.entries({ true: true, on: true, yes: true, false: false, off: false, no: false }))

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
  return [...parseJson(text), ...values, text, text.split(',')]
}

type Verdict = (value: unknown) => string | boolean

const isAccepted = (verdict: string | boolean): boolean => verdict === '' || verdict === false

function read(text: string, wrong: Verdict): unknown {
  const values = readings(text)
  const found = values.findIndex((value) => isAccepted(wrong(value)))
  if (found >= 0) return values[found]
  return parseJson(text).length > 0 ? settleJson(text, wrong) : values[0]
}

/**
 * The value a text stands for, for an option: the first reading that the option's codec accepts. Texts are numbers,
 * also hexadecimal; true, false, on, off; words with commas for lists; JSON for structs and lists; hexadecimal digits for
 * bytes; or just text. If the codec accepts no reading, the likeliest is given, so that setting the option tells what is wrong.
 */
export const parseValue = (option: OptionParts, text: string): unknown => read(text, option.codec.wrong)

/** As `parseValue`, for a value to be set: what is meant as JSON must be JSON. */
export function parseNewValue(option: OptionParts, text: string): unknown {
  const value = parseValue(option, text)
  if (isAccepted(option.codec.wrong(value)) || !/^\s*[[{]/.test(text) || parseJson(text).length > 0) return value
  throw new UsageError(
    `${quoted(text)} is not JSON: names and texts take double quotes, as in '{"vifi": 0, "interface": "eth0"}'`,
  )
}

/** The question a text stands for, which some options need: a group on an interface, the name of a cipher, bytes. */
export function parseQuestion(option: OptionParts, text: string): unknown {
  const { wrongQuestion = () => true } = option.codec
  const question = read(text, wrongQuestion)
  if (isAccepted(wrongQuestion(question)) || !/^\s*[[{]/.test(text) || parseJson(text).length > 0) return question
  throw new UsageError(`${quoted(text)} is not JSON, as in '{"group": "232.1.1.1", "interface": "eth0"}'`)
}

/** A value as text for a person: a text as it is, any other value as JSON. */
export const valueText = (value: unknown): string =>
  typeof value === 'string' && value !== '' ? value : value === undefined ? '' : toJson(value)
