import { type Datagram, type MessageSocket, openSocket } from 'sockctl'
import { SO_SNDBUF } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'

async function server(): Promise<MessageSocket> {
  const bind = { address: '127.0.0.1', port: 0 }
  const options = [[SO_SNDBUF, 4096]] as const
  const socket = (await openSocket({ family: 'ipv4', type: 'dgram', bind, options })).toMessageSocket()
  onTestFinished(() => socket.close())
  return socket
}

async function clientOf({ address }: MessageSocket): Promise<MessageSocket> {
  const client = (await openSocket({ family: 'ipv4', type: 'dgram' })).toMessageSocket()
  onTestFinished(() => client.close())
  await client.connect(address)
  return client
}

const textOf = async (socket: MessageSocket): Promise<string[]> => {
  const batch = await socket.receive()
  return batch.map(({ data }) => String(data))
}

describeInNamespace('answers that are given together', () => {
  it('each reach their own client, in order', async () => {
    const socket = await server()
    const clients = await Promise.all(Array.from({ length: 20 }, () => clientOf(socket)))
    for (const [n, client] of clients.entries()) await client.send([Buffer.from(`${n}`), Buffer.from(`${n}`)])
    const asked: Datagram[] = []
    while (asked.length < 40) asked.push(...(await socket.receive()))
    const sent = await Promise.all(asked.map((one, i) => socket.reply(one, Buffer.from(`${one.data} ${i % 2}`))))
    expect(sent).toEqual(asked.map(() => 1))
    for (const [n, client] of clients.entries()) {
      const got: string[] = []
      while (got.length < 2) got.push(...(await textOf(client)))
      expect(got).toEqual([`${n} 0`, `${n} 1`])
    }
    expect(socket.stats().sent.datagrams).toBe(40)
  })

  it('go out though one in between is refused, whose promise says why', async () => {
    const socket = await server()
    const client = await clientOf(socket)
    await client.send(Buffer.from('?'))
    const [asked] = (await socket.receive()) as [Datagram]
    const impossible = { ...asked, source: { address: '255.255.255.255', port: 9 } }
    const outcomes = await Promise.allSettled([
      socket.reply(asked, Buffer.from('first')),
      socket.reply(impossible, Buffer.from('to all')),
      socket.reply(asked, Buffer.alloc(65_600)),
      socket.reply(asked, Buffer.from('last')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'EACCES', message: expect.stringContaining('255.255.255.255') },
    })
    expect(outcomes[2]).toMatchObject({ reason: { code: 'EMSGSIZE' } })
    const got: string[] = []
    while (got.length < 2) got.push(...(await textOf(client)))
    expect(got).toEqual(['first', 'last'])
  })

  it('keep the order of the calls, with sends among them', async () => {
    const socket = await server()
    const client = await clientOf(socket)
    await client.send(Buffer.from('?'))
    const [asked] = (await socket.receive()) as [Datagram]
    const sends = Array.from({ length: 30 }, (_, n) =>
      n % 3 === 2
        ? socket.send(Buffer.from(String(n)), client.address)
        : socket.reply(asked, Buffer.from(String(n)), n % 3 === 1 ? {} : undefined),
    )
    await Promise.all(sends)
    const got: string[] = []
    while (got.length < 30) got.push(...(await textOf(client)))
    expect(got).toEqual(Array.from({ length: 30 }, (_, n) => String(n)))
  })

  it('wait for room in a full send buffer, and are rejected by a close', async () => {
    const socket = await server()
    const client = await clientOf(socket)
    await client.send(Buffer.from('?'))
    const [asked] = (await socket.receive()) as [Datagram]
    const many = Array.from({ length: 500 }, () => socket.reply(asked, Buffer.alloc(1000)))
    await Promise.all(many)
    expect(socket.stats().sent.datagrams).toBe(500)

    const late = [socket.reply(asked, Buffer.from('x')), socket.reply(asked, Buffer.from('y'))]
    const outcomes = Promise.allSettled(late)
    await socket.close()
    for (const outcome of await outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ reason: 'closed' })
    await expect(socket.reply(asked, Buffer.from('z'))).rejects.toMatchObject({ reason: 'closed' })
  })
})
