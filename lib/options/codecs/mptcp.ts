// Codecs of Multipath TCP.

import type { Codec } from './codec.ts'
import { struct } from './layout.ts'
import { decodeSockaddr, type Sockaddr } from './sockaddr.ts'

/** `struct mptcp_info` without its `mptcpi_`; times are milliseconds. Fields that an older kernel does not tell are not there. */
export const mptcpInfo = struct({
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
})

/** The two ends of a subflow. */
export interface MptcpSubflow {
  /** The address of this host. */
  local: Sockaddr
  /** The address of the peer. */
  remote: Sockaddr
}

const subflowData = struct({ size_subflow_data: 'u32', num_subflows: 'u32', size_kernel: 'u32', size_user: 'u32' })
const SOCKADDR_STORAGE = 128
const MAX_SUBFLOWS = 32

/** `struct mptcp_subflow_data` says how much room the question has, and in the answer how many subflows there are; their addresses follow. */
export const mptcpSubflowAddresses: Codec<MptcpSubflow[], never> = {
  expects: 'an array of { local, remote }, each { family, address, port }',
  read: 'bytes',
  write: 'bytes',
  wrong: () => true,
  toNative: (value) => value,
  question: () => {
    const room = new Uint8Array(subflowData.size + MAX_SUBFLOWS * 2 * SOCKADDR_STORAGE)
    const size_user = 2 * SOCKADDR_STORAGE
    room.set(subflowData.toNative({ size_subflow_data: subflowData.size, num_subflows: 0, size_kernel: 0, size_user }))
    return room
  },
  fromNative: (answer: Buffer) => {
    const { size_subflow_data, num_subflows, size_kernel, size_user } = subflowData.fromNative(answer)
    const step = Math.min(size_kernel, size_user)
    const subflows: MptcpSubflow[] = []
    for (
      let offset = size_subflow_data;
      step > 0 && subflows.length < num_subflows && offset + step <= answer.length;
      offset += size_user
    )
      subflows.push({
        local: decodeSockaddr(answer.subarray(offset, offset + SOCKADDR_STORAGE)),
        remote: decodeSockaddr(answer.subarray(offset + SOCKADDR_STORAGE, offset + 2 * SOCKADDR_STORAGE)),
      })
    return subflows
  },
}
