// Codecs of the UAPI's structs, laid out here as the kernel's compilers do.

import { mustBe, object, oneOf } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import { type Codec, wrongFields } from './codec.ts'
import { type Member, NUMBERS } from './member.ts'

/** A codec whose native value is the bytes of the struct. */
export interface Struct<R, W> extends Codec<R, W> {
  /** In bytes. */
  readonly size: number
  /** The struct lies at a multiple of so many bytes. */
  readonly align: number
  readonly toNative: (value: W) => Uint8Array
  readonly fromNative: (bytes: Buffer) => R
}

type Type = keyof typeof NUMBERS
// biome-ignore lint/suspicious/noExplicitAny: a field of any type
type AnyMember = Member<any, any>

const LAYOUT = object("{ name: 'u8', ... }")
const TYPE = oneOf(...Object.keys(NUMBERS))

/** The fields of a struct by name, in the kernel's order, each with its type. */
export type Layout = Readonly<Record<string, Type>>
/** What reading such a struct gives: 64-bit fields are BigInt. */
export type LayoutValue<L extends Layout> = { -readonly [K in keyof L]: L[K] extends 'u64' ? bigint : number }

/** As `Layout`, with fields that are more than numbers. */
export type Members = Readonly<Record<string, Type | AnyMember>>
type Read<M> = M extends Member<infer R, infer _> ? R : M extends 'u64' ? bigint : number
// biome-ignore lint/suspicious/noExplicitAny: what it reads does not matter here
type Written<M> = M extends Member<any, infer W> ? W : M extends 'u64' ? bigint : number
/** What reading a struct of members gives. */
export type MembersRead<M extends Members> = { -readonly [K in keyof M]: Read<M[K]> }
/** What writing a struct of members takes. */
export type MembersWritten<M extends Members> = { -readonly [K in keyof M]: Written<M[K]> }

interface Field {
  readonly name: string
  readonly offset: number
  readonly member: AnyMember
}

interface Laid {
  readonly fields: readonly Field[]
  readonly size: number
  readonly align: number
}

function layOut(members: Members, packed: number | undefined): Laid {
  const fields: Field[] = []
  let end = 0
  let widest = packed ?? 1
  for (const name of Object.keys(members)) {
    const type = members[name] as Type | AnyMember
    const member: AnyMember = typeof type === 'object' ? type : NUMBERS[type]
    const align = packed === undefined ? member.align : 1
    const offset = Math.ceil(end / align) * align
    end = offset + member.size
    widest = Math.max(widest, align)
    fields.push({ name, offset, member })
  }
  return { fields, size: Math.ceil(end / widest) * widest, align: widest }
}

/** As `struct`, with fields that are more than numbers. `packed`: no field of the struct is aligned, and the struct itself to so many bytes: `__attribute__((packed, aligned(4)))`. */
export function structOf<const M extends Members, const D extends Partial<MembersWritten<M>> = Record<never, never>>(
  members: M,
  given: D = {} as D,
  packed?: number,
): Struct<
  MembersRead<M>,
  Omit<MembersWritten<M>, keyof D> & { [K in keyof D & keyof M]?: MembersWritten<M>[K] | undefined }
> {
  // Laid out at the first use: laying out all structs was a third of the time that an import took.
  let laid: Laid | undefined
  const layout = (): Laid => {
    laid ??= layOut(members, packed)
    return laid
  }
  const defaults = given as Readonly<Record<string, unknown>>
  const fieldOf = (value: Record<string, unknown>, name: string): unknown =>
    value[name] === undefined ? defaults[name] : value[name]
  const fieldNames = Object.keys(members)
  return {
    get size() {
      return layout().size
    },
    get align() {
      return layout().align
    },
    get expects() {
      return `{ ${fieldNames.map((name) => (name in given ? `${name}?` : name)).join(', ')} }`
    },
    read: 'bytes',
    write: 'bytes',
    wrong: (value) => {
      const strange = wrongFields(value, fieldNames)
      if (strange !== '') return strange
      for (const { name, member } of layout().fields) {
        const field = fieldOf(value as Record<string, unknown>, name)
        if (!member.right(field)) return `${name} is ${show(field)}, not ${member.words}`
      }
      return ''
    },
    toNative: (value) => {
      const { fields, size } = layout()
      const bytes = new Uint8Array(size)
      const view = new DataView(bytes.buffer)
      for (const { name, offset, member } of fields)
        member.write(view, offset, fieldOf(value as Record<string, unknown>, name))
      return bytes
    },
    fromNative: (answer: Buffer) => {
      const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
      const value: Record<string, unknown> = {}
      for (const { name, offset, member } of layout().fields)
        if (offset + member.size <= answer.length) value[name] = member.read(view, offset)
      return value as MembersRead<M>
    },
  }
}

/**
 * A struct of Linux's UAPI of plain numbers, by its fields in order. A shorter answer gives the fields that it reaches.
 * `given` holds the defaults of fields that may be left out in writing.
 */
export function struct<const L extends Layout, const D extends Partial<LayoutValue<L>> = Record<never, never>>(
  layout: L,
  given: D = {} as D,
): Struct<
  LayoutValue<L>,
  Omit<LayoutValue<L>, keyof D> & { [K in keyof LayoutValue<L>]?: LayoutValue<L>[K] | undefined }
> {
  mustBe(LAYOUT, 'layout', layout)
  mustBe(object('an object'), 'given', given)
  const members = { ...layout }
  for (const name in members) mustBe(TYPE, `layout: ${name}`, members[name])
  return structOf(members as Members, { ...given } as never) as never
}
