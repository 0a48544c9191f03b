// Chooses the native option for a value: its level and C type may depend on the value.

import { unsupported } from '../base/errors.ts'
import { type NativeOption, native } from '../binding/native.ts'
import { isIpv6 } from '../net/address.ts'
import type { OptionAttributes } from './attributes.ts'
import type { Codec } from './codecs.ts'

/** The native option for a value. */
export type NativeChoice = (value: unknown) => NativeOption

/** How to tell the native option of a value: the C type may depend on the value, the level on its group's family. */
export function chooseNative(
  name: string,
  level: number,
  number: number,
  ctype: Codec<unknown, unknown, unknown>['write'],
  { act, byGroup }: OptionAttributes,
): NativeChoice {
  // Leaving or joining a source on an any-source membership turns it over silently: the kernel is not asked.
  const refusesAnySource = act === 'join-source' || act === 'leave-source'

  const ofType = (at: number, type: string): NativeChoice => {
    let made: NativeOption | undefined
    return () => {
      if (made !== undefined) return made
      const codec = native.codecs[type]
      if (codec === undefined) throw unsupported(`${name} (struct ${type})`, name)
      made = native.option(at, number, codec, refusesAnySource)
      return made
    }
  }
  const ofLevel = (at: number): NativeChoice => {
    if (typeof ctype === 'string') return ofType(at, ctype)
    const types = new Map<string, NativeChoice>()
    return (value) => {
      const type = ctype(value)
      const choice = types.get(type) ?? ofType(at, type)
      types.set(type, choice)
      return choice(value)
    }
  }
  if (byGroup !== true) return ofLevel(level)
  // MCAST_* options exist once for each family.
  const ipv4 = ofLevel(native.constants.IPPROTO_IP ?? -1)
  const ipv6 = ofLevel(native.constants.IPPROTO_IPV6 ?? -1)
  return (value) => (isIpv6((value as { group: string }).group) ? ipv6(value) : ipv4(value))
}
