// Codecs of TCP and UDP.

import { isBytes } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import { anyAddress } from './addresses.ts'
import { type Codec, codec, isListOf, isRecordOf } from './codec.ts'
import { interfaceByIndex } from './interface.ts'
import { structOf } from './layout.ts'
import { enumeration, flags } from './names.ts'
import { optional, record } from './record.ts'
import { byte, bytesOf, string, unsigned } from './scalars.ts'
import { wordsOf } from './words.ts'

/** The name of an algorithm; the kernel loads the module of an algorithm that it lacks. */
export const congestion: Codec<CongestionAlgorithm> = string(15) as Codec<CongestionAlgorithm>

/** The algorithms of Linux; any other name is taken too. */
export type CongestionAlgorithm =
  | 'reno'
  | 'cubic'
  | 'bbr'
  | 'bic'
  | 'cdg'
  | 'dctcp'
  | 'highspeed'
  | 'htcp'
  | 'hybla'
  | 'illinois'
  | 'lp'
  | 'nv'
  | 'scalable'
  | 'vegas'
  | 'veno'
  | 'westwood'
  | 'yeah'
  | (string & {})

/** What TCP_REPAIR does; `off-no-window-probes` leaves without asking the peer for its window. */
export const tcpRepair = enumeration({ off: 0, on: 1, 'off-no-window-probes': -1 })

/** Which queue of a connection in repair is meant. */
export const tcpQueue = enumeration({ none: 0, receive: 1, send: 2 })

/** How much of a connection's first packet is kept: `network` from the IP header on, `link` with the link's header. */
export const saveSyn = enumeration({ off: 0, network: 1, link: 2 })

/** `struct tcp_repair_window`. */
export const tcpRepairWindow = record('tcp_repair_window', {
  snd_wl1: unsigned(),
  snd_wnd: unsigned(),
  max_window: unsigned(),
  rcv_wnd: unsigned(),
  rcv_wup: unsigned(),
})

const REPAIR_OPTIONS = { mss: 2, wscale: 3, sack: 4, timestamp: 8 } as const

const repairOption = structOf({ code: 'u32', value: 'u32' })

/** `struct tcp_repair_opt`: an option that the handshake agreed on, and its value. */
export interface TcpRepairOption {
  /** Which option. */
  option: keyof typeof REPAIR_OPTIONS
  /** Its value, as the handshake agreed on it. */
  value: number
}

const isRepairOption = (value: unknown): boolean =>
  isRecordOf(value, 'option', 'value') &&
  typeof value.option === 'string' &&
  Object.hasOwn(REPAIR_OPTIONS, value.option) &&
  unsigned().wrong(value.value) === false

/** What the handshake agreed on: an array of `struct tcp_repair_opt`. */
export const tcpRepairOptions: Codec<never, readonly TcpRepairOption[]> = codec(
  'bytes',
  "an array of { option: 'mss' | 'wscale' | 'sack' | 'timestamp', value }",
  (value) => isListOf(value, isRepairOption, 1),
  {
    toNative: (value) =>
      Buffer.concat(value.map(({ option, value }) => repairOption.toNative({ code: REPAIR_OPTIONS[option], value }))),
  },
)

/** `struct tcp_md5sig`: the key for segments to and from a peer, 80 bytes at most; an empty key takes the key away. RFC 2385 */
export const tcpMd5sig = record('tcp_md5sig', {
  address: anyAddress,
  key: bytesOf(0, 80),
  prefixLength: optional(byte, 0),
  interface: optional(interfaceByIndex, 0),
  flags: optional(flags({ prefix: 1, interface: 2 }, 'byte', 255), []),
})

/** One key, or a primary and a backup, of 16 bytes each. */
export const fastOpenKey: Codec<Buffer, Uint8Array> = {
  ...bytesOf(16, 32),
  expects: 'a Uint8Array of 16 or 32 bytes',
  wrong: (value) =>
    isBytes(value) && (value.length === 16 || value.length === 32)
      ? ''
      : `the key is ${isBytes(value) ? `${value.length} bytes` : show(value)}`,
}

/** `union tcp_cc_info`: the fields of BBR; of Vegas and DCTCP 32-bit words, from which the algorithm can't be told. */
export type TcpCcInfo =
  | { algorithm: 'bbr'; bandwidth: bigint; min_rtt: number; pacing_gain: number; cwnd_gain: number }
  | { words: number[] }

const tcpBbrInfo = structOf({ bw_lo: 'u32', bw_hi: 'u32', min_rtt: 'u32', pacing_gain: 'u32', cwnd_gain: 'u32' })

/** What the algorithm of congestion control tells of itself: `union tcp_cc_info`. */
export const tcpCcInfo: Codec<TcpCcInfo, never> = codec(
  'bytes',
  "{ algorithm: 'bbr', ... }, else { words: [...] } of 32 bits",
  () => false,
  {
    fromNative: (answer: Buffer) => {
      if (answer.length !== tcpBbrInfo.size) return { words: [...wordsOf(answer)] }
      const { bw_lo, bw_hi, ...rest } = tcpBbrInfo.fromNative(answer)
      return { algorithm: 'bbr', bandwidth: (BigInt(bw_hi) << 32n) | BigInt(bw_lo), ...rest }
    },
  },
)

/** The protocol of packets that the kernel takes out of UDP datagrams; a program may set the first four. */
export const udpEncapsulation = enumeration({ none: 0, 'esp-non-ike': 1, esp: 2, l2tp: 3, gtp0: 4, gtp1u: 5, rxrpc: 6 })
