// The control messages a datagram is received with, one row each: the options that switch the message on, and the field
// of Datagram it fills. The other half of a row is in native/datagram/ancillary.cc.
import { LITTLE_ENDIAN } from '../base/byte-order.ts'
import { checkFields, type FieldRule, flag, oneOf } from '../base/check-fields.ts'
import { badValue } from '../base/errors.ts'
import { type Endpoint, type Family, isInet } from '../net/socket-address.ts'
import type { AnyOption } from '../options/option.ts'
import { IP_CHECKSUM, IP_RECVORIGDSTADDR, IP_RECVTOS, IP_RECVTTL } from '../options/table/ip.ts'
import { IPV6_RECVHOPLIMIT, IPV6_RECVORIGDSTADDR, IPV6_RECVTCLASS } from '../options/table/ipv6.ts'
import { PACKET_AUXDATA, PACKET_VNET_HDR } from '../options/table/packet.ts'
import { SO_PASSCRED, SO_PASSPIDFD, SO_TIMESTAMPING, SO_TIMESTAMPNS } from '../options/table/socket.ts'
import type { Credentials } from './message.ts'
import type { OwnedDescriptor } from './owned-descriptor.ts'
import type { SegmentationOffload } from './vnet-header.ts'

/** Fields of a datagram that the kernel tells if asked to, in control messages. `recvmsg(2)`, cmsg(3) */
export interface AncillaryData {
  /** The TTL or hop limit the datagram arrived with, 0 to 255. `IP_RECVTTL`, `IPV6_RECVHOPLIMIT` */
  hopLimit?: number
  /** The TOS or traffic class the datagram arrived with, 0 to 255. `IP_RECVTOS`, `IPV6_RECVTCLASS` */
  trafficClass?: number
  /** When the kernel received the datagram, in nanoseconds since the epoch. `SO_TIMESTAMPNS`, `SO_TIMESTAMPING` */
  timestamp?: bigint
  /**
   * When the card received the datagram, in nanoseconds of the card's clock; asked for by `timestamp: 'hardware'`.
   * `SO_TIMESTAMPING`
   */
  hardwareTimestamp?: bigint
  /**
   * The one's complement sum of the payload's 16-bit words, 0 to 65535: the payload's part of the UDP checksum, RFC 1071.
   * Only of IPv4 datagrams, and only if the kernel or the card has added the sum up, which over loopback is not needed.
   * `IP_CHECKSUM`
   */
  checksum?: number
  /** Where the datagram was sent before a firewall redirected it. `IP_RECVORIGDSTADDR`, `IPV6_RECVORIGDSTADDR` */
  originalDestination?: Endpoint
  /** The sender's process, user and group. Unix and netlink sockets. `SO_PASSCRED`, `SCM_CREDENTIALS` */
  credentials?: Credentials
  /** A descriptor of the sender's process: `SO_PASSPIDFD`, pidfd_open(2). Unix sockets; Linux 6.5 */
  pidfd?: OwnedDescriptor
  /** The VLAN tag that the frame arrived with, which the kernel or the card took off. Packet sockets. `PACKET_AUXDATA` */
  vlan?: VlanTag
  /** The length of the packet in bytes before a filter cut it. Comes with `vlan`. Packet sockets. `PACKET_AUXDATA` */
  frameLength?: number
  /**
   * True if the checksum of the packet's payload is still to be computed, as of what this host sends. Else not there. Comes
   * with `vlan`. Packet sockets. `TP_STATUS_CSUMNOTREADY`
   */
  partialChecksum?: boolean
  /** There for a frame that stands for many packets. Packet sockets of type `raw`. `PACKET_VNET_HDR` */
  gso?: SegmentationOffload
}

/** The tag of a frame in a VLAN. IEEE 802.1Q */
export interface VlanTag {
  /** The VLAN's number, 0 to 4095; 0: only the priority counts. */
  id: number
  /** The priority code point, 0 to 7. */
  priority: number
  /** Whether the frame may be dropped first. */
  dropEligible: boolean
  /** The tag's Ethernet protocol: 0x8100, or 0x88a8 for the outer tag of a provider. */
  protocol: number
}

type Flagged = Omit<AncillaryData, 'timestamp' | 'hardwareTimestamp' | 'frameLength' | 'partialChecksum'>

/** The fields each datagram is to have besides its source, its destination and its interface. Default: none. */
export type AncillaryChoice = { [Field in keyof Flagged]?: boolean | undefined } & {
  /**
   * When the datagram was received: `true` by the kernel's clock, `'hardware'` by the card's too if the card has one.
   */
  timestamp?: boolean | 'hardware' | undefined
}

const HARDWARE = { flags: ['RX_HARDWARE', 'RX_SOFTWARE', 'SOFTWARE', 'RAW_HARDWARE'] }

type Setting = readonly [option: AnyOption, value: unknown]

/** The cells that the native reader filled from control messages: one for each column of each datagram. */
export interface Cells {
  integer(cell: number): number
  nanoseconds(cell: number): bigint
  endpoint(cell: number): Endpoint
  /** One of the four words of 32 bits that a cell has. */
  word(cell: number, index: number): number
}

interface Row {
  /**
   * The values that `AncillaryChoice` takes for the field. A field without a rule comes with another field's choice.
   */
  readonly choice?: FieldRule
  /** The option that switches the message on for each family, or the options and values for a choice. */
  readonly options?: { readonly [F in Family]?: AnyOption } | ((chosen: unknown) => readonly Setting[])
  /** Writes the field from a cell of the native column that has the field's name. Fields without it have no column. */
  assign?(datagram: AncillaryData, cells: Cells, cell: number): void
}

// Each `assign` has the name of its field in its code: V8 needs some 30 ns more to store by a name in a variable.
const ROWS: { readonly [Field in keyof AncillaryData]-?: Row } = {
  hopLimit: {
    choice: flag,
    options: { ipv4: IP_RECVTTL, ipv6: IPV6_RECVHOPLIMIT },
    assign(datagram, cells, cell) {
      datagram.hopLimit = cells.integer(cell)
    },
  },
  trafficClass: {
    choice: flag,
    options: { ipv4: IP_RECVTOS, ipv6: IPV6_RECVTCLASS },
    assign(datagram, cells, cell) {
      datagram.trafficClass = cells.integer(cell)
    },
  },
  timestamp: {
    choice: oneOf(true, false, 'hardware'),
    // Until the kernel has begun to stamp arrivals, which SO_TIMESTAMPING waits for, SO_TIMESTAMPNS gives the time of reading.
    options: (chosen) => [
      [SO_TIMESTAMPNS, true],
      ...(chosen === 'hardware' ? [[SO_TIMESTAMPING, HARDWARE] as const] : []),
    ],
    assign(datagram, cells, cell) {
      datagram.timestamp = cells.nanoseconds(cell)
    },
  },
  hardwareTimestamp: {
    assign(datagram, cells, cell) {
      datagram.hardwareTimestamp = cells.nanoseconds(cell)
    },
  },
  checksum: {
    choice: flag,
    options: { ipv4: IP_CHECKSUM },
    assign(datagram, cells, cell) {
      datagram.checksum = foldedSum(cells.integer(cell))
    },
  },
  originalDestination: {
    choice: flag,
    options: { ipv4: IP_RECVORIGDSTADDR, ipv6: IPV6_RECVORIGDSTADDR },
    assign(datagram, cells, cell) {
      datagram.originalDestination = cells.endpoint(cell)
    },
  },
  credentials: {
    choice: flag,
    options: { unix: SO_PASSCRED, netlink: SO_PASSCRED },
    assign(datagram, cells, cell) {
      datagram.credentials = {
        pid: cells.word(cell, 0),
        uid: cells.word(cell, 1) >>> 0,
        gid: cells.word(cell, 2) >>> 0,
      }
    },
  },
  pidfd: { choice: flag, options: { unix: SO_PASSPIDFD } },
  vlan: {
    choice: flag,
    options: { packet: PACKET_AUXDATA },
    assign(datagram, cells, cell) {
      const control = cells.word(cell, 0)
      datagram.vlan = {
        id: control & 0xfff,
        priority: control >>> 13,
        dropEligible: (control & 0x1000) !== 0,
        protocol: cells.word(cell, 1),
      }
    },
  },
  frameLength: {
    assign(datagram, cells, cell) {
      datagram.frameLength = cells.integer(cell)
    },
  },
  partialChecksum: {
    assign(datagram) {
      datagram.partialChecksum = true
    },
  },
  gso: { choice: flag, options: { packet: PACKET_VNET_HDR } },
}

/** The kernel's sum has 32 bits, in the machine's byte order. */
function foldedSum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  const folded = (once & 0xffff) + (once >>> 16)
  return LITTLE_ENDIAN ? ((folded & 0xff) << 8) | (folded >>> 8) : folded
}

const FIELDS = Object.keys(ROWS) as (keyof AncillaryData)[]

const CHOICES = Object.fromEntries(
  FIELDS.flatMap((field) => {
    const { choice } = ROWS[field]
    return choice === undefined ? [] : [[field, choice]]
  }),
)

export function checkAncillary(choice: AncillaryChoice): AncillaryChoice {
  return checkFields(choice, CHOICES, 'ancillary')
}

/** The options to set on a socket that takes datagrams of these families. */
export function ancillarySettings(choice: AncillaryChoice, families: readonly Family[]): Setting[] {
  const chosen: Readonly<Record<string, unknown>> = { ...choice }
  return FIELDS.flatMap((field) => {
    const { options } = ROWS[field]
    const value = chosen[field]
    if (options === undefined || value === undefined || value === false) return []
    if (typeof options === 'function') {
      if (families.every((family) => family === 'netlink')) throw ofOthers(field, ['all but netlink'])
      return [...options(value)]
    }
    const told = Object.keys(options) as Family[]
    // What only one of IPv4 and IPv6 tells may be asked of both.
    if (!told.some((one) => families.some((family) => family === one || (isInet(one) && isInet(family)))))
      throw ofOthers(field, told)
    return families.flatMap((family): Setting[] => (options[family] === undefined ? [] : [[options[family], true]]))
  })
}

const ofOthers = (field: string, families: readonly string[]): Error =>
  badValue(`ancillary: ${field} is told by sockets of ${families.join(', ')}: leave it out`)

/** The function that writes the field of a native column. */
export function assignmentOf(column: string): NonNullable<Row['assign']> {
  const assign = Object.hasOwn(ROWS, column) ? ROWS[column as keyof AncillaryData].assign : undefined
  if (assign === undefined) throw new Error(`lib/datagram/ancillary.ts has no row for the column ${column}`)
  return assign
}
