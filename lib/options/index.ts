// sockctl/options: a constant an option.

export * from './table/ip.ts'
export * from './table/ipv6.ts'
export * from './table/mcast.ts'
export * from './table/mptcp.ts'
export * from './table/netlink.ts'
export * from './table/packet.ts'
export * from './table/raw.ts'
export * from './table/sctp.ts'
export * from './table/socket.ts'
export * from './table/tcp.ts'
export * from './table/udp.ts'
export * from './table/vsock.ts'
