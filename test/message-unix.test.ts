// Messages of Unix sockets, without descriptors: addresses, answers, pairs, credentials, full queues, errors.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Datagram, openSocket, socketPair } from 'sockctl'
import { SO_PASSCRED, SO_RCVBUF, SO_SNDBUF } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'
import { spawnProgram, spawnScript } from './support/processes.ts'
import { scratchFile } from './support/scratch.ts'
import { messagePair, only, receiveAll, unixSocket } from './support/unix.ts'

const abstract = (name: string): string => `\0sockctl-${name}-${process.pid}`

/** The path of a socket in a folder that is removed with the test. */
function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-unix-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'socket')
}

const texts = (messages: readonly Datagram<'unix'>[]): string[] => messages.map(({ data }) => String(data))

describeInNamespace('a Unix socket', () => {
  it.each([
    ['a path', () => socketPath()],
    ['an abstract name', () => abstract('named')],
    ['an abstract name with bytes of NUL', () => `${abstract('nul')}\0\0x`],
    ['a path as long as can be', () => `${socketPath()}-`.padEnd(107, 'x')],
    ['an abstract name as long as can be', () => abstract('long').padEnd(108, '\0')],
    ['a name that the kernel chooses', () => ''],
  ])('is told as the source, and answered: by %s', async (_, pathOf) => {
    const server = await unixSocket(abstract('server'))
    const path = pathOf()
    const client = await unixSocket(path)
    await client.send(Buffer.from('?'), server.address)
    const message = await only(server)
    expect(message).toEqual({
      data: Buffer.from('?'),
      source: client.address,
      truncated: false,
      ancillaryTruncated: false,
    })
    if (path !== '') expect(message.source).toEqual({ path })
    else expect(message.source?.path).toMatch(/^\0[\da-f]{5}$/)
    expect(await server.reply(message, Buffer.from('!'))).toBe(1)
    expect(await only(client)).toMatchObject({ data: Buffer.from('!'), source: server.address })
  })

  it('without a name is no source, and can’t be answered', async () => {
    const server = await unixSocket(abstract('server'))
    const client = await unixSocket()
    expect(client.address).toEqual({ path: '' })
    await client.send(Buffer.from('?'), server.address)
    const message = await only(server)
    expect(message.source).toBeUndefined()
    await expect(server.reply(message, Buffer.from('!'))).rejects.toThrow(
      /the sender has no name.*must bind its socket/,
    )
    await expect(server.reply(1 as never, Buffer.from('!'))).rejects.toThrow(/reply takes a datagram/)
  })

  it('tells each of many senders apart', async () => {
    const server = await unixSocket(abstract('server'))
    const clients = await Promise.all(Array.from({ length: 8 }, (_, n) => unixSocket(abstract(`client${n}`))))
    await Promise.all(clients.map((one, n) => one.send(Buffer.from(`${n}`), server.address)))
    const messages = await receiveAll(server, 8)
    await Promise.all(messages.map((one) => server.reply(one, Buffer.concat([one.data, Buffer.from('!')]))))
    for (const [n, one] of clients.entries()) expect(texts([await only(one)])).toEqual([`${n}!`])
  })

  it('sends each message of one call to where it goes', async () => {
    const [one, two] = [await unixSocket(abstract('one')), await unixSocket(socketPath())]
    const sender = await unixSocket()
    const sent = await sender.send(
      [{ data: Buffer.from('1'), to: one.address }, { data: Buffer.from('2') }, Buffer.from('3')],
      two.address,
    )
    expect(sent).toBe(3)
    expect(texts(await receiveAll(one, 1))).toEqual(['1'])
    expect(texts(await receiveAll(two, 2))).toEqual(['2', '3'])
  })

  it('connects and disconnects', async () => {
    const [one, two] = [await unixSocket(abstract('one')), await unixSocket(abstract('two'))]
    const socket = await unixSocket(abstract('own'))
    expect(socket.remoteAddress).toBeUndefined()
    await socket.connect(one.address)
    expect(socket.remoteAddress).toEqual(one.address)
    await socket.send(Buffer.from('to one'))
    expect(texts([await only(one)])).toEqual(['to one'])
    // Only the peer's are received.
    await expect(two.send(Buffer.from('stranger'), socket.address)).rejects.toMatchObject({ code: 'EPERM' })
    await one.send(Buffer.from('peer'), socket.address)
    expect(texts([await only(socket)])).toEqual(['peer'])
    await socket.disconnect()
    expect(socket.remoteAddress).toBeUndefined()
    expect(socket.address).toEqual({ path: abstract('own') })
    await two.send(Buffer.from('anybody'), socket.address)
    expect(texts([await only(socket)])).toEqual(['anybody'])
    await expect(socket.send(Buffer.from('x'))).rejects.toMatchObject({
      code: 'ENOTCONN',
      message: expect.stringContaining('the socket has no peer: give `to`, or connect the socket'),
    })
  })

  it('tells what was cut', async () => {
    const [sender, receiver] = await messagePair({ maxDatagram: 5 })
    await sender.send([Buffer.from('whole'), Buffer.from('too long'), Buffer.alloc(0)])
    const messages = await receiveAll(receiver, 3)
    expect(messages.map(({ data, truncated }) => [String(data), truncated])).toEqual([
      ['whole', false],
      ['too l', true],
      ['', false],
    ])
    expect(receiver.stats().received).toMatchObject({ datagrams: 3, bytes: 10, truncated: 1, dropped: 0 })
  })

  it('takes a message of 60,000 bytes whole, and says what to do about one longer than its send buffer', async () => {
    const [sender, receiver] = await messagePair()
    const data = Buffer.alloc(60_000, 'abc')
    await sender.send(data)
    expect((await only(receiver)).data).toEqual(data)
    await sender.control.set(SO_SNDBUF, 4608)
    await expect(sender.send(data)).rejects.toMatchObject({
      code: 'EMSGSIZE',
      message: expect.stringContaining('raise SO_SNDBUF'),
    })
  })

  it('lends its messages', async () => {
    const server = await unixSocket(abstract('server'), { reuseBuffers: true })
    const [one, two] = [await unixSocket(abstract('one')), await unixSocket()]
    await one.send(Buffer.from('first'), server.address)
    const first = await only(server)
    expect(first).toMatchObject({ data: Buffer.from('first'), source: one.address })
    await two.send(Buffer.from('other'), server.address)
    const other = await only(server)
    expect(other).toMatchObject({ data: Buffer.from('other') })
    expect(other.source).toBeUndefined()
    expect(other.data.buffer).toBe(first.data.buffer)
    // The memory alone is lent: whose message it was stays right.
    await server.reply(first, Buffer.from('!'))
    expect(texts([await only(one)])).toEqual(['!'])
  })
})

describeInNamespace('socketPair', () => {
  it('opens two datagram sockets, or others, that are connected to each other', async () => {
    for (const type of [undefined, 'dgram', 'seqpacket', 'stream'] as const) {
      const [one, two] = await (type === undefined ? socketPair() : socketPair(type))
      for (const socket of [one, two]) {
        expect(socket).toMatchObject({ family: 'unix', type: type ?? 'dgram', connected: true, listening: false })
        expect(socket.address()).toEqual({ path: '' })
      }
      expect(one.fd).not.toBe(two.fd)
      await one.close()
      await two.close()
    }
  })

  it('has messages both ways', async () => {
    for (const type of ['dgram', 'seqpacket'] as const) {
      const [one, two] = await messagePair({}, type)
      expect(await one.send([Buffer.from('a'), Buffer.from('b')])).toBe(2)
      const messages = await receiveAll(two, 2)
      expect(texts(messages)).toEqual(['a', 'b'])
      await two.send(Buffer.from('c'))
      expect(texts([await only(one)])).toEqual(['c'])
    }
  })

  it('has streams', async () => {
    const [one, two] = await socketPair('stream')
    expect(() => one.toMessageSocket()).toThrow(/a stream socket of unix can't become a MessageSocket/)
    const [writing, reading] = [one.toStream(), two.toStream()]
    writing.end('over a stream')
    const chunks: Buffer[] = []
    for await (const chunk of reading) chunks.push(chunk)
    expect(String(Buffer.concat(chunks))).toBe('over a stream')
  })

  it.each(['raw', 'DGRAM', 1, null, {}])('refuses the type %j, and opens nothing', async (type) => {
    const before = openSockets()
    await expect(socketPair(type as never)).rejects.toMatchObject({
      reason: 'bad-value',
      message: expect.stringMatching(/^socketPair: type is /),
    })
    expect(openSockets()).toEqual(before)
  })

  it('says so if this process has no descriptor left', async () => {
    const code = `
      import { openSync, closeSync } from 'node:fs'
      import { socketPair } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const held = []
      try { for (;;) held.push(openSync('/dev/null')) } catch {}
      closeSync(held.pop())
      const error = await socketPair().catch(({ code, reason, syscall }) => ({ code, reason, syscall }))
      const free = openSync('/dev/null')
      tell(error)`
    await using child = spawnScript({ code }, [], ['sh', '-c', 'ulimit -n 100 && exec "$@"', 'sh'])
    expect(await child.next()).toEqual({ code: 'EMFILE', reason: 'limit', syscall: 'socketpair' })
  })
})

describeInNamespace('credentials', () => {
  const own = { pid: process.pid, uid: process.getuid?.() as number, gid: process.getgid?.() as number }

  it('tell who sent, if the receiver has asked', async () => {
    const [sender, receiver] = await messagePair({ ancillary: { credentials: true } })
    expect(receiver.control.getSync(SO_PASSCRED)).toBe(true)
    await sender.send([{ data: Buffer.from('kernel') }, { data: Buffer.from('own'), credentials: own }])
    expect((await receiveAll(receiver, 2)).map(({ credentials }) => credentials)).toEqual([own, own])
    const [silent, deaf] = await messagePair()
    await silent.send(Buffer.from('x'), undefined, { credentials: own })
    expect(await only(deaf)).not.toHaveProperty('credentials')
  })

  it('of another are refused to a process without privileges', async () => {
    const code = `
      import { socketPair } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      process.setgroups([])
      process.setgid(65534)
      process.setuid(65534)
      const [one, two] = await socketPair()
      const [sender, receiver] = [one.toMessageSocket(), two.toMessageSocket({ ancillary: { credentials: true } })]
      const own = { pid: process.pid, uid: 65534, gid: 65534 }
      const errors = []
      for (const wrong of [{ pid: process.ppid }, { uid: 0 }, { gid: 0 }])
        await sender.send(Buffer.from('x'), undefined, { credentials: { ...own, ...wrong } })
          .catch(({ code, reason, message }) => errors.push({ code, reason, message }))
      await sender.send(Buffer.from('own'), undefined, { credentials: own })
      const [{ data, credentials }] = await receiver.receive()
      tell({ errors, data: String(data), isOwn: credentials.pid === own.pid && credentials.uid === 65534 })
      await sender.close()
      await receiver.close()`
    await using child = spawnScript({ code })
    const { errors, ...rest } = await child.next()
    const refused = {
      code: 'EPERM',
      reason: 'permission',
      message: expect.stringMatching(/the credentials are not this process's own, which takes CAP_SYS_ADMIN/),
    }
    expect(errors).toEqual([refused, refused, refused])
    expect(rest).toEqual({ data: 'own', isOwn: true })
  })

  it.each<[unknown, RegExp]>([
    [1, /credentials takes \{ pid, uid, gid \}, not 1|credentials is 1/],
    [{}, /credentials: pid is undefined/],
    [{ ...own, pid: -1 }, /pid is -1/],
    [{ ...own, uid: 2 ** 32 }, /uid is 4294967296/],
    [{ ...own, euid: 0 }, /unknown option 'euid'/],
  ])('%j are refused', async (credentials, words) => {
    const [sender] = await messagePair()
    await expect(sender.send(Buffer.from('x'), undefined, { credentials } as never)).rejects.toThrow(words)
  })
})

describeInNamespace('a full queue', () => {
  const count = 500

  it.each(['connected', 'unconnected'])('makes sends wait, in order: %s', async (kind) => {
    const receiver = await unixSocket(abstract('slow'))
    const sender = await unixSocket()
    if (kind === 'connected') await sender.connect(receiver.address)
    const to = kind === 'connected' ? undefined : receiver.address
    const sending = Array.from({ length: count }, (_, n) => sender.send(Buffer.from(String(n)), to))
    expect(sender.stats().sent.waits).toBeGreaterThan(0)
    expect(texts(await receiveAll(receiver, count))).toEqual(Array.from({ length: count }, (_, n) => String(n)))
    expect(await Promise.all(sending)).toEqual(Array(count).fill(1))
    expect(sender.stats().sent.datagrams).toBe(count)
  })

  it.each(['connected', 'unconnected'])('lets sends be given up by close: %s', async (kind) => {
    const receiver = await unixSocket(abstract('silent'))
    const sender = await unixSocket()
    if (kind === 'connected') await sender.connect(receiver.address)
    const sending = Array.from({ length: count }, () =>
      sender.send(Buffer.from('x'), kind === 'connected' ? undefined : receiver.address),
    )
    const settled = Promise.allSettled(sending)
    await sender.close()
    const outcomes = await settled
    const kept = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(count)
    for (const one of outcomes.slice(kept)) expect(one).toMatchObject({ reason: { reason: 'closed' } })
    expect(await receiveAll(receiver, kept)).toHaveLength(kept)
  })

  it.each(['connected', 'unconnected'])('is told as refused if its receiver goes meanwhile: %s', async (kind) => {
    const receiver = await unixSocket(abstract('going'))
    const sender = await unixSocket()
    if (kind === 'connected') await sender.connect(receiver.address)
    const sending = Array.from({ length: count }, () =>
      sender.send(Buffer.from('x'), kind === 'connected' ? undefined : receiver.address),
    )
    const settled = Promise.allSettled(sending)
    await receiver.close()
    const last = (await settled).at(-1)
    expect(last).toMatchObject({ status: 'rejected' })
    expect(['ECONNREFUSED', 'ECONNRESET', 'ENOTCONN']).toContain((last as PromiseRejectedResult).reason.code)
  })

  it('of a slow Python reader loses nothing', async () => {
    const path = abstract('python')
    const script = `
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(b'\\0' + sys.argv[1].encode())
print('{"ready": true}', flush=True)
got = []
while len(got) < 300:
  if len(got) % 50 == 0: time.sleep(0.01)
  got.append(s.recv(100).decode())
print('{"inOrder": %s}' % ('true' if got == [str(n) for n in range(300)] else 'false'), flush=True)
`
    await using python = spawnProgram(['python3', '-c', script, path.slice(1)])
    await python.next()
    const sender = await unixSocket()
    await sender.send(
      Array.from({ length: 300 }, (_, n) => Buffer.from(String(n))),
      { path },
    )
    expect(await python.next()).toEqual({ inOrder: true })
  })
})

describeInNamespace('a Unix socket refuses', () => {
  it.each<[string, () => Promise<string> | string, string, RegExp]>([
    ['a path that is not there', () => socketPath(), 'ENOENT', /there is no such path: nobody is bound to it/],
    [
      'an abstract name that nobody has',
      () => abstract('nobody'),
      'ECONNREFUSED',
      /nobody has the socket open any more/,
    ],
    ['a file that is no socket', () => scratchFile('plain', 'x'), 'ECONNREFUSED', /the path is no socket/],
    [
      'a path whose socket is gone',
      async () => {
        const path = socketPath()
        const left = await openSocket({ family: 'unix', type: 'dgram', bind: { path } })
        const { closeSync } = await import('node:fs')
        closeSync(left.release())
        return path
      },
      'ECONNREFUSED',
      /nobody has the socket open any more/,
    ],
    [
      'a socket of another type',
      async () => {
        const path = socketPath()
        const other = await openSocket({ family: 'unix', type: 'seqpacket', bind: { path }, listen: {} })
        onTestFinished(() => other.close())
        return path
      },
      'EPROTOTYPE',
      /of another type/,
    ],
  ])('%s, as destination and as peer', async (_, pathOf, code, words) => {
    const path = await pathOf()
    const sender = await unixSocket()
    await expect(sender.send([Buffer.from('x')], { path })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    })
    await expect(sender.connect({ path })).rejects.toMatchObject({ code, syscall: 'connect' })
    expect(sender.stats().sent.datagrams).toBe(0)
  })

  it('to send to a peer that is gone, and goes on with another', async () => {
    const [one, two] = [await unixSocket(abstract('one')), await unixSocket(abstract('two'))]
    const sender = await unixSocket()
    await sender.connect(one.address)
    await one.close()
    await expect(sender.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await sender.connect(two.address)
    await sender.send(Buffer.from('again'))
    expect(texts([await only(two)])).toEqual(['again'])
    const [left, right] = await messagePair()
    await left.close()
    await expect(right.send(Buffer.from('x'))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ECONNREFUSED|ECONNRESET|ENOTCONN)$/),
    })
  })

  it.each<[unknown, RegExp]>([
    [1, /to is 1|to takes/],
    [{}, /to: path is undefined/],
    [{ path: '' }, /to: path is ''/],
    [{ path: 'a\0b' }, /has a NUL in it/],
    [{ path: 'x'.repeat(108) }, /has 108 bytes: at most 107 fit/],
    [{ path: `\0${'x'.repeat(108)}` }, /has 109 bytes: at most 108 fit/],
    [{ path: '/x', port: 1 }, /port is no part of an address of unix, which is \{ path \}/],
    [{ address: '127.0.0.1', port: 1 }, /address is no part of an address of unix/],
  ])('%j as destination', async (to, words) => {
    const sender = await unixSocket()
    await expect(sender.send(Buffer.from('x'), to as never)).rejects.toThrow(words)
    await expect(sender.send([{ data: Buffer.from('x'), to: to as never }])).rejects.toThrow(/data\[0\]/)
  })

  it.each<[object, RegExp]>([
    [{ gro: true }, /only UDP sockets have it/],
    [{ returnedErrors: true }, /only sockets of ipv4 and ipv6 have them/],
    [{ ancillary: { vlan: true } }, /vlan is told by sockets of packet: leave it out/],
    [{ ancillary: { gso: true } }, /gso is told by sockets of packet: leave it out/],
    [{ ancillary: { hopLimit: true } }, /hopLimit is told by sockets of ipv4, ipv6: leave it out/],
  ])('%j of toMessageSocket, and stays open', async (options, words) => {
    await using owned = await openSocket({ family: 'unix', type: 'dgram' })
    expect(() => owned.toMessageSocket(options)).toThrow(words)
    expect(owned.control.getSync(SO_RCVBUF)).toBeGreaterThan(0)
  })

  it.each<[object, RegExp]>([
    [{ hopLimit: 3 }, /hopLimit is 3, and this socket is of unix: messages of ipv4, ipv6 have it/],
    [{ mark: 1 }, /mark is 1, and this socket is of unix/],
    [{ interface: 'lo' }, /interface is 'lo', and this socket is of unix/],
  ])('%j of a message', async (choice, words) => {
    const [sender] = await messagePair()
    await expect(sender.send(Buffer.from('x'), undefined, choice)).rejects.toThrow(words)
  })
})
