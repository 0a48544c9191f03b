// getsockname(2) and getpeername(2).
import { SocketOptionError } from '../base/errors.ts'
import { native } from '../binding/native.ts'
import { explainSocket } from '../calls/explain-socket.ts'
import { type Family, type SocketAddress, socketAddressFromNative } from '../net/socket-address.ts'

/** What a socket is bound to, or connected to. */
export function addressOf<F extends Family>(
  fd: number,
  family: F,
  call: 'getsockname' | 'getpeername',
): SocketAddress<F> {
  try {
    const raw = call === 'getsockname' ? native.localAddress(fd) : native.remoteAddress(fd)
    return socketAddressFromNative(family, raw)
  } catch (error) {
    throw typeof error === 'number' ? explainSocket(call, call, error, family) : error
  }
}

/** What a socket is connected to; `undefined` if it is not connected. */
export function peerOf<F extends Family>(fd: number, family: F): SocketAddress<F> | undefined {
  try {
    return addressOf(fd, family, 'getpeername')
  } catch (error) {
    if (error instanceof SocketOptionError && ['ENOTCONN', 'ENOTSUP'].includes(error.code)) return undefined
    throw error
  }
}
