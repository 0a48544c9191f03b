import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { openSocket, SocketOptionError } from 'sockctl'
import * as options from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { inboxOf, seqs } from './support/datagrams.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts } from './support/hosts.ts'
import { describeInNamespace } from './support/namespace.ts'
import { spawnClusterWorker } from './support/processes.ts'

const INET = [
  { family: 'ipv4', local: '127.0.0.1' },
  { family: 'ipv6', local: '::1' },
] as const

describeInNamespace('what toDatagram() gives', () => {
  it.each(INET)('is bound, says so, and receives over $family', async ({ family, local }) => {
    const owned = await openSocket({ family, type: 'dgram', bind: { address: local } })
    const socket = owned.toDatagram()
    await once(socket, 'listening')
    expect(socket.address()).toMatchObject(owned.address())
    socket.send('to myself', socket.address().port, local)
    expect(`${(await once(socket, 'message'))[0]}`).toBe('to myself')
    await once(socket.close(), 'close')
  })

  it('does not say that it listens if it was closed before it could', async () => {
    const socket = (await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1' } })).toDatagram()
    let listened = false
    socket.on('listening', () => {
      listened = true
    })
    await once(socket.close(), 'close')
    expect(listened).toBe(false)
  })

  it('finds a host by its name without a lookup of the program’s own', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1' } })
    const socket = owned.toDatagram({})
    socket.send('by name', socket.address().port, 'localhost')
    expect(`${(await once(socket, 'message'))[0]}`).toBe('by name')
    await once(socket.close(), 'close')
  })

  it('has its own descriptor in a worker of node:cluster, and asks the primary for none', async () => {
    const worker = `
      import { once } from 'node:events'
      import { openSocket } from 'sockctl'
      const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1' } })
      const { port } = owned.address()
      const socket = owned.toDatagram()
      socket.send('to myself', port, '127.0.0.1')
      const [message] = await once(socket, 'message')
      process.send({ message: String(message), kept: socket.address().port === port })`
    await using peer = spawnClusterWorker(worker)
    expect(await peer.next()).toEqual({ message: 'to myself', kept: true })
  })

  it.each(INET)('is connected as the $family socket was, from the same port', async ({ family, local }) => {
    const before = openSockets()
    const server = (await openSocket({ family, type: 'dgram', bind: { address: local } })).toDatagram()
    const { port } = server.address()
    const owned = await openSocket({ family, type: 'dgram', connect: { address: local, port } })
    const own = owned.address()
    const client = owned.toDatagram()
    await once(client, 'connect')
    expect(client.address()).toMatchObject(own)
    expect(client.remoteAddress()).toMatchObject({ address: local, port })

    client.send('without an address')
    const [message, from] = await once(server, 'message')
    expect(`${message}`).toBe('without an address')
    expect(from).toMatchObject(own)

    // A connected socket takes datagrams of its peer only, so a stranger's datagram does not arrive although it was
    // sent first.
    const stranger = (await openSocket({ family, type: 'dgram', bind: { address: local } })).toDatagram()
    await new Promise((resolve) => stranger.send('stranger', own.port, local, resolve))
    server.send('peer', own.port, local)
    expect(`${(await once(client, 'message'))[0]}`).toBe('peer')
    await Promise.all([server, client, stranger].map((socket) => once(socket.close(), 'close')))
    expect(openSockets()).toEqual(before)
  })

  it('keeps a port that was asked for, when it is connected', async () => {
    const bind = { address: '127.0.0.1' }
    await using peer = await openSocket({ family: 'ipv4', type: 'dgram', bind })
    const first = await openSocket({ family: 'ipv4', type: 'dgram', bind })
    const asked = first.address()
    await first.close()
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: asked, connect: peer.address() })
    const socket = owned.toDatagram()
    await once(socket, 'connect')
    expect(owned.address()).toEqual(asked)
    expect(owned.remoteAddress()).toEqual(peer.address())
    await once(socket.close(), 'close')
  })

  it.each(INET)('lets nobody take over its $family port who could not before', async ({ family, local }) => {
    const { SO_REUSEADDR } = options
    const owned = await openSocket({ family, type: 'dgram', bind: { address: local } })
    const socket = owned.toDatagram()
    expect(owned.control.getSync(SO_REUSEADDR)).toBe(false)
    const bind = owned.address()
    const thief = openSocket({ family, type: 'dgram', options: [[SO_REUSEADDR, true]], bind })
    await expect(thief).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await once(socket.close(), 'close')
  })

  it('shares its port if it was opened to', async () => {
    const shared = [[options.SO_REUSEADDR, true]] as const
    const bind = { address: '127.0.0.1' }
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', options: shared, bind })
    const socket = owned.toDatagram()
    expect(owned.control.getSync(options.SO_REUSEADDR)).toBe(true)
    await using _ = await openSocket({ family: 'ipv4', type: 'dgram', options: shared, bind: owned.address() })
    await once(socket.close(), 'close')
  })

  it('takes the signal that closes it', async () => {
    const before = openSockets()
    const controller = new AbortController()
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: {} })
    const socket = owned.toDatagram({ signal: controller.signal })
    controller.abort()
    await once(socket, 'close')
    expect(openSockets()).toEqual(before)
  })

  it('is refused with a signal that is aborted already, and stays ours', async () => {
    await using owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1' } })
    expect(() => owned.toDatagram({ signal: AbortSignal.abort() })).toThrow(SocketOptionError)
    expect(owned.address().address).toBe('127.0.0.1')
  })
})

const HOP_LIMITS = `
import json, socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
s.bind(('::', 0))
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
             socket.inet_pton(socket.AF_INET6, sys.argv[1]) + struct.pack('@I', socket.if_nametoindex(sys.argv[2])))
print(json.dumps({'port': s.getsockname()[1]}), flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(100, 100)
    print(json.dumps({'data': data.decode(), 'hops': struct.unpack('@i', ancillary[0][2])[0]}), flush=True)
`

describeOnHosts('the dgram methods of an IPv6 socket that was handed over', (hosts) => {
  const group = 'ff15::4551'
  const opened = async () => {
    const owned = await openSocket({ family: 'ipv6', type: 'dgram', bind: { address: '::' } })
    return { owned, socket: owned.toDatagram() }
  }

  it('set the hop limits of the datagrams that leave', async () => {
    const { a, b } = hosts().pairs[0]
    const { socket } = await opened()
    const peer = hosts().spawnProgram('B', ['python3', '-c', HOP_LIMITS, group, b.name])
    const { port } = await peer.next<{ port: number }>()
    socket.setMulticastInterface(`::%${a.name}`)
    expect(socket.setMulticastTTL(37)).toBe(37)
    expect(socket.setTTL(41)).toBe(41)
    socket.send('to the group', port, group)
    expect(await peer.next()).toEqual({ data: 'to the group', hops: 37 })
    socket.send('to the host', port, b.ipv6[0])
    expect(await peer.next()).toEqual({ data: 'to the host', hops: 41 })
    socket.setMulticastTTL(1)
    socket.send('one hop', port, group)
    expect(await peer.next()).toEqual({ data: 'one hop', hops: 1 })
    await once(socket.close(), 'close')
  })

  it('set what the control reads, and leave IPv4 alone', async () => {
    const { a } = hosts().pairs[1]
    const { owned, socket } = await opened()
    const { control } = owned
    const ipv4 = () =>
      [options.IP_TTL, options.IP_MULTICAST_TTL]
        .map((option) => control.getSync(option))
        .concat(control.getSync(options.IP_MULTICAST_LOOP) ? 1 : 0)
    const before = ipv4()
    socket.setTTL(3)
    socket.setMulticastTTL(4)
    expect(socket.setMulticastLoopback(false)).toBe(false)
    socket.setMulticastInterface(`::%${a.index}`)
    expect(control.getSync(options.IPV6_UNICAST_HOPS)).toBe(3)
    expect(await control.getMulticastHops()).toBe(4)
    expect(await control.getMulticastLoopback()).toBe(false)
    expect(await control.getMulticastInterface()).toMatchObject({ name: a.name })
    socket.setMulticastLoopback(true)
    expect(await control.getMulticastLoopback()).toBe(true)
    expect(ipv4()).toEqual(before)
    await once(socket.close(), 'close')
  })

  it('turn loopback off and on', async () => {
    const { a } = hosts().pairs[0]
    const { socket } = await opened()
    const { port } = socket.address()
    socket.addMembership(group, `::%${a.name}`)
    socket.setMulticastInterface(`::%${a.name}`)
    const heard: string[] = []
    socket.on('message', (data) => heard.push(`${data}`))
    const send = (text: string, to: string) =>
      new Promise<void>((resolve) => socket.send(text, port, to, () => resolve()))
    socket.setMulticastLoopback(false)
    await send('silent', group)
    socket.setMulticastLoopback(true)
    await send('heard', group)
    const last = once(socket, 'message', { signal: AbortSignal.timeout(10_000) })
    await send('last', a.ipv6[0])
    await last
    while (!heard.includes('last')) await once(socket, 'message')
    expect(heard).toEqual(['heard', 'last'])
    await once(socket.close(), 'close')
  })

  it('join and leave on the interface they name, by name or index', async () => {
    const { socket } = await opened()
    const { port } = socket.address()
    const inbox = inboxOf(socket)
    for (const { a, b } of hosts().pairs) {
      const sender = hosts().sender('B', { bind: b.ipv6[0] })
      const mark = () => inbox.until(sender.mark({ address: a.ipv6[0], port }))
      for (const zone of [a.name, a.index]) {
        socket.addMembership(group, `::%${zone}`)
        await sender.send({ address: group, port }, [1])
        expect(seqs(await mark())).toEqual([1])
        socket.dropMembership(group, `::%${zone}`)
        await sender.send({ address: group, port }, [2])
        expect(seqs(await mark())).toEqual([])
        socket.addSourceSpecificMembership(sender.address, 'ff35::4551', `::%${zone}`)
        await sender.send({ address: 'ff35::4551', port }, [3])
        expect(seqs(await mark())).toEqual([3])
        socket.dropSourceSpecificMembership(sender.address, 'ff35::4551', `::%${zone}`)
      }
    }
    await once(socket.close(), 'close')
  })

  it('refuse an interface there is not, and a hop limit out of range', async () => {
    const { socket } = await opened()
    const noInterface = expect.objectContaining({ code: 'ENODEV', errno: -19, syscall: expect.any(String) })
    const plain = createSocket('udp6').bind(0, '::1')
    await once(plain, 'listening')
    const errorOf = (act: () => unknown): unknown => {
      try {
        return act()
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        return { code, message }
      }
    }
    expect(() => socket.setMulticastInterface('::%nope')).toThrow(noInterface)
    expect(() => socket.addMembership(group, '::%nope')).toThrow(noInterface)
    expect(() => socket.dropMembership(group, '::%9999')).toThrow(noInterface)
    expect(() => socket.addSourceSpecificMembership('fd77::1', 'ff35::1', '::%nope')).toThrow(noInterface)
    for (const ttl of [-1, 256, 1.5, '3', Number.NaN] as number[]) {
      expect(errorOf(() => socket.setMulticastTTL(ttl))).toEqual(errorOf(() => plain.setMulticastTTL(ttl)))
      expect(errorOf(() => socket.setTTL(ttl))).toEqual(errorOf(() => plain.setTTL(ttl)))
    }
    expect(errorOf(() => socket.setTTL(0))).toEqual({ code: 'EINVAL', message: 'setTTL EINVAL' })
    // Node still refuses what it refuses of its own sockets.
    expect(() => socket.addMembership(undefined as never)).toThrow(
      expect.objectContaining({ code: 'ERR_MISSING_ARGS' }),
    )
    await Promise.all([once(socket.close(), 'close'), once(plain.close(), 'close')])
    for (const act of ['setTTL', 'setMulticastTTL', 'setMulticastLoopback'] as const)
      expect(errorOf(() => socket[act](3 as never))).toEqual(errorOf(() => plain[act](3 as never)))
  })

  it('join IPv4 groups too if the socket takes IPv4', async () => {
    const { a, b } = hosts().pairs[0]
    const { IPV6_V6ONLY } = options
    const owned = await openSocket({ family: 'ipv6', type: 'dgram', options: [[IPV6_V6ONLY, false]], bind: {} })
    const socket = owned.toDatagram()
    const { port } = socket.address()
    socket.addMembership('239.45.5.1', a.ipv4[0])
    const inbox = inboxOf(socket)
    const sender = hosts().sender('B', { bind: b.ipv4[0] })
    await sender.send({ address: '239.45.5.1', port }, [1, 2])
    expect(seqs(await inbox.until(sender.mark({ address: a.ipv4[0], port })))).toEqual([1, 2])
    await once(socket.close(), 'close')
  })
})

describe('a socket handed over with a lookup of the program', () => {
  it('is connected without calling the lookup, which is called for names only', async () => {
    const peer = createSocket('udp4').bind(0, '127.0.0.1')
    await once(peer, 'listening')
    const asked: string[] = []
    const lookup = (host: string) => {
      asked.push(host)
      throw new Error('no names here')
    }
    const { address, port } = peer.address()
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', connect: { address, port } })
    const socket = owned.toDatagram({ lookup: lookup as never })
    await once(socket, 'connect')
    socket.send('hello')
    expect(`${(await once(peer, 'message'))[0]}`).toBe('hello')
    expect(asked).toEqual([])
    await once(socket.close(), 'close')
    await once(peer.close(), 'close')
  })

  it('stays as it is if an option throws when it is read', async () => {
    const before = openSockets()
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1', port: 0 } })
    const options = {
      get lookup(): never {
        throw new Error('read')
      },
    }
    expect(() => owned.toDatagram(options)).toThrow('read')
    expect(owned.fd).toBeGreaterThan(2)
    const socket = owned.toDatagram()
    await once(socket, 'listening')
    await once(socket.close(), 'close')
    expect(openSockets()).toEqual(before)
  })
})
