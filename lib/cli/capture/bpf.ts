import type { codecs } from '../../index.ts'

/** One step of a filter: load from the packet, change what was loaded, or decide. Labels name the steps decisions lead to. */
export type Step =
  | { load: 'byte' | 'half' | 'word'; at: number; from?: 'start' | 'index' }
  /** Four times the low four bits of a byte, as an IPv4 header gives its length, into the index. */
  | { headerLength: number }
  | { add: number }
  | { shift: number }
  /** What was loaded becomes the index. */
  | { toIndex: true }
  | { equals: number; yes?: string; no?: string }
  | { has: number; yes?: string; no?: string }
  | { label: string }
  | { accept: boolean }

/** In place of an offset: the packet's protocol, by its Ethernet number. SKF_AD_OFF + SKF_AD_PROTOCOL */
export const ETHERTYPE = 0xfffff000

const LOADS = { word: 0x20, half: 0x28, byte: 0x30 }
const BY_INDEX = 0x20
const WHOLE = 0x40000

/** A classic BPF program (Linux's Documentation/networking/filter.rst) from its steps. */
export function assemble(steps: readonly Step[]): codecs.BpfInstruction[] {
  const places = new Map<string, number>()
  let count = 0
  for (const step of steps) {
    if ('label' in step) places.set(step.label, count)
    else count++
  }
  const jump = (from: number, label: string | undefined): number =>
    label === undefined ? 0 : (places.get(label) ?? Number.NaN) - from - 1

  const program: codecs.BpfInstruction[] = []
  const put = (code: number, k: number, jt = 0, jf = 0): void => void program.push({ code, jt, jf, k })
  for (const step of steps) {
    const here = program.length
    if ('load' in step) put(step.from === 'index' ? LOADS[step.load] + BY_INDEX : LOADS[step.load], step.at)
    else if ('headerLength' in step) put(0xb1, step.headerLength)
    else if ('add' in step) put(0x04, step.add)
    else if ('shift' in step) put(0x64, step.shift)
    else if ('toIndex' in step) put(0x07, 0)
    else if ('equals' in step) put(0x15, step.equals, jump(here, step.yes), jump(here, step.no))
    else if ('has' in step) put(0x45, step.has, jump(here, step.yes), jump(here, step.no))
    else if ('accept' in step) put(0x06, step.accept ? WHOLE : 0)
  }
  return program
}
