// Chooses the native option for a value: its level and C type may depend on the value.

import { unsupported } from '../base/errors.ts'
import { type NativeOption, native } from '../binding/native.ts'
import { isIpv6 } from '../net/address.ts'
import type { OptionAttributes } from './attributes.ts'
import type { Codec } from './codecs.ts'

/** The native option for a value. */
export type NativeChoice = (value: unknown) => NativeOption

/** Makes the choice for one option: its C type may depend on the value, its level on the family of the value's group. */
export function chooseNative(
  name: string,
  level: number,
  number: number,
  ctype: Codec<unknown, unknown, unknown>['write'],
  { act, byGroup }: OptionAttributes,
): NativeChoice {
  // On an any-source membership the kernel would silently turn to source-specific: the native side refuses instead.
  const refusesAnySource = act === 'join-source' || act === 'leave-source'

  const ofType = (level: number, type: string): NativeChoice => {
    let made: NativeOption | undefined
    return () => {
      if (made !== undefined) return made
      const codec = native.codecs[type]
      if (codec === undefined) throw unsupported(`${name} (struct ${type})`, name)
      made = native.option(level, number, codec, refusesAnySource)
      return made
    }
  }
  const ofLevel = (level: number): NativeChoice => {
    if (typeof ctype === 'string') return ofType(level, ctype)
    const types = new Map<string, NativeChoice>()
    return (value) => {
      const type = ctype(value)
      const choice = types.get(type) ?? ofType(level, type)
      types.set(type, choice)
      return choice(value)
    }
  }
  if (byGroup !== true) return ofLevel(level)
  // An MCAST_* option exists once for each family.
  const ipv4 = ofLevel(native.constants.IPPROTO_IP ?? -1)
  const ipv6 = ofLevel(native.constants.IPPROTO_IPV6 ?? -1)
  return (value) => (isIpv6((value as { group: string }).group) ? ipv6(value) : ipv4(value))
}
