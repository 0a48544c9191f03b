// Codecs of the options of level SOL_SOCKET.

import { whole } from '../../base/check-fields.ts'
import { type Codec, codec, isListOf } from './codec.ts'
import { type LayoutValue, structOf } from './layout.ts'
import { enumeration, flags } from './names.ts'
import { optional, record } from './record.ts'
import { boolean, int, unsigned } from './scalars.ts'
import { bytesOfWords, wordsOf } from './words.ts'

/** `struct linger`: with `onoff`, close waits up to `linger` seconds for unsent data; 0 seconds resets the connection. */
export interface Linger {
  /** Whether close waits. */
  onoff: boolean
  /** In seconds, 0 to 65535. */
  linger: number
}

/** `struct linger`. socket(7) */
export const linger: Codec<Linger> = record('linger', { onoff: boolean, linger: int(0, 65535, 'seconds') })

/** `struct ucred`: the process that made the socket at the other end. */
export const ucred = record('ucred', { pid: int(), uid: unsigned(), gid: unsigned() })

/** `struct so_timestamping`: which timestamps to make and to report, and the index of a PTP virtual clock. */
export const soTimestamping = record('so_timestamping', {
  flags: flags({
    TX_HARDWARE: 1 << 0,
    TX_SOFTWARE: 1 << 1,
    RX_HARDWARE: 1 << 2,
    RX_SOFTWARE: 1 << 3,
    SOFTWARE: 1 << 4,
    SYS_HARDWARE: 1 << 5,
    RAW_HARDWARE: 1 << 6,
    OPT_ID: 1 << 7,
    TX_SCHED: 1 << 8,
    TX_ACK: 1 << 9,
    OPT_CMSG: 1 << 10,
    OPT_TSONLY: 1 << 11,
    OPT_STATS: 1 << 12,
    OPT_PKTINFO: 1 << 13,
    OPT_TX_SWHW: 1 << 14,
    BIND_PHC: 1 << 15,
    OPT_ID_TCP: 1 << 16,
    OPT_RX_FILTER: 1 << 17,
    TX_COMPLETION: 1 << 18,
  }),
  phc: optional(int(0), 0),
})

/** `struct sock_txtime`: the clock that transmit times are read by, and whether late packets are dropped. */
export const sockTxtime = record('sock_txtime', {
  clock: enumeration({ realtime: 0, monotonic: 1, boottime: 7, tai: 11 }),
  flags: optional(flags({ deadlineMode: 1, reportErrors: 2 }), []),
})

/** What the memory of a socket is used for, in bytes; `SK_MEMINFO_...` of linux/sock_diag.h without the prefix. */
export const skMeminfo = structOf({
  rmem_alloc: 'u32',
  rcvbuf: 'u32',
  wmem_alloc: 'u32',
  sndbuf: 'u32',
  fwd_alloc: 'u32',
  wmem_queued: 'u32',
  optmem: 'u32',
  backlog: 'u32',
  drops: 'u32',
})

/** An array of 32-bit numbers. */
export const numbers: Codec<number[], readonly number[]> = codec(
  'bytes',
  'an array of whole numbers from 0 to 4294967295',
  (value) => isListOf(value, whole(0, 2 ** 32 - 1).right),
  { toNative: bytesOfWords, fromNative: (answer: Buffer) => [...wordsOf(answer)] },
)

/** Buffers whose size the kernel does not change by itself. */
export const bufferLock = flags({ send: 1, receive: 2 })

const REHASH_DEFAULT = 255

/** The default is written as -1 and read as 255. */
export const transmitRehash: Codec<boolean | 'default'> = codec(
  'int',
  "true, false or 'default'",
  (value) => typeof value === 'boolean' || value === 'default',
  {
    toNative: (value) => (value === 'default' ? -1 : Number(value)),
    fromNative: (value: number) => (value === REHASH_DEFAULT ? 'default' : value === 1),
  },
)

const dmabufToken = structOf({ token: 'u32', count: 'u32' })

/** Fragments of device memory, `struct dmabuf_token`: `count` of them from `token` on. */
export type DevmemTokens = LayoutValue<{ token: 'u32'; count: 'u32' }>

/** Fragments of device memory to give back: an array of `struct dmabuf_token`. */
export const devmemTokens: Codec<never, readonly DevmemTokens[]> = codec(
  'bytes',
  'an array of 1 to 128 of { token, count }',
  (value) => isListOf(value, (one) => dmabufToken.wrong(one) === '', 1, 128),
  { toNative: (value) => Buffer.concat(value.map(dmabufToken.toNative)) },
)
