// How much of a backlog is read before the event loop turns: a full batch and three more, and then other work has its turn.
import { setImmediate } from 'node:timers'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { opened, sending } from './support/receiving.ts'

describeInNamespace('a backlog', () => {
  const backlog = async (batch: number, count: number) => {
    const receiver = await opened({ address: '127.0.0.1', batch })
    const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port } })
    await sender.send(Array.from({ length: count }, (_, n) => Buffer.from(`${n}`)))
    return receiver[Symbol.asyncIterator]()
  }

  it('is read four batches at a time', async () => {
    const reading = await backlog(2, 20)
    const order: string[] = []
    for (let batch = 0; batch < 10; batch++) {
      // Other work that came up meanwhile.
      if (batch % 4 === 1) setImmediate(() => order.push('other work'))
      const { value } = await reading.next()
      order.push((value ?? []).map(({ data }) => data.toString()).join())
    }
    const four = (from: number) => [0, 1, 2, 3].map((n) => `${from + 2 * n},${from + 2 * n + 1}`)
    expect(order.slice(0, 10)).toEqual([...four(0), 'other work', ...four(8), 'other work'])
  })

  it('that does not fill a batch is followed by a turn', async () => {
    const reading = await backlog(2, 3)
    const order: string[] = []
    await reading.next()
    setImmediate(() => order.push('other work'))
    const { value } = await reading.next()
    order.push(`${value?.length}`)
    expect(order).toEqual(['1'])
    const next = reading.next().then(() => order.push('more'))
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(order).toEqual(['1', 'other work'])
    await reading.return?.()
    await next
  })
})
