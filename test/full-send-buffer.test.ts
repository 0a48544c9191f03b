import { openSender, type Sender } from 'sockctl'
import { SO_SNDBUF } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSockets } from './support/descriptors.ts'
import { type Peer, spawnScript } from './support/processes.ts'
import { describeWithSlowLoopback, slowLoopback } from './support/slow-loopback.ts'

// So few that the reader's buffer holds them all, if the reader gets no processor time for a while.
const COUNT = 150
const SIZE = 1400
const inOrder = Array.from({ length: COUNT }, (_, n) => n)
const datagrams = (): Buffer[] =>
  inOrder.map((n) => {
    const datagram = Buffer.alloc(SIZE)
    datagram.writeUInt16BE(n)
    return datagram
  })

/** Code of a process that reads, and tells which datagrams it got. */
const reader = (address: string): Peer =>
  spawnScript(
    {
      code: `
        import { openReceiver } from 'sockctl'
        import { SO_RCVBUF } from 'sockctl/options'
        import { serve, tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'
        const receiver = await openReceiver({ address: process.argv[1], options: [[SO_RCVBUF, 2 ** 20]] })
        const numbers = []
        ;(async () => {
          for await (const batch of receiver) {
            numbers.push(...batch.map(({ data }) => data.readUInt16BE(0)))
            if (numbers.length >= ${COUNT}) tell({ numbers: numbers.splice(0) })
          }
        })()
        await serve({ port: () => receiver.address.port })`,
    },
    [address],
  )

/** A sender to a reader, with the smallest send buffer the kernel allows. */
async function toReader(peer: Peer, address: string): Promise<Sender> {
  const to = { address, port: await peer.request<number>('port') }
  const sender = await openSender({ to, options: [[SO_SNDBUF, 0]], segmentation: false })
  onTestFinished(() => sender.close())
  return sender
}

describeWithSlowLoopback('a send buffer that is full', () => {
  describe.each(['127.0.0.1', '::1'])('to %s', (address) => {
    it('makes sends wait, in their order, and nothing is lost', async () => {
      await slowLoopback()
      await using peer = reader(address)
      const sender = await toReader(peer, address)
      const all = datagrams()
      const sends = [all.slice(0, 1), all.slice(1, 90), all.slice(90, 91), all.slice(91)]
      const order: number[] = []
      const sent = sends.map(async (some, at) => {
        expect(await sender.send(some)).toBe(some.length)
        order.push(at)
      })
      await Promise.all(sent)
      expect(order).toEqual([0, 1, 2, 3])
      expect(await peer.next()).toEqual({ numbers: inOrder })
      const { waits, ...stats } = sender.stats()
      expect(stats).toMatchObject({ datagrams: COUNT, bytes: COUNT * SIZE })
      expect(waits).toBeGreaterThan(1)
    })
  })

  it('rejects what waits when the sender is closed', async () => {
    await slowLoopback()
    await using peer = reader('127.0.0.1')
    const sockets = openSockets()
    const sender = await toReader(peer, '127.0.0.1')
    const results = Promise.allSettled(Array.from({ length: 5 }, () => sender.send(datagrams())))
    expect(sender.stats().waits).toBe(1)
    await sender.close()
    for (const result of await results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_SOCKET_CLOSED', reason: 'closed' } })
    await expect(sender.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
    await sender.close()
    expect(openSockets()).toEqual(sockets)
  })

  it('keeps what waits from its caller’s hands', async () => {
    await slowLoopback()
    await using peer = reader('127.0.0.1')
    const sender = await toReader(peer, '127.0.0.1')
    const all = datagrams()
    const sent = sender.send(all)
    all.length = 0
    expect(await sent).toBe(COUNT)
    expect(await peer.next()).toEqual({ numbers: inOrder })
  })

  it('keeps the event loop and the sender alive while a send waits', async () => {
    await slowLoopback()
    await using peer = reader('127.0.0.1')
    const port = await peer.request<number>('port')
    await using child = spawnScript({
      code: `
        import { openSender } from 'sockctl'
        import { SO_SNDBUF } from 'sockctl/options'
        import { tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'
        const to = { address: '127.0.0.1', port: ${port} }
        const sender = await openSender({ to, options: [[SO_SNDBUF, 0]], segmentation: false })
        const datagrams = Array.from({ length: ${COUNT} }, () => new Uint8Array(${SIZE}))
        sender.send(datagrams).then((sent) => tell({ sent, waits: sender.stats().waits > 0 }))`,
    })
    expect(await child.next()).toEqual({ sent: COUNT, waits: true })
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  it('does not hold a connected sender back from an error', async () => {
    await slowLoopback()
    const sender = await openSender({ to: { address: '127.0.0.1', port: 9 }, connect: true, options: [[SO_SNDBUF, 0]] })
    onTestFinished(() => sender.close())
    await expect(sender.send(datagrams())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
