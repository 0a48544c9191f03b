// A datagram as the reader gives it, made from the tables that the native reader writes.
import type { NativeDatagramReader } from '../binding/native.ts'
import type { Family, Sources } from '../net/socket-address.ts'
import { type AncillaryData, assignmentOf, type Cells } from './ancillary.ts'
import { createDescriptorTaker, type OwnedDescriptor } from './owned-descriptor.ts'
import { createSourceReader } from './source.ts'
import { readVnetHeader } from './vnet-header.ts'

/** A control message as it came. cmsg(3) */
export interface ControlMessage {
  /** The level: `IPPROTO_IPV6` is 41. */
  level: number
  /** The type, a number of the level. */
  type: number
  /** The message's bytes, without its header. */
  data: Buffer
}

/** A datagram received: a message of any family. A field the kernel did not tell is not there. */
export interface Datagram<F extends Family = 'ipv4' | 'ipv6'> extends AncillaryData {
  /** The payload. No later batch overwrites it, unless the socket has `reuseBuffers`. */
  data: Buffer
  /** The sender. */
  source: Sources[F]
  /** The address the datagram was sent to: the group's, for multicast. `IP_PKTINFO`, `IPV6_RECVPKTINFO` */
  destination?: string
  /** The index of the interface the datagram came in on. `IP_PKTINFO`, `IPV6_RECVPKTINFO`; of packet sockets, `sll_ifindex` */
  interfaceIndex?: number
  /** True if the datagram was sent to a broadcast address of IPv4. Else not there. `IP_PKTINFO` */
  broadcast?: true
  /** True if the datagram was longer than `maxDatagram`: the rest is lost. `MSG_TRUNC` */
  truncated: boolean
  /**
   * True if control messages are missing: they were longer than the reader's room, and the reader has more from the next
   * read on; or this process had no room for more descriptors (RLIMIT_NOFILE). `MSG_CTRUNC`
   */
  ancillaryTruncated: boolean
  /** The descriptors that the message brought, if any. Unix sockets. `SCM_RIGHTS`, unix(7) */
  descriptors?: readonly OwnedDescriptor[]
  /** Control messages that have no field, which options set by the user may bring. */
  ancillary?: ControlMessage[]
}

/** The fields of DatagramReader::Row in native/datagram/reader.h, in their order: words of 32 bits. */
const OFFSET = 0
const LENGTH = 1
const SOURCE = 2
const PORT = 3
const DESTINATION = 4
const INTERFACE = 5
const SEGMENT = 6
const FLAGS = 7
const FILLED = 8
const ROW = 9

/** The bits of FLAGS. */
const TRUNCATED = 1
const HAS_OTHERS = 2
const ANCILLARY_TRUNCATED = 4
const BROADCAST = 8
const DESCRIPTORS = 16
/** The bits from this one on hold a packet's type. */
const PACKET_TYPE_SHIFT = 8

/** Makes datagrams of what the native reader wrote about its last read. */
export interface DatagramTable {
  /** How many bytes the datagrams of the last read hold. */
  used(count: number): number
  /**
   * Appends the datagrams of the last read to `into`. They lie in `slab` at their offsets, or one after the other if
   * packed.
   */
  take(count: number, slab: Buffer, packed: boolean, into: Datagram[]): void
  /** As `take`, for memory that is not packed. The objects are those of the call before, with other values. */
  lend(count: number, slab: Buffer, into: Datagram[]): void
  /** How many of the objects of `lend` are in use, from the first on; 0: all are given back. */
  lent: number
  /** Whether a datagram was given back: the next `lend` writes to it. */
  isGivenBack(datagram: Datagram): boolean
}

/** A datagram that is lent, and what it was made of. */
interface Lent {
  readonly datagram: Datagram
  readonly shape: number
  start: number
  length: number
}

/** The sockets whose datagrams a table describes. */
export interface TablePlan {
  readonly family: Family
  /** The length of the header that lies before each payload: PACKET_VNET_HDR_SZ; 0: none. */
  readonly vnetHeader: number
}

export function createDatagramTable(reader: NativeDatagramReader, { family, vnetHeader }: TablePlan): DatagramTable {
  const words = new Int32Array(reader.table())
  const at = (row: number, field: number): number => words[row * ROW + field] as number

  // An address comes as a number, so that its text is made once and not for each datagram.
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

  const assignCells = createAssignCells(reader, text)

  const describeInet = (row: number, data: Buffer): Datagram => {
    const source = { address: text(at(row, SOURCE)), port: at(row, PORT) }
    const flags = at(row, FLAGS)
    const truncated = (flags & TRUNCATED) !== 0
    const ancillaryTruncated = (flags & ANCILLARY_TRUNCATED) !== 0
    const destination = at(row, DESTINATION)
    const datagram: Datagram =
      destination < 0
        ? { data, source, truncated, ancillaryTruncated }
        : {
            data,
            source,
            truncated,
            ancillaryTruncated,
            destination: text(destination),
            interfaceIndex: at(row, INTERFACE),
          }
    const filled = at(row, FILLED)
    if (filled !== 0) assignCells(datagram, row, filled)
    if ((flags & HAS_OTHERS) !== 0) datagram.ancillary = reader.others(row)
    if ((flags & BROADCAST) !== 0) datagram.broadcast = true
    return datagram
  }

  const sources = family === 'ipv4' || family === 'ipv6' ? undefined : createSourceReader(family, reader, text)
  const descriptors = family === 'unix' ? createDescriptorTaker(reader) : undefined

  const describe =
    sources === undefined
      ? describeInet
      : (row: number, bytes: Buffer): Datagram => {
          const flags = at(row, FLAGS)
          const interfaceIndex = at(row, INTERFACE)
          const source = sources.read({
            row,
            address: at(row, SOURCE),
            port: at(row, PORT),
            interfaceIndex,
            packetType: flags >> PACKET_TYPE_SHIFT,
          })
          const datagram: Datagram<Family> = {
            data: vnetHeader === 0 ? bytes : bytes.subarray(vnetHeader),
            source,
            truncated: (flags & TRUNCATED) !== 0,
            ancillaryTruncated: (flags & ANCILLARY_TRUNCATED) !== 0,
          }
          if (family === 'packet') datagram.interfaceIndex = interfaceIndex
          const filled = at(row, FILLED)
          if (filled !== 0) assignCells(datagram, row, filled)
          if ((flags & HAS_OTHERS) !== 0) datagram.ancillary = reader.others(row)
          if (descriptors !== undefined && (flags & DESCRIPTORS) !== 0) {
            const pidfd = descriptors.pidfd(row)
            if (pidfd !== undefined) datagram.pidfd = pidfd
            const rights = descriptors.rights(row)
            if (rights.length > 0) datagram.descriptors = rights
          }
          const gso = vnetHeader === 0 ? undefined : readVnetHeader(bytes)
          if (gso !== undefined) datagram.gso = gso
          // Who reads a socket of a family knows the family: the types of MessageSocket say so.
          return datagram as Datagram
        }

  const pool: Lent[] = []
  const places = new Map<Datagram, number>()

  /** Fills the next object that is free, or makes one if it has other fields than the datagram. */
  const lendOne = (row: number, slab: Buffer, start: number, length: number): Datagram => {
    const place = table.lent++
    // Of other families each message has an object of its own: only the memory is lent.
    if (sources !== undefined) {
      const datagram = describe(row, slab.subarray(start, start + length))
      const known = pool[place]
      if (known !== undefined) places.delete(known.datagram)
      places.set(datagram, place)
      pool[place] = { datagram, shape: 0, start, length }
      return datagram
    }
    const filled = at(row, FILLED)
    const flags = at(row, FLAGS)
    const destination = at(row, DESTINATION)
    const shape = (flags & ~(TRUNCATED | ANCILLARY_TRUNCATED)) + filled * 16 + (destination < 0 ? 2 ** 40 : 0)
    const known = pool[place]
    if (known === undefined || known.shape !== shape) {
      const datagram = describe(row, slab.subarray(start, start + length))
      if (known !== undefined) places.delete(known.datagram)
      places.set(datagram, place)
      pool[place] = { datagram, shape, start, length }
      return datagram
    }
    const { datagram } = known
    if (known.start !== start || known.length !== length) {
      datagram.data = slab.subarray(start, start + length)
      known.start = start
      known.length = length
    }
    datagram.source.address = text(at(row, SOURCE))
    datagram.source.port = at(row, PORT)
    datagram.truncated = (flags & TRUNCATED) !== 0
    datagram.ancillaryTruncated = (flags & ANCILLARY_TRUNCATED) !== 0
    if (destination >= 0) {
      datagram.destination = text(destination)
      datagram.interfaceIndex = at(row, INTERFACE)
    }
    if (filled !== 0) assignCells(datagram, row, filled)
    if ((flags & HAS_OTHERS) !== 0) datagram.ancillary = reader.others(row)
    return datagram
  }

  const begin = (): void => {
    sources?.begin()
    descriptors?.begin()
    const now = reader.epoch()
    if (now === epoch) return
    texts = []
    epoch = now
  }

  const table: DatagramTable = {
    lent: 0,
    isGivenBack: (datagram) => (places.get(datagram) ?? -1) >= table.lent,
    lend: (count, slab, into) => {
      begin()
      table.lent = 0
      for (let row = 0; row < count; row++) {
        const start = at(row, OFFSET)
        const length = at(row, LENGTH)
        const segment = at(row, SEGMENT)
        if (segment > 0 && segment < length)
          for (let from = 0; from < length; from += segment)
            into.push(lendOne(row, slab, start + from, Math.min(segment, length - from)))
        else into.push(lendOne(row, slab, start, length))
      }
    },
    used: (count) => {
      let total = 0
      for (let row = 0; row < count; row++) total += at(row, LENGTH)
      return total
    },
    take: (count, slab, packed, into) => {
      begin()
      let position = 0
      for (let row = 0; row < count; row++) {
        const start = packed ? position : at(row, OFFSET)
        const length = at(row, LENGTH)
        const end = start + length
        position += length
        const segment = at(row, SEGMENT)
        // UDP_GRO: one read holds many datagrams of the same size; the last may be shorter.
        if (segment > 0 && segment < length)
          for (let from = start; from < end; from += segment)
            into.push(describe(row, slab.subarray(from, Math.min(from + segment, end))))
        else into.push(describe(row, slab.subarray(start, end)))
      }
    },
  }
  return table
}

/** The function that writes the fields of a datagram from its row's cells. `filled` has a bit for each column. */
function createAssignCells(reader: NativeDatagramReader, text: (address: number) => string) {
  const words = new Int32Array(reader.cells())
  const longs = new BigInt64Array(reader.cells())
  const cells: Cells = {
    integer: (cell) => words[cell * 4] as number,
    nanoseconds: (cell) => longs[cell * 2] as bigint,
    endpoint: (cell) => ({ address: text(words[cell * 4] as number), port: words[cell * 4 + 1] as number }),
    word: (cell, index) => words[cell * 4 + index] as number,
  }
  const columns = reader.columns().map((column, index) => ({ index, assign: assignmentOf(column) }))

  // Most datagrams have the same columns filled as the one before.
  let last = 0
  let told: typeof columns = []
  return (datagram: AncillaryData, row: number, filled: number): void => {
    if (filled !== last) {
      last = filled
      told = columns.filter(({ index }) => (filled & (1 << index)) !== 0)
    }
    const cell = row * columns.length
    for (const { index, assign } of told) assign(datagram, cells, cell + index)
  }
}
