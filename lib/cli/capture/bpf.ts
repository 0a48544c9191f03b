// An assembler for the small classic BPF programs that packet sockets filter with.

import type { codecs } from '../../index.ts'

/**
 * One step of a filter: loads a value from the packet, changes the value, or decides by it. A label marks the step
 * after it, to which `yes` or `no` of an earlier step can jump.
 */
export type FilterStep =
  | { load: 'byte' | 'half' | 'word'; at: number; from?: 'start' | 'index' }
  /** Sets the index to four times the low four bits of a byte: the length of an IPv4 header. */
  | { headerLength: number }
  | { add: number }
  | { shift: number }
  /** Sets the index to the value. */
  | { toIndex: true }
  /** `equals` compares the value with a number; `has` tests whether they have a bit in common. */
  | { equals: number; yes?: string; no?: string }
  | { has: number; yes?: string; no?: string }
  | { label: string }
  | { accept: boolean }

/** An offset that loads the packet's protocol, by its Ethernet number: SKF_AD_OFF + SKF_AD_PROTOCOL. */
export const ETHERTYPE = 0xfffff000

/** Before the offset of a field of the IP header, whatever header is before that one: SKF_NET_OFF. */
export const NETWORK_HEADER = 0xfff00000

const LOAD_CODES = { word: 0x20, half: 0x28, byte: 0x30 }
const LOAD_BY_INDEX = 0x20
const WHOLE_PACKET = 0x40000

/** Makes a classic BPF program (Linux's Documentation/networking/filter.rst) from its steps. */
export function assembleFilter(steps: readonly FilterStep[]): codecs.BpfInstruction[] {
  const labels = new Map<string, number>()
  let count = 0
  for (const step of steps) {
    if ('label' in step) labels.set(step.label, count)
    else count++
  }
  const jump = (from: number, label: string | undefined): number =>
    label === undefined ? 0 : (labels.get(label) ?? Number.NaN) - from - 1

  const program: codecs.BpfInstruction[] = []
  const addInstruction = (code: number, k: number, jt = 0, jf = 0): void => void program.push({ code, jt, jf, k })
  for (const step of steps) {
    const here = program.length
    if ('load' in step)
      addInstruction(step.from === 'index' ? LOAD_CODES[step.load] + LOAD_BY_INDEX : LOAD_CODES[step.load], step.at)
    else if ('headerLength' in step) addInstruction(0xb1, step.headerLength)
    else if ('add' in step) addInstruction(0x04, step.add)
    else if ('shift' in step) addInstruction(0x64, step.shift)
    else if ('toIndex' in step) addInstruction(0x07, 0)
    else if ('equals' in step) addInstruction(0x15, step.equals, jump(here, step.yes), jump(here, step.no))
    else if ('has' in step) addInstruction(0x45, step.has, jump(here, step.yes), jump(here, step.no))
    else if ('accept' in step) addInstruction(0x06, step.accept ? WHOLE_PACKET : 0)
  }
  return program
}
