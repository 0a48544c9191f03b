// Codecs of packet, raw ICMP and netlink sockets.

import { whole } from '../../base/check-fields.ts'
import { type BpfInstruction, bpfProgram } from './bpf.ts'
import { type Codec, codec, isListOf, isRecordOf } from './codec.ts'
import { interfaceByIndex } from './interface.ts'
import { structOf } from './layout.ts'
import { enumeration, flags } from './names.ts'
import { optional, record } from './record.ts'
import { bytesOf } from './scalars.ts'
import { wordsOf } from './words.ts'

/** Types of ICMP messages to pass, all others blocked; or to block, all others passed. */
export type IcmpFilter = { pass: readonly number[] } | { block: readonly number[] }

/** `struct icmp_filter` and `icmp6_filter`: a bit for each of so many types, 1 to block. */
function icmpFilterOf(types: number): Codec<IcmpFilter> {
  const isList = (value: unknown): boolean => isListOf(value, whole(0, types - 1).right)
  return codec(
    'bytes',
    `{ pass: [...] } or { block: [...] }, types from 0 to ${types - 1}`,
    (value) =>
      isRecordOf(value, 'pass', 'block') && 'pass' in value !== 'block' in value && isList(value.pass ?? value.block),
    {
      toNative: (value) => {
        const passes = 'pass' in value
        const words = new Uint32Array(types / 32).fill(passes ? 0xffffffff : 0)
        for (const type of passes ? value.pass : value.block) {
          const bit = 1 << (type & 31)
          words[type >>> 5] = passes ? (words[type >>> 5] as number) & ~bit : (words[type >>> 5] as number) | bit
        }
        return new Uint8Array(words.buffer)
      },
      fromNative: (answer: Buffer) => {
        const words = wordsOf(answer)
        const all = Array.from({ length: types }, (_, type) => type)
        const blocked = (type: number): boolean => (((words[type >>> 5] ?? 0) >>> (type & 31)) & 1) === 1
        const block = all.filter(blocked)
        return block.length <= types / 2 ? { block } : { pass: all.filter((type) => !blocked(type)) }
      },
    },
  )
}

/** `struct icmp_filter`: which ICMP messages a raw socket does not get. */
export const icmpFilter = icmpFilterOf(32)
/** `struct icmp6_filter`: which ICMPv6 messages a raw socket does not get. RFC 3542 3.2 */
export const icmpv6Filter = icmpFilterOf(256)

/** `struct packet_mreq`: the packets that a device is to take in beyond its own. The address is a hardware address. */
export const packetMreq = record('packet_mreq', {
  interface: interfaceByIndex,
  type: enumeration({ multicast: 0, promiscuous: 1, allmulti: 2, unicast: 3 }, 'int', [0, 0xffff]),
  address: optional(bytesOf(0, 8), new Uint8Array(0)),
})

/** `struct tpacket_stats_v3`; of ring versions v1 and v2 the struct is shorter. */
export const packetStatistics = structOf({ packets: 'u32', drops: 'u32', freeze_q_cnt: 'u32' })

/** `struct tpacket_rollover_stats`. */
export const rolloverStatistics = structOf({ all: 'u64', huge: 'u64', failed: 'u64' })

const PACKET_VERSIONS = { v1: 0, v2: 1, v3: 2 } as const

/** The version of a ring's headers. packet(7) */
export const packetVersion = enumeration(PACKET_VERSIONS)

/** The length of a ring's header; the question is the ring's version. */
export const packetHeaderLength: Codec<number, never, keyof typeof PACKET_VERSIONS> = {
  expects: "'v1', 'v2' or 'v3'",
  read: 'int',
  write: 'int',
  wrong: () => true,
  toNative: (value) => value,
  fromNative: (value: number) => value,
  question: (version) => PACKET_VERSIONS[version],
  wrongQuestion: (version) => !(typeof version === 'string' && Object.hasOwn(PACKET_VERSIONS, version)),
}

/** Where a ring's timestamps come from. */
export const timestampSources = flags({ SOFTWARE: 1 << 4, SYS_HARDWARE: 1 << 5, RAW_HARDWARE: 1 << 6 })

const FANOUT_MODES = { hash: 0, lb: 1, cpu: 2, rollover: 3, rnd: 4, qm: 5, cbpf: 6, ebpf: 7 } as const
const FANOUT_FLAGS = { rollover: 0x10, uniqueId: 0x20, ignoreOutgoing: 0x40, defragment: 0x80 } as const

/** How sockets of a group share packets. Reading leaves out flags that only the kernel uses. */
export interface Fanout {
  /** The group, 0 to 65535, in a network namespace. */
  id: number
  /** How packets are shared out. */
  mode: keyof typeof FANOUT_MODES
  /** What else the group does. */
  flags?: (keyof typeof FANOUT_FLAGS)[] | undefined
  /** How many sockets the group has room for, 65536 at most; the first socket settles it. Never read. Default 256. Linux 5.11 */
  max_num_members?: number | undefined
}

const keysOf = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[]

const isFanoutGroup = whole(0, 0xffff).right

const isMembers = whole(1, 0x10000).right

const fanoutArgs = structOf({ id_and_mode: 'u32', max_num_members: 'u32' })

/** `struct fanout_args`, or its first four bytes: the id in the low half, mode and flags an octet each in the high one. */
const fanoutOf: Codec<Fanout> = codec(
  'unsigned',
  `{ id, mode: '${keysOf(FANOUT_MODES).join("' | '")}', flags?, max_num_members? }`,
  (value) =>
    isRecordOf(value, 'id', 'mode', 'flags', 'max_num_members') &&
    (value.max_num_members === undefined || isMembers(value.max_num_members)) &&
    isFanoutGroup(value.id) &&
    typeof value.mode === 'string' &&
    Object.hasOwn(FANOUT_MODES, value.mode) &&
    (value.flags === undefined ||
      isListOf(value.flags, (flag) => typeof flag === 'string' && Object.hasOwn(FANOUT_FLAGS, flag))),
  {
    toNative: ({ id, mode, flags = [] }) =>
      id + FANOUT_MODES[mode] * 2 ** 16 + flags.reduce((sum, flag) => sum | FANOUT_FLAGS[flag], 0) * 2 ** 24,
    fromNative: (value: number) => ({
      id: value & 0xffff,
      mode: keysOf(FANOUT_MODES)[(value >>> 16) & 0xff] ?? 'hash',
      flags: keysOf(FANOUT_FLAGS).filter((flag) => ((value >>> 24) & FANOUT_FLAGS[flag]) !== 0),
    }),
  },
)

/** How sockets of a group share packets: `struct fanout_args` if it says how many, else an int. */
export const fanout: Codec<Fanout> = {
  ...fanoutOf,
  write: ({ max_num_members }) => (max_num_members === undefined ? 'unsigned' : 'bytes'),
  toNative: (value) => {
    const id_and_mode = fanoutOf.toNative(value) as number
    const { max_num_members } = value
    return max_num_members === undefined ? id_and_mode : fanoutArgs.toNative({ id_and_mode, max_num_members })
  },
}

const isDescriptor = whole(0, 2 ** 31 - 1).right

/** A classic BPF program, or an eBPF one by its descriptor. */
export const fanoutProgram: Codec<never, readonly BpfInstruction[] | number> = {
  expects: `${bpfProgram.expects}, or a descriptor`,
  read: 'int',
  write: (value) => (typeof value === 'number' ? 'int' : 'sock_fprog'),
  wrong: (value) => (typeof value === 'number' ? !isDescriptor(value) : bpfProgram.wrong(value)),
  toNative: (value) => value,
  fromNative: (value) => value,
}

/** A bit for each group of a netlink family, the lowest for group 1. */
export const netlinkGroups: Codec<number[], never> = codec('bytes', 'an array of group numbers', () => false, {
  fromNative: (answer: Buffer) =>
    [...wordsOf(answer)].flatMap((word, position) =>
      Array.from({ length: 32 }, (_, bit) => bit)
        .filter((bit) => ((word >>> bit) & 1) === 1)
        .map((bit) => position * 32 + bit + 1),
    ),
})
