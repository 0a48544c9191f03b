// The codecs as `codecs` and their types, for defineOption.

export * from './codecs/addresses.ts'
export * from './codecs/bpf.ts'
export * from './codecs/can.ts'
export type { Codec } from './codecs/codec.ts'
export * from './codecs/darwin.ts'
export * from './codecs/interface.ts'
export * from './codecs/internet.ts'
export { type Layout, type LayoutValue, struct } from './codecs/layout.ts'
export type { SockaddrGiven } from './codecs/member.ts'
export * from './codecs/membership.ts'
export * from './codecs/mptcp.ts'
export * from './codecs/mroute.ts'
export type {
  GroupFilter,
  GroupRequest,
  GroupSourceRequest,
  IpMreqSource,
  MulticastInterface,
  SourceFilter,
} from './codecs/multicast-target.ts'
export * from './codecs/names.ts'
export * from './codecs/packet.ts'
export * from './codecs/record.ts'
export * from './codecs/scalars.ts'
export * from './codecs/sctp.ts'
export * from './codecs/sctp-address.ts'
export * from './codecs/sctp-lists.ts'
export { type Sockaddr, sockaddr } from './codecs/sockaddr.ts'
export * from './codecs/socket.ts'
export * from './codecs/source-filter.ts'
export * from './codecs/tcp.ts'
export * from './codecs/tcp-ao.ts'
export { tcpInfo } from './codecs/tcp-info.ts'
export type { TcpInfo } from './codecs/tcp-info-fields.ts'
export * from './codecs/tls.ts'
export * from './codecs/xdp.ts'
