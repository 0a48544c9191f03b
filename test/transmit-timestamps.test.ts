import { once } from 'node:events'
import type { Sender, TransmitTimestamp } from 'sockctl'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const now = () => BigInt(Date.now()) * 1_000_000n
const A_MILLISECOND = 1_000_000n

async function timesOf(sender: Sender, count: number, act: () => Promise<unknown>): Promise<TransmitTimestamp[]> {
  const times: TransmitTimestamp[] = []
  sender.on('transmitted', (time) => times.push(time))
  await act()
  while (times.length < count) await once(sender, 'transmitted')
  return times
}

describeInNamespace('a sender that asks when datagrams leave', () => {
  it.each([
    ['IPv4', '127.0.0.1', true],
    ['IPv6', '::1', true],
    ['IPv4, by the card’s clock too, where it has one', '127.0.0.1', 'hardware'],
  ] as const)(
    'is told of each, by its number and in order, between two looks at the clock (%s)',
    async (_, address, asked) => {
      const receiver = await opened({ address, ancillary: { timestamp: true } })
      const to = { address, port: receiver.address.port }
      const sender = await sending({ to, transmitTimestamps: asked })
      const payloads = Array.from({ length: 100 }, (_, n) => Buffer.alloc(10, n))
      const before = now() - A_MILLISECOND
      const times = await timesOf(sender, 101, async () => {
        await sender.send(payloads)
        await sender.send(Buffer.from('one more'))
      })
      const after = now() + A_MILLISECOND
      expect(times.map(({ id }) => id)).toEqual(Array.from({ length: 101 }, (_, n) => n))
      expect(new Set(times.map(({ at }) => at))).toEqual(new Set(['sent']))
      for (const { timestamp = 0n, hardwareTimestamp } of times) {
        expect(timestamp).toBeGreaterThanOrEqual(before)
        expect(timestamp).toBeLessThanOrEqual(after)
        expect(hardwareTimestamp).toBeUndefined()
      }
      // Each datagram has a timestamp of its own, so they can't be sent as one.
      expect(sender.stats()).toMatchObject({ datagrams: 101, segmented: 0, segmentation: false })
      const received = await readingOf(receiver).take(101)
      for (const [n, { timestamp = 0n }] of received.entries())
        expect(timestamp).toBeGreaterThanOrEqual(times[n]?.timestamp ?? 0n)
    },
  )

  it.each(['127.0.0.1', '::1'])(
    'is told of each by the id it gave, and by the next number of those without (%s)',
    async (address) => {
      const sender = await sending({ to: { address, port: 9 }, transmitTimestamps: true })
      const data = Buffer.from('x')
      const ids = [7, undefined, 4294967295, 0, undefined]
      const times = await timesOf(sender, ids.length + 1, async () => {
        await sender.send(ids.map((id) => (id === undefined ? { data } : { data, timestampId: id })))
        await sender.send(data, undefined, { timestampId: 2 ** 31 })
      })
      expect(times.map(({ id }) => id)).toEqual([7, 0, 4294967295, 0, 1, 2 ** 31])
      expect(new Set(times.map(({ at }) => at))).toEqual(new Set(['sent']))
    },
  )

  it('is told of errors as well', async () => {
    const sender = await sending({ transmitTimestamps: true, returnedErrors: true })
    const nowhere = { address: '127.0.0.1', port: 9 }
    for (let n = 0; n < 3; n++) {
      const error = once(sender, 'returned-error')
      const [time] = await timesOf(sender, 1, () => sender.send(Buffer.from('x'), nowhere))
      expect(time).toMatchObject({ id: n, at: 'sent' })
      expect((await error)[0]).toMatchObject({ code: 'ECONNREFUSED', destination: nowhere })
    }
  })
})
