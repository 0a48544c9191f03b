// Codecs of Multipath TCP.

import type { Codec } from './codec.ts'
import { type LayoutValue, structOf } from './layout.ts'
import { sockaddrStorageMember } from './member.ts'
import type { Sockaddr } from './sockaddr.ts'
import { decodeTcpInfo } from './tcp-info.ts'
import type { TcpInfo } from './tcp-info-fields.ts'

const MPTCP_INFO_FIELDS = {
  subflows: 'u8',
  add_addr_signal: 'u8',
  add_addr_accepted: 'u8',
  subflows_max: 'u8',
  add_addr_signal_max: 'u8',
  add_addr_accepted_max: 'u8',
  flags: 'u32',
  token: 'u32',
  write_seq: 'u64',
  snd_una: 'u64',
  rcv_nxt: 'u64',
  local_addr_used: 'u8',
  local_addr_max: 'u8',
  csum_enabled: 'u8',
  retransmits: 'u32',
  bytes_retrans: 'u64',
  bytes_sent: 'u64',
  bytes_received: 'u64',
  bytes_acked: 'u64',
  subflows_total: 'u8',
  endp_laminar_max: 'u8',
  endp_fullmesh_max: 'u8',
  last_data_sent: 'u32',
  last_data_recv: 'u32',
  last_ack_recv: 'u32',
} as const

/** `struct mptcp_info` without its `mptcpi_`; times are milliseconds. Fields that an older kernel does not tell are not there. */
export const mptcpInfo = structOf(MPTCP_INFO_FIELDS)

/** The two ends of a subflow. */
export interface MptcpSubflow {
  /** The address of this host. */
  local: Sockaddr
  /** The address of the peer. */
  remote: Sockaddr
}

const subflowData = structOf({ size_subflow_data: 'u32', num_subflows: 'u32', size_kernel: 'u32', size_user: 'u32' })
const MAX_SUBFLOWS = 32

/** The elements of an array that lie so far apart; the kernel writes as much of each as both sides know. */
function elements<T>(bytes: Buffer, count: number, apart: number, known: number, read: (element: Buffer) => T): T[] {
  const step = Math.min(apart, known)
  const list: T[] = []
  for (let offset = 0; step > 0 && list.length < count && offset + step <= bytes.length; offset += apart)
    list.push(read(bytes.subarray(offset, offset + step)))
  return list
}

/** `struct mptcp_subflow_data` says how much room the question has, and in the answer how many subflows there are; an element a subflow follows. */
function ofSubflows<T>(expects: string, sizeOfOne: () => number, read: (element: Buffer) => T): Codec<T[], never> {
  return {
    expects,
    read: 'bytes',
    write: 'bytes',
    wrong: () => true,
    toNative: (value) => value,
    question: () => {
      const size_user = sizeOfOne()
      const room = new Uint8Array(subflowData.size + MAX_SUBFLOWS * size_user)
      room.set(
        subflowData.toNative({ size_subflow_data: subflowData.size, num_subflows: 0, size_kernel: 0, size_user }),
      )
      return room
    },
    fromNative: (answer: Buffer) => {
      const head = subflowData.fromNative(answer)
      const list = answer.subarray(head.size_subflow_data)
      return elements(list, head.num_subflows, head.size_user, head.size_kernel, read)
    },
  }
}

const subflowAddresses = structOf({ local: sockaddrStorageMember, remote: sockaddrStorageMember })

/** `struct mptcp_subflow_addrs` of each subflow. */
export const mptcpSubflowAddresses: Codec<MptcpSubflow[], never> = ofSubflows(
  'an array of { local, remote }, each { family, address, port }',
  () => subflowAddresses.size,
  subflowAddresses.fromNative,
)

/** Linux 6.19 has 280 bytes. */
const TCP_INFO_ROOM = 320

/** `struct tcp_info` of each subflow. */
export const mptcpTcpInfo: Codec<TcpInfo[], never> = ofSubflows(
  'an array of the fields of struct tcp_info',
  () => TCP_INFO_ROOM,
  decodeTcpInfo,
)

/** A subflow of `struct mptcp_full_info`. */
export interface MptcpSubflowInfo extends MptcpSubflow {
  /** The number of the subflow in its connection. */
  id: number
  /** What the kernel knows of the subflow. */
  tcp_info: TcpInfo
}

/** `struct mptcp_full_info`: the connection, and each of its subflows. */
export interface MptcpFullInfo {
  /** As `MPTCP_INFO` tells. */
  mptcp_info: Partial<LayoutValue<typeof MPTCP_INFO_FIELDS>>
  /** How many subflows there are. */
  num_subflows: number
  /** The subflows, 32 at most. */
  subflows: MptcpSubflowInfo[]
}

const fullInfo = structOf({
  size_tcpinfo_kernel: 'u32',
  size_tcpinfo_user: 'u32',
  size_sfinfo_kernel: 'u32',
  size_sfinfo_user: 'u32',
  num_subflows: 'u32',
  size_arrays_user: 'u32',
  subflow_info: 'u64',
  tcp_info: 'u64',
})
const subflowInfo = structOf({ id: 'u32', local: sockaddrStorageMember, remote: sockaddrStorageMember })
/** The head's length: native/codec/mptcp_full_info.h. The arrays lie behind the head, first the subflows. */
const FULL_INFO_HEAD = 256

/** `struct mptcp_full_info`, whose pointers the native side sets. */
export const mptcpFullInfo: Codec<MptcpFullInfo, never> = {
  expects: '{ mptcp_info, num_subflows, subflows }',
  read: 'mptcp_full_info',
  write: 'bytes',
  wrong: () => true,
  toNative: (value) => value,
  fromNative: (answer: Buffer) => {
    const head = fullInfo.fromNative(answer)
    const { num_subflows, size_arrays_user, size_sfinfo_user, size_tcpinfo_user } = head
    const arrays = answer.subarray(FULL_INFO_HEAD)
    const infos = arrays.subarray(size_arrays_user * size_sfinfo_user)
    const subflows = elements(arrays, num_subflows, size_sfinfo_user, head.size_sfinfo_kernel, subflowInfo.fromNative)
    const states = elements(infos, num_subflows, size_tcpinfo_user, head.size_tcpinfo_kernel, decodeTcpInfo)
    return {
      mptcp_info: mptcpInfo.fromNative(answer.subarray(fullInfo.size, FULL_INFO_HEAD)),
      num_subflows,
      subflows: subflows
        .slice(0, size_arrays_user)
        .map((subflow, index) => ({ ...subflow, tcp_info: states[index] as TcpInfo })),
    }
  },
}
