import { once } from 'node:events'
import { existsSync, mkdtempSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { control, type OwnedSocket, openSocket, SocketOptionError } from 'sockctl'
import { SO_DOMAIN, SO_KEEPALIVE, SO_PROTOCOL, SO_RCVBUF, TCP_KEEPIDLE, TCP_NODELAY } from 'sockctl/options'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'
import { spawnProgram } from './support/processes.ts'

const INET = [
  { family: 'ipv4', local: '127.0.0.1', node: 'IPv4' },
  { family: 'ipv6', local: '::1', node: 'IPv6' },
] as const

/** The datagrams waiting in a socket. The kernel delivers datagrams within a host before the sending call returns. */
function received(socket: OwnedSocket): Buffer {
  const buffer = Buffer.alloc(2048)
  return buffer.subarray(0, readSync(socket.fd, buffer))
}

const SEQPACKET_SERVER = `
import json, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(sys.argv[1])
listener.listen()
print(json.dumps({}), flush=True)
accepted, _ = listener.accept()
print(json.dumps({'packets': [accepted.recv(100).decode() for _ in range(2)]}), flush=True)
`

describeInNamespace('openSocket', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sockctl-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  it.each(INET)('connects a $family stream and hands both ends to net', async ({ family, local, node }) => {
    const before = openSockets()
    const listener = await openSocket({ family, type: 'stream', bind: { address: local }, listen: {} })
    const client = await openSocket({
      family,
      type: 'stream',
      options: [[TCP_NODELAY, true]],
      connect: listener.address(),
    })
    expect(client.remoteAddress()).toEqual(listener.address())
    expect(listener.remoteAddress()).toBeUndefined()

    const server = listener.toServer()
    const stream = client.toStream()
    expect(server).toBeInstanceOf(net.Server)
    const [accepted] = (await once(server, 'connection')) as [net.Socket]
    expect(server.address()).toEqual({ ...listener.address(), family: node })
    expect({ address: accepted.remoteAddress, port: accepted.remotePort }).toEqual(client.address())

    stream.write('there')
    expect(`${(await once(accepted, 'data'))[0]}`).toBe('there')
    accepted.end('and back')
    expect(`${(await once(stream, 'data'))[0]}`).toBe('and back')
    stream.end()
    await Promise.all([once(stream, 'close'), once(accepted, 'close'), once(server.close(), 'close')])
    expect(openSockets()).toEqual(before)
  })

  it('emits listening for a server as listen() does', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' }, listen: {} })
    const server = owned.toServer()
    await once(server, 'listening')
    await once(server.close(), 'close')
  })

  it('makes a server of a socket that is only bound, with the options and the listener it is given', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' } })
    let halfOpen: boolean | undefined
    const server = owned.toServer({ allowHalfOpen: true }, (socket) => {
      halfOpen = socket.allowHalfOpen
      socket.destroy()
    })
    const client = await openSocket({ family: 'ipv4', type: 'stream', connect: owned.address() })
    await once(client.toStream().resume(), 'close')
    expect(halfOpen).toBe(true)
    await once(server.close(), 'close')
  })

  it('makes a server whose connections are kept alive from the delay on that it is given', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' }, listen: {} })
    const server = owned.toServer({ keepAlive: true, keepAliveInitialDelay: 7000 })
    const connection = once(server, 'connection')
    const client = await openSocket({ family: 'ipv4', type: 'stream', connect: owned.address() })
    const [accepted] = (await connection) as [net.Socket]
    expect(control(accepted).getSync(SO_KEEPALIVE)).toBe(true)
    expect(control(accepted).getSync(TCP_KEEPIDLE)).toBe(7)
    accepted.destroy()
    await client.close()
    await once(server.close(), 'close')
  })

  it('is what Node listens with if the descriptor is released to another server', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' } })
    const address = owned.address()
    const fd = owned.release()
    const server = net.createServer().listen({ fd })
    await once(server, 'listening')
    expect(server.address()).toMatchObject(address)
    expect(owned.fd).toBe(fd)
    expect(() => owned.toServer()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_HANDED_OVER' }))
    await owned.close()
    expect(server.address()).toMatchObject(address)
    await once(server.close(), 'close')
  })

  it('has one control, before and after it is handed over', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1' } })
    expect(control(owned)).toBe(owned.control)
    const membership = await owned.control.join({ group: '239.1.2.3', interface: '127.0.0.1' })
    await owned.control.set(SO_RCVBUF, 5000)

    const socket = owned.toDatagram()
    expect(control(socket)).toBe(owned.control)
    expect(await owned.control.get(SO_RCVBUF)).toBe(10_000)
    expect(owned.control.memberships).toEqual([membership])
    expect(membership.active).toBe(true)
    await membership.leave()
    expect(owned.control.memberships).toEqual([])
    expect(owned.address()).toMatchObject({ port: socket.address().port })

    await once(socket.close(), 'close')
    expect(() => owned.control.fd).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED' }))
    expect(() => owned.address()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED' }))
    await owned.close()
  })

  it('is closed once, by whoever has it', async () => {
    const before = openSockets()
    const mine = await openSocket({ family: 'ipv4', type: 'dgram' })
    expect(openSockets().length).toBe(before.length + 1)
    await Promise.all([mine.close(), mine.close()])
    expect(openSockets()).toEqual(before)
    await mine.close()

    const theirs = await openSocket({ family: 'ipv4', type: 'dgram' })
    const socket = theirs.toDatagram()
    await theirs.close()
    expect(openSockets().length).toBe(before.length + 1)
    await once(socket.close(), 'close')
    expect(openSockets()).toEqual(before)
  })

  it('is closed at the end of its scope', async () => {
    const before = openSockets()
    {
      await using _ = await openSocket({ family: 'ipv4', type: 'dgram' })
    }
    expect(openSockets()).toEqual(before)
  })

  it('is closed when it is forgotten', async () => {
    const before = openSockets()
    const open = async (): Promise<void> => {
      await openSocket({ family: 'ipv4', type: 'dgram' })
    }
    await open()
    expect(openSockets().length).toBe(before.length + 1)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await expect
      .poll(() => {
        collect()
        return openSockets()
      })
      .toEqual(before)
  })

  it.each(['stream', 'seqpacket'] as const)('connects a unix %s, and removes its path', async (type) => {
    const path = join(directory, type)
    {
      await using listener = await openSocket({ family: 'unix', type, bind: { path }, listen: { backlog: 1 } })
      await using client = await openSocket({ family: 'unix', type, connect: listener.address() })
      expect(client.remoteAddress()).toEqual({ path })
      expect(client.address()).toEqual({ path: '' })
      expect(existsSync(path)).toBe(true)
    }
    expect(existsSync(path)).toBe(false)
  })

  it('carries unix datagrams to a path, and back to a name the kernel chose', async () => {
    await using server = await openSocket({ family: 'unix', type: 'dgram', bind: { path: join(directory, 'dgram') } })
    await using client = await openSocket({ family: 'unix', type: 'dgram', bind: {}, connect: server.address() })
    expect(client.address().path).toMatch(/^\0[\da-f]{5}$/)
    writeSync(client.fd, 'to the path')
    expect(`${received(server)}`).toBe('to the path')
    await expect(openSocket({ family: 'unix', type: 'dgram', connect: client.address() })).rejects.toMatchObject({
      code: 'EPERM',
      message: expect.stringContaining('takes from nobody else'),
    })
  })

  it.each([
    ['of 108 bytes', '\0'.padEnd(108, 'n')],
    ['with NULs in it', '\0sockctl\0open\0\0'],
    ['of NULs alone', '\0\0\0'],
  ])('takes an abstract name %s as given', async (_, path) => {
    await using server = await openSocket({ family: 'unix', type: 'dgram', bind: { path } })
    expect(server.address()).toEqual({ path })
    await using client = await openSocket({ family: 'unix', type: 'dgram', connect: { path } })
    expect(client.remoteAddress()).toEqual({ path })
    writeSync(client.fd, 'to the name')
    expect(`${received(server)}`).toBe('to the name')
  })

  it("reaches an abstract name of Node's, which Node 20 pads with NULs to 108 bytes", async () => {
    const name = `\0sockctl-padded-${process.pid}`
    const server = net.createServer().listen(name)
    await once(server, 'listening')
    const isPadded = process.versions.node.startsWith('20.')
    const connect = { path: isPadded ? name.padEnd(108, '\0') : name }
    await using client = await openSocket({ family: 'unix', type: 'stream', connect })
    expect(client.remoteAddress()).toEqual(connect)
    server.close()
  })

  it('keeps the boundaries of a unix seqpacket', async () => {
    const path = join(directory, 'boundaries')
    await using peer = spawnProgram(['python3', '-c', SEQPACKET_SERVER, path])
    await peer.next()
    await using client = await openSocket({ family: 'unix', type: 'seqpacket', connect: { path } })
    writeSync(client.fd, 'one')
    writeSync(client.fd, 'and two')
    expect(await peer.next()).toEqual({ packets: ['one', 'and two'] })
  })

  it('hands unix streams to net, and removes the path when the server closes', async () => {
    const path = join(directory, 'served')
    const listener = await openSocket({ family: 'unix', type: 'stream', bind: { path }, listen: {} })
    const client = await openSocket({ family: 'unix', type: 'stream', connect: { path } })
    const server = listener.toServer()
    const stream = client.toStream()
    const [accepted] = (await once(server, 'connection')) as [net.Socket]
    stream.end('over a path')
    expect(`${(await once(accepted, 'data'))[0]}`).toBe('over a path')
    accepted.end()
    await Promise.all([once(stream.resume(), 'close'), once(server.close(), 'close')])
    expect(existsSync(path)).toBe(false)
  })

  it('leaves a path alone that is another file by now', async () => {
    const path = join(directory, 'replaced')
    const owned = await openSocket({ family: 'unix', type: 'dgram', bind: { path } })
    rmSync(path)
    writeFileSync(path, 'somebody else')
    await owned.close()
    expect(existsSync(path)).toBe(true)
  })

  it.each(INET)('opens a raw $family socket', async ({ family, local }) => {
    const protocol = family === 'ipv4' ? 'IPPROTO_ICMP' : 'IPPROTO_ICMPV6'
    await using raw = await openSocket({ family, type: 'raw', protocol, bind: { address: local } })
    expect(raw.control.getSync(SO_PROTOCOL)).toBe(family === 'ipv4' ? 1 : 58)
    expect(raw.address().address).toBe(local)

    // An echo request; the kernel fills in ICMPv6's checksum.
    const request = Buffer.from(family === 'ipv4' ? '0800f7ff00000000' : '8000000000000000', 'hex')
    await using sender = await openSocket({ family, type: 'raw', protocol, connect: { address: local, port: 1 } })
    writeSync(sender.fd, request)
    expect(received(raw).at(family === 'ipv4' ? 20 : 0)).toBe(request.at(0))
  })

  it('opens a packet socket on one interface, and nothing arrives before it is bound', async () => {
    await using packet = await openSocket({
      family: 'packet',
      type: 'raw',
      protocol: 'ETH_P_IP',
      options: [[SO_RCVBUF, 100_000]],
      bind: { interface: 'lo' },
    })
    expect(packet.address()).toEqual({ interface: 'lo', protocol: 0x0800 })
    await using sender = await openSocket({
      family: 'ipv4',
      type: 'dgram',
      connect: { address: '127.0.0.1', port: 9 },
    })
    writeSync(sender.fd, 'seen on the wire')
    const frame = received(packet)
    // Ethernet, IPv4 and UDP take 42 bytes.
    expect(frame.readUInt16BE(12)).toBe(0x0800)
    expect(`${frame.subarray(42)}`).toBe('seen on the wire')
  })

  it('opens a packet socket on every interface', async () => {
    await using packet = await openSocket({ family: 'packet', type: 'dgram', protocol: 3 })
    expect(packet.address()).toEqual({ protocol: 3 })
    for (const none of [0, '']) {
      await using bound = await openSocket({ family: 'packet', type: 'dgram', bind: { interface: none, protocol: 3 } })
      expect(bound.address()).toEqual({ protocol: 3 })
    }
  })

  it.each(['lo', '1'])(
    'is bound to a link-local address of zone %s, and says which interface that is',
    async (zone) => {
      await ip('address', 'add', 'fe80::7/64', 'dev', 'lo', 'nodad')
      onTestFinished(() => ip('address', 'delete', 'fe80::7/64', 'dev', 'lo').then(() => {}))
      await using owned = await openSocket({ family: 'ipv6', type: 'dgram', bind: { address: `fe80::7%${zone}` } })
      expect(owned.address().address).toBe('fe80::7%lo')
      for (const wrong of ['1x', '0', '', '4294967297'])
        await expect(
          openSocket({ family: 'ipv6', type: 'dgram', bind: { address: `fe80::7%${wrong}` } }),
        ).rejects.toBeInstanceOf(SocketOptionError)
    },
  )

  it('asks netlink for the interfaces', async () => {
    await using netlink = await openSocket({
      family: 'netlink',
      type: 'raw',
      protocol: 'NETLINK_ROUTE',
      bind: { groups: 1 },
      connect: {},
    })
    expect(netlink.address()).toEqual({ pid: expect.any(Number), groups: 1 })
    // RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP: a header of 16 bytes and a struct ifinfomsg.
    const request = Buffer.alloc(32)
    request.writeUInt32LE(32, 0)
    request.writeUInt16LE(18, 4)
    request.writeUInt16LE(0x301, 6)
    writeSync(netlink.fd, request)
    const answer = received(netlink)
    expect(answer.readUInt16LE(4)).toBe(16)
    expect(answer.includes('lo\0')).toBe(true)
  })

  it('opens a vsock listener, or says that there is none', async () => {
    const opened = openSocket({ family: 'vsock', type: 'stream', bind: {}, listen: {} })
    const owned = await opened.catch((error) => error)
    if (owned instanceof Error) expect(owned).toMatchObject({ reason: 'unsupported' })
    else {
      expect(owned.address()).toEqual({ cid: 0xffffffff, port: expect.any(Number) })
      expect(owned.control.getSync(SO_DOMAIN)).toBe(40)
      await owned.close()
    }
  })

  it('connects to its own vsock listener if the loopback transport is loaded', async (context) => {
    const bind = { cid: 1, port: 0xffffffff }
    const listener = await openSocket({ family: 'vsock', type: 'stream', bind, listen: {} }).catch(() => undefined)
    if (listener === undefined) return context.skip('this kernel has no vsock_loopback')
    await using client = await openSocket({ family: 'vsock', type: 'stream', connect: listener.address() })
    expect(client.remoteAddress()).toEqual(listener.address())
    await listener.close()
  })
})
