// Reads what an addon asks of the system that loads it: elf(5), and Mach-O as <mach-o/loader.h> has it.
import { readFileSync } from 'node:fs'

/**
 * @typedef {{ name: string, library?: string, version?: string, weak: boolean }} Wanted  an undefined symbol
 * @returns {{ machine: string, needed: string[], wanted: Wanted[], isSigned?: boolean, staysLoaded?: boolean }}
 */
export function readBinary(path) {
  const bytes = readFileSync(path)
  if (bytes.readUInt32BE(0) === 0x7f454c46) return readElf(bytes)
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return readMachO(bytes)
  throw new Error(`${path} is neither ELF nor 64-bit Mach-O`)
}

const textAt = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at))

const ELF_MACHINES = { 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' }
const SHT_DYNAMIC = 6
const SHT_DYNSYM = 11
const SHT_GNU_VERNEED = 0x6ffffffe
const SHT_GNU_VERSYM = 0x6fffffff
const DT_NEEDED = 1
const DT_FLAGS_1 = 0x6ffffffb
const DF_1_NODELETE = 8
const STB_WEAK = 2

function readElf(bytes) {
  const is64 = bytes[4] === 2
  const word = (at) => (is64 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUInt32LE(at))
  const short = (at) => bytes.readUInt16LE(at)
  const long = (at) => bytes.readUInt32LE(at)
  const size = is64 ? 8 : 4
  const table = word(is64 ? 40 : 32)
  const entry = short(is64 ? 58 : 46)
  const sections = Array.from({ length: short(is64 ? 60 : 48) }, (_, index) => {
    const at = table + index * entry
    // sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size, sh_link
    const from = at + 8 + 2 * size
    return { type: long(at + 4), offset: word(from), size: word(from + size), link: long(from + 2 * size) }
  })
  const ofType = (type) => sections.find((section) => section.type === type)
  const symbols = ofType(SHT_DYNSYM)
  const names = sections[symbols.link].offset
  const versions = versionsOf(ofType(SHT_GNU_VERNEED))
  const versionNumbers = ofType(SHT_GNU_VERSYM)

  function versionsOf(section) {
    const found = new Map()
    if (section === undefined) return found
    const texts = sections[section.link].offset
    // Verneed: version, count, file, aux, next; Vernaux: hash, flags, other, name, next
    for (let at = section.offset, next = 1; next !== 0; at += next) {
      next = long(at + 12)
      const library = textAt(bytes, texts + long(at + 4))
      for (let aux = at + long(at + 8), more = 1; more !== 0; aux += more) {
        more = long(aux + 12)
        found.set(short(aux + 6), { library, version: textAt(bytes, texts + long(aux + 8)) })
      }
    }
    return found
  }

  const wanted = []
  const symbolSize = is64 ? 24 : 16
  for (let index = 1; index < symbols.size / symbolSize; index++) {
    const at = symbols.offset + index * symbolSize
    const info = bytes[at + (is64 ? 4 : 12)]
    if (short(at + (is64 ? 6 : 14)) !== 0) continue
    const number = versionNumbers === undefined ? 0 : short(versionNumbers.offset + index * 2) & 0x7fff
    wanted.push({ name: textAt(bytes, names + long(at)), weak: info >> 4 === STB_WEAK, ...versions.get(number) })
  }
  const dynamic = ofType(SHT_DYNAMIC)
  const needed = []
  let staysLoaded = false
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 2 * size) {
    const value = word(at + size)
    if (word(at) === DT_NEEDED) needed.push(textAt(bytes, sections[dynamic.link].offset + value))
    if (word(at) === DT_FLAGS_1) staysLoaded = (value & DF_1_NODELETE) !== 0
  }
  return { machine: ELF_MACHINES[short(18)] ?? `ELF machine ${short(18)}`, needed, wanted, staysLoaded }
}

const MACH_MACHINES = { 16777223: 'x64', 16777228: 'arm64' }
const LC_SYMTAB = 2
const LC_LOAD_DYLIB = 12
const LC_CODE_SIGNATURE = 0x1d
const DYNAMIC_LOOKUP = 0xfe

function readMachO(bytes) {
  const long = (at) => bytes.readUInt32LE(at)
  const needed = []
  const wanted = []
  let isSigned = false
  let symbols
  for (let at = 32, index = 0; index < long(16); at += long(at + 4), index++) {
    const command = long(at)
    if (command === LC_LOAD_DYLIB) needed.push(textAt(bytes, at + long(at + 8)))
    if (command === LC_CODE_SIGNATURE) isSigned = true
    if (command === LC_SYMTAB) symbols = { offset: long(at + 8), count: long(at + 12), texts: long(at + 16) }
  }
  for (let index = 0; index < symbols.count; index++) {
    // nlist_64: n_strx, n_type, n_sect, n_desc, n_value; type: N_EXT alone is undefined
    const at = symbols.offset + index * 16
    if ((bytes[at + 4] & 0x0f) !== 0x01) continue
    const description = bytes.readUInt16LE(at + 6)
    const ordinal = description >> 8
    const library = ordinal === DYNAMIC_LOOKUP ? undefined : needed[ordinal - 1]
    const found = { name: textAt(bytes, symbols.texts + long(at)).replace(/^_/, ''), weak: (description & 0x40) !== 0 }
    wanted.push(library === undefined ? found : { ...found, library })
  }
  return { machine: MACH_MACHINES[long(4)] ?? `Mach-O machine ${long(4)}`, needed, wanted, isSigned }
}
