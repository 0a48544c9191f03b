// Chooses the native option for a value: its level and C type may depend on the value.

import { type NativeOption, native, unsupported } from '../binding/native.ts'
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
  if (byGroup !== undefined) return byGroup((ofGroup) => make(native.constants[ofGroup], ctype))
  let option: NativeOption | undefined
  return () => {
    option ??= make(level, ctype)
    return option
  }
}
