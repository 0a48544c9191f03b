// Calls of setsockopt and getsockopt that are made at once, on this thread; and the checks that all calls share.

import { badValue, onBehalfOf, show } from '../base/errors.ts'
import { type Outcome, unsupported } from '../binding/native.ts'
import type { OptionParts } from '../options/option.ts'
import { explain } from './explain-option.ts'

function usable(option: OptionParts): void {
  if (!option.supported) throw unsupported(`${option.name} (level ${option.level})`, option.name)
}

/** The value as the native side takes it; throws for a value that the kernel would misread. */
export function toNative(option: OptionParts, value: unknown): unknown {
  usable(option)
  const { codec } = option
  if (!option.writable) throw badValue(`${option.name} can only be read`, option.name)
  const wrong = codec.wrong(value)
  if (wrong !== '' && wrong !== false)
    throw badValue(
      wrong === true
        ? `${option.name} must be ${option.expects}`
        : `${option.name}: ${wrong}; it takes ${option.expects}`,
      option.name,
    )
  return onBehalfOf(option.name, codec.toNative, value)
}

/** The question as the native side takes it; throws if the option can't be read, or not with this question. */
export function questionToNative(option: OptionParts, question: unknown): unknown {
  usable(option)
  const { codec } = option
  if (!option.readable) throw badValue(`${option.name} can only be set`, option.name)
  const wrong = codec.wrongQuestion?.(question) ?? ''
  if (wrong !== '' && wrong !== false)
    throw badValue(`${option.name}: ${wrong === true ? `it must be asked with ${option.expects}` : wrong}`, option.name)
  if (codec.question === undefined && question !== undefined)
    throw badValue(`${option.name} is read without a question, and was given ${show(question)}`, option.name)
  return codec.question && onBehalfOf(option.name, codec.question, question)
}

export function check(option: OptionParts, outcome: Outcome | undefined, value: unknown): void {
  if (outcome !== undefined && outcome !== 0) throw explain(option, outcome, value, 'setsockopt')
}

/** `setsockopt` at once, on this thread. */
export function setNow(fd: number, option: OptionParts, value: unknown): void {
  const given = toNative(option, value)
  check(option, option.toWrite(value).set(fd, given), value)
}

/** `getsockopt` at once, on this thread. */
export function getNow(fd: number, option: OptionParts, question: unknown): unknown {
  const asked = questionToNative(option, question)
  try {
    const read = option.toRead(question)
    return option.codec.fromNative((asked === undefined ? read.get(fd) : read.get(fd, asked)) as never)
  } catch (error) {
    // The native side throws an outcome, a number, of which `explain` makes an error.
    throw typeof error === 'number' ? explain(option, error, question, 'getsockopt') : error
  }
}
