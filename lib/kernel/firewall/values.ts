// What a rule compares: fields of a datagram as numbers, names and lists of them.

import { whole } from '../../base/check-fields.ts'
import { parseAddress } from '../../net/address.ts'
import { viewOf } from '../../protocols/bytes.ts'
import { ALL, allOrNone, both, limited, NONE, type Portion, rest, unjudged } from './portion.ts'

/** A field of a datagram, as far as it is known. */
export type Field =
  /** The datagram has no such field, so that no rule about it matches, not even a negated one. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly what: string }
  /** A number, and how a rule's text for such numbers is read. */
  | { readonly kind: 'number'; readonly value: bigint; readonly read: (text: unknown) => bigint | undefined }
  /** The names it may be: one, except for the ports of a bridge. */
  | { readonly kind: 'name'; readonly names: readonly string[] }
  /** One of `mod` numbers from `offset` on, another one for each datagram. */
  | { readonly kind: 'dice'; readonly mod: number; readonly offset: number }
  | { readonly kind: 'list'; readonly parts: readonly Field[] }

export const ABSENT: Field = { kind: 'absent' }
export const unknownField = (what: string): Field => ({ kind: 'unknown', what })
export const nameField = (...names: readonly string[]): Field => ({ kind: 'name', names })

function bytesToNumber(bytes: Uint8Array): bigint {
  const view = viewOf(bytes)
  if (bytes.length === 4) return BigInt(view.getUint32(0))
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8)
}

/** A whole number in decimal or as `0x...`; undefined for anything else. */
export function readNumber(given: unknown): bigint | undefined {
  if (typeof given === 'number') return Number.isSafeInteger(given) ? BigInt(given) : undefined
  if (typeof given === 'boolean') return given ? 1n : 0n
  return typeof given === 'string' && /^(?:\d{1,40}|0x[\da-f]{1,32})$/i.test(given) ? BigInt(given) : undefined
}

export function numberOfAddress(given: unknown): bigint | undefined {
  if (typeof given !== 'string') return undefined
  const parsed = parseAddress(given)
  return parsed === undefined ? undefined : bytesToNumber(parsed.bytes)
}

function readMac(given: unknown): bigint | undefined {
  return typeof given === 'string' && /^(?:[\da-f]{2}:){5}[\da-f]{2}$/i.test(given)
    ? BigInt(`0x${given.replaceAll(':', '')}`)
    : undefined
}

export const numberField = (value: number | bigint | undefined, what: string): Field =>
  value === undefined ? unknownField(what) : { kind: 'number', value: BigInt(value), read: readNumber }

/** The fields of the last addresses that were asked for: each rule asks for the same ones. */
const recent = new Map<string, Field>()

export function addressField(address: string | undefined, what: string): Field {
  if (address === undefined) return unknownField(what)
  let field = recent.get(address)
  if (field === undefined) {
    const value = numberOfAddress(address)
    field = value === undefined ? unknownField(what) : { kind: 'number', value, read: numberOfAddress }
    if (recent.size > 8) recent.clear()
    recent.set(address, field)
  }
  return field
}

export const macField = (value: bigint): Field => ({ kind: 'number', value, read: readMac })

/** A number that is written by name, or as a number: `udp` or 17. */
export function readNamed(names: Readonly<Record<string, number>>, given: unknown): bigint | undefined {
  const named = typeof given === 'string' && Object.hasOwn(names, given) ? names[given] : undefined
  return named === undefined ? readNumber(given) : BigInt(named)
}

export const namedField = (value: number, names: Readonly<Record<string, number>>): Field => ({
  kind: 'number',
  value: BigInt(value),
  read: (given) => readNamed(names, given),
})

/** The bounds of a prefix: 10.0.0.0/8 is 10.0.0.0-10.255.255.255. */
export function prefixRange(address: unknown, length: unknown): readonly [bigint, bigint] | undefined {
  const parsed = typeof address === 'string' ? parseAddress(address) : undefined
  if (parsed === undefined) return undefined
  const bits = parsed.bytes.length * 8
  if (!whole(0, bits).right(length)) return undefined
  const hosts = BigInt(bits - length)
  const first = (bytesToNumber(parsed.bytes) >> hosts) << hosts
  return [first, first + (1n << hosts) - 1n]
}

/** Whether a name matches a rule's pattern, whose last character may be the given wildcard. */
export function matchNames(names: readonly string[], pattern: string, wildcard: string, what: string): Portion {
  const fits = (name: string): boolean =>
    pattern.endsWith(wildcard) ? name.startsWith(pattern.slice(0, -1)) : name === pattern
  const matching = names.filter(fits).length
  if (matching === 0) return NONE
  return matching === names.length ? ALL : unjudged(what)
}

/** How many of the values that turn up in turn, or at random, lie in a range. */
export function matchDice(mod: number, offset: number, first: bigint, last: bigint): Portion {
  const from = Math.max(Number(first), offset)
  const to = Math.min(Number(last), offset + mod - 1)
  const share = Math.max(0, to - from + 1) / mod
  if (share === 0 || share === 1) return allOrNone(share === 1)
  return limited(share, share)
}

/** Either of two conditions, which may hold together. */
export const either = (one: Portion, other: Portion): Portion => rest(both(rest(one), rest(other)))

/** What matches a limit of so many a second, if a flow has `perSecond`: those within it, or those over it. */
export function matchLimit(limit: number, perSecond: number | undefined, over: boolean): Portion {
  // Other flows may count too: not more than this share passes, but less may.
  const within = limited(0, perSecond === undefined || perSecond <= limit ? 1 : limit / perSecond)
  return over ? rest(within) : within
}
