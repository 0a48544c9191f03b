// One datagram from any socket, now.
import { kernelError } from '../base/errors.ts'
import { datagramsNative } from '../binding/native.ts'
import type { Endpoint } from '../net/socket-address.ts'

/** Sends one datagram at once; throws a SocketOptionError if the kernel refuses, or has no room for it. */
export function sendDatagram(fd: number, data: Uint8Array, { address, port }: Endpoint): void {
  const { sendDatagrams, encodeSockaddr } = datagramsNative()
  try {
    sendDatagrams(fd, [data], 0, 1, 1, encodeSockaddr(address, port), undefined)
  } catch (error) {
    if (typeof error !== 'number') throw error
    throw kernelError({ asked: `send to ${address} port ${port}`, errno: error, syscall: 'sendmmsg' })
  }
}
