// Whose descriptor a call is made on: one duplicate for all calls that wait on one socket, and for a bare number what the
// number is now.
import dgram from 'node:dgram'
import { once } from 'node:events'
import { control, type SocketControl } from 'sockctl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSockets } from './support/descriptors.ts'
import { AF_INET, AF_INET6, closed, SOCK_DGRAM, SOCK_STREAM, socketOf } from './support/native-sockets.ts'

describe('calls that wait', () => {
  it('on one socket share one duplicate of its descriptor, those on a bare number have one each', async () => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    onTestFinished(() => void socket.close())
    await once(socket, 'listening')
    const bare = control(socketOf(AF_INET).fd)
    const before = openSockets().length
    const joins = (of: SocketControl, count: number) =>
      Array.from({ length: count }, (_, n) => of.join({ group: `239.9.9.${n + 1}`, interface: 'lo' }))
    const waiting = joins(control(socket), 7)
    expect(openSockets().length).toBe(before + 1)
    waiting.push(...joins(bare, 3))
    expect(openSockets().length).toBe(before + 4)
    await Promise.all(waiting)
    expect(openSockets().length).toBe(before)
  })
})

describe('a bare number', () => {
  it('is asked each time which socket it is', async () => {
    const six = { group: 'ff15::9:1', interface: 'lo' }
    const four = { group: '239.9.9.1', interface: 'lo' }
    const first = socketOf(AF_INET, SOCK_DGRAM)
    const { fd } = first
    const c = control(fd)
    await expect(c.join(six)).rejects.toThrow('is IPv6 and this socket is IPv4')
    await (await c.join(four)).leave()
    await closed(first)
    await expect(c.join(four)).rejects.toMatchObject({ code: 'EBADF', reason: 'closed' })

    expect(socketOf(AF_INET6, SOCK_DGRAM).fd).toBe(fd)
    await (await c.join(six)).leave()
    const other = socketOf(AF_INET, SOCK_STREAM)
    await expect(control(other.fd).join(four)).rejects.toThrow('this is a stream socket')
  })
})

describe('control', () => {
  it.each([undefined, null, 'socket', true, 1n, Symbol('fd'), {}, { fd: '3' }, () => {}])('refuses %s', (given) => {
    expect(() => control(given as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  })
  it.each([-1, 1.5, Number.NaN, 2 ** 31, -0.5])('refuses the number %s', (given) => {
    expect(() => control(given)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_VALUE', reason: 'bad-value' }))
  })
})
