// The options of reading, which all that read datagrams share.
import { checkedLater, type FieldRule, flag, whole } from '../base/check-fields.ts'
import type { AncillaryChoice } from './ancillary.ts'

/** How messages are read. Shared by `toMessageSocket` and `openReceiver`. */
export interface ReadOptions {
  /** How many datagrams one read may bring: 1 to 1024, default 64. */
  batch?: number | undefined
  /** The longest datagram taken whole, in bytes: 1 to 65535, default 65535. Longer ones are `truncated`. */
  maxDatagram?: number | undefined
  /** What each datagram says besides its addresses. */
  ancillary?: AncillaryChoice | undefined
  /** Take datagrams coalesced, and split them again: `UDP_GRO`. Then `maxDatagram` is 65535. Default false. */
  gro?: boolean | undefined
  /** Emit ICMP errors as `returned-error` events: `IP_RECVERR`, `IPV6_RECVERR`. Default false. */
  returnedErrors?: boolean | undefined
  /**
   * Datagrams are lent: the next read uses their memory, and their objects, again. So a datagram and its `data` are good
   * until the next batch is asked for, and what is needed later is copied. Less work for each datagram. Default false.
   */
  reuseBuffers?: boolean | undefined
  /**
   * The least time between two reads under load, in milliseconds, 0 to 1000, as a network card moderates its interrupts:
   * fewer and larger reads, for less work. Nothing is held back while fewer than some 16 datagrams an interval arrive. The
   * receive buffer has to hold what arrives meanwhile, and a timer may be a millisecond late. Default 0.
   */
  readInterval?: number | undefined
}

export const READ_FIELDS: Record<keyof ReadOptions, FieldRule> = {
  batch: whole(1, 1024),
  maxDatagram: whole(1, 65535),
  ancillary: checkedLater,
  gro: flag,
  returnedErrors: flag,
  reuseBuffers: flag,
  readInterval: whole(0, 1000, 'milliseconds'),
}
