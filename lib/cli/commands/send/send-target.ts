// What `sockctl send` knows of a target, of whichever kind.

import type { EventEmitter } from 'node:events'
import type { Endpoint, ReturnedError, TransmitTimestamp } from '../../../index.ts'

/** The options of the command that say where datagrams go, and how. */
export interface DestinationOptions {
  interface?: string | number
  port?: number
  bind?: string
  hops?: number
  loopback: boolean
  wait?: number
}

/** An open socket that sends to the target. */
export interface SendSocket {
  /** Emits `returned-error` for ICMP errors. */
  readonly events: EventEmitter<{
    'returned-error': [error: ReturnedError]
    transmitted: [timestamp: TransmitTimestamp]
  }>
  /** The local address, if it has a port. */
  readonly from?: Endpoint
  send(messages: readonly Uint8Array[]): Promise<number>
  close(): Promise<void>
}

export interface SendTarget {
  /** How lines call the target. */
  readonly text: string
  /** How lines call the messages, in the singular. */
  readonly unit: 'datagram' | 'message'
  /** How objects call the target. */
  readonly fields: object
  readonly address: string
  /** ICMP errors come back from hosts, and never of what was sent to many. */
  readonly kind: 'group' | 'broadcast' | 'unicast' | 'local'
  /** An interface was named to leave by. */
  readonly hasInterface: boolean
  open(): Promise<SendSocket>
}
