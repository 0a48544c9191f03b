// Which binary of the addon is this system's. Plain JavaScript, since the build of the addon runs this before anything is
// compiled.
import { closeSync, openSync, readSync } from 'node:fs'

/** The name of a binary: `linux-x64`, `linux-x64-musl`, `darwin-arm64`. */
export function targetHere() {
  const { platform, arch } = process
  return `${platform}-${arch}${platform === 'linux' && libcOf(process.execPath) === 'musl' ? '-musl' : ''}`
}

/** The C library that a Linux program runs with, by the loader that the program asks for (PT_INTERP of elf(5)). */
export function libcOf(program) {
  const PT_INTERP = 3
  try {
    const header = bytesOf(program, 0, 64)
    const is64 = header[4] === 2
    const littleEndian = header[5] === 1
    const number = (bytes, at, size) => (littleEndian ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size))
    // Of 64 bits the lower 48 are read: no file is longer.
    const offset = (bytes, at) => (is64 ? number(bytes, littleEndian ? at : at + 2, 6) : number(bytes, at, 4))
    // e_phoff, e_phentsize, e_phnum
    const table = offset(header, is64 ? 32 : 28)
    const size = number(header, is64 ? 54 : 42, 2)
    const count = number(header, is64 ? 56 : 44, 2)
    const segments = bytesOf(program, table, size * count)
    for (let at = 0; at < segments.length; at += size) {
      if (number(segments, at, 4) !== PT_INTERP) continue
      // p_offset, p_filesz
      const from = offset(segments, at + (is64 ? 8 : 4))
      const length = offset(segments, at + (is64 ? 32 : 16))
      return bytesOf(program, from, length).includes('/ld-musl-') ? 'musl' : 'glibc'
    }
  } catch {
    // A program that can't be read runs all the same; most have glibc.
  }
  return 'glibc'
}

function bytesOf(program, position, length) {
  const file = openSync(program, 'r')
  try {
    const bytes = Buffer.alloc(length)
    readSync(file, bytes, 0, length, position)
    return bytes
  } finally {
    closeSync(file)
  }
}
