// Chooses the native option for a value: its level and C type may depend on the value.

import { unsupported } from '../base/errors.ts'
import { type NativeOption, native } from '../binding/native.ts'
import { isIpv6, unmapped } from '../net/address.ts'
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

  const make = (levelNumber: number | undefined, type: string): NativeOption => {
    const codec = native.codecs[type]
    if (codec === undefined) throw unsupported(`${name} (struct ${type})`, name)
    return native.option(levelNumber ?? -1, number, codec, refusesAnySource)
  }
  if (typeof ctype !== 'string') {
    const made = new Map<string, NativeOption>()
    return (value) => {
      const type = ctype(value)
      const option = made.get(type) ?? make(level, type)
      made.set(type, option)
      return option
    }
  }
  if (byGroup !== true) {
    let option: NativeOption | undefined
    return () => {
      option ??= make(level, ctype)
      return option
    }
  }
  // An MCAST_* option exists once for each family.
  const { IPPROTO_IP, IPPROTO_IPV6 } = native.constants
  let ipv4: NativeOption | undefined
  let ipv6: NativeOption | undefined
  return (value) => {
    const { group } = value as { group: string }
    // A dual-stack socket tells an IPv4 group as an IPv4-mapped address.
    if (isIpv6(group) && isIpv6(unmapped(group))) {
      ipv6 ??= make(IPPROTO_IPV6, ctype)
      return ipv6
    }
    ipv4 ??= make(IPPROTO_IP, ctype)
    return ipv4
  }
}
