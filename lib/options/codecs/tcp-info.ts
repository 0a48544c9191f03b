// The codec of struct tcp_info, read without a copy.

import { LITTLE_ENDIAN } from '../../base/byte-order.ts'
import type { Codec } from './codec.ts'
import type { TcpInfo } from './tcp-info-fields.ts'
import {
  CONGESTION_STATES,
  FASTOPEN_FAILURES,
  options,
  STATES,
  type TcpFastOpenFailure,
  type TcpOption,
} from './tcp-info-names.ts'

// One array for each set of flags: a program reads TCP_INFO often, and the flags of a connection do not change.
const optionSets: (readonly TcpOption[] | undefined)[] = []
function optionSet(byte: number): readonly TcpOption[] {
  optionSets[byte] ??= Object.freeze(options.fromNative(byte as never))
  return optionSets[byte]
}

const SIZE = 280
/** The sizes of fields that are neither of four bytes nor, as BigInt, of eight. */
const NARROW = new Map([
  ...['state', 'ca_state', 'retransmits', 'probes', 'backoff', 'options'].map((name) => [name, 1] as const),
  ...['snd_wscale', 'delivery_rate_app_limited'].map((name) => [name, 0] as const),
  ...['rcv_wscale', 'fastopen_client_fail'].map((name) => [name, 1] as const),
  ...['total_rto', 'total_rto_recoveries'].map((name) => [name, 2] as const),
])

interface Views {
  readonly length: BigUint64Array
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly longs: BigUint64Array
}

/** The native side answers in the same memory every time: the length of the struct in 8 bytes, then the struct. */
const viewsOf = (memory: ArrayBuffer): Views => ({
  length: new BigUint64Array(memory, 0, 1),
  bytes: new Uint8Array(memory, 8),
  words: new Uint32Array(memory, 8),
  longs: new BigUint64Array(memory, 8),
})

let views = viewsOf(new ArrayBuffer(8 + SIZE))

// One literal instead of `struct`, so that every answer has one shape and costs one allocation: a read then takes less than
// half the time.
function decodeWhole({ bytes, words, longs }: Views): TcpInfo {
  let at = 2
  const u32 = (): number => words[at++] as number
  const u64 = (): bigint => {
    at += 2
    return longs[at / 2 - 1] as bigint
  }
  const half = (position: 0 | 1): number => {
    const word = words[at] as number
    at += position
    return LITTLE_ENDIAN === (position === 0) ? word & 0xffff : word >>> 16
  }
  const scales = bytes[6] as number
  const bits = bytes[7] as number
  return {
    state: STATES[bytes[0] as number] ?? (bytes[0] as number),
    ca_state: CONGESTION_STATES[bytes[1] as number] ?? (bytes[1] as number),
    retransmits: bytes[2] as number,
    probes: bytes[3] as number,
    backoff: bytes[4] as number,
    options: optionSet(bytes[5] as number),
    snd_wscale: LITTLE_ENDIAN ? scales & 15 : scales >> 4,
    rcv_wscale: LITTLE_ENDIAN ? scales >> 4 : scales & 15,
    delivery_rate_app_limited: (LITTLE_ENDIAN ? bits & 1 : bits >> 7) === 1,
    fastopen_client_fail: FASTOPEN_FAILURES[LITTLE_ENDIAN ? (bits >> 1) & 3 : (bits >> 5) & 3] as TcpFastOpenFailure,
    rto: u32(),
    ato: u32(),
    snd_mss: u32(),
    rcv_mss: u32(),
    unacked: u32(),
    sacked: u32(),
    lost: u32(),
    retrans: u32(),
    fackets: u32(),
    last_data_sent: u32(),
    last_ack_sent: u32(),
    last_data_recv: u32(),
    last_ack_recv: u32(),
    pmtu: u32(),
    rcv_ssthresh: u32(),
    rtt: u32(),
    rttvar: u32(),
    snd_ssthresh: u32(),
    snd_cwnd: u32(),
    advmss: u32(),
    reordering: u32(),
    rcv_rtt: u32(),
    rcv_space: u32(),
    total_retrans: u32(),
    pacing_rate: u64(),
    max_pacing_rate: u64(),
    bytes_acked: u64(),
    bytes_received: u64(),
    segs_out: u32(),
    segs_in: u32(),
    notsent_bytes: u32(),
    min_rtt: u32(),
    data_segs_in: u32(),
    data_segs_out: u32(),
    delivery_rate: u64(),
    busy_time: u64(),
    rwnd_limited: u64(),
    sndbuf_limited: u64(),
    delivered: u32(),
    delivered_ce: u32(),
    bytes_sent: u64(),
    bytes_retrans: u64(),
    dsack_dups: u32(),
    reord_seen: u32(),
    rcv_ooopack: u32(),
    snd_wnd: u32(),
    rcv_wnd: u32(),
    rehash: u32(),
    total_rto: half(0),
    total_rto_recoveries: half(1),
    total_rto_time: u32(),
    received_ce: u32(),
    delivered_e1_bytes: u32(),
    delivered_e0_bytes: u32(),
    delivered_ce_bytes: u32(),
    received_e1_bytes: u32(),
    received_e0_bytes: u32(),
    received_ce_bytes: u32(),
    ecn: u32(),
  }
}

function decode(answer: ArrayBuffer): TcpInfo {
  if (views.length.buffer !== answer) views = viewsOf(answer)
  const length = Number(views.length[0])
  if (length >= SIZE) return decodeWhole(views)
  views.bytes.fill(0, length)
  const info: Partial<TcpInfo> = decodeWhole(views)
  let end = 0
  for (const [name, value] of Object.entries(info)) {
    end += NARROW.get(name) ?? (typeof value === 'bigint' ? 8 : 4)
    if (end > length) delete info[name as keyof TcpInfo]
  }
  return info as TcpInfo
}

/** `struct tcp_info`. */
export const tcpInfo: Codec<TcpInfo, never> = {
  expects: 'the fields of struct tcp_info, as far as the kernel has them',
  read: 'memory',
  write: 'memory',
  wrong: () => true,
  toNative: (value) => value,
  fromNative: decode,
}

/** A `struct tcp_info` within a longer answer. */
export function decodeTcpInfo(bytes: Uint8Array): TcpInfo {
  const memory = new ArrayBuffer(8 + Math.max(SIZE, Math.ceil(bytes.length / 8) * 8))
  new BigUint64Array(memory, 0, 1)[0] = BigInt(bytes.length)
  new Uint8Array(memory, 8).set(bytes)
  return decode(memory)
}
