import type { SenderOptions } from 'sockctl'
import { SO_TXTIME } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { lanes } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const loopbacks = [
  { family: 'ipv4', local: '127.0.0.1', other: '127.0.0.2' },
  { family: 'ipv6', local: '::1', other: '::1' },
] as const

describeInNamespace('a sender', () => {
  describe.each(loopbacks)('over $family', ({ family, local, other }) => {
    it.each<[string, SenderOptions]>([
      ['unconnected', { family }],
      ['connected', { connect: true }],
      ['with a destination of its own', {}],
    ])('sends one datagram, many, and none: %s', async (name, options) => {
      const receiver = await opened({ address: local })
      const to = { address: local, port: receiver.address.port }
      const sender = await sending(name === 'unconnected' ? options : { ...options, to })
      const each = name === 'unconnected' ? to : undefined
      expect(await sender.send(Buffer.from('one'), each)).toBe(1)
      expect(await sender.send([Buffer.from('two'), new Uint8Array([51]), Buffer.alloc(0)], each)).toBe(3)
      expect(await sender.send([], each)).toBe(0)
      const datagrams = await readingOf(receiver).take(4)
      expect(datagrams.map(({ data }) => data.toString())).toEqual(['one', 'two', '3', ''])
      expect(datagrams[0]?.source.port).toBe(sender.address.port)
      expect(sender.stats()).toMatchObject({ datagrams: 4, bytes: 7, waits: 0 })
    })

    it('sends each datagram its own way, in one go', async () => {
      const [one, two] = [
        await opened({ address: local, ancillary: { hopLimit: true, trafficClass: true } }),
        await opened({ address: other, ancillary: { hopLimit: true, trafficClass: true } }),
      ]
      const sender = await sending({ family, trafficClass: 4 })
      const [first, second] = [one, two].map(({ address: { port } }, at) => ({
        address: at === 0 ? local : other,
        port,
      }))
      const sent = await sender.send(
        [
          { data: Buffer.from('a'), hopLimit: 3 },
          { data: Buffer.from('b'), hopLimit: 200, trafficClass: 64, to: second as never },
          Buffer.from('c'),
          { data: Buffer.from('d'), trafficClass: 0, source: other },
        ],
        first,
        { hopLimit: 77 },
      )
      expect(sent).toBe(4)
      expect(await readingOf(one).take(3)).toMatchObject([
        { data: Buffer.from('a'), hopLimit: 3, trafficClass: 4 },
        { data: Buffer.from('c'), hopLimit: 77, trafficClass: 4 },
        { data: Buffer.from('d'), hopLimit: 77, trafficClass: 0, source: { address: other } },
      ])
      expect(await readingOf(two).take(1)).toMatchObject([{ data: Buffer.from('b'), hopLimit: 200, trafficClass: 64 }])
    })

    it('takes a time to send at', async () => {
      const receiver = await opened({ address: local })
      const to = { address: local, port: receiver.address.port }
      for (const transmitTime of ['monotonic', 'tai'] as const) {
        const sender = await sending({ to, transmitTime })
        expect(await sender.control.get(SO_TXTIME)).toEqual({ clock: transmitTime, flags: [] })
        // Loopback has no queue that would follow this setting.
        expect(await sender.send(Buffer.from('x'), to, { transmitTime: 1n })).toBe(1)
        expect(await sender.send([{ data: Buffer.from('y'), transmitTime: 2n ** 63n }], to)).toBe(1)
      }
      expect(await readingOf(receiver).take(4)).toHaveLength(4)
      const untimed = await sending({ to })
      await expect(untimed.send(Buffer.from('x'), to, { transmitTime: 1n })).rejects.toMatchObject({
        reason: 'bad-value',
        message: expect.stringContaining('openSender({ transmitTime'),
      })
    })

    it('says what stands in the way, sends nothing of a call that is refused, and goes on', async () => {
      const receiver = await opened({ address: local })
      const sender = await sending({ to: { address: local, port: receiver.address.port } })
      const fine = Buffer.from('fine')
      const wrong = [{ data: fine }, { data: fine, hopLimit: 256 }]
      await expect(sender.send(wrong)).rejects.toMatchObject({ reason: 'bad-value' })
      await expect(sender.send([fine, 'text' as never])).rejects.toThrow(/data\[1\] is 'text'/)
      await sender.send(Buffer.from('marker'))
      expect(await readingOf(receiver).until('marker')).toEqual([])
    })
  })

  it('reaches IPv4 from an IPv6 socket, its settings too', async () => {
    const receiver = await opened({ address: '127.0.0.1', ancillary: { hopLimit: true, trafficClass: true } })
    const to = { address: '127.0.0.1', port: receiver.address.port }
    for (const connect of [false, true]) {
      const sender = await sending({ family: 'ipv6', to, connect, trafficClass: 8 })
      await sender.send(Buffer.from('a'), undefined, { hopLimit: 5 })
      await sender.send([{ data: Buffer.from('b'), trafficClass: 32, to: { ...to, address: '::ffff:127.0.0.1' } }])
      await sender.send(Buffer.from('c'), to, { source: '127.0.0.9' })
    }
    const datagrams = await readingOf(receiver).take(6)
    const expected = [
      { hopLimit: 5, trafficClass: 8 },
      { hopLimit: 64, trafficClass: 32 },
      { hopLimit: 64, trafficClass: 8, source: { address: '127.0.0.9' } },
    ]
    expect(datagrams).toMatchObject([...expected, ...expected])
  })
})

describeOnHosts('a sender to a group', (hosts) => {
  it.each(lanes)(
    'uses the interface, the source and the hop limit it is told, of the socket or of the call: $name',
    async (lane) => {
      const { group, interface: on, local, key } = lane
      const other = lanes.find(({ family, at }) => family === lane.family && at !== lane.at) as typeof lane
      const channels = [lane, other].map(({ interface: name }) => ({ group, interface: name }))
      const receiver = await opened({ channels, ancillary: { hopLimit: true } })
      const to = { address: group, port: receiver.address.port }
      const [here, there] = [lane, other].map(({ at }) => hosts().pairs[at].a.index) as [number, number]
      const reading = readingOf(receiver)
      const arrives = async () => (await reading.take(1))[0]

      for (const through of [on, here, local[0]]) {
        const sender = await sending({ to, interface: through, hops: 9, bind: { address: local[1] } })
        await sender.send(Buffer.from('x'))
        expect(await arrives()).toMatchObject({ interfaceIndex: here, hopLimit: 9, source: { address: local[1] } })
      }
      const sender = await sending({ family: key, interface: on })
      await sender.send(Buffer.from('x'), to, { interface: other.interface, source: other.local[1], hopLimit: 3 })
      expect(await arrives()).toMatchObject({ interfaceIndex: there, hopLimit: 3, source: { address: other.local[1] } })
      await sender.send([{ data: Buffer.from('x'), to, interface: there }])
      expect(await arrives()).toMatchObject({ interfaceIndex: there, hopLimit: 1 })
      await sender.send(Buffer.from('x'), to)
      expect(await arrives()).toMatchObject({ interfaceIndex: here, hopLimit: 1 })
    },
  )
})
