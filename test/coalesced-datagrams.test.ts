import { UDP_GRO } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { lanes } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const loopbacks = [
  { family: 'ipv4', local: '127.0.0.1' },
  { family: 'ipv6', local: '::1' },
] as const

/** Datagrams that differ in their content, so that a lost, doubled or moved one shows. */
const numbered = (count: number, size: number, last = size) =>
  Array.from({ length: count }, (_, n) => Buffer.alloc(n === count - 1 ? last : size, `${n} `))

describeInNamespace('datagrams that travel as one', () => {
  describe.each(loopbacks)('over $family', ({ local }) => {
    const shapes = [
      { name: 'equal ones', payloads: numbered(70, 1316) },
      { name: 'a shorter last one', payloads: numbered(65, 500, 3) },
      { name: 'short ones', payloads: numbered(150, 2) },
      { name: 'some as long as there can be', payloads: numbered(3, 32_000, 31_999) },
      {
        name: 'lengths that change',
        payloads: [...numbered(10, 100, 50), ...numbered(3, 100), ...numbered(2, 0), ...numbered(5, 700, 699)],
      },
    ]

    describe.each([true, false])('coalesced: %s', (gro) => {
      it.each(shapes)('arrive apart, in their order, each with all that is known: $name', async ({ payloads }) => {
        const receiver = await opened({ address: local, gro, ancillary: { hopLimit: true } })
        expect(await receiver.control.get(UDP_GRO)).toBe(gro)
        const sender = await sending({ to: { address: local, port: receiver.address.port } })
        const reading = readingOf(receiver).take(payloads.length)
        expect(await sender.send(payloads)).toBe(payloads.length)
        const datagrams = await reading
        expect(datagrams.every(({ data }, n) => data.equals(payloads[n] as Buffer))).toBe(true)
        const source = { address: local, port: sender.address.port }
        for (const datagram of datagrams)
          expect(datagram).toMatchObject({ source, destination: local, hopLimit: 64, truncated: false })
        const bytes = payloads.reduce((sum, { length }) => sum + length, 0)
        expect(receiver.stats()).toMatchObject({ datagrams: payloads.length, bytes, truncated: 0, dropped: 0 })
        expect(sender.stats()).toMatchObject({ datagrams: payloads.length, bytes, segmentation: true })
      })
    })

    it('come in few reads, and were few to send', async () => {
      const receiver = await opened({ address: local, gro: true })
      const sender = await sending({ to: { address: local, port: receiver.address.port } })
      await sender.send(numbered(128, 1000))
      expect(sender.stats()).toMatchObject({ segmented: 128 })
      const iterator = receiver[Symbol.asyncIterator]()
      const { value } = await iterator.next()
      expect(value?.length).toBe(128)
    })

    it('go one by one if segmentation is switched off', async () => {
      const receiver = await opened({ address: local })
      const to = { address: local, port: receiver.address.port }
      const sender = await sending({ to, segmentation: false })
      await sender.send(numbered(10, 100))
      expect(sender.stats()).toMatchObject({ datagrams: 10, segmented: 0, segmentation: false })
      expect(await readingOf(receiver).take(10)).toHaveLength(10)
    })

    it('are segmented with settings of their own too', async () => {
      const receiver = await opened({ address: local, ancillary: { hopLimit: true, trafficClass: true } })
      const sender = await sending({ to: { address: local, port: receiver.address.port } })
      await sender.send(numbered(40, 100), undefined, { hopLimit: 9, trafficClass: 16 })
      expect(sender.stats().segmented).toBe(40)
      const datagrams = await readingOf(receiver).take(40)
      expect(datagrams).toMatchObject(Array(40).fill({ hopLimit: 9, trafficClass: 16 }))
    })
  })
})

describeOnHosts('datagrams longer than the path’s MTU', (hosts) => {
  it.each(lanes)('go in fragments, each for itself, and the sender says so: $name', async (lane) => {
    const { group, interface: on } = lane
    const receiver = await opened({ channels: [{ group, interface: on }] })
    const code = `
      import { openSender } from 'sockctl'
      import { serve } from '${new URL('./support/stdio.mjs', import.meta.url)}'
      const sender = await openSender({ interface: ${JSON.stringify(`b${lane.at}`)}, family: ${JSON.stringify(lane.key)} })
      await serve({
        send: ({ to, count, size }) => sender.send(Array.from({ length: count }, (_, n) => Buffer.alloc(size, n)), to),
        stats: () => sender.stats(),
      })`
    await using peer = hosts().spawn('B', { code })
    const to = { address: group, port: receiver.address.port }
    const reading = readingOf(receiver)
    const send = async (size: number) => {
      expect(await peer.request('send', { to, count: 20, size })).toBe(20)
      const datagrams = await reading.take(20)
      expect(datagrams.every(({ data }, n) => data.equals(Buffer.alloc(size, n)))).toBe(true)
      return peer.request('stats')
    }
    const header = lane.family === 4 ? 28 : 48
    expect(await send(1500 - header)).toMatchObject({ segmented: 20, longestSegment: 65527 })
    expect(await send(1501 - header)).toMatchObject({ segmented: 20, longestSegment: 1500 - header })
    expect(await send(4000)).toMatchObject({ segmented: 20, segmentation: true })
    expect(await send(100)).toMatchObject({ datagrams: 80, segmented: 40 })
  })
})
