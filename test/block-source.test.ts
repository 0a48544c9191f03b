import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { heard, lanes, receiverOf } from './support/lanes.ts'

describeOnHosts('blocking a source of a group', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, interface: on, sources, nobody } = lane
    const [first, second] = sources

    it('stops that source and no other, until it is unblocked', async () => {
      const receiver = await receiverOf(lane)
      const membership = await receiver.control.join({ group, interface: on })
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first, second])

      await membership.block(first)
      expect(membership.blocked).toEqual([first])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([second])

      await membership.block(second)
      expect(membership.blocked).toEqual([first, second])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])

      await membership.unblock(first)
      expect(membership.blocked).toEqual([second])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first])

      await membership.unblock(second)
      expect(membership.blocked).toEqual([])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first, second])

      await membership.leave()
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
    })

    it('has its opposite in joining sources: those are heard and no other', async () => {
      const receiver = await receiverOf(lane)
      const silent = await receiver.control.join({ group, source: nobody, interface: on })
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])

      const wanted = await receiver.control.join({ group, source: first, interface: on })
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first])

      await silent.leave()
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first])
      await wanted.leave()
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
    })

    it('ends with the membership: the group joined again has nobody blocked', async () => {
      const receiver = await receiverOf(lane)
      const before = await receiver.control.join({ group, interface: on })
      await before.block(first)
      await before.leave()

      const after = await receiver.control.join({ group, interface: on })
      expect(after.blocked).toEqual([])
      expect(await receiver.control.getSourceFilter({ group, interface: on })).toEqual({ mode: 'exclude', sources: [] })
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first, second])
    })

    it('blocks for its own socket only', async () => {
      const blocking = await receiverOf(lane)
      const taking = await receiverOf(lane)
      const membership = await blocking.control.join({ group, interface: on })
      await taking.control.join({ group, interface: on })
      await membership.block(second)

      expect(await heard(hosts(), lane, blocking, group)).toEqual([first])
      expect(await heard(hosts(), lane, taking, group)).toEqual([first, second])
    })
  })
})
