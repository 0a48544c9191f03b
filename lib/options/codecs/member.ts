// The fields of a struct that is laid out here: numbers, and what is more than a number.

import { LITTLE_ENDIAN } from '../../base/byte-order.ts'
import { isBytes, whole } from '../../base/check-fields.ts'
import { native } from '../../binding/native.ts'
import { familyOf, formatAddress, type IpFamily, parseAddress, unmapped } from '../../net/address.ts'
import { type Codec, isListOf, isRecordOf } from './codec.ts'
import { indexOf, isAddress, wrongInterface } from './multicast-target.ts'
import { u64 } from './scalars.ts'
import { decodeSockaddr, type Sockaddr } from './sockaddr.ts'

/** Some C types are aligned as pointers are. */
const POINTER_SIZE = ['arm', 'ia32', 'mips', 'mipsel', 'ppc'].includes(process.arch) ? 4 : 8

/** A field of a struct: how it lies in the struct, and how its value crosses. `R` is what reading gives, `W` what writing takes. */
export interface Member<R, W = R> {
  /** In bytes. */
  readonly size: number
  /** The field lies at a multiple of so many bytes. */
  readonly align: number
  /** What the value must be, in words that end a sentence. */
  readonly words: string
  readonly right: (value: unknown) => boolean
  readonly read: (view: DataView, offset: number) => R
  readonly write: (view: DataView, offset: number, value: W) => void
}

type NumberMember = Member<number>

const number = (
  size: 1 | 2 | 4,
  [least, most]: readonly [number, number],
  read: NumberMember['read'],
  write: NumberMember['write'],
): NumberMember => ({ size, align: size, ...whole(least, most), read, write })

/** The C types of numbers. Each lies at a multiple of its size, as the kernel's compilers place them. */
export const NUMBERS = {
  u8: number(
    1,
    [0, 0xff],
    (view, offset) => view.getUint8(offset),
    (view, offset, value) => view.setUint8(offset, value),
  ),
  u16: number(
    2,
    [0, 0xffff],
    (view, offset) => view.getUint16(offset, LITTLE_ENDIAN),
    (view, offset, value) => view.setUint16(offset, value, LITTLE_ENDIAN),
  ),
  u32: number(
    4,
    [0, 0xffffffff],
    (view, offset) => view.getUint32(offset, LITTLE_ENDIAN),
    (view, offset, value) => view.setUint32(offset, value, LITTLE_ENDIAN),
  ),
  i32: number(
    4,
    [-(2 ** 31), 2 ** 31 - 1],
    (view, offset) => view.getInt32(offset, LITTLE_ENDIAN),
    (view, offset, value) => view.setInt32(offset, value, LITTLE_ENDIAN),
  ),
  u64: {
    size: 8,
    align: 8,
    words: u64.expects,
    right: (value) => u64.wrong(value) === false,
    read: (view, offset) => view.getBigUint64(offset, LITTLE_ENDIAN),
    write: (view, offset, value) => view.setBigUint64(offset, BigInt(value), LITTLE_ENDIAN),
  } as Member<bigint>,
} as const

const bytesAt = (view: DataView, offset: number, length: number): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + offset, length)

/** A number between two bounds. */
export const numberFrom = (type: Exclude<keyof typeof NUMBERS, 'u64'>, least: number, most: number): NumberMember => ({
  ...NUMBERS[type],
  ...whole(least, most),
})

/** A number that is written and read by another codec: an enumeration, a set of flags, an interface. */
export const numberAs = <R, W>(type: 'u8' | 'u16' | 'u32' | 'i32', codec: Codec<R, W>): Member<R, W> => {
  const { size, align, read, write } = NUMBERS[type]
  return {
    size,
    align,
    words: codec.expects,
    right: (value) => codec.wrong(value) === false || codec.wrong(value) === '',
    read: (view, offset) => codec.fromNative(read(view, offset) as never),
    write: (view, offset, value) => write(view, offset, codec.toNative(value) as number),
  }
}

/** An IPv4 or IPv6 address without a zone, in so many bytes of network order. */
const address = (family: 4 | 6, size: 4 | 16, align: 1 | 4): Member<string> => ({
  size,
  align,
  words: `an IPv${family} address`,
  right: (value) => {
    const parsed = typeof value === 'string' ? parseAddress(value) : undefined
    return parsed?.family === family && parsed.zone === undefined
  },
  read: (view, offset) => formatAddress(bytesAt(view, offset, size)),
  write: (view, offset, value) => bytesAt(view, offset, size).set(parseAddress(value)?.bytes ?? []),
})

/** A `struct in_addr`. */
export const inAddrMember: Member<string> = address(4, 4, 4)

/** A `struct in6_addr`. */
export const in6AddrMember: Member<string> = address(6, 16, 4)

/** A `struct sockaddr_in6` whose port and scope are 0: the family, then 6 bytes, then the address. */
export const sockaddrIn6Member: Member<string> = {
  ...in6AddrMember,
  size: 28,
  read: (view, offset) => in6AddrMember.read(view, offset + 8),
  write: (view, offset, value) => {
    NUMBERS.u16.write(view, offset, native.constants.AF_INET6 ?? 0)
    in6AddrMember.write(view, offset + 8, value)
  },
}

/** An interface: a local IPv4 address, or the index in the same four bytes. */
export const interfaceMember: Member<never, string | number> = {
  size: 4,
  align: 4,
  words: 'an interface: its name, its index or a local IPv4 address',
  right: (value) => wrongInterface(value, 'either') === '',
  read: (view, offset) => inAddrMember.read(view, offset) as never,
  write: (view, offset, value) => {
    if (isAddress(value)) inAddrMember.write(view, offset, unmapped(value))
    else NUMBERS.i32.write(view, offset, indexOf(value))
  },
}

/** A socket address to be written in a struct. */
export interface SockaddrGiven {
  /** The family, which the address shows. */
  family?: IpFamily | undefined
  /** An IPv4 or IPv6 address, with its zone if it is link-local. */
  address: string
  /** Default 0. */
  port?: number | undefined
}

const isPort = whole(0, 0xffff).right

/** A `struct sockaddr_storage`; left out it is zero, which stands for no address. */
export const sockaddrStorageMember: Member<Sockaddr, SockaddrGiven | undefined> = {
  size: 128,
  align: POINTER_SIZE,
  words: '{ address, port? }',
  right: (value) =>
    value === undefined ||
    (isRecordOf(value, 'family', 'address', 'port') &&
      isAddress(value.address) &&
      (value.port === undefined || isPort(value.port)) &&
      (value.family === undefined || value.family === familyOf(value.address))),
  read: (view, offset) => decodeSockaddr(bytesAt(view, offset, 128)),
  write: (view, offset, value) => {
    if (value === undefined) return
    bytesAt(view, offset, 128).set(native.encode(native.codecs.sockaddr_storage ?? -1, value.address))
    // Both families have the port at the same place, in network order.
    view.setUint16(offset + 2, value.port ?? 0)
  },
}

/** A port, in network order. */
export const portMember: Member<number> = {
  ...NUMBERS.u16,
  read: (view, offset) => view.getUint16(offset),
  write: (view, offset, value) => view.setUint16(offset, value),
}

/** A number of 32 bits in network order. */
export const networkNumber: Member<number> = {
  ...NUMBERS.u32,
  read: (view, offset) => view.getUint32(offset),
  write: (view, offset, value) => view.setUint32(offset, value),
}

/** A struct within a struct. */
export const inner = <R>(whole: {
  size: number
  align: number
  fromNative: (bytes: Buffer) => R
}): Member<R, undefined> => ({
  get size() {
    return whole.size
  },
  get align() {
    return whole.align
  },
  words: 'nothing: only the kernel writes it',
  right: (value) => value === undefined,
  read: (view, offset) => whole.fromNative(Buffer.from(bytesAt(view, offset, whole.size))),
  write: () => {},
})

/** Text of fewer than so many bytes; NUL bytes follow. */
export const textMember = (size: number): Member<string> => ({
  size,
  align: 1,
  words: `a string of at most ${size - 1} bytes without NUL`,
  right: (value) => typeof value === 'string' && Buffer.byteLength(value) < size && !value.includes('\0'),
  read: (view, offset) => {
    const bytes = bytesAt(view, offset, size)
    const end = bytes.indexOf(0)
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString()
  },
  write: (view, offset, value) => bytesAt(view, offset, size).set(Buffer.from(value)),
})

/** Bit fields of C, each one bit wide, by name from the first on: the first is the lowest bit only on little-endian machines. */
export const bitFields = <const N extends string>(
  type: 'u16' | 'u32',
  ...names: readonly N[]
): Member<Record<N, boolean>, Partial<Record<N, boolean>>> => {
  const { size, align, read, write } = NUMBERS[type]
  const bitOf = (index: number): number => (LITTLE_ENDIAN ? 1 << index : 1 << (size * 8 - 1 - index)) >>> 0
  return {
    size,
    align,
    words: `an object of ${names.map((name) => `${name}?`).join(', ')}, true or false`,
    right: (value) =>
      isRecordOf(value, ...names) && Object.values(value).every((bit) => bit === undefined || typeof bit === 'boolean'),
    read: (view, offset) => {
      const bits = read(view, offset)
      return Object.fromEntries(names.map((name, index) => [name, (bits & bitOf(index)) !== 0])) as Record<N, boolean>
    },
    write: (view, offset, value) =>
      write(
        view,
        offset,
        names.reduce((sum, name, index) => (value[name] === true ? (sum | bitOf(index)) >>> 0 : sum), 0),
      ),
  }
}

/** An array of exactly so many bytes. */
export const octets = (size: number): Member<Buffer, Uint8Array> => ({
  size,
  align: 1,
  words: `a Uint8Array of ${size} bytes`,
  right: (value) => isBytes(value) && value.length === size,
  read: (view, offset) => Buffer.from(bytesAt(view, offset, size)),
  write: (view, offset, value) => bytesAt(view, offset, size).set(value),
})

/** An array of so many numbers; numbers left out at the end are 0. */
export const numbersMember = (type: 'u8' | 'u32', length: number): Member<number[], readonly number[]> => {
  const { size, align, read, write, right, words } = NUMBERS[type]
  return {
    size: size * length,
    align,
    words: `an array of at most ${length}, each ${words}`,
    right: (value) => isListOf(value, right, 0, length),
    read: (view, offset) => Array.from({ length }, (_, index) => read(view, offset + index * size)),
    write: (view, offset, value) => {
      for (const [index, one] of value.entries()) write(view, offset + index * size, one)
    },
  }
}

/** A set of numbers below a bound, a bit each in words of 32 bits: an `fd_set` and its kin. */
export const bitSet = (bits: number, below = bits): Member<number[], readonly number[]> => {
  const { read, write } = NUMBERS.u32
  const { right, words } = whole(0, below - 1)
  return {
    size: bits / 8,
    align: 4,
    words: `an array, each ${words}`,
    right: (value) => isListOf(value, right),
    read: (view, offset) =>
      Array.from({ length: bits }, (_, bit) => bit).filter(
        (bit) => ((read(view, offset + (bit >>> 5) * 4) >>> (bit & 31)) & 1) === 1,
      ),
    write: (view, offset, value) => {
      for (const bit of value) {
        const word = offset + (bit >>> 5) * 4
        write(view, word, (read(view, word) | (1 << (bit & 31))) >>> 0)
      }
    },
  }
}
