import { InvalidArgumentError } from 'commander'
import { canonical, isMulticast } from '../../net/address.ts'
import { type ChannelText, parseChannel } from '../../protocols/channel.ts'
import type { Rate } from '../commands/send/pace.ts'

// Parsers for the values of arguments and options; commander turns what they throw into bad usage.

export const MAX_TIMER_MILLISECONDS = 2 ** 31 - 1
/** Nobody who means well repeats himself to a group more often. */
const MIN_PERIOD = 100

function refuse(problem: string): never {
  throw new InvalidArgumentError(problem)
}

/** A whole number between two bounds, in decimal. */
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

/** A time, in milliseconds: `500ms`, `2m`, `1h`; `5` and `0.5` are seconds. */
export function duration(text: string): number {
  const [, number = '', unit = 's'] = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)?$/.exec(text) ?? []
  const time = number === '' ? Number.NaN : Number(number) * (UNITS[unit] ?? 0)
  return time <= MAX_TIMER_MILLISECONDS ? time : refuse('A time is needed: 500ms, 5 or 5s, 2m, 1h; at most 24 days.')
}

/** The time from one sending to the next, in milliseconds. */
export function period(text: string): number {
  const time = duration(text)
  return time >= MIN_PERIOD ? time : refuse(`At least ${MIN_PERIOD} ms are needed.`)
}

const MULTIPLES: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/** A number with a decimal multiple: `200k`, `1.5M`. */
export function quantity(text: string): number {
  const [, number = '', multiple = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([kmg])?$/i.exec(text) ?? []
  return number === ''
    ? refuse('A number is needed, maybe with a multiple: 500, 200k, 1.5M.')
    : Number(number) * (MULTIPLES[multiple.toLowerCase()] ?? 1)
}

/** So many datagrams a second, `500` or `200k`, or bits: `8Mbit`. */
export function rate(text: string): Rate {
  const [, number = '', bits = ''] = /^(.*?)(bits?|bps)?(?:\/s)?$/i.exec(text) ?? []
  const value = quantity(number)
  if (value === 0) refuse('A rate is more than 0.')
  return { value, unit: bits === '' ? 'datagrams' : 'bits' }
}

/** An interface by name, index (digits) or local address. Whether it is there shows when it is used. */
export function interfaceArgument(text: string): string | number {
  if (text === '') refuse('The name, index or a local address of an interface is needed.')
  return /^\d+$/.test(text) ? wholeNumber(1, 2 ** 31 - 1)(text) : text
}

/** A group's address, in its canonical text. */
export function group(text: string): string {
  return isMulticast(text) ? (canonical(text) ?? text) : refuse('An IPv4 or IPv6 multicast address is needed.')
}

/** An IPv4 or IPv6 address; names are not looked up. */
export function address(text: string): string {
  return canonical(text) ?? refuse('An IP address is needed.')
}

/** Every form of a channel: see `parseChannel`. */
export function channel(text: string): ChannelText {
  try {
    return parseChannel(text)
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

/** Makes a parser collect the values of an option that may be repeated. */
export const repeatable =
  <T>(parse: (text: string) => T) =>
  (text: string, before: T[] | undefined): T[] => [...(before ?? []), parse(text)]
