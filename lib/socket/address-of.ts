// getsockname(2) and getpeername(2).
import { SocketOptionError } from '../base/errors.ts'
import { native } from '../binding/native.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import type { Ports } from '../net/ports.ts'
import { type Family, type SocketAddress, socketAddressFromNative } from '../net/socket-address.ts'

/** The port that an address of the kernel's has. A raw socket's own is its protocol; that of a peer without ports is any. */
const hasNoPort = (ports: Ports, call: string): boolean =>
  ports === 'none' || (ports === 'identifier' && call === 'getpeername')

/** What a socket is bound to, or connected to. */
export function addressOf<F extends Family>(
  fd: number,
  family: F,
  call: 'getsockname' | 'getpeername',
  ports: Ports = 'ports',
): SocketAddress<F> {
  try {
    const raw = call === 'getsockname' ? native.localAddress(fd) : native.remoteAddress(fd)
    return socketAddressFromNative(family, hasNoPort(ports, call) ? { ...raw, port: 0 } : raw)
  } catch (error) {
    throw typeof error === 'number' ? explainSocket(call, call, error, family) : error
  }
}

/** What a socket is connected to; `undefined` if it is not connected. */
export function peerOf<F extends Family>(fd: number, family: F, ports?: Ports): SocketAddress<F> | undefined {
  try {
    return addressOf(fd, family, 'getpeername', ports)
  } catch (error) {
    if (error instanceof SocketOptionError && ['ENOTCONN', 'ENOTSUP'].includes(error.code)) return undefined
    throw error
  }
}
