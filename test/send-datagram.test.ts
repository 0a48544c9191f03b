// One datagram, now: what the kernel refuses is told with the address, and a wrong address by itself.
import { expect, it } from 'vitest'
import { sendDatagram } from '../lib/datagram/send-datagram.ts'
import { addon, boundTo } from './support/native-sockets.ts'

it('a datagram is sent at once', () => {
  const to = boundTo('127.0.0.1')
  sendDatagram(boundTo('127.0.0.1').fd, Buffer.from('now'), to)
  expect(new addon.DatagramReader(1, 64, 64, 512).read(to.fd)).toBe(1)
})

it('a datagram that the kernel refuses is told with where it was to go', () => {
  const { fd } = boundTo('127.0.0.1')
  expect(() => sendDatagram(fd, Buffer.from('x'), { address: '127.255.255.255', port: 9 })).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/^send to 127\.255\.255\.255 port 9: .* \(EACCES: permission denied\)$/),
      code: 'EACCES',
      reason: 'permission',
      syscall: 'sendmmsg',
    }),
  )
  expect(() => sendDatagram(-1, Buffer.from('x'), { address: '127.0.0.1', port: 9 })).toThrow(
    expect.objectContaining({ code: 'EBADF', reason: 'closed' }),
  )
})

it('a wrong address is told as it is', () => {
  const { fd } = boundTo('127.0.0.1')
  expect(() => sendDatagram(fd, Buffer.from('x'), { address: 'host', port: 9 })).toThrow(
    "'host' is not an IPv4 or IPv6 address",
  )
  expect(() => sendDatagram(fd, Buffer.from('x'), { address: '127.0.0.1', port: -1 })).toThrow(RangeError)
})
