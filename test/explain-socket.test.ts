// What the errno of a call that opens, names or connects a socket means, for each call and family.
import { constants } from 'node:os'
import { expect, it } from 'vitest'
import { explainSocket, type SocketCall } from '../lib/calls/explain-socket.ts'
import type { Family } from '../lib/net/socket-address.ts'

type Row = readonly [call: SocketCall, codes: string, reason: string, advice: string, family?: Family]

const noVsock = 'no transport for vsock is loaded (vsock_loopback, vhost_vsock, ...)'
const inUse = 'another socket has it: choose another, or set SO_REUSEADDR or SO_REUSEPORT on both before bind'
const needsZone = 'the kernel does not take this address on this socket; a link-local one needs its %zone'
const needsPingGroup = 'ICMP datagram sockets are for the groups of the sysctl net.ipv4.ping_group_range'
const calls: readonly SocketCall[] = ['socket', 'bind', 'listen', 'connect', 'getsockname', 'getpeername']

const rows: readonly Row[] = [
  ...calls.map((call): Row => [call, 'ENOBUFS ENOMEM', 'limit', 'the kernel has no memory for it']),
  ...calls
    .filter((call) => call !== 'socket')
    .map((call): Row => [call, 'EAFNOSUPPORT', 'bad-value', 'the address is of another family than the socket']),
  ...calls.map((call): Row => [call, 'EBADF', 'closed', 'the descriptor is not open']),
  ['socket', 'EAFNOSUPPORT', 'unsupported', 'this kernel has no sockets of this family'],
  ['socket', 'EPROTONOSUPPORT', 'unsupported', 'this kernel does not know the protocol for this family and type'],
  ['socket', 'EPROTOTYPE', 'bad-value', 'the protocol is for sockets of another type'],
  ['socket', 'EINVAL', 'bad-value', 'the kernel takes no such protocol'],
  ['socket', 'EPERM', 'permission', 'it needs CAP_NET_RAW'],
  ['socket', 'EPERM EACCES', 'permission', 'it needs CAP_NET_RAW', 'packet'],
  ['socket', 'EACCES', 'permission', needsPingGroup],
  ['socket', 'EACCES', 'permission', needsPingGroup, 'ipv6'],
  ['bind', 'EADDRINUSE', 'system', inUse],
  [
    'bind',
    'EADDRNOTAVAIL',
    'bad-value',
    'this host has no such address; IP_FREEBIND binds to one it does not have yet, IP_TRANSPARENT to any',
  ],
  [
    'bind',
    'EACCES',
    'permission',
    'a port below the sysctl net.ipv4.ip_unprivileged_port_start needs CAP_NET_BIND_SERVICE',
  ],
  ['bind', 'EPERM', 'permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW'],
  ['bind', 'EINVAL', 'bad-value', needsZone],
  ['bind', 'ENOTSUP', 'bad-value', 'sockets of this kind are not bound'],
  ['bind', 'ENODEV', 'no-interface', 'no such interface'],
  [
    'bind',
    'EADDRINUSE',
    'system',
    'the path exists: another socket has it, or one left it behind; remove it if so',
    'unix',
  ],
  ['bind', 'EACCES EPERM', 'permission', 'the directory can not be written to', 'unix'],
  ['bind', 'ENOENT', 'bad-value', 'the directory does not exist', 'unix'],
  ['bind', 'ENOTDIR', 'bad-value', 'a part of the path is not a directory', 'unix'],
  ['bind', 'EINVAL', 'bad-value', needsZone, 'unix'],
  ['bind', 'EPERM', 'permission', 'these groups need CAP_NET_ADMIN', 'netlink'],
  ['bind', 'EADDRINUSE', 'system', inUse, 'netlink'],
  ['bind', 'EADDRNOTAVAIL', 'bad-value', 'this machine has no such context id', 'vsock'],
  ['bind', 'EACCES', 'permission', 'a port below 1024 needs CAP_NET_BIND_SERVICE', 'vsock'],
  ['bind', 'ENODEV', 'unsupported', noVsock, 'vsock'],
  ['listen', 'EADDRINUSE', 'system', inUse],
  ['listen', 'EINVAL', 'bad-value', 'bind it first'],
  ['listen', 'ENOTSUP', 'bad-value', 'sockets of this kind do not listen'],
  ['listen', 'EPERM', 'permission', 'failed'],
  ['connect', 'ENOTSUP', 'unsupported', 'failed'],
  ['connect', 'ECONNREFUSED', 'system', 'nobody listens there'],
  ['connect', 'ETIMEDOUT', 'system', 'nobody answered'],
  ['connect', 'ECONNRESET', 'system', 'the other side reset the connection'],
  ['connect', 'ENETUNREACH', 'no-route', 'there is no route'],
  ['connect', 'EHOSTUNREACH', 'no-route', 'the host can not be reached'],
  ['connect', 'EADDRNOTAVAIL', 'system', 'this host has no local address or port left to connect from'],
  ['connect', 'EADDRINUSE', 'system', 'a connection between these two addresses exists'],
  ['connect', 'EACCES', 'permission', 'the kernel forbids it; a broadcast address needs SO_BROADCAST first'],
  ['connect', 'EPERM', 'permission', 'the kernel, or a firewall, forbids it'],
  ['connect', 'EINVAL', 'bad-value', needsZone],
  ['connect', 'EPROTOTYPE', 'bad-value', 'the socket there is of another type'],
  ['connect', 'EAGAIN', 'limit', "the listener's queue is full: try again, or give it a longer backlog"],
  ['connect', 'ENOENT', 'system', 'there is no such path: nobody listens there', 'unix'],
  ['connect', 'EACCES', 'permission', 'the path can not be written to', 'unix'],
  ['connect', 'EINVAL', 'bad-value', 'the kernel does not take this path on this socket', 'unix'],
  ['connect', 'EPERM', 'permission', 'the socket there is connected, and takes from nobody else', 'unix'],
  ['connect', 'ENODEV ENETUNREACH EHOSTUNREACH', 'unsupported', noVsock, 'vsock'],
  ['connect', 'ECONNRESET', 'system', 'nobody listens there', 'vsock'],
  ['connect', 'ETIMEDOUT', 'system', 'nobody answered', 'vsock'],
  ['getpeername', 'ENOTCONN', 'system', 'it is not connected'],
  ['getsockname', 'ENOTCONN', 'system', 'failed'],
]

it.each(rows.map((row) => ({ row })))('$row.0 is refused with $row.1: $row.2', ({ row }) => {
  const [call, codes, reason, advice, family = 'ipv4'] = row
  for (const code of codes.split(' ')) {
    const errno = constants.errno[code as keyof typeof constants.errno]
    const error = explainSocket(call, 'do this', errno, family)
    expect(error).toMatchObject({ code, errno, reason, syscall: call })
    expect(error).not.toHaveProperty('option')
    expect(error.message).toMatch(/^do this: .* \(E\w+: [^)]*\)$/)
    expect(error.message.slice('do this: '.length)).toContain(`${advice} (${code}: `)
  }
})
