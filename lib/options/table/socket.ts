// The options of level SOL_SOCKET.

import { ofPeer } from '../attributes.ts'
import {
  boolean,
  bpfProgram,
  bufferLock,
  devmemTokens,
  existingInterface,
  int,
  interfaceName,
  linger,
  milliseconds,
  numbers,
  skMeminfo,
  sockTxtime,
  soTimestamping,
  string,
  transmitRehash,
  trigger,
  u64,
  ucred,
  unsigned,
} from '../codecs.ts'
import { option } from '../option.ts'

/** `SO_ACCEPTCONN`: the socket is listening. socket(7) */
export const SO_ACCEPTCONN = option('SO_ACCEPTCONN', 'SOL_SOCKET', boolean, { access: 'read', darwin: true })
/** `SO_ATTACH_BPF`: let an eBPF program, by its descriptor, decide which packets come in. socket(7) */
export const SO_ATTACH_BPF = option('SO_ATTACH_BPF', 'SOL_SOCKET', int(0), { access: 'write', since: '3.19' })
/** `SO_ATTACH_FILTER`: let a classic BPF program decide how many bytes of each packet come in, 0 for none. The program sees a UDP datagram from its UDP header on. Newer kernels want CAP_NET_ADMIN on TCP. socket(7) */
export const SO_ATTACH_FILTER = option('SO_ATTACH_FILTER', 'SOL_SOCKET', bpfProgram, { access: 'write' })
/** `SO_ATTACH_REUSEPORT_CBPF`: let a classic BPF program choose which socket of a SO_REUSEPORT group, by its position, gets each packet. UDP; TCP since 4.6. socket(7) */
export const SO_ATTACH_REUSEPORT_CBPF = option('SO_ATTACH_REUSEPORT_CBPF', 'SOL_SOCKET', bpfProgram, {
  access: 'write',
  since: '4.5',
})
/** `SO_ATTACH_REUSEPORT_EBPF`: as SO_ATTACH_REUSEPORT_CBPF, with an eBPF program by its descriptor. socket(7) */
export const SO_ATTACH_REUSEPORT_EBPF = option('SO_ATTACH_REUSEPORT_EBPF', 'SOL_SOCKET', int(0), {
  access: 'write',
  since: '4.5',
})
/** `SO_BINDTODEVICE`: use only this interface, by name; '' for any. Default ''. The privilege is needed to change the interface, since 5.7 not to set the first. socket(7) */
export const SO_BINDTODEVICE = option('SO_BINDTODEVICE', 'SOL_SOCKET', interfaceName, {
  needs: 'CAP_NET_RAW',
  act: 'set-interface',
})
/** `SO_BINDTOIFINDEX`: as SO_BINDTODEVICE, by index, 0 for any; a name may be written too. Default 0. include/uapi/asm-generic/socket.h */
export const SO_BINDTOIFINDEX = option('SO_BINDTOIFINDEX', 'SOL_SOCKET', existingInterface, {
  since: '5.1',
  needs: 'CAP_NET_RAW',
})
/** `SO_BPF_EXTENSIONS`: the highest offset of the extensions that a classic BPF program may load, as in linux/filter.h. Documentation/networking/filter.rst */
export const SO_BPF_EXTENSIONS = option('SO_BPF_EXTENSIONS', 'SOL_SOCKET', int(), { access: 'read', since: '3.14' })
/** `SO_BROADCAST`: may send to a broadcast address. Default false. socket(7) */
export const SO_BROADCAST = option('SO_BROADCAST', 'SOL_SOCKET', boolean, { darwin: true })
/** `SO_BUF_LOCK`: which buffer sizes the kernel must not tune by itself any more; setting SO_SNDBUF or SO_RCVBUF locks that buffer. Default none. net/core/sock.c */
export const SO_BUF_LOCK = option('SO_BUF_LOCK', 'SOL_SOCKET', bufferLock, { since: '5.15' })
/** `SO_BUSY_POLL`: microseconds that a blocking receive polls the device for, 0 for none. Default: the sysctl net.core.busy_read. Old kernels want CAP_NET_ADMIN to raise the number. socket(7) */
export const SO_BUSY_POLL = option('SO_BUSY_POLL', 'SOL_SOCKET', int(0, 2 ** 31 - 1, 'microseconds'), { since: '3.11' })
/** `SO_BUSY_POLL_BUDGET`: the most packets one busy poll handles, up to 65535; 0: the kernel's own, 8. Default 0. The privilege, in the kernel's own user namespace, is needed to raise the number. net/core/sock.c */
export const SO_BUSY_POLL_BUDGET = option('SO_BUSY_POLL_BUDGET', 'SOL_SOCKET', int(0, 65535), {
  access: 'write',
  since: '5.11',
  needs: 'CAP_NET_ADMIN',
})
/** `SO_CNX_ADVICE`: tell the network layer that the path to the peer seems bad, so that it may choose another. Set 1. net/core/sock.c */
export const SO_CNX_ADVICE = option('SO_CNX_ADVICE', 'SOL_SOCKET', int(1, 1), { access: 'write', since: '4.6' })
/** `SO_COOKIE`: a number no other socket of this boot has. net/core/sock.c */
export const SO_COOKIE = option('SO_COOKIE', 'SOL_SOCKET', u64, { access: 'read', since: '4.12' })
/** `SO_DEBUG`: debugging in the protocol's code. Default false. The privilege is needed in the kernel's own user namespace. socket(7) */
export const SO_DEBUG = option('SO_DEBUG', 'SOL_SOCKET', boolean, { needs: 'CAP_NET_ADMIN', darwin: true })
/** `SO_DETACH_BPF`: the same as `SO_DETACH_FILTER`. socket(7) */
export const SO_DETACH_BPF = option('SO_DETACH_BPF', 'SOL_SOCKET', trigger, { access: 'write', since: '3.19' })
/** `SO_DETACH_FILTER`: take the socket's BPF program away; ENOENT if there is none. socket(7) */
export const SO_DETACH_FILTER = option('SO_DETACH_FILTER', 'SOL_SOCKET', trigger, { access: 'write' })
/** `SO_DETACH_REUSEPORT_BPF`: take the group's BPF program away; ENOENT if there is none. net/core/sock.c */
export const SO_DETACH_REUSEPORT_BPF = option('SO_DETACH_REUSEPORT_BPF', 'SOL_SOCKET', trigger, {
  access: 'write',
  since: '5.3',
})
/** `SO_DEVMEM_DONTNEED`: give back fragments of device memory, up to 1024 tokens in up to 128 ranges. TCP. Documentation/networking/devmem.rst */
export const SO_DEVMEM_DONTNEED = option('SO_DEVMEM_DONTNEED', 'SOL_SOCKET', devmemTokens, {
  access: 'write',
  since: '6.12',
  meanings: { EBADF: { reason: 'bad-value', advice: 'it is for TCP sockets, or the descriptor is not open' } },
})
/** `SO_DOMAIN`: the address family, as the number of AF_INET and so on. socket(7) */
export const SO_DOMAIN = option('SO_DOMAIN', 'SOL_SOCKET', int(), { access: 'read' })
/** `SO_DONTROUTE`: send only to hosts on a directly connected link, never through a gateway. Default false. socket(7) */
export const SO_DONTROUTE = option('SO_DONTROUTE', 'SOL_SOCKET', boolean, { darwin: true })
/** `SO_ERROR`: the pending error, as an errno, 0 for none; reading it clears it. socket(7) */
export const SO_ERROR = option('SO_ERROR', 'SOL_SOCKET', int(), { access: 'read', consumes: true, darwin: true })
/** `SO_GET_FILTER`: the classic BPF program that is attached, [] for none. Shares its number with SO_ATTACH_FILTER. net/core/filter.c */
export const SO_GET_FILTER = option('SO_GET_FILTER', 'SOL_SOCKET', bpfProgram, { access: 'read', since: '3.8' })
/** `SO_INCOMING_CPU`: the processor that handled the last packet, -1 for none yet; when set (since 4.4), the processor whose packets a SO_REUSEPORT group gives to this socket. Default -1. socket(7) */
export const SO_INCOMING_CPU = option('SO_INCOMING_CPU', 'SOL_SOCKET', int(-1), { since: '3.19' })
/** `SO_INCOMING_NAPI_ID`: the id of the device queue that the last packet came through, 0 for none. socket(7) */
export const SO_INCOMING_NAPI_ID = option('SO_INCOMING_NAPI_ID', 'SOL_SOCKET', unsigned(), {
  access: 'read',
  since: '4.12',
})
/** `SO_INQ`: tell with each receive how many bytes are left to read. Unix stream sockets. Default false. Of streams: Node reads for you, and does not tell. net/unix/af_unix.c */
export const SO_INQ = option('SO_INQ', 'SOL_SOCKET', boolean, { access: 'write', since: '6.17' })
/** `SO_KEEPALIVE`: probe an idle connection. Default false. socket(7) */
export const SO_KEEPALIVE = option('SO_KEEPALIVE', 'SOL_SOCKET', boolean, { darwin: true })
/** `SO_LINGER`: what close does with unsent data; the time is in seconds, on macOS in hundredths of a second. Default off. socket(7) */
export const SO_LINGER = option('SO_LINGER', 'SOL_SOCKET', linger, { darwin: true })
/** `SO_LOCK_FILTER`: the socket's BPF program can't be changed any more: an attempt is EPERM. The lock can't be undone. Default false. socket(7) */
export const SO_LOCK_FILTER = option('SO_LOCK_FILTER', 'SOL_SOCKET', boolean, { since: '3.9' })
/** `SO_MARK`: the mark of each packet sent, for routing and filtering. Default 0. CAP_NET_RAW is enough since 5.17. socket(7) */
export const SO_MARK = option('SO_MARK', 'SOL_SOCKET', unsigned(), { needs: 'CAP_NET_ADMIN or CAP_NET_RAW' })
/** `SO_MAX_PACING_RATE`: the most bytes a second that TCP, or the fq queue for others, sends. Default 18446744073709551615n, 2n ** 64n - 1n: no limit. net/core/sock.c, tc-fq(8) */
export const SO_MAX_PACING_RATE = option('SO_MAX_PACING_RATE', 'SOL_SOCKET', u64, { since: '3.13' })
/** `SO_MEMINFO`: memory of the socket in bytes, and datagrams dropped. include/uapi/linux/sock_diag.h */
export const SO_MEMINFO = option('SO_MEMINFO', 'SOL_SOCKET', skMeminfo, { access: 'read', since: '4.12' })
/** `SO_NETNS_COOKIE`: a number no other network namespace of this boot has; EINVAL on kernels that keep none. net/core/sock.c */
export const SO_NETNS_COOKIE = option('SO_NETNS_COOKIE', 'SOL_SOCKET', u64, { access: 'read', since: '5.14' })
/** `SO_NOFCS`: the program appends the Ethernet checksum itself. Packet sockets. Default false. include/uapi/asm-generic/socket.h */
export const SO_NOFCS = option('SO_NOFCS', 'SOL_SOCKET', boolean, { since: '3.4' })
/** `SO_NO_CHECK`: send UDP over IPv4 without a checksum. Default false. net/core/sock.c */
export const SO_NO_CHECK = option('SO_NO_CHECK', 'SOL_SOCKET', boolean)
/** `SO_OOBINLINE`: urgent data come in the stream itself. Default false. socket(7) */
export const SO_OOBINLINE = option('SO_OOBINLINE', 'SOL_SOCKET', boolean, { darwin: true })
/** `SO_PASSCRED`: tell the pid, uid and gid of the sender of each message. Unix and netlink. Default false. In `Datagram.credentials`. unix(7) */
export const SO_PASSCRED = option('SO_PASSCRED', 'SOL_SOCKET', boolean)
/** `SO_PASSPIDFD`: give a pidfd of the sender with each message. Unix. Default false. In `Datagram.pidfd`. net/core/sock.c */
export const SO_PASSPIDFD = option('SO_PASSPIDFD', 'SOL_SOCKET', boolean, { since: '6.5' })
/** `SO_PASSRIGHTS`: take descriptors that a peer sends with SCM_RIGHTS. Unix. Default true. In `Datagram.descriptors`. net/unix/af_unix.c */
export const SO_PASSRIGHTS = option('SO_PASSRIGHTS', 'SOL_SOCKET', boolean, { since: '6.16' })
/** `SO_PASSSEC`: tell the security label of the sender of each message. Unix and netlink. Default false. In `Datagram.ancillary`, in bytes. unix(7) */
export const SO_PASSSEC = option('SO_PASSSEC', 'SOL_SOCKET', boolean)
/** `SO_PEEK_OFF`: where the next read with MSG_PEEK starts, in bytes; -1: always at the front. Default -1. Unix, UDP (since 4.7) and TCP (since 6.9). Of streams: Node reads for you, and does not tell. socket(7) */
export const SO_PEEK_OFF = option('SO_PEEK_OFF', 'SOL_SOCKET', int(-1), { since: '3.4' })
/** `SO_PEERCRED`: pid, uid and gid of the process that made the connection or the pair; pid 0 and ids 4294967295 if there is no such process. Unix. unix(7) */
export const SO_PEERCRED = option('SO_PEERCRED', 'SOL_SOCKET', ucred, { access: 'read' })
/** `SO_PEERGROUPS`: the supplementary groups of the process that SO_PEERCRED tells. Unix. net/core/sock.c */
export const SO_PEERGROUPS = option('SO_PEERGROUPS', 'SOL_SOCKET', numbers, {
  access: 'read',
  since: '4.13',
  meanings: ofPeer,
})
/** `SO_PEERPIDFD`: opens a pidfd of the process that SO_PEERCRED tells; the caller must close the pidfd. Unix. net/core/sock.c */
export const SO_PEERPIDFD = option('SO_PEERPIDFD', 'SOL_SOCKET', int(), {
  access: 'read',
  since: '6.5',
  consumes: true,
  meanings: ofPeer,
})
/** `SO_PEERSEC`: the security label of the peer. Unix, TCP and SCTP, if a security module gives labels. unix(7) */
export const SO_PEERSEC = option('SO_PEERSEC', 'SOL_SOCKET', string(4096), { access: 'read' })
/** `SO_PREFER_BUSY_POLL`: busy polling takes over the device's queue, and interrupts are deferred. Default false. The privilege, in the kernel's own user namespace, is needed to turn this on. Documentation/networking/napi.rst */
export const SO_PREFER_BUSY_POLL = option('SO_PREFER_BUSY_POLL', 'SOL_SOCKET', boolean, {
  since: '5.11',
  needs: 'CAP_NET_ADMIN',
})
/** `SO_PRIORITY`: the queueing priority. Default 0. 0 to 6 need no privilege. socket(7) */
export const SO_PRIORITY = option('SO_PRIORITY', 'SOL_SOCKET', int(0), { needs: 'CAP_NET_ADMIN or CAP_NET_RAW' })
/** `SO_PROTOCOL`: the protocol, as the number of IPPROTO_TCP and so on. socket(7) */
export const SO_PROTOCOL = option('SO_PROTOCOL', 'SOL_SOCKET', int(), { access: 'read' })
/** `SO_RCVBUF`: the receive buffer, in bytes. Reads back doubled; capped by the sysctl net.core.rmem_max without an error. Default: net.core.rmem_default; TCP: net.ipv4.tcp_rmem. socket(7) */
export const SO_RCVBUF = option('SO_RCVBUF', 'SOL_SOCKET', int(0, undefined, 'bytes'), { darwin: true })
/** `SO_RCVBUFFORCE`: SO_RCVBUF without its cap. The privilege is needed in the kernel's own user namespace. socket(7) */
export const SO_RCVBUFFORCE = option('SO_RCVBUFFORCE', 'SOL_SOCKET', int(0, undefined, 'bytes'), {
  access: 'write',
  needs: 'CAP_NET_ADMIN',
})
/** `SO_RCVLOWAT`: how many bytes make a socket readable; 0 is taken as 1. Default 1. socket(7) */
export const SO_RCVLOWAT = option('SO_RCVLOWAT', 'SOL_SOCKET', int(0, undefined, 'bytes'), { darwin: true })
/** `SO_RCVMARK`: tell the mark of each datagram received. Default false. Old kernels want CAP_NET_ADMIN or CAP_NET_RAW. In `Datagram.ancillary`, in bytes. net/core/sock.c */
export const SO_RCVMARK = option('SO_RCVMARK', 'SOL_SOCKET', boolean, { since: '5.19' })
/** `SO_RCVPRIORITY`: tell the priority of each datagram received. Default false. In `Datagram.ancillary`, in bytes. net/core/sock.c */
export const SO_RCVPRIORITY = option('SO_RCVPRIORITY', 'SOL_SOCKET', boolean, { since: '6.14' })
/** `SO_RCVTIMEO`: how long a blocking receive waits, in milliseconds; 0: for ever. Default 0. Reads back rounded up to the tick of the kernel's clock: 1, 4 or 10 by CONFIG_HZ. socket(7) */
export const SO_RCVTIMEO = option('SO_RCVTIMEO', 'SOL_SOCKET', milliseconds, { darwin: true })
/** `SO_RESERVE_MEM`: bytes of memory that stay with this socket, 1 GiB at most; needs a memory control group. TCP. Default 0. net/core/sock.c */
export const SO_RESERVE_MEM = option('SO_RESERVE_MEM', 'SOL_SOCKET', int(0, undefined, 'bytes'), { since: '5.16' })
/** `SO_REUSEADDR`: share the port with other sockets that set this option. Default false. socket(7) */
export const SO_REUSEADDR = option('SO_REUSEADDR', 'SOL_SOCKET', boolean, { darwin: true })
/** `SO_REUSEPORT`: share the port with other sockets that set this option; unicast is spread over them. Default false. socket(7) */
export const SO_REUSEPORT = option('SO_REUSEPORT', 'SOL_SOCKET', boolean, { since: '3.9', darwin: true })
/** `SO_RXQ_OVFL`: tell with each datagram how many datagrams the socket has dropped so far. Default false. In no field of this library's: `SO_MEMINFO` and `stats().dropped` of a receiver tell the same, also while nothing arrives. socket(7) */
export const SO_RXQ_OVFL = option('SO_RXQ_OVFL', 'SOL_SOCKET', boolean)
/** `SO_SELECT_ERR_QUEUE`: an error wakes select as an exception, and poll with POLLPRI. Default false. Not needed since 4.16. socket(7) */
export const SO_SELECT_ERR_QUEUE = option('SO_SELECT_ERR_QUEUE', 'SOL_SOCKET', boolean, { since: '3.10' })
/** `SO_SNDBUF`: the send buffer, in bytes. Reads back doubled; capped by the sysctl net.core.wmem_max without an error. Default: net.core.wmem_default; TCP: net.ipv4.tcp_wmem. socket(7) */
export const SO_SNDBUF = option('SO_SNDBUF', 'SOL_SOCKET', int(0, undefined, 'bytes'), { darwin: true })
/** `SO_SNDBUFFORCE`: SO_SNDBUF without its cap. The privilege is needed in the kernel's own user namespace. socket(7) */
export const SO_SNDBUFFORCE = option('SO_SNDBUFFORCE', 'SOL_SOCKET', int(0, undefined, 'bytes'), {
  access: 'write',
  needs: 'CAP_NET_ADMIN',
})
/** `SO_SNDLOWAT`: how much room makes a socket writable; always 1 on Linux, which can't set it. socket(7) */
export const SO_SNDLOWAT = option('SO_SNDLOWAT', 'SOL_SOCKET', int(), { access: 'read', darwin: true })
/** `SO_SNDTIMEO`: how long a blocking send waits, in milliseconds; 0: for ever. Default 0. Reads back rounded up to the tick of the kernel's clock: 1, 4 or 10 by CONFIG_HZ. socket(7) */
export const SO_SNDTIMEO = option('SO_SNDTIMEO', 'SOL_SOCKET', milliseconds, { darwin: true })
/** `SO_TIMESTAMP`: tell the arrival time of each datagram in microseconds. Setting SO_TIMESTAMPNS switches this option off. Default false. In `Datagram.timestamp`. socket(7) */
export const SO_TIMESTAMP = option('SO_TIMESTAMP', 'SOL_SOCKET', boolean, { darwin: true })
/** `SO_TIMESTAMPING`: timestamps of packets sent and received, by software or hardware. Default none. In `Datagram.timestamp` and `Datagram.hardwareTimestamp`; of packets sent in the event `transmitted`. Documentation/networking/timestamping.rst */
export const SO_TIMESTAMPING = option('SO_TIMESTAMPING', 'SOL_SOCKET', soTimestamping)
/** `SO_TIMESTAMPNS`: tell the arrival time of each datagram in nanoseconds. Setting SO_TIMESTAMP switches this option off. Default false. In `Datagram.timestamp`. socket(7) */
export const SO_TIMESTAMPNS = option('SO_TIMESTAMPNS', 'SOL_SOCKET', boolean)
/** `SO_TXREHASH`: TCP chooses another path (a new hash) after a retransmission timeout. Default: the sysctl net.core.txrehash, on. net/core/sock.c */
export const SO_TXREHASH = option('SO_TXREHASH', 'SOL_SOCKET', transmitRehash, { since: '5.18' })
/** `SO_TXTIME`: packets may carry the time at which the etf or fq queue is to send them. The option can't be turned off again. Default off, which reads as realtime. The privilege is needed for a clock other than monotonic; newer kernels refuse boottime. net/core/sock.c, tc-etf(8) */
export const SO_TXTIME = option('SO_TXTIME', 'SOL_SOCKET', sockTxtime, { since: '4.19', needs: 'CAP_NET_ADMIN' })
/** `SO_TYPE`: the type, as the number of SOCK_DGRAM and so on. socket(7) */
export const SO_TYPE = option('SO_TYPE', 'SOL_SOCKET', int(), { access: 'read', darwin: true })
/** `SO_WIFI_STATUS`: tell whether the receiver acknowledged each frame sent by Wi-Fi. Default false. Nothing of this library reads it. include/uapi/asm-generic/socket.h */
export const SO_WIFI_STATUS = option('SO_WIFI_STATUS', 'SOL_SOCKET', boolean, { since: '3.3' })
/** `SO_ZEROCOPY`: sends with MSG_ZEROCOPY are not copied; the error queue says when a buffer is free again. Default false. Nothing of this library reads it. Documentation/networking/msg_zerocopy.rst */
export const SO_ZEROCOPY = option('SO_ZEROCOPY', 'SOL_SOCKET', boolean, { since: '4.14' })
