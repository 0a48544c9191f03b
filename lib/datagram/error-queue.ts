// The entries of a socket's error queue as events: errors that came back, and times of sending.
import { constants } from 'node:os'
import { codeOf } from '../base/errors.ts'
import { datagramsNative, type NativeQueuedError } from '../binding/native.ts'
import type { Endpoint } from '../net/socket-address.ts'

/**
 * An error that came back for a datagram sent before: an ICMP message, or the kernel's own word.
 * `recvmsg(MSG_ERRQUEUE)`, `struct sock_extended_err`; `IP_RECVERR`, `IPV6_RECVERR`. ip(7)
 */
export interface ReturnedError {
  /** The errno's name: `ECONNREFUSED`, `EHOSTUNREACH`, `EMSGSIZE`, ... */
  code: string
  /** Where the error is from: an ICMP or ICMPv6 message, or this host's kernel. */
  origin: 'icmp' | 'icmp6' | 'local' | 'other'
  /** The message's type, 0 to 255: 3 for a closed port, 1 in ICMPv6. 0 if the origin is `local`. */
  icmpType: number
  /** The message's code, 0 to 255: 3 for a closed port, 4 in ICMPv6. 0 if the origin is `local`. */
  icmpCode: number
  /** Where the datagram was sent. */
  destination?: Endpoint
  /** The address of the host that sent the message: `SO_EE_OFFENDER`. */
  offender?: string
  /** The next hop's MTU in bytes, if the datagram was too long for it: `EMSGSIZE`. */
  mtu?: number
  /** What the message carries of the datagram's payload: at most 2048 bytes. */
  payload: Buffer
  /**
   * The extension of the ICMP message (RFC 4884), in which routers tell of labels and interfaces: where it starts in
   * `payload`, in bytes, and whether its version, lengths and checksum are right. There if the message has one and
   * `IP_RECVERR_RFC4884` or `IPV6_RECVERR_RFC4884` is set. Linux 5.9.
   */
  extension?: { offset: number; valid: boolean }
}

/** When a datagram left. `recvmsg(MSG_ERRQUEUE)`; `SO_TIMESTAMPING` */
export interface TransmitTimestamp {
  /**
   * Which datagram of this socket: its number, counted from 0 to 4294967295 and from 0 again, or the `timestampId` it
   * was sent with. `SOF_TIMESTAMPING_OPT_ID`, `SCM_TS_OPT_ID`
   */
  id: number
  /**
   * Where the datagram was: leaving by the driver, entering the queue, or taken by the peer (TCP). `SCM_TSTAMP_SND`,
   * ...
   */
  at: 'sent' | 'scheduled' | 'acknowledged'
  /** By the kernel's clock, in nanoseconds since the epoch. */
  timestamp?: bigint
  /** By the card's clock, in nanoseconds. */
  hardwareTimestamp?: bigint
}

const ORIGINS = ['other', 'local', 'icmp', 'icmp6'] as const
const TIMESTAMPING = 4
const STAGES = ['sent', 'scheduled', 'acknowledged'] as const

/** An entry of the error queue. */
export type Queued = { readonly error: ReturnedError } | { readonly sent: TransmitTimestamp }

/**
 * Reads a socket's error queue to its end, and tells of each entry in a tick of its own: an error thrown by a listener then
 * reaches nobody else.
 */
export function drainErrorQueue(
  fd: number,
  tell: (queued: Queued) => void,
): { readonly wasEmpty: boolean; readonly hadIcmpError: boolean } {
  const { readErrorQueue } = datagramsNative()
  let wasEmpty = true
  let hadIcmpError = false
  for (let entries = readErrorQueue(fd); entries.length > 0; entries = readErrorQueue(fd)) {
    wasEmpty = false
    for (const raw of entries) {
      const queued = readQueued(raw)
      if (queued === undefined) continue
      hadIcmpError ||= 'error' in queued && queued.error.origin.startsWith('icmp')
      process.nextTick(tell, queued)
    }
  }
  return { wasEmpty, hadIcmpError }
}

/** An entry as one of the two kinds; `undefined` if the kernel did not say which. */
export function readQueued(raw: NativeQueuedError): Queued | undefined {
  if (raw.origin === undefined) return undefined
  if (raw.origin === TIMESTAMPING) {
    return {
      sent: {
        id: raw.data ?? 0,
        at: STAGES[raw.info ?? 0] ?? 'sent',
        ...(raw.timestamp === undefined ? {} : { timestamp: raw.timestamp }),
        ...(raw.hardwareTimestamp === undefined ? {} : { hardwareTimestamp: raw.hardwareTimestamp }),
      },
    }
  }
  return {
    error: {
      code: codeOf(raw.errno ?? 0),
      origin: ORIGINS[raw.origin] ?? 'other',
      icmpType: raw.type ?? 0,
      icmpCode: raw.code ?? 0,
      ...(raw.destination === undefined ? {} : { destination: raw.destination }),
      ...(raw.offender === undefined ? {} : { offender: raw.offender.address }),
      ...(raw.errno === constants.errno.EMSGSIZE ? { mtu: raw.info ?? 0 } : {}),
      payload: raw.payload,
      ...(raw.extension === undefined ? {} : { extension: raw.extension }),
    },
  }
}
