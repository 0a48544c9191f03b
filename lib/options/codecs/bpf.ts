// The codec of classic BPF programs.

import { whole } from '../../base/check-fields.ts'
import { type Codec, isRecordOf } from './codec.ts'

/** One instruction of classic BPF, `struct sock_filter`: `{ code: 0x06, jt: 0, jf: 0, k: 65535 }` accepts a packet. */
export interface BpfInstruction {
  /** The operation, 16 bits. */
  code: number
  /** How many instructions a jump skips if its condition holds, 8 bits. */
  jt: number
  /** How many instructions a jump skips if its condition does not hold, 8 bits. */
  jf: number
  /** The operand, 32 bits. */
  k: number
}

const MAX_INSTRUCTIONS = 4096
const FIELDS = { code: whole(0, 0xffff), jt: whole(0, 0xff), jf: whole(0, 0xff), k: whole(0, 0xffffffff) }

function wrongInstruction(value: unknown): string {
  if (!isRecordOf(value, ...Object.keys(FIELDS))) return 'is not { code, jt, jf, k }'
  for (const [name, rule] of Object.entries(FIELDS))
    if (!rule.right(value[name])) return `has a ${name} that is not ${rule.words}`
  return ''
}

/** A classic BPF program, `struct sock_fprog`. */
export const bpfProgram: Codec<BpfInstruction[], readonly BpfInstruction[]> = {
  expects: `an array of 1 to ${MAX_INSTRUCTIONS} instructions { code, jt, jf, k }`,
  read: 'sock_fprog',
  write: 'sock_fprog',
  wrong: (value) => {
    if (!Array.isArray(value) || value.length < 1 || value.length > MAX_INSTRUCTIONS) return true
    for (const [position, instruction] of value.entries()) {
      const wrong = wrongInstruction(instruction)
      if (wrong !== '') return `instruction ${position} ${wrong}`
    }
    return ''
  },
  toNative: (value) => value.map(({ code, jt, jf, k }) => ({ code, jt, jf, k })),
  fromNative: (value) => value,
}
