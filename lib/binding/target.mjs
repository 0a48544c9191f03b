// Which binary of the addon is this system's. Plain JavaScript, since the build of the addon runs this before anything is
// compiled.

/** The name of a binary: `linux-x64`, `linux-x64-musl`, `darwin-arm64`. */
export function targetHere() {
  const { platform, arch } = process
  return `${platform}-${arch}${platform === 'linux' && libcOf(process.execPath) === 'musl' ? '-musl' : ''}`
}

/** The C library that a Linux program runs with, by the loader that the program asks for (PT_INTERP of elf(5)). */
export function libcOf(program) {
  // Imported, node:fs would load its promises and streams too, which takes longer than all of sockctl/options.
  const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs')
  let file
  try {
    file = openSync(program, 'r')
    return loaderOf((position, length) => {
      const bytes = Buffer.alloc(length)
      readSync(file, bytes, 0, length, position)
      return bytes
    }).includes('/ld-musl-')
      ? 'musl'
      : 'glibc'
  } catch {
    // A program that can't be read runs all the same; most have glibc.
    return 'glibc'
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

const PT_INTERP = 3

/** The path of the loader, as bytes; empty if the program names none. */
function loaderOf(read) {
  const header = read(0, 64)
  const is64 = header[4] === 2
  const littleEndian = header[5] === 1
  const number = (bytes, at, size) => (littleEndian ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size))
  // Of 64 bits the lower 48 are read: no file is longer.
  const offset = (bytes, at) => (is64 ? number(bytes, littleEndian ? at : at + 2, 6) : number(bytes, at, 4))
  // e_phoff, e_phentsize, e_phnum
  const size = number(header, is64 ? 54 : 42, 2)
  const segments = read(offset(header, is64 ? 32 : 28), size * number(header, is64 ? 56 : 44, 2))
  for (let at = 0; at < segments.length; at += size) {
    // p_offset, p_filesz
    if (number(segments, at, 4) === PT_INTERP)
      return read(offset(segments, at + (is64 ? 8 : 4)), offset(segments, at + (is64 ? 32 : 16)))
  }
  return Buffer.alloc(0)
}
