import type dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type net from 'node:net'
import { diffSnapshots, type Option, type OwnedSocket, openSocket } from 'sockctl'
import {
  IP_FREEBIND,
  IP_MULTICAST_ALL,
  IP_TRANSPARENT,
  IPV6_FREEBIND,
  IPV6_TRANSPARENT,
  IPV6_V6ONLY,
  MCAST_JOIN_GROUP,
  SO_BINDTODEVICE,
  SO_MARK,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  TCP_INFO,
} from 'sockctl/options'
import { expect, it } from 'vitest'
import { ip, sysctl } from './support/commands.ts'
import { describeOnHosts, type TwoHosts } from './support/hosts.ts'
import { describeInNamespace, hasRealRoot } from './support/namespace.ts'
import { type Peer, spawnScript } from './support/processes.ts'

const STDIO = new URL('support/stdio.mjs', import.meta.url)

/** A server that tells the address of each connection it accepts, and what arrives on it. */
const SERVER = {
  code: `
    import net from 'node:net'
    import { tell } from '${STDIO}'
    const server = net.createServer((socket) => {
      tell({ from: socket.remoteAddress })
      socket.on('error', () => {}).resume()
    })
    server.listen(0, process.argv[1], () => tell({ port: server.address().port }))`,
}

async function listenOnB(hosts: TwoHosts, address: string): Promise<{ server: Peer; port: number }> {
  const server = hosts.spawn('B', SERVER, [address])
  return { server, ...(await server.next<{ port: number }>()) }
}

describeOnHosts('an option set before connect', (hosts) => {
  it('SO_MARK chooses the route that the connection takes', async () => {
    const [{ b }] = hosts().pairs
    const address = '10.99.0.1'
    await hosts().ip('B', 'address', 'add', `${address}/32`, 'dev', 'lo')
    await ip('rule', 'add', 'fwmark', '7', 'lookup', '100')
    await ip('route', 'add', `${address}/32`, 'via', b.ipv4[0], 'table', '100')
    const { server, port } = await listenOnB(hosts(), address)
    const connect = { address, port }
    const marked = (mark: number) => openSocket({ family: 'ipv4', type: 'stream', options: [[SO_MARK, mark]], connect })

    await expect(marked(8)).rejects.toMatchObject({ code: 'ENETUNREACH', reason: 'no-route' })
    await using socket = await marked(7)
    expect(socket.control.getSync(SO_MARK)).toBe(7)
    expect(await server.next()).toEqual({ from: socket.address().address })
    await ip('rule', 'delete', 'fwmark', '7')
  })

  it.each(['a1', 'a0'] as const)('SO_BINDTODEVICE %s makes the connection leave by it', async (device) => {
    const address = '10.98.0.1'
    await hosts().ip('B', 'address', 'replace', `${address}/32`, 'dev', 'lo')
    for (const [metric, { a, b }] of hosts().pairs.entries())
      await ip('route', 'replace', `${address}/32`, 'via', b.ipv4[0], 'dev', a.name, 'metric', `${metric + 1}`)
    const { server, port } = await listenOnB(hosts(), address)
    await using socket = await openSocket({
      family: 'ipv4',
      type: 'stream',
      options: [[SO_BINDTODEVICE, device]],
      connect: { address, port },
    })
    const pair = hosts().pairs.find(({ a }) => a.name === device)
    expect(await server.next()).toEqual({ from: pair?.a.ipv4[0] })
    expect(socket.control.getSync(SO_BINDTODEVICE)).toBe(device)
  })
})

describeInNamespace('an option set before the socket is bound, listens or connects', () => {
  it('TCP_FASTOPEN_CONNECT sends the first write with the first segment', async () => {
    using _ = sysctl('net.ipv4.tcp_fastopen', 3)
    const listener = await openSocket({
      family: 'ipv4',
      type: 'stream',
      options: [[TCP_FASTOPEN, 16]],
      bind: { address: '127.0.0.1' },
      listen: {},
    })
    const connect = listener.address()
    const server = listener.toServer()

    // The first connection asks for a TCP Fast Open cookie, the second uses it.
    for (const inFirstSegment of [false, true]) {
      const accepted = once(server, 'connection') as Promise<[net.Socket]>
      const owned = await openSocket({
        family: 'ipv4',
        type: 'stream',
        options: [[TCP_FASTOPEN_CONNECT, true]],
        connect,
      })
      // Nothing is sent before the first write, so there is no connection yet.
      expect(owned.remoteAddress()).toEqual(inFirstSegment ? undefined : connect)
      const stream = owned.toStream()
      stream.write('early')
      const [peer] = await accepted
      expect(`${(await once(peer, 'data'))[0]}`).toBe('early')
      peer.write('answer')
      expect(`${(await once(stream, 'data'))[0]}`).toBe('answer')
      expect(owned.control.getSync(TCP_INFO).options.includes('SYN_DATA')).toBe(inFirstSegment)
      stream.destroy()
      peer.destroy()
    }
    await once(server.close(), 'close')
  })

  it.each([
    ['IP_FREEBIND', 'ipv4', IP_FREEBIND, '192.0.2.7'],
    ['IP_TRANSPARENT', 'ipv4', IP_TRANSPARENT, '192.0.2.8'],
    ['IPV6_FREEBIND', 'ipv6', IPV6_FREEBIND, '2001:db8::7'],
    ['IPV6_TRANSPARENT', 'ipv6', IPV6_TRANSPARENT, '2001:db8::8'],
  ] as const)('%s binds to an address that this host lacks', async (_, family, option, address) => {
    const bind = { address, port: 0 }
    for (const type of ['dgram', 'stream'] as const) {
      await expect(openSocket({ family, type, bind })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
      await using socket = await openSocket({ family, type, options: [[option, true]], bind })
      expect(socket.address()).toEqual({ address, port: expect.any(Number) })
    }
  })

  it('IP_TRANSPARENT accepts connections to somebody else', async () => {
    const address = '192.0.2.9'
    // The host of a proxy delivers connections to other addresses locally.
    await ip('route', 'add', 'local', `${address}/32`, 'dev', 'lo')
    const listener = await openSocket({
      family: 'ipv4',
      type: 'stream',
      options: [[IP_TRANSPARENT, true]],
      bind: { address },
      listen: {},
    })
    const server = listener.toServer()
    const accepted = once(server, 'connection') as Promise<[net.Socket]>
    const client = await openSocket({ family: 'ipv4', type: 'stream', connect: listener.address() })
    const [peer] = await accepted
    expect(peer.localAddress).toBe(address)
    await client.close()
    peer.destroy()
    await once(server.close(), 'close')
    await ip('route', 'delete', 'local', `${address}/32`, 'dev', 'lo')
  })

  it('IPV6_V6ONLY decides whether IPv4 comes in', async () => {
    for (const only of [false, true]) {
      const listener = await openSocket({
        family: 'ipv6',
        type: 'stream',
        options: [[IPV6_V6ONLY, only]],
        bind: { address: '::' },
        listen: {},
      })
      const { port } = listener.address()
      const server = listener.toServer()
      const opening = openSocket({ family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1', port } })
      if (only) {
        await expect(opening).rejects.toMatchObject({ code: 'ECONNREFUSED' })
        // With IPV6_V6ONLY, an IPv4 socket can have the same port.
        await using _ = await openSocket({ family: 'ipv4', type: 'stream', bind: { port }, listen: {} })
      } else {
        const [peer] = (await once(server, 'connection')) as [net.Socket]
        expect(peer.remoteAddress).toBe('::ffff:127.0.0.1')
        await (await opening).close()
        peer.destroy()
      }
      await once(server.close(), 'close')
    }
  })

  // The limit is the machine's, and no namespace has its own.
  const limit = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'))
  const size = Math.min(2 * limit, 2 ** 30 - 1)

  it.runIf(hasRealRoot && size > limit)('SO_RCVBUFFORCE goes past the limit of SO_RCVBUF', async () => {
    await using capped = await openSocket({ family: 'ipv4', type: 'dgram', options: [[SO_RCVBUF, size]], bind: {} })
    await using forced = await openSocket({
      family: 'ipv4',
      type: 'dgram',
      options: [[SO_RCVBUFFORCE, size]],
      bind: {},
    })
    expect(await capped.control.get(SO_RCVBUF)).toBeLessThan(2 * size)
    expect(await forced.control.get(SO_RCVBUF)).toBe(2 * size)
    // The buffer was set before connecting, so it counts from the connection's first segment on.
    await using stream = await openSocket({ family: 'ipv4', type: 'stream', options: [[SO_RCVBUFFORCE, size]] })
    expect(await stream.control.get(SO_RCVBUF)).toBe(2 * size)
  })

  it('options are set in their order', async () => {
    const option: Option<number> = SO_RCVBUF
    await using owned = await openSocket({
      family: 'ipv4',
      type: 'dgram',
      options: [
        [option, 10_000],
        [option, 20_000],
      ],
    })
    expect(owned.control.getSync(option)).toBe(40_000)
  })

  it('an option that may wait is waited for', async () => {
    const owned = await openSocket({
      family: 'ipv4',
      type: 'dgram',
      options: [
        [IP_MULTICAST_ALL, false],
        [MCAST_JOIN_GROUP, { group: '239.3.4.5', interface: 'lo' }],
      ],
      bind: { address: '239.3.4.5' },
    })
    expect(readFileSync('/proc/net/igmp', 'utf8')).toContain('050403EF')
    await owned.close()
    expect(readFileSync('/proc/net/igmp', 'utf8')).not.toContain('050403EF')
  })

  it('SO_REUSEPORT lets servers of four processes share a port, and all of them accept', async () => {
    const code = `
      import { openSocket } from 'sockctl'
      import { SO_REUSEPORT } from 'sockctl/options'
      import { tell } from '${STDIO}'
      const owned = await openSocket({
        family: 'ipv4',
        type: 'stream',
        options: [[SO_REUSEPORT, true]],
        bind: { address: '127.0.0.1', port: Number(process.argv[1]) },
        listen: {},
      })
      const server = owned.toServer({}, (socket) => socket.end(String(process.pid)))
      tell({ port: owned.address().port })`
    const servers: Peer[] = []
    try {
      let port = 0
      for (let count = 0; count < 4; count++) {
        const server = spawnScript({ code }, [`${port}`])
        servers.push(server)
        port = (await server.next<{ port: number }>()).port
      }
      const accepted = new Set<number>()
      // That one of the four gets none of 400 by chance has odds of 1 in 10 ** 49.
      for (let count = 0; count < 400 && accepted.size < 4; count++) {
        const client = (
          await openSocket({ family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1', port } })
        ).toStream()
        accepted.add(Number((await once(client, 'data'))[0]))
        client.destroy()
      }
      expect([...accepted].sort()).toEqual(servers.map(({ pid }) => pid).sort())

      const outsider = openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1', port } })
      await expect(outsider).rejects.toMatchObject({ code: 'EADDRINUSE' })
      const options = [[SO_REUSEPORT, true]] as const
      await using _ = await openSocket({
        family: 'ipv4',
        type: 'stream',
        options,
        bind: { address: '127.0.0.1', port },
      })
    } finally {
      await Promise.all(servers.map((server) => server.close()))
    }
  })

  it('handing a socket over changes none of its options', async () => {
    const changes = async (owned: OwnedSocket, become: () => dgram.Socket | net.Socket | net.Server) => {
      const before = await owned.control.snapshot()
      const taken = become()
      await new Promise(setImmediate)
      // The connection's timestamp clock goes on.
      const { TCP_TIMESTAMP, TCP_INFO, ...changed } = diffSnapshots(before, await owned.control.snapshot())
      if ('destroy' in taken) taken.destroy()
      else taken.close()
      return changed
    }
    for (const [family, address] of [
      ['ipv4', '127.0.0.1'],
      ['ipv6', '::1'],
    ] as const) {
      const udp = await openSocket({ family, type: 'dgram', bind: { address } })
      const connected = await openSocket({ family, type: 'dgram', connect: udp.address() })
      const listener = await openSocket({ family, type: 'stream', bind: { address }, listen: {} })
      const stream = await openSocket({ family, type: 'stream', connect: listener.address() })
      expect(await changes(connected, () => connected.toDatagram())).toEqual({})
      expect(await changes(udp, () => udp.toDatagram())).toEqual({})
      expect(await changes(stream, () => stream.toStream())).toEqual({})
      expect(await changes(listener, () => listener.toServer())).toEqual({})
    }
  })

  it.each([0, 3, undefined])('a backlog of %s is the one the kernel has, also as a server', async (backlog) => {
    const listen = backlog === undefined ? {} : { backlog }
    const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' }, listen })
    // For a listening socket, this field of TCP_INFO is the length its queue may have.
    const longest = () => owned.control.getSync(TCP_INFO).sacked
    expect(longest()).toBe(backlog ?? 511)
    const server = owned.toServer()
    await once(server, 'listening')
    expect(longest()).toBe(backlog ?? 511)
    await once(server.close(), 'close')
  })
})
