import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { seqs } from './support/datagrams.ts'
import { describeOnHosts } from './support/hosts.ts'
import { heard, lanes, receiverOf, senderAt } from './support/lanes.ts'

describeOnHosts('a receiver that does not know its sender yet', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, interface: on, sources, local } = lane
    const [, second] = sources

    it('joins any source, and then only the one it has observed', async () => {
      const receiver = await receiverOf(lane)
      const { socket, control: c, inbox, port } = receiver
      const any = await c.join({ group, interface: on })
      const observed = once(socket, 'message')
      await senderAt(hosts(), second).send({ address: group, port }, [1])
      const [, { address }] = await observed
      expect(address).toBe(second)
      const marker = senderAt(hosts(), second).mark({ address: local[0], port })
      expect(seqs(await inbox.until(marker))).toEqual([1])

      await any.leave()
      const specific = await c.join({ group, source: address, interface: on })
      expect(specific.source).toBe(second)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([second])
    })

    it('sets every hop limit from 0 to 255, and is refused 256', async () => {
      const { control: c } = await receiverOf(lane)
      for (let hops = 0; hops < 256; hops++) {
        await c.setMulticastHops(hops)
        expect(await c.getMulticastHops()).toBe(hops)
      }
      await expect(c.setMulticastHops(256)).rejects.toMatchObject({
        reason: 'bad-value',
        message: expect.stringMatching(/256.*0 to 255/),
      })
      expect(await c.getMulticastHops()).toBe(255)
    })
  })
})
