import { MCAST_LEAVE_GROUP } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { seqs } from './support/datagrams.ts'
import { describeOnHosts } from './support/hosts.ts'
import { heard, heardByEach, type Lane, lanes, senderAt } from './support/lanes.ts'
import { receiving, sending } from './support/receiving.ts'

const otherLane = (lane: Lane) => lanes.find(({ family, at }) => family === lane.family && at !== lane.at) as Lane

describeOnHosts('a receiver', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, channel, otherGroup, interface: on, sources, local, nobody } = lane
    const [first, second] = sources
    // A receiver with channels takes nothing but groups, so the marks are multicast.
    const marks = { address: otherGroup }
    const marked = { group: otherGroup, interface: on }

    it('joins, blocks, unblocks and leaves', async () => {
      const hearing = await receiving({ channels: [marked] })
      const { receiver } = hearing
      const hears = () => heard(hosts(), lane, hearing, group, marks)
      expect(await hears()).toEqual([])
      const membership = await receiver.join({ group, interface: on })
      expect(receiver.memberships.map((held) => held.group)).toEqual([otherGroup, group])
      expect(await hears()).toEqual(sources)
      await membership.block(first)
      expect(await hears()).toEqual([second])
      await membership.unblock(first)
      expect(await hears()).toEqual(sources)
      await membership.leave()
      expect(await hears()).toEqual([])
      await receiver.join({ group, source: nobody, interface: on })
      expect(await hears()).toEqual([])
      await receiver.join({ group, source: first, interface: on })
      expect(await hears()).toEqual([first])
    })

    it('joins a source and leaves it, joins sources and leaves the group', async () => {
      // A receiver that is bound to no group needs only one socket.
      const hearing = await receiving({ address: lane.wildcard, channels: [marked] })
      const { receiver } = hearing
      const hears = () => heard(hosts(), lane, hearing, channel, marks)
      const membership = await receiver.join({ group: channel, source: second, interface: on })
      expect(await hears()).toEqual([second])
      await membership.leave()
      expect(await hears()).toEqual([])
      await receiver.joinAll(sources.map((source) => ({ group: channel, source, interface: on })))
      expect(await hears()).toEqual(sources)
      await receiver.control.set(MCAST_LEAVE_GROUP, { group: channel, interface: on })
      expect(await hears()).toEqual([])
    })

    it.each(['its name', 'its index', 'its address'])('names the interface by %s', async (how) => {
      const { a } = hosts().pairs[lane.at]
      const through = how === 'its name' ? a.name : how === 'its index' ? a.index : local[1]
      const hearing = await receiving({ channels: [{ group, interface: through }] })
      expect(hearing.receiver.memberships.map((held) => held.interface)).toEqual([{ name: on, index: a.index }])
      expect(await heard(hosts(), lane, hearing, group, { address: group })).toEqual(sources)
    })

    it('is told of hop limits from 1 to 255', async () => {
      const hearing = await receiving({ channels: [{ group, interface: on }], ancillary: { hopLimit: true } })
      const { port, inbox } = hearing
      const sender = senderAt(hosts(), first)
      for (const hops of [1, 2, 3, 255]) {
        await sender.setHops(hops)
        await sender.send({ address: group, port }, [hops])
      }
      await inbox.until(sender.mark({ address: group, port }))
      expect(hearing.taken().map(({ hopLimit }) => hopLimit)).toEqual([1, 2, 3, 255, 255])
      await sender.setHops(1)
    })

    it('hears its own host or not, as the sender says', async () => {
      const { port, inbox } = await receiving({ channels: [{ group, interface: on }] })
      for (const loopback of [true, false, undefined]) {
        const options = loopback === undefined ? {} : { loopback }
        const sender = await sending({ to: { address: group, port }, interface: on, ...options })
        await sender.send(Buffer.from(JSON.stringify({ seq: 1, from: 'here' })))
        const arrived = await inbox.until(senderAt(hosts(), first).mark({ address: group, port }))
        expect(seqs(arrived)).toEqual(loopback === false ? [] : [1])
      }
    })

    it('hears both interfaces if it has joined on both, and says which', async () => {
      const other = otherLane(lane)
      const hearing = await receiving({
        channels: [
          { group, interface: on },
          { group, interface: other.interface },
        ],
      })
      for (const side of [lane, other]) {
        expect(await heard(hosts(), side, hearing, group, { address: group })).toEqual(side.sources)
        const { index } = hosts().pairs[side.at].a
        expect(hearing.taken()).toMatchObject(Array(3).fill({ destination: group, interfaceIndex: index }))
      }
    })

    it('shares its port with others, each with its own filter', async () => {
      const one = await receiving({ channels: [{ group, interface: on }, marked] })
      const { port } = one
      const two = await receiving({ port, channels: [{ group, source: second, interface: on }, marked] })
      const three = await receiving({ port, channels: [{ group, interface: on }, marked] })
      await three.receiver.memberships[0]?.block(second)
      const heardBy = await heardByEach(hosts(), lane, [one, two, three], group, marks)
      expect(heardBy).toEqual([sources, [second], [first]])
    })
  })
})
