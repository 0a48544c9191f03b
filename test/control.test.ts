import dgram from 'node:dgram'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { control } from 'sockctl'
import { IP_ADD_MEMBERSHIP, IP_TTL, SO_KEEPALIVE, SO_TYPE, TCP_NODELAY } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { spawnClusterWorker, spawnProgram } from './support/processes.ts'
import { closed, listen, portOf, withoutCertificate } from './support/sockets.ts'

const at = (host: net.AddressInfo | string | null): number => (host as net.AddressInfo).port

async function dgramOf(type: dgram.SocketType): Promise<dgram.Socket> {
  const socket = dgram.createSocket(type).bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
  onTestFinished(() => void socket.close())
  await once(socket, 'listening')
  return socket
}

async function serverOf<S extends net.Server>(server: S): Promise<S> {
  await listen('127.0.0.1', server)
  onTestFinished(() => void server.close())
  return server
}

function close(...sockets: net.Socket[]): void {
  onTestFinished(() => {
    for (const socket of sockets) socket.on('error', () => {}).destroy()
  })
}

async function connection(): Promise<[client: net.Socket, peer: net.Socket]> {
  const server = await serverOf(net.createServer())
  const client = net.connect(at(server.address()), '127.0.0.1')
  const [[peer]] = await Promise.all([once(server, 'connection') as Promise<[net.Socket]>, once(client, 'connect')])
  close(client, peer)
  return [client, peer]
}

async function tlsConnection(): Promise<[client: tls.TLSSocket, peer: tls.TLSSocket]> {
  const server = await serverOf(tls.createServer(withoutCertificate.server))
  const client = tls.connect({ ...withoutCertificate.client, port: at(server.address()), host: '127.0.0.1' })
  const [[peer]] = await Promise.all([
    once(server, 'secureConnection') as Promise<[tls.TLSSocket]>,
    once(client, 'secureConnect'),
  ])
  close(client, peer)
  return [client, peer]
}

describe('control', () => {
  it.each([
    ['a udp4 dgram.Socket', () => dgramOf('udp4')],
    ['a udp6 dgram.Socket', () => dgramOf('udp6')],
    ['a net.Server', () => serverOf(net.createServer())],
    ['an http.Server', () => serverOf(http.createServer())],
    ['a tls.Server', () => serverOf(tls.createServer(withoutCertificate.server))],
  ] as const)('finds the descriptor of %s', async (_, socketOf) => {
    const socket = await socketOf()
    expect(portOf(control(socket).fd)).toBe(at(socket.address() as net.AddressInfo))
  })

  it.each([
    ['a net.Socket', connection],
    ['a TLS socket', tlsConnection],
  ])('finds the descriptor of %s, on both sides', async (_, socketsOf) => {
    for (const socket of await socketsOf()) {
      expect(portOf(control(socket).fd)).toBe(socket.localPort)
      await control(socket).set(TCP_NODELAY, true)
      expect(await control(socket).get(TCP_NODELAY)).toBe(true)
    }
  })

  it('finds the descriptor of a TLS socket around a connection that was there', async () => {
    const [plain] = await connection()
    const wrapped = tls.connect({ ...withoutCertificate.client, socket: plain })
    close(wrapped)
    expect(control(wrapped).fd).toBe(control(plain).fd)
  })

  it('takes a descriptor, and anything that carries one', async () => {
    const socket = await dgramOf('udp4')
    const { fd } = control(socket)
    await control(fd).set(IP_TTL, 7)
    expect(control(fd).fd).toBe(fd)
    expect(await control({ fd }).get(IP_TTL)).toBe(7)
    expect(control(socket).getSync(IP_TTL)).toBe(7)
  })

  it('says so if the descriptor is no socket', async () => {
    await using file = await open('/dev/null')
    await expect(control(file).get(SO_TYPE)).rejects.toMatchObject({ code: 'ENOTSOCK', reason: 'bad-value' })
    await expect(control(file).join({ group: '239.1.1.1' })).rejects.toMatchObject({ code: 'ENOTSOCK' })
  })

  it('says so if the descriptor is not open', async () => {
    const never = control(1_000_000)
    const wanted = { code: 'EBADF', reason: 'closed' }
    await expect(never.get(SO_TYPE)).rejects.toMatchObject(wanted)
    await expect(never.set(IP_TTL, 7)).rejects.toMatchObject(wanted)
    await expect(never.set(IP_ADD_MEMBERSHIP, { group: '239.1.1.1' })).rejects.toMatchObject(wanted)
    await expect(never.join({ group: '239.1.1.1', interface: 'lo' })).rejects.toMatchObject(wanted)
    await expect(never.snapshot()).rejects.toMatchObject(wanted)
  })

  it('is the same for the same object, every time', async () => {
    const socket = await dgramOf('udp4')
    const carrier = { fd: control(socket).fd }
    expect(control(socket)).toBe(control(socket))
    expect(control(carrier)).toBe(control(carrier))
    expect(control(carrier)).not.toBe(control(socket))
  })
})

describe('a socket that is not open', () => {
  const refusal = (advice: RegExp) =>
    expect.objectContaining({ code: 'ERR_SOCKET_CLOSED', reason: 'closed', message: expect.stringMatching(advice) })

  async function refusesAll(socket: Parameters<typeof control>[0], advice: RegExp): Promise<void> {
    const closedControl = control(socket)
    const wanted = refusal(advice)
    expect(() => closedControl.fd).toThrow(wanted)
    expect(() => closedControl.getSync(SO_TYPE)).toThrow(wanted)
    expect(() => closedControl.setSync(IP_TTL, 7)).toThrow(wanted)
    const on = { group: '239.1.1.1', interface: 'lo' }
    // Each gives a promise that rejects; none throws.
    const calls = [
      closedControl.get(SO_TYPE),
      closedControl.set(IP_TTL, 7),
      closedControl.set(IP_ADD_MEMBERSHIP, on),
      closedControl.snapshot(),
      closedControl.join(on),
      closedControl.joinAll([on]),
      closedControl.getSourceFilter(on),
      closedControl.setSourceFilter(on, { mode: 'include', sources: [] }),
      closedControl.setMulticastInterface('lo'),
      closedControl.getMulticastInterface(),
      closedControl.setMulticastHops(7),
      closedControl.getMulticastHops(),
      closedControl.setMulticastLoopback(false),
      closedControl.getMulticastLoopback(),
    ]
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes).toEqual(calls.map(() => ({ status: 'rejected', reason: wanted })))
    expect(closedControl.memberships).toEqual([])
  }

  it('a dgram.Socket says to bind it, until it is bound and after it is closed', async () => {
    const socket = dgram.createSocket('udp4')
    await refusesAll(socket, /dgram\.Socket.*bind\(\).*'listening'/)
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    expect(await control(socket).get(SO_TYPE)).toBe(2)
    await new Promise<void>((resolve) => socket.close(resolve))
    await refusesAll(socket, /dgram\.Socket.*bind\(\)/)
  })

  it("a net.Socket says to wait for 'connect', until it is connected and after it is closed", async () => {
    const server = await serverOf(net.createServer((peer) => void peer.resume()))
    const socket = new net.Socket()
    close(socket)
    await refusesAll(socket, /net\.Socket.*'connect'/)
    socket.connect(at(server.address()), '127.0.0.1')
    await refusesAll(socket, /net\.Socket.*'connect'/)
    await once(socket, 'connect')
    expect(await control(socket).get(SO_TYPE)).toBe(1)
    socket.destroy()
    await once(socket, 'close')
    await refusesAll(socket, /net\.Socket.*'connect'/)
  })

  it('a net.Server says to listen, until it listens and after it is closed', async () => {
    const server = net.createServer()
    await refusesAll(server, /net\.Server.*listen\(\).*'listening'/)
    await listen('127.0.0.1', server)
    expect(await control(server).get(SO_TYPE)).toBe(1)
    await closed(server)
    await refusesAll(server, /net\.Server.*listen\(\)/)
  })

  it('a net.Server in a worker of node:cluster says how to have the descriptor there', async () => {
    const worker = `
      import net from 'node:net'
      import { control } from 'sockctl'
      import { SO_ACCEPTCONN } from 'sockctl/options'
      const shared = net.createServer().listen(0, '127.0.0.1', () => {
        const own = net.createServer().listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
          try { control(shared).fd } catch ({ code, message }) {
            process.send({ code, message, listens: control(own).getSync(SO_ACCEPTCONN) })
          }
        })
      })`
    await using peer = spawnClusterWorker(worker)
    expect(await peer.next()).toEqual({
      code: 'ERR_SOCKET_CLOSED',
      message: expect.stringContaining('exclusive: true'),
      listens: true,
    })
  })

  it('works again when it is opened again, as the socket it is then', async () => {
    const server = net.createServer((peer) => void peer.resume())
    await listen('127.0.0.1', server)
    await control(server).set(SO_KEEPALIVE, true)
    const client = net.connect(at(server.address()), '127.0.0.1')
    close(client)
    await once(client, 'connect')
    await control(client).set(IP_TTL, 7)
    client.destroy()
    await once(client, 'close')
    await closed(server)

    await listen('127.0.0.1', server)
    onTestFinished(() => void server.close())
    expect(await control(server).get(SO_KEEPALIVE)).toBe(false)
    client.connect(at(server.address()), '127.0.0.1')
    await once(client, 'connect')
    expect(await control(client).get(IP_TTL)).not.toBe(7)
    expect(portOf(control(client).fd)).toBe(client.localPort)
  })

  it('{ fd } says that its fd is negative', async () => {
    const carrier = { fd: -1 }
    await refusesAll(carrier, /negative/)
    carrier.fd = control(await dgramOf('udp4')).fd
    expect(await control(carrier).get(SO_TYPE)).toBe(2)
  })
})

it('no socket of Node makes a warning, a deprecated or a pending one', async () => {
  const code = `
    import dgram from 'node:dgram'
    import { once } from 'node:events'
    import http from 'node:http'
    import net from 'node:net'
    import tls from 'node:tls'
    import { control } from 'sockctl'
    import { SO_TYPE } from 'sockctl/options'

    const withoutCertificate = ${JSON.stringify(withoutCertificate)}
    process.on('warning', ({ name, message }) => { throw new Error(name + ': ' + message) })
    const seen = []
    const use = async (socket) => {
      const { fd } = control(socket)
      seen.push(await control(socket).get(SO_TYPE))
      await control(socket).snapshot()
    }
    for (const type of ['udp4', 'udp6']) {
      const socket = dgram.createSocket(type)
      try { control(socket).fd } catch ({ code }) { seen.push(code) }
      socket.bind(0)
      await once(socket, 'listening')
      await use(socket)
      const membership = await control(socket).join({ group: type === 'udp4' ? '239.1.1.1' : 'ff15::1', interface: 'lo' })
      await membership.leave()
      socket.close()
    }
    for (const server of [net.createServer(), http.createServer(), tls.createServer(withoutCertificate.server)]) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address()
      const secure = server instanceof tls.Server
      const client = secure ? tls.connect({ ...withoutCertificate.client, port, host: '127.0.0.1' }) : net.connect(port, '127.0.0.1')
      const [[peer]] = await Promise.all([
        once(server, secure ? 'secureConnection' : 'connection'),
        once(client, secure ? 'secureConnect' : 'connect'),
      ])
      await use(server)
      await use(client)
      await use(peer)
      client.destroy()
      peer.destroy()
      server.close()
    }
    console.log(JSON.stringify({ seen }))`
  const flags = ['--throw-deprecation', '--pending-deprecation', '--input-type=module']
  await using child = spawnProgram([process.execPath, ...flags, '--eval', code])
  const { seen } = await child.next<{ seen: unknown[] }>()
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stderr()).toBe('')
  expect(seen).toEqual(['ERR_SOCKET_CLOSED', 2, 'ERR_SOCKET_CLOSED', 2, ...Array(9).fill(1)])
})
