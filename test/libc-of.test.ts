// The C library of a program, by the loader that its ELF header asks for.
import { expect, it } from 'vitest'
import { libcOf, targetHere } from '../lib/binding/target.mjs'
import { scratchFile } from './support/scratch.ts'

const PT_LOAD = 1
const PT_INTERP = 3

/** An ELF file with two segments, the second of which names the loader. */
function elf(bits: 32 | 64, endian: 'LE' | 'BE', loader: string): Buffer {
  const is64 = bits === 64
  const file = Buffer.alloc(512)
  const put = (at: number, value: number, size: number): void => {
    if (endian === 'LE') file.writeUIntLE(value, at, size)
    else file.writeUIntBE(value, at + (size === 6 ? 2 : 0), size)
  }
  file.write('\x7fELF', 'latin1')
  file[4] = is64 ? 2 : 1
  file[5] = endian === 'LE' ? 1 : 2
  const size = is64 ? 56 : 32
  put(is64 ? 32 : 28, 64, is64 ? 6 : 4)
  put(is64 ? 54 : 42, size, 2)
  put(is64 ? 56 : 44, 2, 2)
  put(64, PT_LOAD, 4)
  put(64 + size, PT_INTERP, 4)
  put(64 + size + (is64 ? 8 : 4), 256, is64 ? 6 : 4)
  put(64 + size + (is64 ? 32 : 16), loader.length, is64 ? 6 : 4)
  file.write(loader, 256, 'latin1')
  return file
}

it.each([
  [64, 'LE', '/lib/ld-musl-x86_64.so.1\0', 'musl'],
  [64, 'BE', '/lib/ld-musl-s390x.so.1\0', 'musl'],
  [32, 'LE', '/lib/ld-musl-armhf.so.1\0', 'musl'],
  [32, 'BE', '/lib/ld-musl-mips.so.1\0', 'musl'],
  [64, 'LE', '/lib64/ld-linux-x86-64.so.2\0', 'glibc'],
  [32, 'LE', '/lib/ld-linux-armhf.so.3\0', 'glibc'],
] as const)('is told by a program of %s bits, %s, whose loader is %s: %s', (bits, endian, loader, libc) => {
  expect(libcOf(scratchFile('program', elf(bits, endian, loader)))).toBe(libc)
})

it('is glibc for a program that names no loader, or that can not be read', () => {
  expect(libcOf(scratchFile('text', Buffer.from('no program')))).toBe('glibc')
  expect(libcOf('/nonexistent')).toBe('glibc')
})

it('is in the name of the binary on musl alone', () => {
  expect(targetHere()).toBe(`${process.platform}-${process.arch}${libcOf(process.execPath) === 'musl' ? '-musl' : ''}`)
})
