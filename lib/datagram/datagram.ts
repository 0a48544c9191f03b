import type { NativeDatagramReader } from '../binding/native.ts'
import type { Endpoint } from '../net/socket-address.ts'

/** A control message that no field of `Datagram` holds. */
export interface ControlMessage {
  level: number
  type: number
  data: Buffer
}

/** A datagram with what the kernel said of it. What was not asked for, or not said, is not there. */
export interface Datagram {
  /** The payload; the reader's own, never overwritten by a later batch. */
  data: Buffer
  source: Endpoint
  /** The address it was sent to: the group's, for multicast. `IP_PKTINFO`, `IPV6_RECVPKTINFO` */
  destination?: string
  /** The interface it came in on. `IP_PKTINFO`, `IPV6_RECVPKTINFO` */
  interfaceIndex?: number
  /** The TTL or hop limit it arrived with. `IP_RECVTTL`, `IPV6_RECVHOPLIMIT` */
  hopLimit?: number
  /** TOS or traffic class. `IP_RECVTOS`, `IPV6_RECVTCLASS` */
  trafficClass?: number
  /** When the kernel received it, in nanoseconds since the epoch. `SO_TIMESTAMPNS`, `SO_TIMESTAMPING` */
  timestamp?: bigint
  /** When the card received it, in nanoseconds of the card's clock. `SO_TIMESTAMPING` */
  hardwareTimestamp?: bigint
  /** Where it was sent before a firewall redirected it. `IP_RECVORIGDSTADDR` */
  originalDestination?: Endpoint
  /** True where it was longer than `maxDatagram`: the rest is lost. */
  truncated: boolean
  /** Control messages of other kinds. */
  ancillary?: ControlMessage[]
}

/** The order of the fields of DatagramReader::Row, native/datagram/reader.h, in words of 32 bits. */
const OFFSET = 0
const LENGTH = 1
const SOURCE = 2
const PORT = 3
const DESTINATION = 4
const INTERFACE = 5
const HOP_LIMIT = 6
const TRAFFIC_CLASS = 7
const FLAGS = 8
const SEGMENT = 9
const ORIGINAL = 10
const ORIGINAL_PORT = 11
const ROW = 16
/** In words of 64 bits. */
const TIMESTAMP = 6
const HARDWARE_TIMESTAMP = 7

const TRUNCATED = 1
const HAS_TIMESTAMP = 2
const HAS_HARDWARE_TIMESTAMP = 4
const HAS_OTHERS = 8

/** What the native reader wrote of the last batch, and datagrams made of it. */
export interface DatagramTable {
  /** How many bytes the datagrams of the last read hold. */
  used(count: number): number
  /** Appends the datagrams of the last read, which lie in `slab` as read, or one behind the other. */
  take(count: number, slab: Buffer, packed: boolean, into: Datagram[]): void
}

export function createDatagramTable(reader: NativeDatagramReader): DatagramTable {
  const words = new Int32Array(reader.table())
  const longs = new BigInt64Array(reader.table())
  const at = (row: number, field: number): number => words[row * ROW + field] as number

  let texts: string[] = []
  let epoch = 0
  const text = (number: number): string => {
    let known = texts[number]
    if (known === undefined) {
      known = reader.addressText(number)
      texts[number] = known
    }
    return known
  }

  const describe = (row: number, data: Buffer): Datagram => {
    const flags = at(row, FLAGS)
    const datagram: Datagram = {
      data,
      source: { address: text(at(row, SOURCE)), port: at(row, PORT) },
      truncated: (flags & TRUNCATED) !== 0,
    }
    const destination = at(row, DESTINATION)
    if (destination >= 0) {
      datagram.destination = text(destination)
      datagram.interfaceIndex = at(row, INTERFACE)
    }
    const hopLimit = at(row, HOP_LIMIT)
    if (hopLimit >= 0) datagram.hopLimit = hopLimit
    const trafficClass = at(row, TRAFFIC_CLASS)
    if (trafficClass >= 0) datagram.trafficClass = trafficClass
    if ((flags & ~TRUNCATED) !== 0) addRarer(datagram, row, flags)
    const original = at(row, ORIGINAL)
    if (original >= 0) datagram.originalDestination = { address: text(original), port: at(row, ORIGINAL_PORT) }
    return datagram
  }

  const addRarer = (datagram: Datagram, row: number, flags: number): void => {
    if ((flags & HAS_TIMESTAMP) !== 0) datagram.timestamp = longs[row * (ROW / 2) + TIMESTAMP] as bigint
    if ((flags & HAS_HARDWARE_TIMESTAMP) !== 0)
      datagram.hardwareTimestamp = longs[row * (ROW / 2) + HARDWARE_TIMESTAMP] as bigint
    if ((flags & HAS_OTHERS) !== 0) datagram.ancillary = reader.others(row)
  }

  return {
    used: (count) => {
      let total = 0
      for (let row = 0; row < count; row++) total += at(row, LENGTH)
      return total
    },
    take: (count, slab, packed, into) => {
      const now = reader.epoch()
      if (now !== epoch) {
        texts = []
        epoch = now
      }
      let place = 0
      for (let row = 0; row < count; row++) {
        const start = packed ? place : at(row, OFFSET)
        const length = at(row, LENGTH)
        const end = start + length
        place += length
        const segment = at(row, SEGMENT)
        // UDP_GRO: one read holds many datagrams of one size, the last maybe shorter.
        if (segment > 0 && segment < length)
          for (let from = start; from < end; from += segment)
            into.push(describe(row, slab.subarray(from, Math.min(from + segment, end))))
        else into.push(describe(row, slab.subarray(start, end)))
      }
    },
  }
}
