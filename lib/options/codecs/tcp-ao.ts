// Codecs of the TCP Authentication Option, RFC 5925.

import { isBytes } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import { isIpv6 } from '../../net/address.ts'
import { type Codec, wrongFields } from './codec.ts'
import { interfaceByIndex } from './interface.ts'
import { structOf } from './layout.ts'
import {
  bitFields,
  networkNumber,
  numberAs,
  octets,
  type SockaddrGiven,
  sockaddrStorageMember,
  textMember,
} from './member.ts'
import type { Sockaddr } from './sockaddr.ts'

const MAX_KEY = 80
const KEYF_IFINDEX = 1
const KEYF_EXCLUDE_OPT = 2

/** Which key is meant: the peers that it is for, and its numbers. RFC 5925 3.1 */
export interface TcpAoKeyId {
  /** The peer, or the network of the peers; an address of all zeros for any. Its port is 0. */
  address: string
  /** How many bits of the address count. Default all: 32 or 128. */
  prefixLength?: number | undefined
  /** The interface of the VRF that the key is for. Default none. */
  interface?: string | number | undefined
  /** The number of the key in segments sent. */
  sndid: number
  /** The number of the key in segments received. */
  rcvid: number
}

/** `struct tcp_ao_add`: a key to add. */
export interface TcpAoKey extends TcpAoKeyId {
  /** The algorithm, as the kernel's crypto API names it: `hmac(sha1)`, `cmac(aes128)`, `hmac(sha256)`. */
  algorithm: string
  /** The key, 80 bytes at most. */
  key: Uint8Array
  /** The bytes of the code that authenticates a segment. Default 0, which stands for 12. */
  maclen?: number | undefined
  /** Do not authenticate the other options of TCP. Default false. */
  exclude_options?: boolean | undefined
  /** Use the key at once. Default false. */
  set_current?: boolean | undefined
  /** Ask the peer to use the key. Default false. */
  set_rnext?: boolean | undefined
}

/** `struct tcp_ao_del`: a key to delete. */
export interface TcpAoDelete extends TcpAoKeyId {
  /** The number of the key to use instead, if the deleted one is in use. */
  current_key?: number | undefined
  /** The number of the key to ask the peer for instead. */
  rnext?: number | undefined
  /** Delete without waiting for segments that are being checked; of listening sockets. Default false. */
  del_async?: boolean | undefined
}

/** `struct tcp_ao_info_opt`: what a socket does with keys, and its counters of segments. */
export interface TcpAoInfo {
  /** The number of the key in use; absent if there is none. */
  current_key?: number | undefined
  /** The number of the key that the peer is asked to use; absent if there is none. */
  rnext?: number | undefined
  /** Connections without authentication are refused. */
  ao_required?: boolean | undefined
  /** ICMP errors about a connection are heeded. */
  accept_icmps?: boolean | undefined
  /** Segments that were right. Setting one of the five sets all of them, absent ones to 0n. */
  pkt_good?: bigint | undefined
  /** Segments that were wrong. */
  pkt_bad?: bigint | undefined
  /** Segments of keys that there are not. */
  pkt_key_not_found?: bigint | undefined
  /** Segments without authentication. */
  pkt_ao_required?: bigint | undefined
  /** ICMP errors that were ignored. */
  pkt_dropped_icmp?: bigint | undefined
}

const keyFlags = (on: unknown, exclude?: boolean): number =>
  (on === undefined || on === 0 ? 0 : KEYF_IFINDEX) | (exclude === true ? KEYF_EXCLUDE_OPT : 0)
const wholePrefix = (address: string): number => (isIpv6(address) ? 128 : 32)

/** As `interfaceByIndex`, 0 for none. */
const ifindex = numberAs('i32', interfaceByIndex)

const identified = (value: TcpAoKeyId) => ({
  address: { address: value.address },
  interface: value.interface === undefined ? 0 : value.interface,
  prefixLength: value.prefixLength === undefined ? wholePrefix(value.address) : value.prefixLength,
  sndid: value.sndid,
  rcvid: value.rcvid,
})

const addStruct = structOf({
  address: sockaddrStorageMember,
  algorithm: textMember(64),
  interface: ifindex,
  set: bitFields('u32', 'set_current', 'set_rnext'),
  reserved2: 'u16',
  prefixLength: 'u8',
  sndid: 'u8',
  rcvid: 'u8',
  maclen: 'u8',
  keyflags: 'u8',
  keylen: 'u8',
  key: octets(MAX_KEY),
})

const delStruct = structOf({
  address: sockaddrStorageMember,
  interface: ifindex,
  set: bitFields('u32', 'set_current', 'set_rnext', 'del_async'),
  reserved2: 'u16',
  prefixLength: 'u8',
  sndid: 'u8',
  rcvid: 'u8',
  current_key: 'u8',
  rnext: 'u8',
  keyflags: 'u8',
})

const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean'
const wrongFlags = (value: object, ...names: string[]): string => {
  const wrong = names.find((name) => !isFlag((value as Record<string, unknown>)[name]))
  return wrong === undefined ? '' : `${wrong} is ${show((value as Record<string, unknown>)[wrong])}, not true or false`
}

const KEY_ID = ['address', 'prefixLength', 'interface', 'sndid', 'rcvid']

/** What is wrong with the fields that say which key is meant. */
function wrongKeyId(value: object): string {
  const { address, prefixLength } = value as Partial<Record<string, unknown>>
  if (!sockaddrStorageMember.right({ address })) return `address is ${show(address)}, not an IPv4 or IPv6 address`
  if (typeof prefixLength === 'number' && prefixLength > wholePrefix(address as string))
    return `prefixLength is ${prefixLength}: ${address} has ${wholePrefix(address as string)} bits`
  return ''
}

/** `struct tcp_ao_add`. */
export const tcpAoAdd: Codec<never, TcpAoKey> = {
  expects:
    '{ address, prefixLength?, interface?, algorithm, key, sndid, rcvid, maclen?, exclude_options?, set_current?, set_rnext? }',
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const names = [...KEY_ID, 'algorithm', 'key', 'maclen', 'exclude_options', 'set_current', 'set_rnext']
    const strange = wrongFields(value, names)
    if (strange !== '') return strange
    const given = value as TcpAoKey
    const wrong = wrongKeyId(given) || wrongFlags(given, 'exclude_options', 'set_current', 'set_rnext')
    if (wrong !== '') return wrong
    if (!isBytes(given.key) || given.key.length > MAX_KEY)
      return `key is ${show(given.key)}, not a Uint8Array of at most ${MAX_KEY} bytes`
    const { algorithm, maclen = 0 } = given
    const rest = { reserved2: 0, keyflags: 0, keylen: 0, set: {}, key: new Uint8Array(MAX_KEY) }
    return addStruct.wrong({ ...identified(given), ...rest, algorithm, maclen })
  },
  toNative: (value) => {
    const { algorithm, key, maclen = 0, exclude_options, set_current = false, set_rnext = false } = value
    const padded = new Uint8Array(MAX_KEY)
    padded.set(key)
    return addStruct.toNative({
      ...identified(value),
      algorithm,
      set: { set_current, set_rnext },
      reserved2: 0,
      maclen,
      keyflags: keyFlags(value.interface, exclude_options),
      keylen: key.length,
      key: padded,
    })
  },
  fromNative: (bytes) => addStruct.fromNative(bytes) as never,
}

/** `struct tcp_ao_del`. */
export const tcpAoDel: Codec<never, TcpAoDelete> = {
  expects: '{ address, prefixLength?, interface?, sndid, rcvid, current_key?, rnext?, del_async? }',
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(value, [...KEY_ID, 'current_key', 'rnext', 'del_async'])
    if (strange !== '') return strange
    const given = value as TcpAoDelete
    const wrong = wrongKeyId(given) || wrongFlags(given, 'del_async')
    if (wrong !== '') return wrong
    const { current_key = 0, rnext = 0 } = given
    return delStruct.wrong({ ...identified(given), set: {}, reserved2: 0, keyflags: 0, current_key, rnext })
  },
  toNative: (value) => {
    const { current_key, rnext, del_async = false } = value
    return delStruct.toNative({
      ...identified(value),
      set: { set_current: current_key !== undefined, set_rnext: rnext !== undefined, del_async },
      reserved2: 0,
      current_key: current_key ?? 0,
      rnext: rnext ?? 0,
      keyflags: keyFlags(value.interface),
    })
  },
  fromNative: (bytes) => delStruct.fromNative(bytes) as never,
}

const COUNTERS = ['pkt_good', 'pkt_bad', 'pkt_key_not_found', 'pkt_ao_required', 'pkt_dropped_icmp'] as const
const NO_COUNTS = { pkt_good: 0n, pkt_bad: 0n, pkt_key_not_found: 0n, pkt_ao_required: 0n, pkt_dropped_icmp: 0n }

const infoStruct = structOf(
  {
    set: bitFields('u32', 'set_current', 'set_rnext', 'ao_required', 'set_counters', 'accept_icmps'),
    reserved2: 'u16',
    current_key: 'u8',
    rnext: 'u8',
    pkt_good: 'u64',
    pkt_bad: 'u64',
    pkt_key_not_found: 'u64',
    pkt_ao_required: 'u64',
    pkt_dropped_icmp: 'u64',
  },
  { set: {}, reserved2: 0, current_key: 0, rnext: 0, ...NO_COUNTS },
)

const NO_FLAGS = { set_current: false, set_rnext: false, ao_required: false, accept_icmps: false }

/** `struct tcp_ao_info_opt`: setting changes what is given, and the flags that are left out to false. */
export const tcpAoInfo: Codec<TcpAoInfo> = {
  expects: `{ current_key?, rnext?, ao_required?, accept_icmps?, ${COUNTERS.join('?, ')}? }`,
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(value, ['current_key', 'rnext', 'ao_required', 'accept_icmps', ...COUNTERS])
    if (strange !== '') return strange
    const { ao_required: _, accept_icmps: __, ...rest } = value as TcpAoInfo
    return wrongFlags(value as object, 'ao_required', 'accept_icmps') || infoStruct.wrong(rest)
  },
  toNative: ({ ao_required = false, accept_icmps = false, ...rest }) =>
    infoStruct.toNative({
      ...rest,
      set: {
        set_current: rest.current_key !== undefined,
        set_rnext: rest.rnext !== undefined,
        ao_required,
        set_counters: COUNTERS.some((name) => rest[name] !== undefined),
        accept_icmps,
      },
    }),
  fromNative: (answer: Buffer) => {
    // A shorter answer has fewer fields, as of every struct.
    const { set = NO_FLAGS, reserved2: _, current_key, rnext, ...counts } = infoStruct.fromNative(answer)
    return {
      ...(set.set_current && { current_key }),
      ...(set.set_rnext && { rnext }),
      ao_required: set.ao_required,
      accept_icmps: set.accept_icmps,
      ...counts,
    }
  },
}

/** One key of a socket, as the kernel tells it. */
export interface TcpAoKeyTold {
  /** The peer, or the network of the peers. */
  address: Sockaddr
  /** How many bits of the address count. */
  prefixLength: number
  /** The index of the VRF's interface; 0 for none. */
  interface: number
  /** The algorithm, as the kernel's crypto API names it. */
  algorithm: string
  /** The key. */
  key: Buffer
  /** The number of the key in segments sent. */
  sndid: number
  /** The number of the key in segments received. */
  rcvid: number
  /** The bytes of the code that authenticates a segment. */
  maclen: number
  /** The other options of TCP are not authenticated. */
  exclude_options: boolean
  /** The key in use. */
  is_current: boolean
  /** The key that the peer is asked to use. */
  is_rnext: boolean
  /** Segments that were right. */
  pkt_good: bigint
  /** Segments that were wrong. */
  pkt_bad: bigint
}

/** Which keys are asked for. Default: all. */
export interface TcpAoKeysQuestion {
  /** The key in use alone. */
  is_current?: boolean | undefined
  /** The key that the peer is asked to use alone. */
  is_rnext?: boolean | undefined
  /** The keys of this peer alone. */
  address?: string | undefined
  /** How many bits of the address count. Default all. */
  prefixLength?: number | undefined
  /** The key with these numbers alone; it takes both, and `address`. */
  sndid?: number | undefined
  /** See `sndid`. */
  rcvid?: number | undefined
}

const keyMembers = {
  address: sockaddrStorageMember,
  algorithm: textMember(64),
  key: octets(MAX_KEY),
  nkeys: 'u32',
  which: bitFields('u16', 'is_current', 'is_rnext', 'get_all'),
  sndid: 'u8',
  rcvid: 'u8',
  prefixLength: 'u8',
  maclen: 'u8',
  keyflags: 'u8',
  keylen: 'u8',
  interface: ifindex,
  pkt_good: 'u64',
  pkt_bad: 'u64',
} as const
const keyStruct = structOf(keyMembers, {
  address: undefined,
  algorithm: '',
  key: new Uint8Array(MAX_KEY),
  which: {},
  ...{ nkeys: 0, sndid: 0, rcvid: 0, prefixLength: 0, maclen: 0, keyflags: 0, keylen: 0, interface: 0 },
  ...{ pkt_good: 0n, pkt_bad: 0n },
})

/** As many keys as the native side has room for: native/codec/codecs_linux.cc. */
const MAX_KEYS = 64

function keyOf(bytes: Buffer): TcpAoKeyTold {
  const { which, nkeys: _, keyflags, keylen, key, ...rest } = keyStruct.fromNative(bytes)
  return {
    ...rest,
    key: key.subarray(0, keylen),
    exclude_options: (keyflags & KEYF_EXCLUDE_OPT) !== 0,
    is_current: which.is_current,
    is_rnext: which.is_rnext,
  }
}

const questionOf = ({ is_current = false, is_rnext = false, address, ...rest }: TcpAoKeysQuestion = {}) => ({
  ...rest,
  ...(address !== undefined && {
    address: { address } as SockaddrGiven,
    prefixLength: rest.prefixLength === undefined ? wholePrefix(address) : rest.prefixLength,
  }),
  nkeys: MAX_KEYS,
  which: { is_current, is_rnext, get_all: !is_current && !is_rnext && address === undefined },
})

/** The keys of a socket, 64 at most: an array of `struct tcp_ao_getsockopt`, whose first is the question. */
export const tcpAoKeys: Codec<TcpAoKeyTold[], never, TcpAoKeysQuestion | undefined> = {
  expects: 'an array of keys',
  read: 'tcp_ao_getsockopt',
  write: 'bytes',
  wrong: () => true,
  toNative: (value) => value,
  question: (asked) => {
    const room = new Uint8Array(MAX_KEYS * keyStruct.size)
    room.set(keyStruct.toNative(questionOf(asked)))
    return room
  },
  wrongQuestion: (asked) => {
    if (asked === undefined) return ''
    const strange = wrongFields(asked, ['is_current', 'is_rnext', 'address', 'prefixLength', 'sndid', 'rcvid'])
    if (strange !== '') return strange
    const given = asked as TcpAoKeysQuestion
    return wrongFlags(given, 'is_current', 'is_rnext') || keyStruct.wrong(questionOf(given))
  },
  fromNative: (answer: Buffer) => {
    const { size } = keyStruct
    const count =
      answer.length < size ? 0 : Math.min(keyStruct.fromNative(answer).nkeys, Math.floor(answer.length / size))
    return Array.from({ length: count }, (_, index) => keyOf(answer.subarray(index * size, (index + 1) * size)))
  },
}

/** `struct tcp_ao_repair`: the initial sequence numbers and their extensions, of a connection in repair. */
export const tcpAoRepair = structOf({
  snt_isn: networkNumber,
  rcv_isn: networkNumber,
  snd_sne: 'u32',
  rcv_sne: 'u32',
})
