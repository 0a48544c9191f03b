// Codecs of the UAPI's structs of plain numbers, laid out here as the kernel's compilers do.

import { LITTLE_ENDIAN } from '../../base/byte-order.ts'
import { type FieldRule, mustBe, object, oneOf, whole } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import { type Codec, wrongFields } from './codec.ts'
import { u64 } from './scalars.ts'

/** A codec whose native value is the bytes of the struct. */
export interface Struct<R, W> extends Codec<R, W> {
  /** In bytes. */
  readonly size: number
  readonly toNative: (value: W) => Uint8Array
  readonly fromNative: (bytes: Buffer) => R
}

/** The C types of a struct's fields. Each lies at a multiple of its size, as the kernel's compilers place them. */
const SIZES = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 } as const
type Type = keyof typeof SIZES

const LAYOUT = object("{ name: 'u8', ... }")
const TYPE = oneOf(...Object.keys(SIZES))

/** The fields of a struct by name, in the kernel's order, each with its type. */
export type Layout = Readonly<Record<string, Type>>
/** What reading such a struct gives: 64-bit fields are BigInt. */
export type LayoutValue<L extends Layout> = { -readonly [K in keyof L]: L[K] extends 'u64' ? bigint : number }

const NUMBERS: Readonly<Record<Exclude<Type, 'u64'>, FieldRule<number>>> = {
  u8: whole(0, 0xff),
  u16: whole(0, 0xffff),
  u32: whole(0, 0xffffffff),
  i32: whole(-(2 ** 31), 2 ** 31 - 1),
}

interface Field {
  readonly name: string
  readonly type: Type
  readonly offset: number
}

function fieldsOf(layout: Layout): { fields: readonly Field[]; size: number } {
  let end = 0
  let widest = 1
  const fields = Object.entries(layout).map(([name, type]) => {
    mustBe(TYPE, `layout: ${name}`, type)
    const size = SIZES[type]
    const offset = Math.ceil(end / size) * size
    end = offset + size
    widest = Math.max(widest, size)
    return { name, type, offset }
  })
  return { fields, size: Math.ceil(end / widest) * widest }
}

function read(view: DataView, type: Type, offset: number): number | bigint {
  switch (type) {
    case 'u8':
      return view.getUint8(offset)
    case 'u16':
      return view.getUint16(offset, LITTLE_ENDIAN)
    case 'u32':
      return view.getUint32(offset, LITTLE_ENDIAN)
    case 'i32':
      return view.getInt32(offset, LITTLE_ENDIAN)
    case 'u64':
      return view.getBigUint64(offset, LITTLE_ENDIAN)
  }
}

function write(view: DataView, type: Type, offset: number, value: number | bigint): void {
  if (type === 'u64') view.setBigUint64(offset, BigInt(value), LITTLE_ENDIAN)
  else if (type === 'u8') view.setUint8(offset, Number(value))
  else if (type === 'u16') view.setUint16(offset, Number(value), LITTLE_ENDIAN)
  else view.setInt32(offset, Number(value), LITTLE_ENDIAN)
}

function wrongField(type: Type, value: unknown): string {
  if (type === 'u64') return u64.wrong(value) ? u64.expects : ''
  const { right, words } = NUMBERS[type]
  return right(value) ? '' : words
}

/**
 * A struct of Linux's UAPI, which the C library's headers may lack, by its fields in order. A shorter answer gives the fields
 * that it reaches. `given` holds the defaults of fields that may be left out in writing.
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
  const { fields, size } = fieldsOf(layout)
  const defaults = given as Readonly<Record<string, number | bigint>>
  const fieldOf = (value: Record<string, unknown>, name: string): unknown =>
    value[name] === undefined ? defaults[name] : value[name]
  const fieldNames = fields.map(({ name }) => name)
  const names = fields.map(({ name }) => `${name}${name in given ? '?' : ''}`)
  return {
    size,
    expects: `{ ${names.join(', ')} }`,
    read: 'bytes',
    write: 'bytes',
    wrong: (value) => {
      const strange = wrongFields(value, fieldNames)
      if (strange !== '') return strange
      for (const { name, type } of fields) {
        const field = fieldOf(value as Record<string, unknown>, name)
        const wrong = wrongField(type, field)
        if (wrong !== '') return `${name} is ${show(field)}, not ${wrong}`
      }
      return ''
    },
    toNative: (value) => {
      const bytes = new Uint8Array(size)
      const view = new DataView(bytes.buffer)
      for (const { name, type, offset } of fields)
        write(view, type, offset, fieldOf(value as Record<string, unknown>, name) as number | bigint)
      return bytes
    },
    fromNative: (answer: Buffer) => {
      const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
      const value: Record<string, number | bigint> = {}
      for (const { name, type, offset } of fields)
        if (offset + SIZES[type] <= answer.length) value[name] = read(view, type, offset)
      return value as LayoutValue<L>
    },
  }
}
