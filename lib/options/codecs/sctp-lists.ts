// Codecs of SCTP whose structs end in a list, or are asked with a policy.

import { isBytes, whole } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import { asked } from './asked.ts'
import { type Codec, isListOf, wrongFields } from './codec.ts'
import { type Struct, structOf } from './layout.ts'
import { type Member, NUMBERS, numberAs } from './member.ts'
import { enumeration, flags } from './names.ts'
import type { SctpAssociation } from './sctp-address.ts'

/** So many numbers as bytes, and back. */
function listBytes(member: Member<number>, list: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(list.length * member.size)
  const view = new DataView(bytes.buffer)
  for (const [index, one] of list.entries()) member.write(view, index * member.size, one)
  return bytes
}

function listOf(member: Member<number>, bytes: Buffer, length: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const most = Math.floor(bytes.length / member.size)
  return Array.from({ length: Math.min(length, most) }, (_, index) => member.read(view, index * member.size))
}

/** A key for authenticated chunks. */
export interface SctpAuthKey extends SctpAssociation {
  /** The number of the key, 0 to 65535. */
  keynumber: number
  /** The key, 65535 bytes at most; an empty one is the key of number 0. */
  key: Uint8Array
}

const authKey = structOf({ assoc_id: 'i32', keynumber: 'u16', keylength: 'u16' }, { assoc_id: 0 })
const MAX_KEY = 0xffff

/** `struct sctp_authkey`, which ends in the key. */
export const sctpAuthkey: Codec<never, SctpAuthKey> = {
  expects: `{ assoc_id?, keynumber, key }, the key a Uint8Array of at most ${MAX_KEY} bytes`,
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(value, ['assoc_id', 'keynumber', 'key'])
    if (strange !== '') return strange
    const { key, ...rest } = value as Record<string, unknown>
    if (!isBytes(key) || key.length > MAX_KEY)
      return `key is ${show(key)}, not a Uint8Array of at most ${MAX_KEY} bytes`
    return authKey.wrong({ ...rest, keylength: 0 })
  },
  toNative: ({ key, ...rest }) => Buffer.concat([authKey.toNative({ ...rest, keylength: key.length }), key]),
  fromNative: (value) => value,
}

const hmac = enumeration({ sha1: 1, sha256: 3 }, 'int', [0, 0xffff])
const MAX_HMACS = 64

/** `struct sctp_hmacalgo`: the algorithms of authentication by preference, sha1 among them. */
export const sctpHmacalgo: Codec<('sha1' | 'sha256' | number)[], readonly ('sha1' | 'sha256' | number)[]> = {
  expects: "an array of 'sha1', 'sha256' or numbers",
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => !isListOf(value, (one) => hmac.wrong(one) === false, 1, MAX_HMACS),
  toNative: (value) => {
    const idents = value.map((one) => hmac.toNative(one) as number)
    return Buffer.concat([listBytes(NUMBERS.u32, [idents.length]), listBytes(NUMBERS.u16, idents)])
  },
  fromNative: (answer: Buffer) => {
    const [length = 0] = listOf(NUMBERS.u32, answer, 1)
    return listOf(NUMBERS.u16, answer.subarray(4), length).map((one) => hmac.fromNative(one as never))
  },
}

const ofAssociation = structOf({ assoc_id: 'i32' }, { assoc_id: 0 }) as Struct<unknown, SctpAssociation>

const chunksHead = structOf({ assoc_id: 'i32', number_of_chunks: 'u32' })
const CHUNK_TYPES = 256

/** `struct sctp_authchunks`: the types of the chunks to be authenticated. */
export const sctpAuthchunks: Codec<number[], never, SctpAssociation | undefined> = {
  expects: 'an array of numbers',
  read: 'exact_bytes',
  write: 'bytes',
  wrong: () => true,
  toNative: (value) => value,
  question: ({ assoc_id = 0 } = {}) =>
    Buffer.concat([chunksHead.toNative({ assoc_id, number_of_chunks: 0 }), Buffer.alloc(CHUNK_TYPES)]),
  wrongQuestion: (fields) => (fields === undefined ? '' : ofAssociation.wrong(fields)),
  fromNative: (answer: Buffer) =>
    listOf(NUMBERS.u8, answer.subarray(chunksHead.size), chunksHead.fromNative(answer).number_of_chunks),
}

/** `struct sctp_assoc_ids`: the ids of the associations, 4096 at most. */
export const sctpAssocIds: Codec<number[], never> = {
  expects: 'an array of numbers',
  read: 'exact_bytes',
  write: 'bytes',
  wrong: () => true,
  toNative: (value) => value,
  question: () => new Uint8Array(4 + 4096 * 4),
  fromNative: (answer: Buffer) => {
    const [length = 0] = listOf(NUMBERS.u32, answer, 1)
    return listOf(NUMBERS.i32, answer.subarray(4), length)
  },
}

/** Streams to reset. */
export interface SctpResetStreams extends SctpAssociation {
  /** The streams that come in, or go out, or both. */
  flags: ('incoming' | 'outgoing')[]
  /** The numbers of the streams. Default: all. */
  streams?: readonly number[] | undefined
}

const resetHead = structOf(
  {
    assoc_id: 'i32',
    flags: numberAs('u16', flags({ incoming: 1, outgoing: 2 }, 'int', 3)),
    number_streams: 'u16',
  },
  { assoc_id: 0 },
)
const isStreams = (value: unknown): boolean => isListOf(value, whole(0, 0xffff).right, 0, 0xffff)

/** `struct sctp_reset_streams`. */
export const sctpResetStreams: Codec<never, SctpResetStreams> = {
  expects: "{ assoc_id?, flags, streams? }, the flags an array of 'incoming', 'outgoing'",
  read: 'bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(value, ['assoc_id', 'flags', 'streams'])
    if (strange !== '') return strange
    const { streams, ...rest } = value as Record<string, unknown>
    if (streams !== undefined && !isStreams(streams))
      return `streams is ${show(streams)}, not an array of numbers of streams`
    return resetHead.wrong({ ...rest, number_streams: 0 })
  },
  toNative: ({ streams = [], ...rest }) =>
    Buffer.concat([resetHead.toNative({ ...rest, number_streams: streams.length }), listBytes(NUMBERS.u16, streams)]),
  fromNative: (value) => value,
}

/** What counts of messages given up are asked of. */
export interface SctpPolicyQuestion extends SctpAssociation {
  /** The stream, of `SCTP_PR_STREAM_STATUS` alone. Default 0. */
  sid?: number | undefined
  /** The policy: 0x10 by time, 0x20 by retransmissions, 0x30 by priority; of `SCTP_PR_ASSOC_STATUS` 0x80 besides for all. */
  policy: number
}

/** `struct sctp_prstatus`: how many messages were given up. RFC 7496 4.3 */
export const sctpPrstatus: Codec<
  { assoc_id: number; sid: number; policy: number; abandoned_unsent: bigint; abandoned_sent: bigint },
  never,
  SctpPolicyQuestion
> = (() => {
  const question = structOf({ assoc_id: 'i32', sid: 'u16', policy: 'u16' }, { assoc_id: 0, sid: 0 })
  const whole = structOf({
    assoc_id: 'i32',
    sid: 'u16',
    policy: 'u16',
    abandoned_unsent: 'u64',
    abandoned_sent: 'u64',
  })
  return { ...asked(whole as never, question as never), wrongQuestion: question.wrong } as never
})()
