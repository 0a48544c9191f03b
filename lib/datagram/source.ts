// The source of a message, made of the numbers that the native reader wrote into its row.
import type { NativeDatagramReader } from '../binding/native.ts'
import { nameOfInterface } from '../net/interfaces.ts'
import { type Family, packetTypeOf, type Sources } from '../net/socket-address.ts'

/** The numbers of a row: SourceNumbers in native/datagram/source.h. */
export interface SourceRow {
  /** The index of the row in the table. */
  readonly row: number
  readonly address: number
  readonly port: number
  readonly interfaceIndex: number
  readonly packetType: number
}

/** Makes the sources of a family's messages. `text` gives an address of the reader's by its number. */
export interface SourceReader {
  read(numbers: SourceRow): Sources[Family]
  /** Called before each batch. */
  begin(): void
}

/**
 * How many milliseconds the names of interfaces hold, which may be renamed. To ask for one takes three calls of the kernel: for each
 * batch they were a third of the work of a capture.
 */
const NAMES_HOLD = 10

/** For the families other than IPv4 and IPv6, whose messages are read with fewer steps. */
export function createSourceReader(
  family: Exclude<Family, 'ipv4' | 'ipv6'>,
  reader: NativeDatagramReader,
  text: (address: number) => string,
): SourceReader {
  let names = new Map<number, string | number>()
  let namesAsked = 0
  const nameOf = (index: number): string | number => {
    let known = names.get(index)
    if (known === undefined) {
      known = nameOfInterface(index) || index
      names.set(index, known)
    }
    return known
  }
  const readers: Record<typeof family, SourceReader['read']> = {
    unix: ({ row, address }) => (address === 0 ? undefined : { path: reader.path(row) }),
    packet: ({ address, port, interfaceIndex, packetType }) => ({
      interface: nameOf(interfaceIndex),
      protocol: port,
      hardwareAddress: text(address),
      packetType: packetTypeOf(packetType),
    }),
    netlink: ({ address, port }) => ({ pid: address >>> 0, groups: port >>> 0 }),
    vsock: ({ address, port }) => ({ cid: address >>> 0, port: port >>> 0 }),
  }
  return {
    read: readers[family],
    begin: () => {
      if (names.size === 0 || performance.now() - namesAsked < NAMES_HOLD) return
      names = new Map()
      namesAsked = performance.now()
    },
  }
}
