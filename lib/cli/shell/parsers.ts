// Parsers for the values of arguments and options. Commander turns what they throw into an error of usage.

import { InvalidArgumentError } from 'commander'
import { canonical, isMulticast } from '../../net/address.ts'
import { type ChannelText, parseChannel } from '../../protocols/channel.ts'
import { parseSocketTarget, type SocketTarget } from '../../protocols/socket-target.ts'
import { parseTarget, type TargetText } from '../../protocols/target.ts'
import { messageOf } from './failure.ts'

const MAX_TIMER_MILLISECONDS = 2 ** 31 - 1
/** In milliseconds: sending to a group more often would be a nuisance to its members. */
const MIN_PERIOD = 100

function refuse(problem: string): never {
  throw new InvalidArgumentError(problem)
}

/** A decimal whole number, from `least` to `most`. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return number >= least && number <= most ? number : refuse(`A whole number from ${least} to ${most} is needed.`)
  }

export const count = wholeNumber(1, 10 ** 12)
export const port = wholeNumber(1, 65535)
export const hops = wholeNumber(0, 255)
export const descriptor = wholeNumber(0, 2 ** 31 - 1)

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A time, which is given in milliseconds: `500ms`, `2m`, `1h`; `5` and `0.5` are seconds. */
export function duration(text: string): number {
  const [, number = '', unit = 's'] = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)?$/.exec(text) ?? []
  const time = number === '' ? Number.NaN : Number(number) * (UNITS[unit] ?? 0)
  return time <= MAX_TIMER_MILLISECONDS ? time : refuse('A time is needed: 500ms, 5 or 5s, 2m, 1h; at most 24 days.')
}

/** The time between two sendings, in milliseconds. */
export function period(text: string): number {
  const time = duration(text)
  return time >= MIN_PERIOD ? time : refuse(`At least ${MIN_PERIOD} ms are needed.`)
}

const MULTIPLES: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/** A number with a decimal multiple: `200k`, `1.5M`. */
export function quantity(text: string): number {
  const [, number = '', multiple = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([kmg])?$/i.exec(text) ?? []
  return number === ''
    ? refuse('A number is needed, with or without a multiple: 500, 200k, 1.5M.')
    : Number(number) * (MULTIPLES[multiple.toLowerCase()] ?? 1)
}

/** Ticks a second of a clock: `48000`, `90k`, `44.1k`. */
export function clockRate(text: string): number {
  const rate = quantity(text)
  return Number.isInteger(rate) && rate >= 1 && rate < 2 ** 32
    ? rate
    : refuse('Ticks a second are needed, a whole number from 1: 48000, 90k.')
}

/**
 * The name, index (digits) or local address of an interface. Whether there is such an interface is not checked here.
 */
export function interfaceArgument(text: string): string | number {
  if (text === '') refuse('The name, index or a local address of an interface is needed.')
  return /^\d+$/.test(text) ? wholeNumber(1, 2 ** 31 - 1)(text) : text
}

/** Bytes in hexadecimal; blanks and colons may stand between them. */
export function hexBytes(text: string): Buffer {
  return /^[\da-f]{2}([\s:]*[\da-f]{2})*$/i.test(text)
    ? Buffer.from(text.replaceAll(/[\s:]/g, ''), 'hex')
    : refuse("Bytes in hexadecimal are needed: 'ef 01 02' or ef0102.")
}

/** The address of a group, in canonical form. */
export function group(text: string): string {
  return isMulticast(text) ? (canonical(text) ?? text) : refuse('An IPv4 or IPv6 multicast address is needed.')
}

/** An IPv4 or IPv6 address, in canonical form; names are not looked up. */
export function address(text: string): string {
  return canonical(text) ?? refuse('An IP address is needed.')
}

/** A channel in any of the forms of `parseChannel`. */
export function channel(text: string): ChannelText {
  try {
    return parseChannel(text)
  } catch (error) {
    return refuse(messageOf(error))
  }
}

/** A channel, or a host by address or name, in any of the forms of `parseTarget`. */
export function target(text: string): TargetText {
  try {
    return parseTarget(text)
  } catch (error) {
    return refuse(messageOf(error))
  }
}

/** A target as above, or a raw, packet or Unix socket in any of the forms of `parseSocketTarget`. */
export function targetOrSocket(text: string): TargetText | SocketTarget {
  try {
    return parseSocketTarget(text) ?? parseTarget(text)
  } catch (error) {
    return refuse(messageOf(error))
  }
}

/** The parser of an option that may be repeated: collects the values in an array. */
export const repeatable =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[] | undefined): T[] => [...(before ?? []), parse(text)]
