import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Datagram, type MessageSocket, type MessageSocketOptions, openSocket } from 'sockctl'
import { SO_RCVBUF, UDP_SEGMENT } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { opened, sending } from './support/receiving.ts'

async function pair(options: MessageSocketOptions): Promise<{ socket: MessageSocket; peer: MessageSocket }> {
  const open = async (given: MessageSocketOptions) => {
    const bind = { address: '127.0.0.1', port: 0 }
    const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind, options: [[SO_RCVBUF, 1 << 20]] })
    const made = owned.toMessageSocket(given)
    onTestFinished(() => made.close())
    return made
  }
  const [socket, peer] = [await open(options), await open({})]
  await peer.connect(socket.address)
  return { socket, peer }
}

describeInNamespace('with reuseBuffers a datagram', () => {
  it.each([{}, { gro: true }, { maxDatagram: 100 }, { ancillary: { hopLimit: true, timestamp: true } }])(
    'is as it was sent until the next batch is asked for, whatever is written over the last: %o',
    async (how) => {
      const { socket, peer } = await pair({ ...how, batch: 16, reuseBuffers: true })
      let given = 0
      let objects = new Set<Datagram>()
      for (let round = 0; round < 50; round++) {
        const sent = Array.from({ length: 1 + (round % 16) }, (_, i) => Buffer.alloc(1 + ((round * 7) % 90), round + i))
        await peer.send(sent)
        for (let at = 0; at < sent.length; ) {
          const batch = await socket.receive()
          for (const datagram of batch) {
            expect(datagram).toMatchObject({
              data: sent[at++],
              source: peer.address,
              destination: '127.0.0.1',
              truncated: false,
              ...('ancillary' in how && { hopLimit: 64, timestamp: expect.any(BigInt) }),
            })
            objects = objects.add(datagram)
            given++
          }
          // What was given back is poison.
          for (const datagram of batch) datagram.data.fill(0xdd)
        }
      }
      expect(given).toBeGreaterThan(300)
      expect(objects.size).toBeLessThanOrEqual(64)
    },
  )

  it('has the fields of its own arrival, and none of the datagram whose object it has', async () => {
    const { socket, peer } = await pair({ reuseBuffers: true, maxDatagram: 4, ancillary: { trafficClass: true } })
    await peer.send(Buffer.from('long one'), undefined, { trafficClass: 0x20 })
    expect(await socket.receive()).toMatchObject([{ data: Buffer.from('long'), truncated: true, trafficClass: 0x20 }])
    await peer.send(Buffer.from('ok'))
    expect(await socket.receive()).toMatchObject([{ data: Buffer.from('ok'), truncated: false, trafficClass: 0 }])
    const other = createSocket('udp4').bind(0, '127.0.0.1')
    await once(other, 'listening')
    other.send('new', socket.address.port, '127.0.0.1')
    expect((await socket.receive())[0]?.source).toEqual({ address: '127.0.0.1', port: other.address().port })
    other.close()
  })

  it('is answered while it is lent, and refused once it was given back', async () => {
    const { socket, peer } = await pair({ reuseBuffers: true })
    await peer.send([Buffer.from('a'), Buffer.from('b')])
    const lent: Datagram[] = []
    while (lent.length < 2) lent.push(...(await socket.receive()))
    const [first, second] = lent as [Datagram, Datagram]
    await socket.reply(second, Buffer.from('for b'))
    expect(String((await peer.receive())[0]?.data)).toBe('for b')
    const next = socket.receive()
    for (const datagram of [first, second])
      await expect(socket.reply(datagram, Buffer.from('x'))).rejects.toThrow(/given back/)
    await peer.send(Buffer.from('c'))
    await next
    await expect(socket.reply(second, Buffer.from('x'))).rejects.toThrow(/given back/)
  })

  it('is not for a stream, which keeps datagrams', async () => {
    const { socket } = await pair({ reuseBuffers: true })
    expect(() => socket.readable()).toThrow(/reuseBuffers/)
    const receiver = await opened({ reuseBuffers: true })
    expect(() => receiver.readable()).toThrow(/reuseBuffers/)
  })

  it('keeps apart the sockets of a receiver, which are read in turn', async () => {
    const channels = Array.from({ length: 50 }, (_, i) => ({ group: `239.6.6.${i + 1}`, interface: '127.0.0.1' }))
    const receiver = await opened({ channels, reuseBuffers: true, options: [[SO_RCVBUF, 1 << 20]] })
    expect(receiver.stats().sockets).toBeGreaterThan(1)
    const sender = await sending({ interface: 'lo' })
    const { port } = receiver.address
    for (const { group } of channels) await sender.send(Buffer.from(group), { address: group, port })
    const got: string[] = []
    while (got.length < channels.length)
      for (const { data, destination } of await receiver.receive()) {
        expect(String(data)).toBe(destination)
        got.push(String(data))
      }
    expect(got.toSorted()).toEqual(channels.map(({ group }) => group).toSorted())
  })

  it('comes split by GRO, each with the bytes of its own', async () => {
    const { socket, peer } = await pair({ reuseBuffers: true, gro: true })
    peer.control.setSync(UDP_SEGMENT, 10)
    const bytes = Buffer.from('0123456789abcdefghijKLMNO')
    await peer.send(bytes)
    const got: string[] = []
    while (got.length < 3) got.push(...(await socket.receive()).map(({ data }) => String(data)))
    expect(got).toEqual(['0123456789', 'abcdefghij', 'KLMNO'])
  })
})

describeInNamespace('with readInterval', () => {
  it('a reader under load gets all, in order, in larger batches, and one datagram at once', async () => {
    const { socket, peer } = await pair({ readInterval: 20, batch: 1024 })
    let reads = 0
    let next = 0
    for (let round = 0; round < 40; round++) {
      for (let burst = 0; burst < 10; burst++)
        await peer.send(Array.from({ length: 10 }, (_, i) => Buffer.from(String(round * 100 + burst * 10 + i))))
      while (next < (round + 1) * 100) {
        for (const { data } of await socket.receive()) expect(String(data)).toBe(String(next++))
        reads++
      }
    }
    expect(reads).toBeLessThan(200)
  })

  it('an abort and a close end the rest of a reader', async () => {
    const { socket, peer } = await pair({ readInterval: 1000, batch: 8 })
    // Four intervals of this load are seconds: the first read counts, since the reader was made long before.
    await peer.send(Array.from({ length: 200 }, () => Buffer.from('x')))
    let got = 0
    while (got < 200) got += (await socket.receive()).length
    const controller = new AbortController()
    const waiting = socket.receive({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const ends = expect(socket.receive()).rejects.toMatchObject({ reason: 'closed' })
    await socket.close()
    await ends
  })
})
