import { getEventListeners, once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { type Datagram, openReceiver, openSender, Receiver, Sender } from 'sockctl'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const channel = { group: '239.8.8.8', interface: 'lo' }
const isMember = () => kernelGroups().some(({ group }) => group === channel.group)
const closed = { code: 'ERR_SOCKET_CLOSED', reason: 'closed' }
const busy = { code: 'ERR_READER_BUSY', reason: 'bad-value' }

/** A receiver with some datagrams that wait. */
async function filled(count: number, options = {}): Promise<Receiver> {
  const receiver = await opened({ address: '127.0.0.1', ...options })
  const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port } })
  await sender.send(Array.from({ length: count }, (_, n) => Buffer.from([n])))
  return receiver
}

async function all(batches: AsyncIterable<Datagram[]>): Promise<number[]> {
  const numbers: number[] = []
  for await (const batch of batches) numbers.push(...batch.map(({ data }) => data[0] ?? -1))
  return numbers
}

describeInNamespace('a receiver', () => {
  it('that is closed ends the loop that reads, and leaves no descriptor and no membership', async () => {
    const before = openSockets()
    const receiver = await openReceiver({ channels: [channel] })
    expect(isMember()).toBe(true)
    const reading = all(receiver)
    await setImmediate()
    await receiver.close()
    expect(await reading).toEqual([])
    expect(isMember()).toBe(false)
    expect(openSockets()).toEqual(before)
    await receiver.close()
    expect(await all(receiver)).toEqual([])
    expect(receiver.memberships).toEqual([])
    await expect(receiver.join(channel)).rejects.toMatchObject(closed)
    await expect(receiver.joinAll([channel])).rejects.toMatchObject(closed)
    expect(() => receiver.control).toThrow(expect.objectContaining(closed))
    expect(() => receiver.address).toThrow(expect.objectContaining(closed))
    expect(receiver.ref().unref().stats()).toMatchObject({ datagrams: 0, sockets: 0 })
  })

  it('is closed when its loop is left', async () => {
    const receiver = await filled(3)
    for await (const batch of receiver) {
      expect(batch).toHaveLength(3)
      break
    }
    expect(() => receiver.control).toThrow(expect.objectContaining(closed))
    const other = await filled(1)
    const failing = async () => {
      for await (const _ of other) throw new Error('as planned')
    }
    await expect(failing()).rejects.toThrow('as planned')
    expect(() => other.control).toThrow(expect.objectContaining(closed))
  })

  it('is closed by await using', async () => {
    let receiver: Receiver
    {
      await using scoped = await openReceiver({ channels: [channel] })
      receiver = scoped
      expect(isMember()).toBe(true)
    }
    expect(() => receiver.control).toThrow(expect.objectContaining(closed))
    expect(isMember()).toBe(false)
  })

  it('that is closed inside its loop gives no more', async () => {
    const receiver = await filled(10, { batch: 2 })
    const numbers: number[] = []
    for await (const batch of receiver) {
      numbers.push(...batch.map(({ data }) => data[0] ?? -1))
      if (numbers.length === 4) await receiver.close()
    }
    expect(numbers).toEqual([0, 1, 2, 3])
    expect(receiver.stats()).toMatchObject({ datagrams: 4, batches: 2 })
  })

  it('is opened and not constructed, nor is a sender', () => {
    expect(() => new (Receiver as unknown as new () => Receiver)()).toThrow(/await openReceiver/)
    expect(() => new (Sender as unknown as new () => Sender)()).toThrow(/await openSender/)
  })

  it('has one reader at a time', async () => {
    const receiver = await filled(0)
    const iterator = receiver[Symbol.asyncIterator]()
    expect(() => receiver[Symbol.asyncIterator]()).toThrow(expect.objectContaining(busy))
    expect(() => receiver.readable()).toThrow(expect.objectContaining(busy))
    await expect(all(receiver)).rejects.toMatchObject(busy)
    const first = iterator.next()
    await expect(iterator.next()).rejects.toMatchObject(busy)
    const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port } })
    await sender.send(Buffer.from('x'))
    expect((await first).value).toHaveLength(1)
    await iterator.return?.()
  })

  it('may have its channels changed while it is read', async () => {
    const receiver = await opened({ address: '0.0.0.0' })
    const reading = readingOf(receiver)
    const sender = await sending({ to: { address: channel.group, port: receiver.address.port }, interface: 'lo' })
    for (let round = 0; round < 5; round++) {
      const next = reading.take(1)
      const membership = await receiver.join(channel)
      await sender.send(Buffer.from([round]))
      expect((await next)[0]?.data[0]).toBe(round)
      await membership.leave()
    }
  })

  it('closed while it joins lets nothing stay open', async () => {
    const before = openSockets()
    for (let round = 0; round < 20; round++) {
      const receiver = await openReceiver({ address: '0.0.0.0' })
      const channels = Array.from({ length: 60 }, (_, n) => ({ group: `239.8.9.${n}`, interface: 'lo' }))
      const joining = channels.map((one) => receiver.join(one).catch((error) => error))
      await joining[round * 3]
      await receiver.close()
      for (const result of await Promise.all(joining.slice(round * 3 + 1)))
        if (result instanceof Error) expect(result).toMatchObject(closed)
      expect(receiver.memberships).toEqual([])
      expect(openSockets()).toEqual(before)
    }
  })

  it('that can not be opened leaves nothing open', async () => {
    const before = openSockets()
    const owner = await opened({ address: '127.0.0.1' })
    const meanwhile = openSockets()
    const { port } = owner.address
    const failing = [
      { address: '127.0.0.1', port },
      { address: '192.0.2.1' },
      { channels: [channel, channel] },
      { channels: [{ ...channel, interface: 'nowhere0' }] },
      { channels: [channel, { ...channel, source: '127.0.0.1' }] },
    ]
    for (const options of failing) await expect(openReceiver(options)).rejects.toHaveProperty('reason')
    expect(openSockets()).toEqual(meanwhile)
    await owner.close()
    expect(openSockets()).toEqual(before)
  })
})

describeInNamespace('a signal', () => {
  it('aborted before refuses to open', async () => {
    const before = openSockets()
    const reason = new Error('as planned')
    const signal = AbortSignal.abort(reason)
    await expect(openReceiver({ signal })).rejects.toBe(reason)
    await expect(openSender({ signal })).rejects.toBe(reason)
    expect(openSockets()).toEqual(before)
  })

  it('aborted while it opens lets nothing stay open', async () => {
    const before = openSockets()
    const channels = Array.from({ length: 30 }, (_, n) => ({ group: `239.8.9.${n}`, interface: 'lo' }))
    const controller = new AbortController()
    const opening = openReceiver({ channels, signal: controller.signal })
    await setImmediate()
    controller.abort()
    await expect(opening).rejects.toHaveProperty('name', 'AbortError')
    expect(openSockets()).toEqual(before)
  })

  it('aborted while it reads ends the loop', async () => {
    const before = openSockets()
    const controller = new AbortController()
    const { signal } = controller
    const receiver = await openReceiver({ address: '127.0.0.1', signal })
    const sender = await openSender({ to: { address: '127.0.0.1', port: receiver.address.port }, signal })
    const reading = all(receiver)
    await setImmediate()
    controller.abort()
    expect(await reading).toEqual([])
    await expect(sender.send(Buffer.from('x'))).rejects.toMatchObject(closed)
    await Promise.all([receiver.close(), sender.close()])
    expect(openSockets()).toEqual(before)
  })

  it('ends any number of receivers and senders, and Node sees no leak in that', async () => {
    const before = openSockets()
    const warned = vi.fn()
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const controller = new AbortController()
    const { signal } = controller
    const receivers = await Promise.all(
      Array.from({ length: 12 }, () => openReceiver({ address: '127.0.0.1', signal })),
    )
    await Promise.all(Array.from({ length: 12 }, () => openSender({ signal })))
    const reading = receivers.map(all)
    await setImmediate()
    controller.abort()
    expect(await Promise.all(reading)).toEqual(receivers.map(() => []))
    await vi.waitFor(() => expect(openSockets()).toEqual(before))
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(warned).not.toHaveBeenCalled()
  })

  it('outlives what it was given to, and keeps nothing of it', async () => {
    const { signal } = new AbortController()
    for (let n = 0; n < 20; n++) {
      await (await openReceiver({ address: '127.0.0.1', signal })).close()
      await (await openSender({ signal })).close()
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describeInNamespace('the stream of a receiver', () => {
  it('gives datagrams in their order, and ends when the receiver is closed', async () => {
    const receiver = await filled(100, { batch: 7 })
    const numbers: number[] = []
    for await (const datagram of receiver.readable()) {
      numbers.push(datagram.data[0])
      if (numbers.length === 100) await receiver.close()
    }
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  it('closes the receiver when it is destroyed, also while it waits', async () => {
    for (const count of [0, 5]) {
      const receiver = await filled(count)
      const stream = receiver.readable()
      stream.on('data', () => {})
      await setImmediate()
      stream.destroy()
      await once(stream, 'close')
      expect(() => receiver.control).toThrow(expect.objectContaining(closed))
    }
  })

  it('flows, pauses and resumes', async () => {
    const receiver = await filled(50, { batch: 10 })
    const numbers: number[] = []
    const stream = receiver.readable()
    const done = new Promise<void>((resolve) => {
      stream.on('data', ({ data }) => {
        numbers.push(data[0])
        stream.pause()
        process.nextTick(() => stream.resume())
        if (numbers.length === 50) resolve()
      })
    })
    await done
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n))
    stream.destroy()
    await once(stream, 'close')
  })
})
