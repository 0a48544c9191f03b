import { constants } from 'node:os'
import { codeOf } from '../base/errors.ts'
import type { NativeQueuedError } from '../binding/native.ts'
import type { Endpoint } from '../net/socket-address.ts'

/** An error that came back for a datagram sent before: an ICMP message, or the kernel's own word. ip(7), `IP_RECVERR` */
export interface ReturnedError {
  /** `ECONNREFUSED`, `EHOSTUNREACH`, `EMSGSIZE`, ... */
  code: string
  origin: 'icmp' | 'icmp6' | 'local' | 'other'
  /** Of the ICMP or ICMPv6 message: 3 and 3, or 1 and 4, for a closed port. */
  icmpType: number
  icmpCode: number
  /** Where the datagram was sent. */
  destination?: Endpoint
  /** Who sent the ICMP message. */
  offender?: string
  /** The next hop's MTU, where the datagram was too long for it. */
  mtu?: number
  /** What the message carried of the datagram's payload. */
  payload: Buffer
}

/** When a datagram left. `SO_TIMESTAMPING` */
export interface TransmitTimestamp {
  /** Which datagram of this socket, counted from 0. */
  id: number
  /** Where it was: leaving by the driver, or entering the queue. */
  at: 'sent' | 'scheduled' | 'acknowledged'
  /** By the kernel's clock, in nanoseconds since the epoch. */
  timestamp?: bigint
  /** By the card's clock. */
  hardwareTimestamp?: bigint
}

const ORIGINS = ['other', 'local', 'icmp', 'icmp6'] as const
const TIMESTAMPING = 4
const PLACES = ['sent', 'scheduled', 'acknowledged'] as const

/** An entry of the error queue is one or the other. */
export function readQueued(raw: NativeQueuedError): { error: ReturnedError } | { sent: TransmitTimestamp } | undefined {
  if (raw.origin === undefined) return undefined
  if (raw.origin === TIMESTAMPING) {
    return {
      sent: {
        id: raw.data ?? 0,
        at: PLACES[raw.info ?? 0] ?? 'sent',
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
    },
  }
}
