// Descriptors that messages of Unix sockets bring: SCM_RIGHTS, SCM_PIDFD.
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import net from 'node:net'
import { adoptSocket, type OwnedDescriptor, openSocket, socketPair } from 'sockctl'
import { expect, it, onTestFinished } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnProgram, spawnScript } from './support/processes.ts'
import { scratchFile } from './support/scratch.ts'
import { closesOnExec, countOf, fdinfo, messagePair, nameOf, only, receiveAll, unixSocket } from './support/unix.ts'

interface OpenFile {
  readonly fd: number
  readonly path: string
  close(): void
}

/** A file with this text, open, and closed with the test unless the test has done so. */
function openFile(text: string): OpenFile {
  const path = scratchFile(`passed-${text}`, text)
  const fd = openSync(path, 'r')
  let open = true
  const close = (): void => {
    if (open) closeSync(fd)
    open = false
  }
  onTestFinished(close)
  return { fd, path, close }
}

function textOf({ fd }: { fd: number }): string {
  const bytes = Buffer.alloc(100)
  return bytes.toString('utf8', 0, readSync(fd, bytes, 0, 100, 0))
}

describeInNamespace('a descriptor passed', () => {
  it.each(['dgram', 'seqpacket'] as const)('over %s arrives, closes on exec, and stays the sender’s', async (type) => {
    const [sender, receiver] = await messagePair({}, type)
    const [one, two] = [openFile('one'), openFile('two')]
    await sender.send(Buffer.from('two files'), undefined, { descriptors: [one.fd, two] })
    const { data, descriptors = [] } = await only(receiver)
    expect(String(data)).toBe('two files')
    expect(descriptors.map(textOf)).toEqual(['one', 'two'])
    expect(descriptors.map(({ fd }) => closesOnExec(fd))).toEqual([true, true])
    expect(textOf(one)).toBe('one')
    await descriptors[0]?.close()
    await descriptors[0]?.close()
    expect(() => descriptors[0]?.fd).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED', reason: 'closed' }))
    expect(() => descriptors[0]?.release()).toThrow(/closed or released/)
    expect(textOf(one)).toBe('one')
    const released = descriptors[1]?.release() as number
    await descriptors[1]?.close()
    expect(textOf({ fd: released })).toBe('two')
    closeSync(released)
  })

  it('may be another for each message', async () => {
    const [sender, receiver] = await messagePair()
    const files = ['a', 'b', 'c'].map(openFile)
    await sender.send([
      ...files.map(({ fd }) => ({ data: Buffer.from('x'), descriptors: [fd] })),
      { data: Buffer.from('none') },
    ])
    const messages = await receiveAll(receiver, 4)
    expect(messages.map(({ descriptors }) => descriptors?.map(textOf))).toEqual([['a'], ['b'], ['c'], undefined])
    expect(messages[3]).toEqual({
      data: Buffer.from('none'),
      source: undefined,
      truncated: false,
      ancillaryTruncated: false,
    })
  })

  it('is closed by disposal', async () => {
    const [sender, receiver] = await messagePair()
    await sender.send(Buffer.from('x'), undefined, { descriptors: [openFile('disposed')] })
    const { descriptors = [] } = await only(receiver)
    const fd = descriptors[0]?.fd as number
    {
      await using _ = descriptors[0] as OwnedDescriptor
    }
    expect(() => nameOf(fd)).toThrow('ENOENT')
  })

  it.each(['a connected', 'an unconnected'])(
    'may be closed by the sender as soon as send has returned, if the send of %s socket waits for room',
    async (kind) => {
      const path = `\0sockctl-full-${process.pid}`
      const receiver = await unixSocket(path)
      const sender = await unixSocket()
      if (kind === 'a connected') await sender.connect({ path })
      const to = kind === 'a connected' ? undefined : { path }
      const paths: string[] = []
      const sending = Array.from({ length: 60 }, (_, n) => {
        const { fd, path, close } = openFile(`number ${n}`)
        paths.push(path)
        const sent = sender.send(Buffer.from(String(n)), to, { descriptors: [fd] })
        close()
        return sent
      })
      const many = openFile('many')
      sending.push(
        sender.send(
          Array.from({ length: 3 }, () => ({ data: Buffer.from('x'), descriptors: [many] })),
          to,
        ),
      )
      many.close()
      expect(sender.stats().sent.waits).toBeGreaterThan(0)
      const messages = await receiveAll(receiver, 63)
      await Promise.all(sending)
      expect(messages.map(({ data }) => String(data)).slice(0, 60)).toEqual(
        Array.from({ length: 60 }, (_, n) => `${n}`),
      )
      expect(messages.map(({ descriptors }) => descriptors?.map(textOf).join())).toEqual([
        ...Array.from({ length: 60 }, (_, n) => `number ${n}`),
        ...['many', 'many', 'many'],
      ])
      for (const { descriptors = [] } of messages) for (const one of descriptors) await one.close()
      expect([...paths, many.path].map(countOf)).toEqual(Array(61).fill(0))
    },
  )

  it('leaves no duplicate if the send that waited is given up', async () => {
    const [sender] = await messagePair()
    const file = openFile('given up')
    const sending = Array.from({ length: 400 }, () => sender.send(Buffer.from('x'), undefined, { descriptors: [file] }))
    expect(countOf(file.path)).toBeGreaterThan(100)
    const settled = Promise.allSettled(sending)
    await sender.close()
    const refused = (await settled).flatMap((one) => (one.status === 'rejected' ? [one.reason.reason] : []))
    expect(new Set(refused)).toEqual(new Set(['closed']))
    expect(countOf(file.path)).toBe(1)
  })

  it('that is a socket can be adopted', async () => {
    const server = net.createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as net.AddressInfo
    await using connection = await openSocket({
      family: 'ipv4',
      type: 'stream',
      connect: { address: '127.0.0.1', port },
    })
    const [sender, receiver] = await messagePair()
    await sender.send(Buffer.from('x'), undefined, { descriptors: [connection] })
    await connection.close()
    const { descriptors = [] } = await only(receiver)
    const adopted = adoptSocket((descriptors[0] as OwnedDescriptor).release())
    expect(adopted).toMatchObject({ family: 'ipv4', type: 'stream', protocol: 6, connected: true })
    const stream = adopted.toStream()
    expect(String((await once(stream, 'data'))[0])).toBe('hello')
  })

  it('may be the socket that the receiver reads', async () => {
    const [one, two] = await socketPair('dgram')
    const names = [two, one].map(({ fd }) => nameOf(fd))
    const [sender, receiver] = [one.toMessageSocket(), two.toMessageSocket()]
    await sender.send(Buffer.from('yours'), undefined, { descriptors: [two.fd, one.fd] })
    const { descriptors = [] } = await only(receiver)
    expect(descriptors.map(({ fd }) => nameOf(fd))).toEqual(names)
    for (const descriptor of descriptors) await descriptor.close()
    await sender.send(Buffer.from('still there'))
    expect(String((await only(receiver)).data)).toBe('still there')
    // Nobody reads this one: the kernel collects a socket that only a message to itself refers to.
    await sender.send(Buffer.from('unread'), undefined, { descriptors: [two.fd] })
    await sender.close()
    await receiver.close()
    expect(names.map(countOf)).toEqual([0, 0])
  })

  it('is one of 253 at most, which one message takes', async () => {
    const [sender, receiver] = await messagePair()
    const file = openFile('many')
    const descriptors = Array.from({ length: 253 }, () => file.fd)
    await sender.send(Buffer.from('x'), undefined, { descriptors })
    const message = await only(receiver)
    expect(message).toMatchObject({ truncated: false, ancillaryTruncated: false })
    expect(message.descriptors).toHaveLength(253)
    expect(new Set(message.descriptors?.map(({ fd }) => fd))).toHaveProperty('size', 253)
    expect(message.descriptors?.at(-1) && textOf(message.descriptors[252] as OwnedDescriptor)).toBe('many')
    for (const one of message.descriptors ?? []) await one.close()
    await expect(
      sender.send(Buffer.from('x'), undefined, { descriptors: [...descriptors, file.fd] }),
    ).rejects.toMatchObject({
      code: 'ERR_INVALID_VALUE',
      reason: 'bad-value',
      message: expect.stringMatching(/has 254: one message takes at most 253/),
    })
    expect(sender.stats().sent.datagrams).toBe(1)
  })

  it('that is closed is refused, and the messages before are sent', async () => {
    const [sender, receiver] = await messagePair()
    const file = openFile('closed')
    file.close()
    await expect(
      sender.send([{ data: Buffer.from('first') }, { data: Buffer.from('x'), descriptors: [file.fd] }]),
    ).rejects.toMatchObject({
      code: 'EBADF',
      message: expect.stringMatching(/datagram 1: one of the descriptors is not open/),
    })
    expect(String((await only(receiver)).data)).toBe('first')
    await sender.send(Buffer.from('goes on'))
    expect(String((await only(receiver)).data)).toBe('goes on')
  })

  it.each<[unknown, RegExp]>([
    [1, /descriptors is 1: an array/],
    [[-1], /descriptors\[0\] is -1/],
    [[0, 'a'], /descriptors\[1\] is 'a'/],
    [[{ fd: 1.5 }], /descriptors\[0\] is/],
    [[null], /descriptors\[0\] is null/],
    [[2 ** 31], /descriptors\[0\] is 2147483648/],
  ])('%j is refused', async (descriptors, words) => {
    const [sender] = await messagePair()
    await expect(sender.send(Buffer.from('x'), undefined, { descriptors } as never)).rejects.toMatchObject({
      reason: 'bad-value',
      message: expect.stringMatching(words),
    })
  })

  it('by a socket of IPv4 is refused', async () => {
    await using owned = await openSocket({ family: 'ipv4', type: 'dgram' })
    const socket = owned.toMessageSocket()
    onTestFinished(() => socket.close())
    await expect(
      socket.send(Buffer.from('x'), { address: '127.0.0.1', port: 9 }, { descriptors: [0] }),
    ).rejects.toThrow(/this socket is of ipv4: messages of unix have it/)
  })

  it('costs nobody a descriptor for good who reads messages and takes none', async () => {
    const code = `
      import { openSync, readdirSync, readlinkSync } from 'node:fs'
      import { setTimeout as pause } from 'node:timers/promises'
      import { socketPair } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const [one, two] = await socketPair()
      const [sender, receiver] = [one.toMessageSocket(), two.toMessageSocket()]
      const file = openSync('/dev/zero')
      const isOfFile = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd) === '/dev/zero' } catch { return false } }
      const count = () => readdirSync('/proc/self/fd').filter(isOfFile).length
      const least = async (most) => { while (count() > most) { gc(); await pause(10) } }
      async function readUntaken() {
        const untaken = []
        const reading = (async () => {
          while (untaken.length < 3000)
            for (const { descriptors = [] } of await receiver.receive()) untaken.push(...descriptors)
        })()
        await sender.send(Array.from({ length: 300 }, () => ({ data: Buffer.from('x'), descriptors: Array(10).fill(file) })))
        await reading
        // Those 512 that each read keeps, the one that was sent, and what the last batch of at most 64 messages brought.
        await least(1 + 512 + 640)
        let message = 'the oldest is still open'
        try { untaken[0].fd } catch (error) { message = error.message }
        return { untaken: untaken.length, open: count(), message }
      }
      const read = await readUntaken()
      await least(1)
      tell({ ...read, left: count() })
      await sender.close()
      await receiver.close()`
    await using child = spawnProgram([process.execPath, '--expose-gc', '--input-type=module', '--eval', code])
    const { open, ...read } = await child.next()
    expect(read).toEqual({
      untaken: 3000,
      message: expect.stringContaining('of those nobody asks for 512 are kept'),
      left: 1,
    })
    expect(open).toBeGreaterThan(512)
  })

  it('stays open if its number was asked for, whatever comes after', async () => {
    const [sender, receiver] = await messagePair()
    const file = openFile('taken')
    await sender.send(Buffer.from('x'), undefined, { descriptors: [file] })
    const { descriptors: [taken] = [] } = await only(receiver)
    const fd = taken?.fd as number
    for (let n = 0; n < 80; n++) {
      await sender.send(Buffer.from('x'), undefined, { descriptors: Array(10).fill(file.fd) })
      await only(receiver)
    }
    expect(textOf({ fd })).toBe('taken')
    expect(taken?.fd).toBe(fd)
    await taken?.close()
  })

  it('is given less often than sent if this process has no room for more, which is told', async () => {
    const code = `
      import { readdirSync, openSync } from 'node:fs'
      import { socketPair } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const [one, two] = await socketPair()
      const [sender, receiver] = [one.toMessageSocket(), two.toMessageSocket()]
      const file = openSync('/dev/null')
      await sender.send(Buffer.from('x'), undefined, { descriptors: [file, file, file, file] })
      const held = []
      try { for (;;) held.push(openSync('/dev/null')) } catch {}
      const { closeSync } = await import('node:fs')
      for (const fd of held.splice(0, 3)) closeSync(fd)
      const [message] = await receiver.receive()
      const { data, ancillaryTruncated, descriptors } = message
      const given = descriptors.map(({ fd }) => fd)
      for (const one of descriptors) await one.close()
      for (const fd of held) closeSync(fd)
      const open = readdirSync('/proc/self/fd').length
      await sender.send(Buffer.from('y'), undefined, { descriptors: [file, file, file, file] })
      const [next] = await receiver.receive()
      for (const one of next.descriptors) await one.close()
      const left = readdirSync('/proc/self/fd').length - open
      tell({ data: String(data), ancillaryTruncated, given: given.length, next: [next.descriptors.length, next.ancillaryTruncated], left })
      await sender.close()
      await receiver.close()`
    await using child = spawnScript({ code }, [], ['sh', '-c', 'ulimit -n 200 && exec "$@"', 'sh'])
    expect(await child.next()).toEqual({ data: 'x', ancillaryTruncated: true, given: 3, next: [4, false], left: 0 })
  })

  it('tells the sender’s process by a pidfd, and by credentials', async () => {
    const path = `\0sockctl-who-${process.pid}`
    const receiver = await unixSocket(path, { ancillary: { pidfd: true, credentials: true } })
    const code = `
      import { openSocket } from 'sockctl'
      const socket = (await openSocket({ family: 'unix', type: 'dgram' })).toMessageSocket()
      await socket.send(Buffer.from('me'), { path: ${JSON.stringify(path)} })
      setInterval(() => {}, 1e6)`
    await using child = spawnScript({ code })
    const { credentials, pidfd, descriptors } = await only(receiver)
    expect(credentials).toEqual({ pid: child.pid, uid: process.getuid?.(), gid: process.getgid?.() })
    expect(descriptors).toBeUndefined()
    const fd = pidfd?.fd as number
    expect(fdinfo(fd, 'Pid')).toBe(String(child.pid))
    expect(closesOnExec(fd)).toBe(true)
    await child.close()
    expect(fdinfo(fd, 'Pid')).toBe('-1')
    await pidfd?.close()
  })

  it('and the sender’s pidfd come with one message', async () => {
    const [sender, receiver] = await messagePair({ ancillary: { pidfd: true } })
    await sender.send(Buffer.from('x'), undefined, { descriptors: [openFile('both')] })
    const { pidfd, descriptors = [] } = await only(receiver)
    expect(descriptors.map(textOf)).toEqual(['both'])
    expect(fdinfo(pidfd?.fd as number, 'Pid')).toBe(String(process.pid))
    await Promise.all([pidfd?.close(), descriptors[0]?.close()])
  })

  it('comes with a message that was cut short, and with an empty one', async () => {
    const [sender, receiver] = await messagePair({ maxDatagram: 4 })
    const file = openFile('cut')
    await sender.send([Buffer.from('longer than four'), Buffer.alloc(0)], undefined, { descriptors: [file] })
    const [cut, empty] = await receiveAll(receiver, 2)
    expect(cut).toMatchObject({ data: Buffer.from('long'), truncated: true, ancillaryTruncated: false })
    expect(empty).toMatchObject({ data: Buffer.alloc(0), truncated: false })
    for (const { descriptors = [] } of [cut, empty] as never[]) {
      expect(descriptors.map(textOf)).toEqual(['cut'])
      for (const one of descriptors as OwnedDescriptor[]) await one.close()
    }
  })

  it('comes of an empty message too, right before the peer has closed the connection', async () => {
    const [sender, receiver] = await messagePair({}, 'seqpacket')
    await sender.send(Buffer.alloc(0), undefined, { descriptors: [openFile('last')] })
    await sender.close()
    const texts: string[] = []
    for await (const batch of receiver)
      for (const { descriptors = [] } of batch)
        for (const one of descriptors) {
          texts.push(textOf(one))
          await one.close()
        }
    expect(texts).toEqual(['last'])
  })

  it('outlasts the loan of its message', async () => {
    const [sender, receiver] = await messagePair({ reuseBuffers: true })
    await sender.send(Buffer.from('first'), undefined, { descriptors: [openFile('lent')] })
    const { descriptors: [kept] = [] } = await only(receiver)
    await sender.send(Buffer.from('second'))
    const second = await only(receiver)
    expect(second).toMatchObject({ data: Buffer.from('second') })
    expect(second.descriptors).toBeUndefined()
    expect(textOf(kept as OwnedDescriptor)).toBe('lent')
    await kept?.close()
  })

  it('that nobody has read is closed with the socket', async () => {
    const [sender, receiver] = await messagePair()
    const [reading, writing] = await socketPair('stream')
    const ended = once(reading.toStream().resume(), 'end')
    await sender.send(Buffer.from('x'), undefined, { descriptors: [writing] })
    await writing.close()
    await receiver.close()
    // The last descriptor of the other end is gone.
    await ended
  })

  it('is passed to Python and back', async () => {
    const path = `\0sockctl-python-${process.pid}`
    const receiver = await unixSocket(path)
    const script = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].encode().replace(b'@', b'\\0', 1))
print(json.dumps({'ready': True}), flush=True)
data, fds, flags, address = socket.recv_fds(s, 100, 10)
texts = [os.pread(fd, 100, 0).decode() for fd in fds]
r, w = os.pipe()
os.write(w, ('python got ' + data.decode() + ': ' + ' '.join(texts)).encode())
os.close(w)
s.connect(address)
socket.send_fds(s, [b'a pipe'], [r, fds[0]])
`
    const own = `sockctl-python-peer-${process.pid}`
    await using python = spawnProgram(['python3', '-c', script, `@${own}`])
    await python.next()
    await receiver.send(Buffer.from('two'), { path: `\0${own}` }, { descriptors: [openFile('p'), openFile('q')] })
    const { data, source, descriptors = [] } = await only(receiver)
    expect(String(data)).toBe('a pipe')
    expect(source).toEqual({ path: `\0${own}` })
    const bytes = Buffer.alloc(100)
    const pipe = descriptors[0] as OwnedDescriptor
    expect(bytes.toString('utf8', 0, readSync(pipe.fd, bytes))).toBe('python got two: p q')
    expect(textOf(descriptors[1] as OwnedDescriptor)).toBe('p')
    for (const one of descriptors) await one.close()
  })
})
