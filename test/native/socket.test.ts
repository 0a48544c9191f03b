// The addon's sockets: who owns a descriptor, and the addresses of each family.
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { native } from '../../lib/binding/native.ts'
import { describeInNamespace } from '../support/namespace.ts'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  boundTo,
  constant,
  EBADF,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketOf,
  thrownBy,
} from '../support/native-sockets.ts'

const AF_NETLINK = constant('AF_NETLINK')
const AF_PACKET = constant('AF_PACKET')
const AF_VSOCK = constant('AF_VSOCK')
const EAFNOSUPPORT = 97
const ENOTCONN = 107
const [O_NONBLOCK, O_CLOEXEC] = [0o4000, 0o2000000]

function isOpen(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
  } catch {
    return false
  }
}
const flagsOf = (fd: number): number =>
  Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8)
const closed = (socket: InstanceType<typeof native.Socket>) => new Promise<void>((resolve) => socket.close(resolve))

describe('a socket', () => {
  it('owns no descriptor until it is open, and then one that blocks nobody and that no program inherits', () => {
    const socket = new native.Socket()
    expect(socket.fd).toBe(-1)
    expect(socket.open(AF_INET, SOCK_DGRAM, 0)).toBe(0)
    expect(isOpen(socket.fd)).toBe(true)
    expect(flagsOf(socket.fd) & O_NONBLOCK).toBe(O_NONBLOCK)
    expect(flagsOf(socket.fd) & O_CLOEXEC).toBe(O_CLOEXEC)
    expect(() => socket.open(AF_INET, SOCK_DGRAM, 0)).toThrow('this socket is open')
    return closed(socket)
  })

  it('may be opened after it could not be', () => {
    const socket = new native.Socket()
    expect(socket.open(9999, SOCK_DGRAM, 0)).toBe(EAFNOSUPPORT)
    expect(socket.fd).toBe(-1)
    expect(socket.open(AF_INET, SOCK_DGRAM, 0)).toBe(0)
    return closed(socket)
  })

  it('is closed once, on its way no more to be touched', async () => {
    const socket = new native.Socket()
    socket.open(AF_INET, SOCK_DGRAM, 0)
    const number = socket.fd
    const closing = closed(socket)
    expect(socket.fd).toBe(-1)
    expect(() => socket.close(() => {})).toThrow('this work has been sent')
    await closing
    expect(isOpen(number)).toBe(false)
    expect(() => socket.close(() => {})).toThrow('this work has been sent')
  })

  it('gives its descriptor away', async () => {
    const socket = new native.Socket()
    socket.open(AF_INET, SOCK_DGRAM, 0)
    const { fd } = socket
    expect(socket.release()).toBe(fd)
    expect(socket.fd).toBe(-1)
    expect(socket.release()).toBe(-1)
    await closed(socket)
    expect(isOpen(fd)).toBe(true)
    // What was given away is this test's to close.
    closeSync(fd)
    expect(isOpen(fd)).toBe(false)
  })
})

describe('a descriptor that is adopted', () => {
  /** A descriptor that no Socket has. */
  function orphan(): number {
    const socket = new native.Socket()
    socket.open(AF_INET, SOCK_DGRAM, 0)
    return socket.release()
  }
  const EBUSY = 16

  it('has one owner, which closes it', async () => {
    const fd = orphan()
    const [first, second] = [new native.Socket(), new native.Socket()]
    expect(native.hasOwner(fd, false)).toBe(false)
    expect(first.adopt(fd)).toBe(0)
    expect(first.fd).toBe(fd)
    expect(native.hasOwner(fd, false)).toBe(true)
    expect(second.adopt(fd)).toBe(EBUSY)
    expect(second.fd).toBe(-1)
    expect(isOpen(fd)).toBe(true)
    expect(() => first.adopt(fd)).toThrow('this socket is open')
    await closed(first)
    expect(isOpen(fd)).toBe(false)
    expect(native.hasOwner(fd, false)).toBe(false)
  })

  it('is free again once it is given away', () => {
    const fd = orphan()
    const [first, second] = [new native.Socket(), new native.Socket()]
    expect(first.adopt(fd)).toBe(0)
    expect(first.release()).toBe(fd)
    expect(second.adopt(fd)).toBe(0)
    return closed(second)
  })

  it('stays unowned if there is no such descriptor', () => {
    const socket = new native.Socket()
    for (const fd of [-1, 2 ** 31 - 1]) {
      expect(socket.adopt(fd)).toBe(EBADF)
      expect(native.hasOwner(fd, false)).toBe(false)
    }
    expect(() => socket.adopt(2 ** 31)).toThrow(RangeError)
  })

  it("is found among the handles of the thread's event loop if that is asked", async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const fd = (server as unknown as { _handle: { fd: number } })._handle.fd
    expect(native.hasOwner(fd, true)).toBe(true)
    expect(native.hasOwner(fd, false)).toBe(false)
    server.close()
    await once(server, 'close')
    expect(native.hasOwner(fd, true)).toBe(false)
  })
})

describe('a listener', () => {
  it.each([0, 1, 3])('with a backlog of %i takes one connection more than that', (backlog) => {
    const path = `\0sockctl-backlog-${process.pid}-${backlog}`
    const listener = socketOf(AF_UNIX, SOCK_STREAM)
    native.bind(listener.fd, AF_UNIX, { path })
    expect(native.listen(listener.fd, backlog)).toBe(0)
    const connect = () => native.connect(socketOf(AF_UNIX, SOCK_STREAM).fd, AF_UNIX, { path })
    const EAGAIN = 11
    const errnos = Array.from({ length: backlog + 3 }, connect)
    expect(errnos).toEqual(errnos.map((_, n) => (n <= backlog ? 0 : EAGAIN)))
  })
})

describe('what a descriptor is', () => {
  it.each([
    ['IPv4 datagrams', AF_INET, SOCK_DGRAM],
    ['IPv4 stream', AF_INET, SOCK_STREAM],
    ['IPv6 datagrams', AF_INET6, SOCK_DGRAM],
    ['IPv6 stream', AF_INET6, SOCK_STREAM],
    ['Unix seqpacket', AF_UNIX, constant('SOCK_SEQPACKET')],
    ['netlink', AF_NETLINK, constant('SOCK_RAW')],
  ])('%s', (_, family, type) => {
    expect(native.kind(socketOf(family, type).fd)).toBe(family * 256 + type)
  })

  it('throws the errno for what is no socket', () => {
    expect(thrownBy(() => native.kind(-1))).toBe(EBADF)
    const file = openSync('/dev/null', 'r')
    const ENOTSOCK = 88
    expect(thrownBy(() => native.kind(file))).toBe(ENOTSOCK)
    closeSync(file)
    expect(thrownBy(() => native.localAddress(-1))).toBe(EBADF)
    expect(thrownBy(() => native.remoteAddress(-1))).toBe(EBADF)
    expect(thrownBy(() => native.remoteAddress(boundTo('127.0.0.1').fd))).toBe(ENOTCONN)
    for (const call of [
      () => native.bind(-1, AF_INET, { address: '127.0.0.1', port: 0 }),
      () => native.listen(-1, 1),
      () => native.connect(-1, AF_INET, { address: '127.0.0.1', port: 9 }),
      () => native.disconnect(-1),
    ])
      expect(call()).toBe(EBADF)
  })
})

describeInNamespace('an address', () => {
  it.each([
    ['IPv4', AF_INET, '127.0.0.1'],
    ['IPv6', AF_INET6, '::1'],
  ])('of %s is bound, connected, and let go', (_, family, address) => {
    const socket = boundTo(address)
    const peer = boundTo(address)
    expect(socket.port).toBeGreaterThan(0)
    expect(socket.address).toBe(address)
    expect(native.connect(socket.fd, family, { address, port: peer.port })).toBe(0)
    expect(native.remoteAddress(socket.fd)).toEqual({ address, port: peer.port })
    expect(native.disconnect(socket.fd)).toBe(0)
    expect(thrownBy(() => native.remoteAddress(socket.fd))).toBe(ENOTCONN)
    // A port that the kernel chose ends with the connection.
    expect(native.localAddress(socket.fd)).toEqual({ address, port: 0 })
  })

  it('of a Unix socket is nothing, a path, or an abstract name of any bytes', () => {
    const unbound = socketOf(AF_UNIX)
    expect(native.localAddress(unbound.fd)).toEqual({ path: '' })
    const room = 108
    for (const path of [`\0sockctl-${process.pid}`, `\0sockctl\0${process.pid}\0`, `\0${'n'.repeat(room - 1)}`]) {
      const socket = socketOf(AF_UNIX)
      expect(native.bind(socket.fd, AF_UNIX, { path })).toBe(0)
      expect(native.localAddress(socket.fd)).toEqual({ path })
    }
    const chosen = socketOf(AF_UNIX)
    expect(native.bind(chosen.fd, AF_UNIX, { path: '' })).toBe(0)
    expect(native.localAddress(chosen.fd)).toEqual({ path: expect.stringMatching(/^\0[0-9a-f]{5}$/) })
    const { fd } = socketOf(AF_UNIX)
    expect(() => native.bind(fd, AF_UNIX, { path: `\0${'n'.repeat(room)}` })).toThrow('the path is too long')
    // Any socket path ends in a NUL, which needs room. ENOENT: the kernel read it.
    expect(() => native.bind(fd, AF_UNIX, { path: `/${'n'.repeat(room - 1)}` })).toThrow('the path is too long')
    expect(native.bind(fd, AF_UNIX, { path: `/${'n'.repeat(50)}/${'n'.repeat(room - 53)}` })).toBe(2)
    expect(() => native.bind(fd, AF_UNIX, 'path' as never)).toThrow('an object is needed')
  })

  it('of netlink has a port id and groups', () => {
    const socket = socketOf(AF_NETLINK, constant('SOCK_RAW'))
    expect(native.localAddress(socket.fd)).toEqual({ pid: 0, groups: 0 })
    expect(native.bind(socket.fd, AF_NETLINK, { pid: 0xfffffff0, groups: 5 })).toBe(0)
    expect(native.localAddress(socket.fd)).toEqual({ pid: 0xfffffff0, groups: 5 })
    for (const wrong of [{ pid: -1, groups: 0 }, { pid: 0, groups: 2 ** 32 }, { groups: 0 }])
      expect(() => native.bind(socket.fd, AF_NETLINK, wrong)).toThrow(RangeError)
  })

  it('of a packet socket has a protocol and an interface', () => {
    const socket = socketOf(AF_PACKET)
    const lo = native.nameToIndex('lo')
    expect(native.bind(socket.fd, AF_PACKET, { protocol: 0x0806, interface: lo })).toBe(0)
    expect(native.localAddress(socket.fd)).toEqual({
      protocol: 0x0806,
      interface: lo,
      hardwareAddress: '00:00:00:00:00:00',
    })
    for (const wrong of [
      { protocol: 65536, interface: lo },
      { protocol: -1, interface: lo },
      { protocol: 1, interface: 2 ** 31 },
    ])
      expect(() => native.bind(socket.fd, AF_PACKET, wrong)).toThrow(RangeError)
  })

  it('of a family that is not known is refused', () => {
    const { fd } = socketOf(AF_INET)
    for (const family of [0, 3, 9999])
      expect(() => native.bind(fd, family, {})).toThrow('no address of this family is known')
    expect(() => native.bind(fd, AF_VSOCK, { cid: -1, port: 0 })).toThrow(RangeError)
    expect(() => native.bind(fd, AF_INET, { address: '127.0.0.1', port: 65536 })).toThrow(RangeError)
    expect(native.bind(fd, AF_INET, { address: '127.0.0.1', port: 65535 })).toBe(0)
    expect(native.localAddress(fd)).toEqual({ address: '127.0.0.1', port: 65535 })
  })
})
