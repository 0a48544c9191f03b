import { setImmediate } from 'node:timers/promises'
import type { Receiver } from 'sockctl'
import { SO_RCVBUF } from 'sockctl/options'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { type Peer, spawnProgram, spawnScript } from './support/processes.ts'
import { opened, sending } from './support/receiving.ts'

/** Code of a process that sends as fast as it can. */
const flood = (local: string, { address: { port } }: Receiver, size: number): Peer =>
  spawnScript(
    {
      code: `
        import { openSender } from 'sockctl'
        import { serve } from '${new URL('./support/stdio.mjs', import.meta.url)}'
        const [address, port, size] = process.argv.slice(1)
        const sender = await openSender({ to: { address, port: Number(port) } })
        const datagrams = Array.from({ length: 64 }, (_, n) => Buffer.alloc(Number(size) - (n % 2)))
        let sent = 0
        await serve({
          flood: async ({ count }) => {
            while (sent < count) sent += await sender.send(datagrams)
            return sent
          },
          one: () => sender.send(datagrams[0]),
        })`,
    },
    [local, `${port}`, `${size}`],
  )

const loopbacks = [
  ['IPv4', '127.0.0.1'],
  ['IPv6', '::1'],
] as const

describeInNamespace('a reader slower than its sender', () => {
  it.each(loopbacks)('loses nothing unseen: received + dropped = sent, to the datagram (%s)', async (_, local) => {
    const receiver = await opened({ address: local, options: [[SO_RCVBUF, 50_000]] })
    await using sender = flood(local, receiver, 1316)
    let read = 0
    const reading = (async () => {
      for await (const batch of receiver) read += batch.length
    })()
    const sum = () => {
      const { datagrams, dropped } = receiver.stats()
      return datagrams + dropped
    }
    const sent = await sender.request<number>('flood', { count: 200_000 })
    while (sum() < sent) await setImmediate()
    // The buffer is empty now, so it has room for another datagram.
    await sender.request('one')
    while (sum() < sent + 1) await setImmediate()
    const { datagrams, dropped, bytes } = receiver.stats()
    expect(datagrams + dropped).toBe(sent + 1)
    expect(dropped).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(datagrams * 1316)
    await receiver.close()
    await reading
    expect(read).toBe(datagrams)
    expect(receiver.stats()).toMatchObject({ datagrams, dropped })
  })
})

describeInNamespace('a receiver that nobody reads', () => {
  it('leaves datagrams to the kernel, which drops what it has no room for', async () => {
    const receiver = await opened({ address: '127.0.0.1', options: [[SO_RCVBUF, 50_000]] })
    await using sender = flood('127.0.0.1', receiver, 1000)
    const sent = await sender.request<number>('flood', { count: 10_000 })
    const before = receiver.stats()
    expect(before).toMatchObject({ datagrams: 0, batches: 0, bytes: 0 })
    expect(before.dropped).toBeGreaterThan(9_000)
    // The other datagrams wait to be read.
    const left = sent - before.dropped
    let read = 0
    for await (const batch of receiver) {
      read += batch.length
      if (read >= left) break
    }
    expect(read).toBe(left)
  })

  it('reads no more than a batch ahead of its reader', async () => {
    const receiver = await opened({ address: '127.0.0.1', batch: 8 })
    const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port } })
    await sender.send(Array.from({ length: 100 }, (_, n) => Buffer.from([n])))
    const iterator = receiver[Symbol.asyncIterator]()
    for (let turn = 1; turn <= 3; turn++) {
      const { value = [] } = await iterator.next()
      expect(value.map(({ data }) => data[0])).toEqual(Array.from({ length: 8 }, (_, n) => (turn - 1) * 8 + n))
      for (let n = 0; n < 10; n++) await setImmediate()
      expect(receiver.stats().datagrams).toBe(turn * 8)
    }
  })

  it('reads no more than a batch and a stream’s worth ahead of who reads its stream', async () => {
    const receiver = await opened({ address: '127.0.0.1', batch: 8 })
    const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port } })
    await sender.send(Array.from({ length: 100 }, (_, n) => Buffer.from([n])))
    const stream = receiver.readable()
    stream.read(0)
    for (let n = 0; n < 20; n++) await setImmediate()
    expect(receiver.stats().datagrams).toBeLessThanOrEqual(16)
    let next = 0
    for await (const { data } of stream) {
      expect(data[0]).toBe(next++)
      expect(receiver.stats().datagrams).toBeLessThanOrEqual(next + 24)
      if (next === 100) break
    }
    expect(next).toBe(100)
  })
})

describeInNamespace('memory', () => {
  it('does not grow with what is received, whatever it is read as', async () => {
    const code = `
      import { openReceiver, openSender } from 'sockctl'
      import { tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'
      const to = (receiver) => ({ address: '127.0.0.1', port: receiver.address.port })
      const receiver = await openReceiver({ address: '127.0.0.1', ancillary: { timestamp: true } })
      const sender = await openSender({ to: to(receiver) })
      const datagrams = Array.from({ length: 32 }, (_, n) => Buffer.alloc(1316))
      const used = []
      let rounds = 0
      await sender.send(datagrams)
      let due = 32
      for await (const batch of receiver) {
        due -= batch.length
        if (due > 0) continue
        if (++rounds % 2500 === 0) {
          gc()
          gc()
          const { heapUsed, external } = process.memoryUsage()
          used.push(heapUsed + external)
          if (used.length === 5) break
        }
        due = await sender.send(datagrams)
      }
      await sender.close()
      tell({ used, received: receiver.stats().datagrams })`
    await using child = spawnProgram([process.execPath, '--expose-gc', '--input-type=module', '--eval', code])
    const { used, received } = await child.next<{ used: number[]; received: number }>()
    expect(received).toBe(5 * 2500 * 32)
    const growth = used.slice(1).map((bytes, n) => bytes - (used[n] as number))
    expect(Math.min(...growth)).toBeLessThan(2 ** 16)
  })
})
