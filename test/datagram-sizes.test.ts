import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const families = [
  { family: 'ipv4', local: '127.0.0.1', most: 65507 },
  { family: 'ipv6', local: '::1', most: 65527 },
] as const

describeInNamespace('a datagram', () => {
  describe.each(families)('of $family', ({ local, most }) => {
    it.each([
      ['0', 0],
      ['1', 1],
      ['as many as there can be', most],
    ])('of %s bytes arrives whole', async (_, size) => {
      const receiver = await opened({ address: local })
      const sender = await sending({ to: { address: local, port: receiver.address.port } })
      const payloads = [randomBytes(size), randomBytes(7), randomBytes(size)]
      expect(await sender.send(payloads)).toBe(3)
      const datagrams = await readingOf(receiver).take(3)
      expect(datagrams.map(({ data }) => data)).toEqual(payloads)
      expect(datagrams.map(({ truncated }) => truncated)).toEqual([false, false, false])
      expect(receiver.stats()).toMatchObject({ bytes: 2 * size + 7, truncated: 0 })
    })

    it('of one byte too many is refused, by its index and with the limit, and those before it are sent', async () => {
      const receiver = await opened({ address: local })
      const sender = await sending({ to: { address: local, port: receiver.address.port } })
      const payloads = [Buffer.from('a'), Buffer.from('bc'), Buffer.alloc(most + 1), Buffer.from('d')]
      await expect(sender.send(payloads)).rejects.toMatchObject({
        code: 'EMSGSIZE',
        reason: 'bad-value',
        syscall: 'sendmmsg',
        message: expect.stringMatching(
          new RegExp(`^datagram 2 has ${most + 1} bytes: at most ${most} .*took the 2 before`),
        ),
      })
      await sender.send(Buffer.from('marker'))
      const before = await readingOf(receiver).until('marker')
      expect(before.map(({ data }) => data.toString())).toEqual(['a', 'bc'])
      expect(sender.stats()).toMatchObject({ datagrams: 3, bytes: 9 })
    })

    it.each([1, 100, 1316])('longer than the %s bytes asked for is cut, and says so', async (maxDatagram) => {
      const receiver = await opened({ address: local, maxDatagram })
      const sender = await sending({ to: { address: local, port: receiver.address.port } })
      const payloads = [maxDatagram - 1, maxDatagram, maxDatagram + 1, 5000].map((size) => randomBytes(size))
      await sender.send(payloads)
      const datagrams = await readingOf(receiver).take(4)
      expect(datagrams.map(({ data }) => data)).toEqual(payloads.map((payload) => payload.subarray(0, maxDatagram)))
      expect(datagrams.map(({ truncated }) => truncated)).toEqual([false, false, true, true])
      expect(receiver.stats()).toMatchObject({ datagrams: 4, truncated: 2 })
    })

    it('of many sizes arrives whole and in its order, however the batches fall', async () => {
      const receiver = await opened({ address: local, batch: 16 })
      const sender = await sending({ to: { address: local, port: receiver.address.port } })
      const reading = readingOf(receiver)
      for (let round = 0; round < 8; round++) {
        const payloads = Array.from({ length: 30 }, (_, n) => randomBytes((n * 97 * (round + 1)) % 2000))
        await sender.send(payloads)
        expect((await reading.take(30)).map(({ data }) => data)).toEqual(payloads)
      }
      expect(receiver.stats()).toMatchObject({ datagrams: 240, dropped: 0 })
    })
  })

  it('that reaches IPv4 from an IPv6 socket has the limit of IPv4', async () => {
    const receiver = await opened({ address: '127.0.0.1' })
    const sender = await sending({ family: 'ipv6' })
    const to = { address: '127.0.0.1', port: receiver.address.port }
    await expect(sender.send(Buffer.alloc(65508), to)).rejects.toThrow(/datagram 0 has 65508 bytes: at most 65507/)
    const mixed = [{ data: Buffer.from('a') }, { data: Buffer.alloc(65508), to }]
    await expect(sender.send(mixed, { address: '::1', port: to.port })).rejects.toThrow(
      /datagram 1 has 65508 bytes: at most 65507/,
    )
    expect(await sender.send(Buffer.alloc(65507), to)).toBe(1)
    const [datagram] = await readingOf(receiver).take(1)
    expect(datagram?.data).toHaveLength(65507)
  })
})

describeInNamespace('the data of a batch', () => {
  it.each([
    ['small', 20, {}],
    ['large', 60_000, {}],
    ['large for its room', 1000, { maxDatagram: 1000 }],
    ['coalesced', 1000, { gro: true }],
  ])('is the reader’s own, never overwritten by a later one (%s)', async (_, size, options) => {
    const receiver = await opened({ address: '127.0.0.1', batch: 4, ...options })
    const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port } })
    const reading = readingOf(receiver)
    const kept: { data: Buffer; payload: Buffer }[] = []
    for (let round = 0; round < 25; round++) {
      const payloads = Array.from({ length: 3 }, () => randomBytes(size))
      await sender.send(payloads)
      for (const [n, { data }] of (await reading.take(3)).entries()) kept.push({ data, payload: payloads[n] as Buffer })
    }
    for (const { data, payload } of kept) expect(data.equals(payload)).toBe(true)
    // Each datagram has bytes of its own: writing to one changes no other.
    for (const [n, { data }] of kept.entries()) data.fill(n)
    for (const [n, { data }] of kept.entries()) expect(data.every((byte) => byte === n)).toBe(true)
  })
})
