// What a refused send of each family means, in words.
import type { Family } from '../net/socket-address.ts'

type Advice = Readonly<Record<string, string>>

const NOT_CONNECTED = 'the socket has no peer: give `to`, or connect the socket'

const INET: Advice = {
  EACCES: 'the kernel forbids it; a broadcast address needs SO_BROADCAST among the options',
  ECONNREFUSED: 'an earlier datagram found the port there closed',
  EDESTADDRREQ: NOT_CONNECTED,
  ENETUNREACH: 'there is no route from this source by this interface; for a group, name the interface',
  EINVAL:
    'the kernel does not take this destination, source or interface together; a link-local one needs its %zone; with IP_HDRINCL the message begins with a whole IP header',
  ENOBUFS: 'the queue of the interface is full, or the control messages are longer than the sysctl net.core.optmem_max',
  EPERM: 'a firewall forbids it; a mark, or a priority above 6, needs CAP_NET_ADMIN or CAP_NET_RAW',
}

const ADVICE: Readonly<Record<Family, Advice>> = {
  ipv4: INET,
  ipv6: INET,
  unix: {
    EACCES: 'this process may not write to the path',
    EBADF: 'one of the descriptors is not open',
    ECONNREFUSED: 'the path is no socket, or nobody has the socket open any more',
    ECONNRESET: 'the peer is gone',
    EINVAL: 'the kernel does not take these descriptors or credentials',
    EISCONN: 'the socket is connected: leave `to` out',
    EMSGSIZE: 'that is more than the send buffer takes: raise SO_SNDBUF',
    ENOBUFS: 'the control messages are longer than the sysctl net.core.optmem_max, or memory is short',
    ENOENT: 'there is no such path: nobody is bound to it',
    ENOTCONN: NOT_CONNECTED,
    EPERM:
      "the socket there is connected to another; or the credentials are not this process's own, which takes CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID",
    EPIPE: 'the peer has closed the connection',
    EPROTOTYPE: 'the socket there is of another type',
    ETOOMANYREFS:
      'more descriptors of this user are on their way than RLIMIT_NOFILE allows: the receivers must take them first',
  },
  packet: {
    EINVAL:
      'the kernel does not take this frame: its header is not whole, or the hardware address is of another length',
    EMSGSIZE: 'that is more than the MTU of the interface takes',
    ENETDOWN: 'the interface is down',
    ENOBUFS: 'the queue of the interface is full',
    ENODEV: 'there is no such interface any more',
    ENXIO: 'give `to` with an interface, or bind the socket to one',
    EDESTADDRREQ: 'give `to` with an interface, or bind the socket to one',
  },
  netlink: {
    ECONNREFUSED: 'no socket has this port id; the groups, if any are given, have the message all the same',
    EMSGSIZE: 'that is more than the send buffer takes: raise SO_SNDBUF',
    EPERM: 'messages to groups, and to other processes, need CAP_NET_ADMIN',
    EOPNOTSUPP: 'this protocol of netlink takes no messages',
  },
  vsock: { ENODEV: 'no transport for vsock is loaded (vsock_loopback, vhost_vsock, ...)', ENOTCONN: NOT_CONNECTED },
}

/** What to do about an errno, by its name; `undefined` if there is nothing to say. */
export const adviceOnSend = (family: Family, code: string): string | undefined => ADVICE[family][code]
