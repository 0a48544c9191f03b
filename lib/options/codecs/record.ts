// Codecs of structs that the compiler lays out by the C library's headers, field by field.

import { show } from '../../base/errors.ts'
import { type Codec, wrongFields } from './codec.ts'

/** A field that may be left out in writing. */
export interface WithDefault<R, W> extends Codec<R, W> {
  /** What is written if the field is left out. */
  readonly otherwise: W
}

/** The same codec for a field that may be left out. */
export const optional = <R, W>(codec: Codec<R, W>, otherwise: NoInfer<W>): WithDefault<R, W> => ({
  ...codec,
  otherwise,
})

// biome-ignore lint/suspicious/noExplicitAny: a field of any type
type AnyField = Codec<any, any>
type Fields = Readonly<Record<string, AnyField>>
type Read<C> = C extends Codec<infer R, infer _> ? R : never
// biome-ignore lint/suspicious/noExplicitAny: what it reads does not matter here
type Written<C> = C extends Codec<any, infer W> ? W : never
type Flat<T> = { [K in keyof T]: T[K] }

/** What reading a struct gives. */
export type RecordRead<F extends Fields> = { -readonly [K in keyof F]: Read<F[K]> }
/** What setting a struct takes: fields with a default may be left out. */
export type RecordWritten<F extends Fields> = Flat<
  { -readonly [K in keyof F as F[K] extends { otherwise: unknown } ? never : K]: Written<F[K]> } & {
    -readonly [K in keyof F as F[K] extends { otherwise: unknown } ? K : never]?: Written<F[K]> | undefined
  }
>

/** A struct, field by field; each field's codec says what its value may be. */
export function record<const F extends Fields>(ctype: string, fields: F): Codec<RecordRead<F>, RecordWritten<F>> {
  const entries = Object.entries(fields).map(([name, codec]) => ({
    name,
    codec,
    otherwise: (codec as Partial<WithDefault<unknown, unknown>>).otherwise,
  }))
  const words = entries.map(
    ({ name, codec, otherwise }) => `${name}${otherwise === undefined ? '' : '?'}: ${codec.expects}`,
  )
  return {
    expects: `{ ${words.join('; ')} }`,
    read: ctype,
    write: ctype,
    wrong: (value) => {
      const strange = wrongFields(value, Object.keys(fields))
      if (strange !== '') return strange
      for (const { name, codec, otherwise } of entries) {
        const given = (value as Record<string, unknown>)[name]
        const field = given === undefined ? otherwise : given
        const wrong = codec.wrong(field)
        if (wrong === true) return `${name} is ${show(field)}, not ${codec.expects}`
        if (wrong !== '' && wrong !== false) return `${name}: ${wrong}`
      }
      return ''
    },
    toNative: (value) =>
      Object.fromEntries(
        entries.map(({ name, codec, otherwise }) => [
          name,
          codec.toNative((value as Record<string, unknown>)[name] ?? otherwise),
        ]),
      ),
    fromNative: (native: Record<string, unknown>) => {
      for (const { name, codec } of entries)
        if (native[name] !== undefined) native[name] = codec.fromNative(native[name] as never)
      return native as RecordRead<F>
    },
  }
}
