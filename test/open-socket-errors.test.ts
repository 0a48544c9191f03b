import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { control, openSocket, SocketOptionError, type SocketSpec } from 'sockctl'
import { IPV6_V6ONLY, SO_RCVBUF, SO_REUSEADDR, SO_TYPE } from 'sockctl/options'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { ip, sysctl } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'
import { spawnClusterWorker, spawnScript } from './support/processes.ts'

/** Wrong values, as a program without types may write them. */
const open = (spec: unknown) => openSocket(spec as SocketSpec)

const REFUSED_BEFORE: readonly (readonly [what: string, spec: unknown, message: RegExp])[] = [
  ['no spec', undefined, /takes \{ family, type, \.\.\. \}, not undefined/],
  ['a family there is not', { family: 'ipv5', type: 'dgram' }, /family is 'ipv5': one of ipv4, ipv6, unix/],
  ['a type there is not', { family: 'ipv4', type: 'udp' }, /type of ipv4 is 'udp': one of dgram, stream/],
  ['a type of another family', { family: 'netlink', type: 'stream' }, /one of dgram, raw is needed/],
  ['a word it does not know', { family: 'ipv4', type: 'dgram', host: 'x' }, /unknown option 'host'/],
  ['a protocol it does not know', { family: 'ipv4', type: 'raw', protocol: 'icmp' }, /IPPROTO_ICMP/],
  ['a protocol out of range', { family: 'packet', type: 'raw', protocol: 65536 }, /from 0 to 65535/],
  ['options that are no list', { family: 'ipv4', type: 'dgram', options: {} }, /an array of \[option, value\]/],
  ['an option by name', { family: 'ipv4', type: 'dgram', options: [['SO_RCVBUF', 1]] }, /options\[0\] is not/],
  ['an option alone', { family: 'ipv4', type: 'dgram', options: [[SO_RCVBUF]] }, /options\[0\] is not/],
  ['an address of another family', inet({ address: '::1' }), /address is '::1': an IPv4 address is needed/],
  ['IPv4 on IPv6', { family: 'ipv6', type: 'dgram', bind: { address: '1.2.3.4' } }, /write '::ffff:1\.2\.3\.4'/],
  ['a name for an address', inet({ address: 'localhost' }), /looked up first/],
  ['a port out of range', inet({ port: 65536 }), /port is 65536: a whole number from 0 to 65535/],
  ['a port that is text', inet({ port: '80' }), /port is '80'/],
  ['a path for an address', inet({ path: 'x' }), /path is no part of an address of ipv4, which is \{ address, port \}/],
  ['an interface for an address', inet({ interface: 'lo' }), /set SO_BINDTODEVICE/],
  ['a bind that is no object', { family: 'ipv4', type: 'dgram', bind: 80 }, /bind is 80/],
  ['a connect to no port', { family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1' } }, /port is undefined/],
  ['a connect to no address', { family: 'ipv4', type: 'stream', connect: { port: 1 } }, /address is undefined/],
  ['both listen and connect', { family: 'ipv4', type: 'stream', listen: {}, connect: {} }, /listens or connects/],
  ['a datagram socket that listens', { family: 'ipv4', type: 'dgram', listen: {} }, /has no connections/],
  ['a negative backlog', { family: 'ipv4', type: 'stream', listen: { backlog: -1 } }, /backlog is -1/],
  ['a zone there is not', { family: 'ipv6', type: 'dgram', bind: { address: 'fe80::1%nope' } }, /there are: lo/],
  ['an interface there is not', { family: 'packet', type: 'raw', bind: { interface: 'nope' } }, /there are: lo/],
  ['a connection of packets', { family: 'packet', type: 'raw', connect: {} }, /have no connections/],
  ['a path that is too long', { family: 'unix', type: 'stream', bind: { path: 'x'.repeat(108) } }, /at most 107 fit/],
  [
    'an abstract name that is too long',
    { family: 'unix', type: 'stream', bind: { path: '\0'.padEnd(109, 'x') } },
    /at most 108 fit/,
  ],
  ['a path with a NUL in it', { family: 'unix', type: 'stream', bind: { path: 'a\0b' } }, /has a NUL in it/],
  ['a connect to an empty path', { family: 'unix', type: 'stream', connect: { path: '' } }, /connect: path is ''/],
  ['a connect to no path', { family: 'unix', type: 'stream', connect: {} }, /path is undefined/],
  ['an IPv4 address that is no text', inet({ address: 5, family: 4 }), /address is 5/],
  ['a family that is not the address’s', inet({ address: '127.0.0.1', family: 'x' }), /family is 'x'/],
  [
    'interfaces that are no name',
    { family: 'packet', type: 'raw', bind: { interface: -1 } },
    /interface is -1: its name/,
  ],
  ['a signal that is none', { family: 'ipv4', type: 'dgram', signal: {} }, /an AbortSignal is needed/],
]

function inet(bind: object): object {
  return { family: 'ipv4', type: 'dgram', bind }
}

describeInNamespace('what openSocket refuses', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sockctl-'))
  const file = join(directory, 'file')
  writeFileSync(file, '')
  afterAll(() => rmSync(directory, { recursive: true }))

  let before: string[]
  beforeEach(() => {
    before = openSockets()
  })
  afterEach(() => {
    expect(openSockets()).toEqual(before)
  })

  it.each(REFUSED_BEFORE)('%s', async (_, spec, message) => {
    const error = await open(spec).then(
      () => undefined,
      (error) => error,
    )
    expect(error).toMatchObject({ message: expect.stringMatching(message) })
    if (!(error instanceof TypeError)) {
      expect(error).toBeInstanceOf(SocketOptionError)
      expect(['bad-value', 'no-interface']).toContain(error.reason)
    }
  })

  it.each([
    ['a value of the wrong type', [SO_RCVBUF, '1000'], 'ERR_INVALID_VALUE', 'bad-value'],
    ['an option that can only be read', [SO_TYPE, 1], 'ERR_INVALID_VALUE', 'bad-value'],
    ['an option of another family', [IPV6_V6ONLY, true], 'ENOPROTOOPT', 'unsupported'],
  ])('%s, and closes what it opened', async (_, pair, code, reason) => {
    const options = [[SO_REUSEADDR, true], pair]
    const opening = open({ family: 'ipv4', type: 'dgram', options, bind: {} })
    await expect(opening).rejects.toMatchObject({ name: 'SocketOptionError', code, reason })
  })

  const tcp = { family: 'ipv4', type: 'stream' }
  const unix = { family: 'unix', type: 'stream' }
  it.each([
    ['an address this host lacks', inet({ address: '192.0.2.1' }), 'bind', 'EADDRNOTAVAIL', 'bad-value', 'IP_FREEBIND'],
    [
      'a link-local address without a zone',
      { family: 'ipv6', type: 'dgram', bind: { address: 'fe80::1' } },
      'bind',
      'EINVAL',
      'bad-value',
      '%zone',
    ],
    [
      'a type without a protocol',
      { family: 'ipv4', type: 'seqpacket' },
      'socket',
      'ESOCKTNOSUPPORT',
      'unsupported',
      'ipv4',
    ],
    ['a protocol of another type', { ...tcp, protocol: 17 }, 'socket', 'EPROTONOSUPPORT', 'unsupported', 'stream'],
    [
      'a port nobody listens on',
      { ...tcp, connect: { address: '127.0.0.1', port: 1 } },
      'connect',
      'ECONNREFUSED',
      'system',
      '127.0.0.1 port 1',
    ],
    [
      'an address no route leads to',
      { ...tcp, connect: { address: '192.0.2.1', port: 1 } },
      'connect',
      'ENETUNREACH',
      'no-route',
      '192.0.2.1',
    ],
    ['a directory there is not', { ...unix, bind: { path: '/nowhere/x' } }, 'bind', 'ENOENT', 'bad-value', 'directory'],
    ['a path that exists', { ...unix, bind: { path: file } }, 'bind', 'EADDRINUSE', 'system', 'remove it'],
    ['a path there is not', { ...unix, connect: { path: 'nowhere' } }, 'connect', 'ENOENT', 'system', 'nowhere'],
    ['a path that is no socket', { ...unix, connect: { path: file } }, 'connect', 'ECONNREFUSED', 'system', 'nobody'],
    ['a listener without a path', { ...unix, listen: {} }, 'listen', 'EINVAL', 'bad-value', 'bind it first'],
  ])('%s: the kernel', async (_, spec, syscall, code, reason, words) => {
    await expect(open(spec)).rejects.toMatchObject({
      name: 'SocketOptionError',
      syscall,
      code,
      errno: expect.any(Number),
      reason,
      message: expect.stringContaining(words),
    })
  })

  it('a port that another socket has', async () => {
    const bind = { address: '127.0.0.1' }
    await using first = await openSocket({ family: 'ipv4', type: 'stream', bind, listen: {} })
    const again = openSocket({ family: 'ipv4', type: 'stream', bind: first.address() })
    await expect(again).rejects.toMatchObject({
      syscall: 'bind',
      code: 'EADDRINUSE',
      message: expect.stringContaining(`127.0.0.1 port ${first.address().port}`),
    })
  })

  it('a unix listener whose queue is full', async () => {
    await using listener = await openSocket({ family: 'unix', type: 'stream', bind: {}, listen: { backlog: 0 } })
    const connect = listener.address()
    await using _ = await openSocket({ family: 'unix', type: 'stream', connect })
    await expect(openSocket({ family: 'unix', type: 'stream', connect })).rejects.toMatchObject({
      code: 'EAGAIN',
      reason: 'limit',
      message: expect.stringContaining('backlog'),
    })
  })

  it('more descriptors than the process may have', async () => {
    const code = `
      import { openSocket } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const held = []
      try {
        for (;;) held.push(await openSocket({ family: 'ipv4', type: 'dgram' }))
      } catch ({ name, code, reason, message }) {
        tell({ name, code, reason, message })
      }`
    await using peer = spawnScript({ code }, [], ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'])
    expect(await peer.next()).toMatchObject({
      name: 'SocketOptionError',
      code: 'EMFILE',
      reason: 'limit',
      message: expect.stringContaining('RLIMIT_NOFILE'),
    })
  })

  it('a privilege it lacks', async () => {
    const code = `
      import { openSocket } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      for (const spec of [
        { family: 'ipv4', type: 'raw', protocol: 'IPPROTO_ICMP' },
        { family: 'packet', type: 'raw' },
        { family: 'ipv4', type: 'dgram', bind: { port: 1 } },
      ]) await openSocket(spec).catch(({ name, code, reason, message }) => tell({ name, code, reason, message }))`
    await using peer = spawnScript({ code }, [], ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--'])
    for (const [code, words] of [
      ['EPERM', 'CAP_NET_RAW'],
      ['EPERM', 'CAP_NET_RAW'],
      ['EACCES', 'CAP_NET_BIND_SERVICE'],
    ])
      expect(await peer.next()).toMatchObject({
        name: 'SocketOptionError',
        code,
        reason: 'permission',
        message: expect.stringContaining(words ?? ''),
      })
  })

  it.each([
    ['toDatagram', { family: 'ipv4', type: 'stream' }],
    ['toDatagram', { family: 'unix', type: 'dgram' }],
    ['toStream', { family: 'ipv4', type: 'dgram' }],
    ['toStream', { family: 'ipv4', type: 'stream' }],
    ['toStream', { family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' }, listen: {} }],
    ['toStream', { family: 'unix', type: 'seqpacket' }],
    ['toServer', { family: 'ipv6', type: 'dgram' }],
    ['toServer', { family: 'netlink', type: 'raw' }],
  ] as const)('%s on %o, and it stays the owner', async (method, spec) => {
    await using owned = await open(spec)
    expect(() => owned[method]()).toThrow(expect.objectContaining({ reason: 'bad-value' }))
    expect(owned.control.getSync(SO_RCVBUF)).toBeGreaterThan(0)
  })

  it('a server in a worker of node:cluster, which would ask the primary for the number', async () => {
    const worker = `
      import { openSocket } from 'sockctl'
      const owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' }, listen: {} })
      try {
        owned.toServer()
      } catch ({ name, reason, message }) {
        process.send({ name, reason, message, address: owned.address().address })
      }`
    await using peer = spawnClusterWorker(worker)
    expect(await peer.next()).toEqual({
      name: 'SocketOptionError',
      reason: 'unsupported',
      message: expect.stringContaining('SO_REUSEPORT'),
      address: '127.0.0.1',
    })
  })

  it('options of Node that come too late', async () => {
    await using owned = await openSocket({ family: 'ipv4', type: 'dgram' })
    expect(() => owned.toDatagram({ recvBufferSize: 1 } as object)).toThrow('set SO_RCVBUF')
    expect(() => owned.toDatagram({ reuseAddr: true } as object)).toThrow('set SO_REUSEADDR')
    expect(owned.fd).toBeGreaterThan(2)
  })

  it('to be handed over twice, or after it was closed', async () => {
    const owned = await openSocket({ family: 'ipv4', type: 'dgram' })
    const socket = owned.toDatagram()
    expect(() => owned.toDatagram()).toThrow(
      expect.objectContaining({ code: 'ERR_SOCKET_HANDED_OVER', message: expect.stringContaining('dgram.Socket') }),
    )
    expect(() => owned.release()).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_HANDED_OVER' }))
    await once(socket.close(), 'close')

    const closed = await openSocket({ family: 'ipv4', type: 'dgram' })
    await closed.close()
    for (const use of [
      () => closed.fd,
      () => closed.address(),
      () => closed.remoteAddress(),
      () => closed.toDatagram(),
      () => closed.release(),
      () => control(closed).getSync(SO_RCVBUF),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED', reason: 'closed' }))
  })
})

describeInNamespace('a connection that does not come about', () => {
  // The other end of the pair has no such address, so a connection stays in progress.
  const connect = { address: '10.66.0.9', port: 9 }
  let before: string[]
  beforeEach(async () => {
    before = openSockets()
    await ip('link', 'add', 'silent', 'type', 'veth', 'peer', 'name', 'silent-b')
    await ip('address', 'add', '10.66.0.1/24', 'dev', 'silent')
    await ip('link', 'set', 'silent', 'up')
    await ip('link', 'set', 'silent-b', 'up')
    await ip('neighbour', 'add', connect.address, 'lladdr', '02:00:00:00:00:09', 'dev', 'silent')
  })
  afterEach(async () => {
    await ip('link', 'delete', 'silent')
    expect(openSockets()).toEqual(before)
  })

  it('is given up when its signal is aborted', async () => {
    const controller = new AbortController()
    const opening = openSocket({ family: 'ipv4', type: 'stream', connect, signal: controller.signal })
    const reason = new Error('not any more')
    setImmediate(() => controller.abort(reason))
    await expect(opening).rejects.toBe(reason)
  })

  it('is given up in time', async () => {
    const opening = openSocket({ family: 'ipv4', type: 'stream', connect, signal: AbortSignal.timeout(20) })
    await expect(opening).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('is not begun if the signal is aborted already', async () => {
    const opening = openSocket({ family: 'ipv4', type: 'stream', connect, signal: AbortSignal.abort() })
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('is told apart from the others that are in progress', async () => {
    const controller = new AbortController()
    const silent = Array.from({ length: 8 }, () =>
      openSocket({ family: 'ipv4', type: 'stream', connect, signal: controller.signal }),
    )
    await using listener = await openSocket({
      family: 'ipv4',
      type: 'stream',
      bind: { address: '10.66.0.1' },
      listen: {},
    })
    const refused = openSocket({ family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1', port: 1 } })
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await using client = await openSocket({ family: 'ipv4', type: 'stream', connect: listener.address() })
    expect(client.remoteAddress()).toEqual(listener.address())
    controller.abort()
    const outcomes = await Promise.allSettled(silent)
    expect(outcomes.map(({ status }) => status)).toEqual(Array(8).fill('rejected'))
  })

  it('fails with what the network says of it', async () => {
    using _ = sysctl('net/ipv4/neigh/silent/retrans_time_ms', 10)
    // No host answers for this neighbour.
    const opening = openSocket({ family: 'ipv4', type: 'stream', connect: { address: '10.66.0.8', port: 9 } })
    await expect(opening).rejects.toMatchObject({ syscall: 'connect', code: 'EHOSTUNREACH', reason: 'no-route' })
  })

  it('neither holds up a worker_threads worker that is terminated, nor outlives it', async () => {
    const code = `
      import { Worker } from 'node:worker_threads'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      import { readdirSync, readlinkSync } from 'node:fs'
      const sockets = () => readdirSync('/proc/self/fd').filter((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket:') } catch { return false }
      }).length
      const before = sockets()
      const worker = new Worker(\`
        import { parentPort } from 'node:worker_threads'
        import { openSocket } from 'sockctl'
        globalThis.kept = await openSocket({ family: 'ipv4', type: 'dgram' })
        openSocket({ family: 'ipv4', type: 'stream', connect: ${JSON.stringify(connect)} })
        parentPort.postMessage('begun')\`, { eval: true, execArgv: ['--input-type=module'] })
      await new Promise((resolve) => worker.once('message', resolve))
      const during = sockets()
      await worker.terminate()
      tell({ during: during - before, after: sockets() - before })`
    await using peer = spawnScript({ code })
    expect(await peer.next()).toEqual({ during: 2, after: 0 })
    expect(await peer.exited).toEqual({ code: 0, signal: null })
  })

  it('lets a process exit', async () => {
    const code = `
      import { openSocket } from 'sockctl'
      openSocket({ family: 'ipv4', type: 'stream', connect: ${JSON.stringify(connect)} })
      setImmediate(() => process.exit(7))`
    await using peer = spawnScript({ code })
    expect(await peer.exited).toEqual({ code: 7, signal: null })
  })
})
