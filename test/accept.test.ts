// accept(2), by OwnedSocket.accept, and the end of connections of seqpacket sockets.
import { closeSync } from 'node:fs'
import { type OwnedSocket, openSocket } from 'sockctl'
import { expect, it, onTestFinished } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnProgram } from './support/processes.ts'
import { only, receiveAll, type UnixSocket } from './support/unix.ts'

const path = `\0sockctl-accept-${process.pid}`

async function listener(backlog = 20): Promise<OwnedSocket<'unix'>> {
  const owned = await openSocket({ family: 'unix', type: 'seqpacket', bind: { path }, listen: { backlog } })
  onTestFinished(() => owned.close())
  return owned
}

async function client(): Promise<UnixSocket> {
  const socket = (await openSocket({ family: 'unix', type: 'seqpacket', connect: { path } })).toMessageSocket()
  onTestFinished(() => socket.close())
  return socket
}

async function accepted(server: OwnedSocket<'unix'>): Promise<UnixSocket> {
  const socket = (await server.accept()).toMessageSocket()
  onTestFinished(() => socket.close())
  return socket
}

const closing = (fd: number) => (): void => closeSync(fd)
const refusal = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'fulfilled',
    (error) => error,
  )

describeInNamespace('accept', () => {
  it('gives the connections of several clients, each with its own messages', async () => {
    const server = await listener()
    const clients = await Promise.all([client(), client(), client()])
    const connections = [await accepted(server), await accepted(server), await accepted(server)]
    for (const [n, one] of clients.entries()) await one.send([Buffer.from(`${n}`), Buffer.alloc(0), Buffer.from('end')])
    for (const [n, connection] of connections.entries()) {
      const [first, empty, last] = await receiveAll(connection, 3)
      expect([first, empty, last].map((one) => String(one?.data))).toEqual([`${n}`, '', 'end'])
      expect(first?.source).toBeUndefined()
      await connection.reply(first as never, Buffer.from(`to ${n}`))
      expect(String((await only(clients[n] as UnixSocket)).data)).toBe(`to ${n}`)
    }
    expect(connections[0]?.address).toEqual({ path })
    expect(connections[0]?.remoteAddress).toEqual({ path: '' })
    expect(clients[0]?.remoteAddress).toEqual({ path })
  })

  it('waits for a client, and gives several waits a client each', async () => {
    const server = await listener()
    const waiting = [server.accept(), server.accept(), server.accept()]
    for (let n = 0; n < 3; n++) await client()
    const connections = await Promise.all(waiting)
    for (const one of connections) {
      expect(one).toMatchObject({ family: 'unix', type: 'seqpacket', connected: true, listening: false })
      await one.close()
    }
  })

  it('gives up at once if its signal is aborted, and the socket goes on', async () => {
    const server = await listener()
    const reason = new Error('enough')
    const controller = new AbortController()
    const [given, kept] = [server.accept({ signal: controller.signal }), server.accept()]
    controller.abort(reason)
    await expect(given).rejects.toBe(reason)
    await expect(server.accept({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await client()
    await (await kept).close()
    await client()
    await (await accepted(server)).close()
  })

  it.each<[string, (server: OwnedSocket<'unix'>) => unknown, string]>([
    ['is closed', (server) => server.close(), 'ERR_SOCKET_CLOSED'],
    ['is released', (server) => void onTestFinished(closing(server.release())), 'ERR_SOCKET_HANDED_OVER'],
  ])('rejects if the socket %s meanwhile', async (_, end, code) => {
    const server = await listener()
    const waits = [refusal(server.accept()), refusal(server.accept())]
    await new Promise(setImmediate)
    await end(server)
    for (const wait of waits) expect(await wait).toMatchObject({ code, reason: 'closed' })
    expect(await refusal(server.accept())).toMatchObject({ code, reason: 'closed' })
  })

  it('rejects if the socket becomes a server of Node’s meanwhile', async () => {
    await using owned = await openSocket({
      family: 'ipv4',
      type: 'stream',
      bind: { address: '127.0.0.1' },
      listen: {},
    })
    const wait = refusal(owned.accept())
    await new Promise(setImmediate)
    const server = owned.toServer()
    expect(await wait).toMatchObject({ code: 'ERR_SOCKET_HANDED_OVER' })
    await new Promise((resolve) => server.close(resolve))
  })

  it('keeps the process alive only while it waits', async () => {
    const code = `
      import { openSocket } from 'sockctl'
      const server = await openSocket({ family: 'unix', type: 'seqpacket', bind: {}, listen: {} })
      const refused = server.accept({ signal: AbortSignal.timeout(50) }).catch(({ name }) => console.log(JSON.stringify({ name })))
      await refused`
    await using child = spawnProgram([process.execPath, '--input-type=module', '--eval', code])
    expect(await child.next()).toEqual({ name: 'TimeoutError' })
    expect((await child.exited).code).toBe(0)
  })

  it('gives a connection that closes on exec and does not block, of streams too', async () => {
    await using owned = await openSocket({ family: 'ipv4', type: 'stream', bind: { address: '127.0.0.1' }, listen: {} })
    const { port } = owned.address()
    const connecting = openSocket({ family: 'ipv4', type: 'stream', connect: { address: '127.0.0.1', port } })
    await using connection = await owned.accept()
    await using asking = await connecting
    expect(connection.remoteAddress()).toEqual(asking.address())
    expect(() => connection.toMessageSocket()).toThrow(/a stream socket of ipv4 can't become a MessageSocket/)
  })

  it.each<[string, object, string]>([
    ['a socket that does not listen', { family: 'unix', type: 'seqpacket' }, 'EINVAL'],
    ['a datagram socket', { family: 'ipv4', type: 'dgram' }, 'ENOTSUP'],
  ])('is refused by %s', async (_, spec, code) => {
    await using owned = await openSocket(spec as never)
    await expect(owned.accept()).rejects.toMatchObject({ code, reason: 'bad-value', syscall: 'accept' })
  })

  it.each<[unknown, RegExp]>([
    [1, /accept takes \{ signal \}, not 1/],
    [{ timeout: 1 }, /unknown option 'timeout'/],
    [{ signal: 1 }, /an AbortSignal is needed/],
  ])('refuses %j as options', async (options, words) => {
    const server = await listener()
    await expect(server.accept(options as never)).rejects.toThrow(words)
  })

  it('is of a socket that can’t be read itself', async () => {
    const server = await listener()
    expect(() => server.toMessageSocket()).toThrow(/this socket listens: a connection that it accept\(\)s can become/)
    await client()
    await (await accepted(server)).close()
  })
})

describeInNamespace('the end of a connection', () => {
  it('ends the loop after the last message, and is told by receive', async () => {
    const server = await listener()
    const sender = await client()
    const receiver = await accepted(server)
    await sender.send([Buffer.from('one'), Buffer.from('two')])
    await sender.close()
    const texts: string[] = []
    for await (const batch of receiver) texts.push(...batch.map(({ data }) => String(data)))
    expect(texts).toEqual(['one', 'two'])
    await expect(receiver.receive()).rejects.toMatchObject({ code: 'ERR_PEER_CLOSED', reason: 'closed' })
    await expect(receiver.send(Buffer.from('x'))).rejects.toMatchObject({
      code: 'EPIPE',
      message: expect.stringContaining('the peer has closed the connection'),
    })
    await receiver.close()
    await expect(receiver.receive()).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
  })

  it('ends a receive that waits, and a stream', async () => {
    const server = await listener()
    const [first, second] = [await client(), await client()]
    const [one, two] = [await accepted(server), await accepted(server)]
    const waiting = refusal(one.receive())
    await first.close()
    expect(await waiting).toMatchObject({ code: 'ERR_PEER_CLOSED' })
    await second.send(Buffer.from('streamed'))
    await second.close()
    const texts: string[] = []
    for await (const { data } of two.readable()) texts.push(String(data))
    expect(texts).toEqual(['streamed'])
  })

  it.each([1, 2, 64])('comes after empty messages and those behind them, in batches of %i', async (batch) => {
    const server = await listener()
    const sender = await client()
    const receiver = (await server.accept()).toMessageSocket({ batch })
    onTestFinished(() => receiver.close())
    await sender.send([Buffer.alloc(0), Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(0), Buffer.from('last')])
    await sender.close()
    const texts: string[] = []
    for await (const messages of receiver) texts.push(...messages.map(({ data }) => String(data)))
    expect(texts).toEqual(['', '', 'x', '', 'last'])
  })

  it('whose peer had not read everything is told as a reset first', async () => {
    const server = await listener()
    const sender = await client()
    const receiver = await accepted(server)
    await receiver.send(Buffer.from('unread'))
    await sender.close()
    await expect(receiver.receive()).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(receiver.receive()).rejects.toMatchObject({ code: 'ERR_PEER_CLOSED' })
  })
})
