// Codecs of SCTP whose structs hold a socket address, which getsockopt may be asked with.

import { asked } from './asked.ts'
import { type Members, type MembersRead, type MembersWritten, type Struct, structOf } from './layout.ts'
import { inner, numberAs, portMember, type SockaddrGiven, sockaddrStorageMember } from './member.ts'
import { enumeration, flags } from './names.ts'

/** The association that an option is asked of. */
export interface SctpAssociation {
  /** The association of a one-to-many socket. Default 0: the one of a one-to-one socket, or those to come. */
  assoc_id?: number | undefined
}

/** The address of a peer that an option is asked of. */
export interface SctpPeerAddress extends SctpAssociation {
  /** The address and its port. Default: none, which stands for all addresses, or for those to come. */
  address?: SockaddrGiven | undefined
}

const PACKED = 4
const OF_ADDRESS = { assoc_id: 'i32', address: sockaddrStorageMember } as const
const ANY_ADDRESS = { assoc_id: 0, address: undefined } as const

/** A struct that begins with an association and an address, and is asked with them. */
function ofAddress<const M extends Members, const D extends Partial<MembersWritten<M>>>(
  members: M,
  given: D,
  packed?: number,
) {
  const whole = structOf({ ...OF_ADDRESS, ...members }, { ...ANY_ADDRESS, ...given } as never, packed)
  const question = structOf(OF_ADDRESS, ANY_ADDRESS, packed) as Struct<unknown, SctpPeerAddress>
  type R = MembersRead<typeof OF_ADDRESS & M>
  type W = SctpPeerAddress &
    Omit<MembersWritten<M>, keyof D> & { [K in keyof D & keyof M]?: MembersWritten<M>[K] | undefined }
  return asked(whole as unknown as Struct<R, W>, question)
}

/** `struct sctp_prim` and `struct sctp_setpeerprim`: one address of an association. */
export const sctpPrim = ofAddress({}, {}, PACKED)

const PATH_FLAGS = {
  HB_ENABLE: 1,
  HB_DISABLE: 2,
  HB_DEMAND: 4,
  PMTUD_ENABLE: 8,
  PMTUD_DISABLE: 16,
  SACKDELAY_ENABLE: 32,
  SACKDELAY_DISABLE: 64,
  HB_TIME_IS_ZERO: 128,
  IPV6_FLOWLABEL: 256,
  DSCP: 512,
} as const

/** `struct sctp_paddrparams`: heartbeats and the delay of acknowledgements in milliseconds, retransmissions, the MTU; 0 leaves a field as it is. */
export const sctpPaddrparams = ofAddress(
  {
    hbinterval: 'u32',
    pathmaxrxt: 'u16',
    pathmtu: 'u32',
    sackdelay: 'u32',
    flags: numberAs('u32', flags(PATH_FLAGS)),
    ipv6_flowlabel: 'u32',
    dscp: 'u8',
  },
  { hbinterval: 0, pathmaxrxt: 0, pathmtu: 0, sackdelay: 0, flags: [], ipv6_flowlabel: 0, dscp: 0 },
  PACKED,
)

const PATH_STATES = { INACTIVE: 0, PF: 1, ACTIVE: 2, UNCONFIRMED: 3, UNKNOWN: 0xffff } as const
const pathState = numberAs('i32', enumeration(PATH_STATES))

/** `struct sctp_paddrinfo`: how the path to one address of the peer fares. */
export const sctpPaddrinfo = ofAddress(
  { state: pathState, cwnd: 'u32', srtt: 'u32', rto: 'u32', mtu: 'u32' },
  { state: 'INACTIVE', cwnd: 0, srtt: 0, rto: 0, mtu: 0 },
  PACKED,
)

/** `struct sctp_paddrthlds`: after how many retransmissions a path fails, and potentially fails. */
export const sctpPaddrthlds = ofAddress({ pathmaxrxt: 'u16', pathpfthld: 'u16' }, {})

/** `struct sctp_paddrthlds_v2`: besides, after how many the primary path is changed; 65535: never. */
export const sctpPaddrthldsV2 = ofAddress({ pathmaxrxt: 'u16', pathpfthld: 'u16', pathcpthld: 'u16' }, {})

/** `struct sctp_udpencaps`: the UDP port of the peer. */
export const sctpUdpencaps = ofAddress({ port: portMember }, {})

/** `struct sctp_probeinterval`: milliseconds between probes of the path's MTU; 0: none. */
export const sctpProbeinterval = ofAddress({ interval: 'u32' }, {})

const ofAssociation = structOf({ assoc_id: 'i32' }, { assoc_id: 0 }) as Struct<unknown, SctpAssociation>

const STATE_NAMES = [
  ...(['EMPTY', 'CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED'] as const),
  ...(['SHUTDOWN_PENDING', 'SHUTDOWN_SENT', 'SHUTDOWN_RECEIVED', 'SHUTDOWN_ACK_SENT'] as const),
]
const ASSOCIATION_STATES = Object.fromEntries(STATE_NAMES.map((name, number) => [name, number])) as Record<
  (typeof STATE_NAMES)[number],
  number
>

/** `struct sctp_status`: the state of an association, and its primary path. */
export const sctpStatus = asked(
  structOf({
    assoc_id: 'i32',
    state: numberAs('i32', enumeration(ASSOCIATION_STATES)),
    rwnd: 'u32',
    unackdata: 'u16',
    penddata: 'u16',
    instrms: 'u16',
    outstrms: 'u16',
    fragmentation_point: 'u32',
    primary: inner(sctpPaddrinfo),
  }),
  ofAssociation,
)

/** `struct sctp_assoc_stats`: counts of an association since they were last read. */
export const sctpAssocStats = asked(
  structOf({
    assoc_id: 'i32',
    obs_rto_ipaddr: sockaddrStorageMember,
    maxrto: 'u64',
    isacks: 'u64',
    osacks: 'u64',
    opackets: 'u64',
    ipackets: 'u64',
    rtxchunks: 'u64',
    outofseqtsns: 'u64',
    idupchunks: 'u64',
    gapcnt: 'u64',
    ouodchunks: 'u64',
    iuodchunks: 'u64',
    oodchunks: 'u64',
    iodchunks: 'u64',
    octrlchunks: 'u64',
    ictrlchunks: 'u64',
  }),
  ofAssociation,
)
