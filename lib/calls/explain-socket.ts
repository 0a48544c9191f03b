// What a refused socket(2), bind, listen, connect or name call means: its errno becomes a SocketOptionError.

import { codeOf, kernelError, type Reason, type SocketOptionError } from '../base/errors.ts'
import type { Errno } from '../binding/native.ts'
import type { Family } from '../net/socket-address.ts'

export type SocketCall =
  | 'socket'
  | 'socketpair'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'getsockname'
  | 'getpeername'

type Verdict = readonly [reason: Reason, text: string]

const noMemory: Verdict = ['limit', 'the kernel has no memory for it']
const noVsock: Verdict = ['unsupported', 'no transport for vsock is loaded (vsock_loopback, vhost_vsock, ...)']
const inUse: Verdict = [
  'system',
  'another socket has it: choose another, or set SO_REUSEADDR or SO_REUSEPORT on both before bind',
]

// Linux has one number for both, which Node calls ENOTSUP.
const notBound: Verdict = ['bad-value', 'sockets of this kind are not bound']
const notListening: Verdict = ['bad-value', 'sockets of this kind do not listen']

const notOfPingGroup: Verdict = [
  'permission',
  'ICMP datagram sockets are for the groups of the sysctl net.ipv4.ping_group_range',
]

const EVERY_CALL: Record<string, Verdict> = {
  ENOBUFS: noMemory,
  ENOMEM: noMemory,
  EAFNOSUPPORT: ['bad-value', 'the address is of another family than the socket'],
}

const BY_CALL: Record<SocketCall, Record<string, Verdict>> = {
  socket: {
    EAFNOSUPPORT: ['unsupported', 'this kernel has no sockets of this family'],
    EPROTONOSUPPORT: ['unsupported', 'this kernel does not know the protocol for this family and type'],
    ESOCKTNOSUPPORT: ['unsupported', 'this kernel has no sockets of this family, type and protocol'],
    EPROTOTYPE: ['bad-value', 'the protocol is for sockets of another type'],
    EINVAL: ['bad-value', 'the kernel takes no such protocol'],
    EPERM: ['permission', 'it needs CAP_NET_RAW'],
    EACCES: ['permission', 'it needs CAP_NET_RAW'],
  },
  bind: {
    EADDRINUSE: inUse,
    EADDRNOTAVAIL: [
      'bad-value',
      'this host has no such address; IP_FREEBIND binds to one it does not have yet, IP_TRANSPARENT to any',
    ],
    EACCES: ['permission', 'a port below the sysctl net.ipv4.ip_unprivileged_port_start needs CAP_NET_BIND_SERVICE'],
    EPERM: ['permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW'],
    EINVAL: ['bad-value', 'the kernel does not take this address on this socket; a link-local one needs its %zone'],
    ENOTSUP: notBound,
    EOPNOTSUPP: notBound,
  },
  listen: {
    EADDRINUSE: inUse,
    ENOTSUP: notListening,
    EOPNOTSUPP: notListening,
    EINVAL: ['bad-value', 'bind it first'],
  },
  connect: {
    ECONNREFUSED: ['system', 'nobody listens there'],
    ETIMEDOUT: ['system', 'nobody answered'],
    ECONNRESET: ['system', 'the other side reset the connection'],
    ENETUNREACH: ['no-route', 'there is no route'],
    EHOSTUNREACH: ['no-route', 'the host can not be reached'],
    EADDRNOTAVAIL: ['system', 'this host has no local address or port left to connect from'],
    EADDRINUSE: ['system', 'a connection between these two addresses exists'],
    EACCES: ['permission', 'the kernel forbids it; a broadcast address needs SO_BROADCAST first'],
    EPERM: ['permission', 'the kernel, or a firewall, forbids it'],
    EINVAL: ['bad-value', 'the kernel does not take this address on this socket; a link-local one needs its %zone'],
    EPROTOTYPE: ['bad-value', 'the socket there is of another type'],
    EAGAIN: ['limit', "the listener's queue is full: try again, or give it a longer backlog"],
  },
  socketpair: {},
  accept: {
    EINVAL: ['bad-value', 'the socket does not listen: open it with `listen`'],
    ENOTSUP: notListening,
    EOPNOTSUPP: notListening,
    EPERM: ['permission', 'a firewall forbids it'],
  },
  getsockname: {},
  getpeername: { ENOTCONN: ['system', 'it is not connected'] },
}

/** Where a family gives an errno a meaning of its own. */
const BY_FAMILY: Partial<Record<Family, Partial<Record<SocketCall, Record<string, Verdict>>>>> = {
  // A raw socket that may not be is EPERM; EACCES is that of an ICMP socket, which no capability opens.
  ipv4: { socket: { EACCES: notOfPingGroup } },
  ipv6: { socket: { EACCES: notOfPingGroup } },
  unix: {
    bind: {
      EADDRINUSE: ['system', 'the path exists: another socket has it, or one left it behind; remove it if so'],
      EACCES: ['permission', 'the directory can not be written to'],
      EPERM: ['permission', 'the directory can not be written to'],
      ENOENT: ['bad-value', 'the directory does not exist'],
      ENOTDIR: ['bad-value', 'a part of the path is not a directory'],
    },
    connect: {
      ENOENT: ['system', 'there is no such path: nobody listens there'],
      EACCES: ['permission', 'the path can not be written to'],
      EINVAL: ['bad-value', 'the kernel does not take this path on this socket'],
      EPERM: ['permission', 'the socket there is connected, and takes from nobody else'],
    },
  },
  netlink: { bind: { EPERM: ['permission', 'these groups need CAP_NET_ADMIN'] } },
  vsock: {
    bind: {
      EADDRNOTAVAIL: ['bad-value', 'this machine has no such context id'],
      EACCES: ['permission', 'a port below 1024 needs CAP_NET_BIND_SERVICE'],
      ENODEV: noVsock,
    },
    connect: {
      ENODEV: noVsock,
      ENETUNREACH: noVsock,
      EHOSTUNREACH: noVsock,
      ECONNRESET: ['system', 'nobody listens there'],
      ESOCKTNOSUPPORT: ['unsupported', 'the transport to this context has no sockets of this type'],
    },
  },
}

/** The error for a call of the kernel's that opens, names or connects a socket; `why` is what was found, if anything was. */
export function explainSocket(
  call: SocketCall,
  asked: string,
  errno: Errno,
  family: Family,
  why?: string,
): SocketOptionError {
  const code = codeOf(errno)
  const [reason, advice] = BY_FAMILY[family]?.[call]?.[code] ?? BY_CALL[call][code] ?? EVERY_CALL[code] ?? []
  return kernelError({ asked, errno, syscall: call, reason, advice: why ?? advice })
}
