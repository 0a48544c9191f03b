// adoptSocket: what an adopted socket says of itself, what it becomes, and which descriptors are refused and left alone.
import { execFileSync, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  adoptSocket,
  control,
  type OwnedSocket,
  openReceiver,
  openSender,
  openSocket,
  SocketOptionError,
  type SocketSpec,
  type UnixAddress,
} from 'sockctl'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'
import { collect, constant, socketOf } from './support/native-sockets.ts'
import { spawnScript } from './support/processes.ts'

const stdio = new URL('support/stdio.mjs', import.meta.url)
const LOOPBACK = { address: '127.0.0.1', port: 0 }

/** A descriptor that nobody owns: closed with the test, unless something of the test has closed it. */
async function orphanOf(spec: SocketSpec): Promise<number> {
  const fd = (await openSocket(spec)).release()
  const { ino } = fstatSync(fd)
  onTestFinished(() => {
    try {
      if (fstatSync(fd).ino === ino) closeSync(fd)
    } catch {
      // It is closed.
    }
  })
  return fd
}

const adopted = async (spec: SocketSpec): Promise<OwnedSocket> => adoptSocket(await orphanOf(spec))

/** What the kernel says of a descriptor: its flags, its position and what it is. */
const stateOf = (fd: number | string): string =>
  `${readlinkSync(`/proc/self/fd/${fd}`)} ${readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')}`

function refusalOf(fd: unknown): SocketOptionError {
  try {
    adoptSocket(fd as number)
  } catch (error) {
    if (error instanceof SocketOptionError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describeInNamespace('an adopted socket', () => {
  it.each([
    ['ipv4', 'dgram', 17],
    ['ipv4', 'stream', 6],
    ['ipv4', 'raw', 255],
    ['ipv6', 'dgram', 17],
    ['ipv6', 'stream', 6],
    ['unix', 'dgram', 0],
    ['unix', 'stream', 0],
    ['unix', 'seqpacket', 0],
    ['packet', 'raw', 0],
    ['netlink', 'raw', 0],
  ])('of %s %s says what it is, as the one that was opened did', async (family, type, protocol) => {
    const opened = await openSocket({ family, type, protocol: type === 'raw' ? protocol : 0 } as SocketSpec)
    const facts = (owned: OwnedSocket) => ({
      family: owned.family,
      type: owned.type,
      protocol: owned.protocol,
      listening: owned.listening,
      connected: owned.connected,
      name: owned.name,
      address: owned.address(),
      remoteAddress: owned.remoteAddress(),
    })
    const before = facts(opened)
    await using socket = adoptSocket(opened.release())
    expect(facts(socket)).toEqual(before)
    // The kernel's own netlink socket is the peer of each that has no other.
    expect(before).toMatchObject({ family, type, protocol, listening: false, connected: family === 'netlink' })
  })

  it('says whether it listens or is connected, also after it was handed over', async () => {
    await using listener = await adopted({ family: 'ipv4', type: 'stream', bind: LOOPBACK, listen: {} })
    const { port } = listener.address() as { port: number }
    await using client = await adopted({ family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1', port } })
    expect([listener.listening, listener.connected]).toEqual([true, false])
    expect([client.listening, client.connected]).toEqual([false, true])
    expect(client.remoteAddress()).toEqual({ address: '127.0.0.1', port })
    const server = listener.toServer()
    expect(listener.listening).toBe(true)
    await once(server.close(), 'close')
    expect(() => listener.listening).toThrow(expect.objectContaining({ reason: 'closed' }))
    expect([listener.family, listener.type]).toEqual(['ipv4', 'stream'])
  })

  it('is closed by its owner, and once', async () => {
    const before = openSockets()
    const socket = await adopted({ family: 'ipv4', type: 'dgram' })
    expect(openSockets().length).toBe(before.length + 1)
    await socket.close()
    await socket.close()
    expect(openSockets()).toEqual(before)
  })

  it('is closed when nothing refers to it any more', async () => {
    const before = openSockets()
    await adopted({ family: 'ipv4', type: 'dgram' })
    await collect()
    expect(openSockets()).toEqual(before)
  })

  it('may be given away and adopted again', async () => {
    const first = await adopted({ family: 'ipv4', type: 'dgram', bind: LOOPBACK })
    const address = first.address()
    const fd = first.release()
    await using second = adoptSocket(fd)
    expect(second.fd).toBe(fd)
    expect(second.address()).toEqual(address)
  })

  it('becomes a dgram.Socket, which hears and answers', async () => {
    const socket = (await adopted({ family: 'ipv4', type: 'dgram', bind: LOOPBACK })).toDatagram()
    onTestFinished(() => void socket.close())
    await using sender = await openSender({ to: socket.address() as { address: string; port: number } })
    const heard = once(socket, 'message')
    await sender.send(Buffer.from('to the adopted'))
    expect(String((await heard)[0])).toBe('to the adopted')
  })

  it('becomes a connected dgram.Socket with the port it had', async () => {
    const peer = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    onTestFinished(() => void peer.close())
    await once(peer, 'listening')
    const connect = { address: '127.0.0.1', port: peer.address().port }
    const owned = await adopted({ family: 'ipv4', type: 'dgram', connect })
    const { port } = owned.address() as { port: number }
    const socket = owned.toDatagram()
    onTestFinished(() => void socket.close())
    await once(socket, 'connect')
    const heard = once(peer, 'message')
    socket.send('from the adopted')
    const [data, from] = await heard
    expect([String(data), from.port]).toEqual(['from the adopted', port])
  })

  it('becomes a MessageSocket, which has the descriptor from then on', async () => {
    await using socket = (await adopted({ family: 'ipv4', type: 'dgram', bind: LOOPBACK })).toMessageSocket()
    expect(refusalOf(socket.control.fd).code).toBe('ERR_DESCRIPTOR_OWNED')
    await using sender = await openSender({ to: socket.address as { address: string; port: number } })
    await sender.send(Buffer.from('to the adopted'))
    expect((await socket.receive()).map(({ data }) => String(data))).toEqual(['to the adopted'])
  })

  it('becomes a server if it is bound only, and refuses what it is not', async () => {
    await using bound = await adopted({ family: 'ipv4', type: 'stream', bind: LOOPBACK })
    expect(() => bound.toStream()).toThrow('not connected')
    expect(() => bound.toDatagram()).toThrow('Node has no class for a stream socket of ipv4')
    const server = bound.toServer()
    await once(server, 'listening')
    await once(server.close(), 'close')
    await using listener = await adopted({ family: 'ipv4', type: 'stream', bind: LOOPBACK, listen: {} })
    expect(() => listener.toStream()).toThrow('toServer()')
  })
})

describeInNamespace('a socket that a program inherits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-adopt-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const unixPath = join(folder, 'unix')

  // The parent makes the sockets as C programs do: blocking, and inherited by every program. Node makes descriptors up to 15,
  // and those next to them, close on exec when it starts.
  const parent = (makes: string) => [
    'python3',
    '-c',
    `import os, socket, sys\n${makes}\nos.execvp(sys.argv[1], sys.argv[1:])`,
  ]

  it('no longer blocks, and closes on exec', async () => {
    const code = `
      import { readFileSync } from 'node:fs'
      import { adoptSocket } from 'sockctl'
      import { tell } from '${stdio}'
      const flags = () => Number.parseInt(/flags:\\s+(\\d+)/.exec(readFileSync('/proc/self/fdinfo/40', 'utf8'))[1], 8)
      const before = flags()
      const { family, type, protocol, listening, connected } = adoptSocket(40)
      tell({ gained: flags() & ~before, family, type, protocol, listening, connected })`
    const makes = 's = socket.create_server(("127.0.0.1", 0))\nos.dup2(s.fileno(), 40)'
    await using child = spawnScript({ code }, [], parent(makes))
    const [O_NONBLOCK, O_CLOEXEC] = [0o4000, 0o2000000]
    expect(await child.next()).toEqual({
      gained: O_NONBLOCK | O_CLOEXEC,
      family: 'ipv4',
      type: 'stream',
      protocol: 6,
      listening: true,
      connected: false,
    })
  })

  it.each([
    ['TCP', { family: 'ipv4', type: 'stream', bind: LOOPBACK, listen: {} }],
    ['TCP over IPv6', { family: 'ipv6', type: 'stream', bind: { address: '::1', port: 0 }, listen: {} }],
    ['Unix', { family: 'unix', type: 'stream', bind: { path: unixPath }, listen: {} }],
  ] satisfies [string, SocketSpec][])('becomes a server: %s', async (_, spec) => {
    await using listener = await openSocket(spec as SocketSpec)
    const code = `
      import { adoptSocket } from 'sockctl'
      adoptSocket(3).toServer({}, (socket) => socket.end('from the child'))`
    await using _child = spawnScript({ code }, [], [], [listener.fd])
    const at = listener.address()
    const client = net.connect(
      'address' in at ? { host: at.address, port: at.port } : { path: (at as UnixAddress).path },
    )
    expect(String((await once(client, 'data'))[0])).toBe('from the child')
    client.destroy()
  })

  it.each([
    ['TCP', { ...LOOPBACK, host: '127.0.0.1' }],
    ['Unix', { path: `${unixPath}2` }],
  ])('becomes a stream, of a connection that its parent accepted: %s', async (_, on) => {
    const server = net.createServer({ pauseOnConnect: true }).listen(on)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const at = server.address() as string | net.AddressInfo
    const client = net.connect(typeof at === 'string' ? { path: at } : { port: at.port, host: at.address })
    const [accepted] = (await once(server, 'connection')) as [net.Socket]
    const code = `
      import { adoptSocket } from 'sockctl'
      const owned = adoptSocket(3)
      owned.toStream().on('data', function (data) { this.end(owned.connected + ' ' + data) })`
    await using child = spawnScript({ code }, [], [], [control(accepted).fd])
    accepted.destroy()
    client.write('to the child')
    expect(String((await once(client, 'data'))[0])).toBe('true to the child')
    client.destroy()
    expect((await child.exited).code).toBe(0)
  })

  it('becomes a dgram.Socket', async () => {
    await using socket = await openSocket({ family: 'ipv4', type: 'dgram', bind: LOOPBACK })
    const code = `
      import { adoptSocket } from 'sockctl'
      import { tell } from '${stdio}'
      const socket = adoptSocket(3).toDatagram()
      socket.on('message', (data) => { tell({ heard: String(data) }); socket.close() })`
    await using child = spawnScript({ code }, [], [], [socket.fd])
    await using sender = await openSender({ to: socket.address() })
    await sender.send(Buffer.from('to the child'))
    expect(await child.next()).toEqual({ heard: 'to the child' })
  })

  it('may be its standard input, as of inetd', async () => {
    await using listener = await openSocket({ family: 'ipv4', type: 'stream', bind: LOOPBACK, listen: {} })
    const code = `import { adoptSocket } from 'sockctl'; adoptSocket(0).toServer({}, (socket) => socket.end('from 0'))`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: [listener.fd, 'ignore', 'inherit'],
      cwd: join(import.meta.dirname, '..'),
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const client = net.connect({ host: '127.0.0.1', port: listener.address().port })
    expect(String((await once(client, 'data'))[0])).toBe('from 0')
    client.destroy()
  })
})

describe('what adoptSocket refuses', () => {
  it.each([-1, 0.5, Number.NaN, 2 ** 31, '3', undefined, null, {}, 1n])(
    '%s, which is no number of a descriptor',
    (given) => {
      expect(refusalOf(given)).toMatchObject({ code: 'ERR_INVALID_VALUE', reason: 'bad-value' })
      expect(refusalOf(given).message).toMatch(
        /^adoptSocket: the descriptor is .*a whole number from 0 to 2147483647 is needed$/,
      )
    },
  )

  it('a descriptor that is closed', () => {
    expect(refusalOf(2 ** 31 - 1)).toMatchObject({
      code: 'EBADF',
      reason: 'closed',
      message: expect.stringMatching(/^adopt descriptor 2147483647: no descriptor of this number is open/),
    })
  })

  it('what is no socket, which stays as it was', async () => {
    const file = openSync('/dev/null', 'r')
    onTestFinished(() => closeSync(file))
    const before = stateOf(file)
    expect(refusalOf(file)).toMatchObject({
      code: 'ENOTSOCK',
      reason: 'bad-value',
      message: expect.stringMatching(/^adopt descriptor \d+: it is no socket/),
    })
    expect(stateOf(file)).toBe(before)
    const code = `
      import { adoptSocket } from 'sockctl'
      try { adoptSocket(0) } catch ({ code }) { console.log(code) }`
    const child = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    expect(String(child)).toBe('ENOTSOCK\n')
  })

  it('a type that openSocket does not open', () => {
    const SOCK_PACKET = 10
    expect(refusalOf(socketOf(constant('AF_PACKET'), SOCK_PACKET).fd)).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      reason: 'unsupported',
      message: expect.stringContaining('family 17 and type 10'),
    })
  })

  const owners: [string, () => Promise<{ fd: number; end: () => unknown }>][] = [
    [
      'an OwnedSocket has',
      async () => {
        const owned = await openSocket({ family: 'ipv4', type: 'dgram' })
        return { fd: owned.fd, end: () => owned.close() }
      },
    ],
    [
      'an adopted socket has',
      async () => {
        const owned = await adopted({ family: 'ipv4', type: 'dgram' })
        return { fd: owned.fd, end: () => owned.close() }
      },
    ],
    [
      'a receiver has',
      async () => {
        const receiver = await openReceiver({ address: '127.0.0.1' })
        return { fd: receiver.control.fd, end: () => receiver.close() }
      },
    ],
    [
      'a sender has',
      async () => {
        const sender = await openSender({})
        return { fd: sender.control.fd, end: () => sender.close() }
      },
    ],
    [
      'a dgram.Socket has',
      async () => {
        const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
        await once(socket, 'listening')
        return { fd: control(socket).fd, end: () => once(socket.close(), 'close') }
      },
    ],
    [
      'a net.Server has',
      async () => {
        const server = net.createServer().listen(0, '127.0.0.1')
        await once(server, 'listening')
        return { fd: control(server).fd, end: () => once(server.close(), 'close') }
      },
    ],
    [
      'a socket of Node has that an OwnedSocket became',
      async () => {
        const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: LOOPBACK, listen: {} })
        const server = owned.toServer()
        return { fd: owned.fd, end: () => once(server.close(), 'close') }
      },
    ],
    [
      'the pipe to a child has, which is a Unix socket',
      async () => {
        const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] })
        const fd = control(child.stdin as unknown as net.Socket).fd
        const end = async () => {
          child.stdin.end()
          await once(child, 'close')
        }
        return { fd, end }
      },
    ],
  ]

  it.each(owners)('a descriptor that %s, which stays as it was', async (_, make) => {
    const before = openSockets()
    const { fd, end } = await make()
    const state = stateOf(fd)
    expect(refusalOf(fd)).toMatchObject({
      code: 'ERR_DESCRIPTOR_OWNED',
      reason: 'closed',
      message: expect.stringMatching(/^adopt descriptor \d+: it has an owner already/),
    })
    expect(stateOf(fd)).toBe(state)
    await end()
    expect(openSockets()).toEqual(before)
  })

  it('a descriptor that is being closed', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'dgram' })
    const { fd } = owned
    const closing = owned.close()
    expect(['ERR_DESCRIPTOR_OWNED', 'EBADF']).toContain(refusalOf(fd).code)
    await closing
    expect(refusalOf(fd).code).toBe('EBADF')
  })

  it('a descriptor that an OwnedSocket of another thread has', async () => {
    await using owned = await openSocket({ family: 'ipv4', type: 'dgram' })
    const code = `
      import { parentPort, workerData } from 'node:worker_threads'
      import { adoptSocket } from '${import.meta.resolve('sockctl')}'
      const refusal = (fd) => { try { adoptSocket(fd) } catch ({ code }) { return code } }
      parentPort.postMessage(refusal(workerData))
      parentPort.once('message', (fd) => {
        globalThis.kept = adoptSocket(fd)
        parentPort.postMessage('adopted')
        parentPort.once('message', () => {})
      })`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: owned.fd })
    expect((await once(worker, 'message'))[0]).toBe('ERR_DESCRIPTOR_OWNED')
    const given = await orphanOf({ family: 'ipv4', type: 'dgram' })
    worker.postMessage(given)
    expect((await once(worker, 'message'))[0]).toBe('adopted')
    expect(refusalOf(given).code).toBe('ERR_DESCRIPTOR_OWNED')
    // The end of the worker closes what it has.
    await worker.terminate()
    expect(refusalOf(given).code).toBe('EBADF')
  })
})
