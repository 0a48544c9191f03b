// What a program does while `send` reads its arguments must not change what goes out.
import type { Sender } from 'sockctl'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

describeInNamespace('send, while its arguments are read,', () => {
  async function between(): Promise<{ sender: Sender; next: (count: number) => Promise<string[]> }> {
    const receiver = await opened({ address: '127.0.0.1' })
    const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port } })
    const reading = readingOf(receiver)
    return { sender, next: async (count) => (await reading.take(count)).map(({ data }) => data.toString()) }
  }
  const refused = expect.objectContaining({ reason: 'bad-value', message: expect.stringContaining('transferred') })
  const transfer = (bytes: Uint8Array): void => void structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })

  it('refuses bytes that a getter of the array transferred, and sends nothing', async () => {
    const { sender, next } = await between()
    const first = new Uint8Array(20_000).fill(65)
    const list = [first, new Uint8Array(1)]
    Object.defineProperty(list, 1, {
      get: () => {
        if (first.length > 0) transfer(first)
        return new Uint8Array([66])
      },
    })
    await expect(sender.send(list)).rejects.toEqual(refused)
    await sender.send(Buffer.from('marker'))
    expect(await next(1)).toEqual(['marker'])
  })

  it('refuses bytes that a Proxy, or the getter of a message, transferred', async () => {
    const { sender, next } = await between()
    const bytes = new Uint8Array(100).fill(65)
    const proxy = new Proxy([bytes, Buffer.from('x')], {
      get: (target, name, receiver) => {
        if (name === '1' && bytes.length > 0) transfer(bytes)
        return Reflect.get(target, name, receiver)
      },
    })
    await expect(sender.send(proxy)).rejects.toEqual(refused)
    const other = new Uint8Array(100).fill(65)
    const message = {
      data: Buffer.from('y'),
      get hopLimit() {
        if (other.length > 0) transfer(other)
        return 3
      },
    }
    await expect(sender.send([other, message])).rejects.toEqual(refused)
    await sender.send(Buffer.from('marker'))
    expect(await next(1)).toEqual(['marker'])
  })

  it('sends what an array had at the call, whatever is done to the array while the send waits', async () => {
    const { sender, next } = await between()
    const list = [Buffer.from('a'), Buffer.from('b')]
    const sent = sender.send(list)
    list.length = 0
    await sent
    expect(await next(2)).toEqual(['a', 'b'])
  })

  it('refuses unknown fields at every depth, and lets through an address as Node hands one out', async () => {
    const { sender, next } = await between()
    const { address } = await opened({ address: '127.0.0.1' })
    const to = (fields: object) => ({ ...address, ...fields })
    for (const wrong of [
      () => sender.send([{ data: Buffer.from('x'), hoplimit: 9 } as never]),
      () => sender.send(Buffer.from('x'), undefined, { ttl: 9 } as never),
      () => sender.send(Buffer.from('x'), to({ host: 'a' })),
      () => sender.send(Buffer.from('x'), to({ family: 'IPv6' })),
      () => sender.send(Buffer.from('x'), to({ size: -1 })),
      () => sender.send([{ data: Buffer.from('x'), to: to({ adress: '127.0.0.1' }) }]),
    ])
      await expect(wrong()).rejects.toMatchObject({ reason: 'bad-value' })
    for (const fields of [{ family: 'IPv4' }, { family: 4 }, { family: 'ipv4', size: 12 }])
      expect(await sender.send(Buffer.from('elsewhere'), to(fields))).toBe(1)
    await sender.send(Buffer.from('marker'))
    expect(await next(1)).toEqual(['marker'])
  })
})
