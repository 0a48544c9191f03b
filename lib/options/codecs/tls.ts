// Codecs of TLS in the kernel: the keys of each cipher.

import { isBytes, whole } from '../../base/check-fields.ts'
import { show } from '../../base/errors.ts'
import { type Codec, wrongFields } from './codec.ts'
import { structOf } from './layout.ts'
import { numberAs, numberFrom, octets } from './member.ts'
import { enumeration } from './names.ts'

/** Each cipher's number, and the bytes of its IV, key and salt. */
const CIPHERS = {
  'aes-gcm-128': [51, 8, 16, 4],
  'aes-gcm-256': [52, 8, 32, 4],
  'aes-ccm-128': [53, 8, 16, 4],
  'chacha20-poly1305': [54, 12, 32, 0],
  'sm4-gcm': [55, 8, 16, 4],
  'sm4-ccm': [56, 8, 16, 4],
  'aria-gcm-128': [57, 8, 16, 4],
  'aria-gcm-256': [58, 8, 32, 4],
} as const

/** A cipher that Linux can have in the kernel: `TLS_CIPHER_...`. */
export type TlsCipher = keyof typeof CIPHERS

/** `struct tls12_crypto_info_...` of a cipher: the keys of one direction of a connection. */
export interface TlsCryptoInfo {
  /** The version of TLS. */
  version: '1.2' | '1.3'
  /** The cipher, which says how long the others are. Those of ARIA are of TLS 1.2 alone. */
  cipher: TlsCipher
  /** The initialisation vector, of the length that the cipher takes: 8 bytes, of chacha20-poly1305 12. */
  iv: Uint8Array
  /** The key, of the length that the cipher takes: 16 or 32 bytes. */
  key: Uint8Array
  /** The salt, 4 bytes; of chacha20-poly1305 none. */
  salt: Uint8Array
  /** The number of the next record, 8 bytes in network order. */
  rec_seq: Uint8Array
}

/** What the kernel tells: the version and the cipher, and the rest if it was asked with the cipher. */
export type TlsCryptoInfoRead = Pick<TlsCryptoInfo, 'version' | 'cipher'> &
  Partial<Record<'iv' | 'key' | 'salt' | 'rec_seq', Buffer>>

const VERSIONS = { '1.2': 0x0303, '1.3': 0x0304 } as const
const numbers = Object.fromEntries(Object.entries(CIPHERS).map(([name, [number]]) => [name, number]))
const head = {
  version: numberAs('u16', enumeration(VERSIONS, 'int', [0, 0xffff])),
  cipher: numberAs('u16', enumeration(numbers, 'int', [0, 0xffff])),
}

const structFor = ([, iv, key, salt]: readonly [number, number, number, number]) =>
  structOf({ ...head, iv: octets(iv), key: octets(key), salt: octets(salt), rec_seq: octets(8) })
const headOnly = structOf(head)
const isCipher = (value: unknown): value is TlsCipher => typeof value === 'string' && Object.hasOwn(CIPHERS, value)
const CIPHER_NAMES = Object.keys(CIPHERS)
  .map((name) => `'${name}'`)
  .join(', ')

function wrongLength(name: string, value: unknown, length: number, cipher: string): string {
  if (isBytes(value) && value.length === length) return ''
  const given = isBytes(value) ? `${value.length} bytes` : show(value)
  return `${name} is ${given}: ${cipher} takes a Uint8Array of ${length} bytes`
}

/**
 * `struct tls12_crypto_info_aes_gcm_128` and its kin, a struct a cipher. The question is the cipher: without it the kernel tells the
 * version and the cipher alone.
 */
export const tlsCryptoInfo: Codec<TlsCryptoInfoRead, TlsCryptoInfo, TlsCipher | undefined> = {
  expects: `{ version: '1.2' | '1.3', cipher, iv, key, salt, rec_seq }, the cipher one of ${CIPHER_NAMES}`,
  read: 'exact_bytes',
  write: 'bytes',
  wrong: (value) => {
    const strange = wrongFields(value, ['version', 'cipher', 'iv', 'key', 'salt', 'rec_seq'])
    if (strange !== '') return strange
    const { version, cipher, ...given } = value as Record<string, unknown>
    if (version !== '1.2' && version !== '1.3') return `version is ${show(version)}, not '1.2' or '1.3'`
    if (!isCipher(cipher)) return `cipher is ${show(cipher)}, not one of ${CIPHER_NAMES}`
    const [, iv, key, salt] = CIPHERS[cipher]
    for (const [name, length] of Object.entries({ iv, key, salt, rec_seq: 8 })) {
      const wrong = wrongLength(name, given[name], length, cipher)
      if (wrong !== '') return wrong
    }
    return ''
  },
  toNative: (value) => structFor(CIPHERS[value.cipher]).toNative(value),
  fromNative: (answer: Buffer) => {
    const { cipher } = headOnly.fromNative(answer)
    return (isCipher(cipher) ? structFor(CIPHERS[cipher]) : headOnly).fromNative(answer) as TlsCryptoInfoRead
  },
  question: (cipher) => new Uint8Array(cipher === undefined ? headOnly.size : structFor(CIPHERS[cipher]).size),
  wrongQuestion: (cipher) =>
    cipher === undefined || isCipher(cipher) ? '' : `the question is ${show(cipher)}, not one of ${CIPHER_NAMES}`,
}

/** The least is RFC 8449's 64, of TLS 1.3 without the octet of the content type; the kernel refuses 63 to TLS 1.2. */
const LENGTH = [63, 16_384] as const
const payload = structOf({ length: numberFrom('u16', ...LENGTH) })

/** The most bytes of plaintext in a record, in a `__u16`. */
export const tlsPayloadLength: Codec<number> = {
  expects: whole(...LENGTH, 'bytes').words,
  read: 'bytes',
  write: 'bytes',
  wrong: (length) => payload.wrong({ length }) !== '',
  toNative: (length) => payload.toNative({ length }),
  fromNative: (answer: Buffer) => payload.fromNative(answer).length,
}
