import { MCAST_LEAVE_GROUP, SO_BINDTODEVICE } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { families, heard, heardByEach, type Lane, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'

describeOnHosts('a sequence of multicast calls on one socket', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, channel, interface: on, sources } = lane
    const [first, second] = sources

    it('sets the hop limit and reads it back', async () => {
      const { control: c } = await receiverOf(lane)
      expect(await c.getMulticastHops()).toBe(1)
      for (const hops of [255, 0, 64]) {
        await c.setMulticastHops(hops)
        expect(await c.getMulticastHops()).toBe(hops)
      }
    })

    it('sets loopback both ways and reads it back', async () => {
      const { control: c } = await receiverOf(lane)
      expect(await c.getMulticastLoopback()).toBe(true)
      for (const looped of [false, true]) {
        await c.setMulticastLoopback(looped)
        expect(await c.getMulticastLoopback()).toBe(looped)
      }
    })

    it('joins, blocks, unblocks and leaves', async () => {
      const { control: c } = await receiverOf(lane)
      const membership = await c.join({ group, interface: on })
      await membership.block(first)
      expect(await c.getSourceFilter({ group, interface: on })).toEqual({ mode: 'exclude', sources: [first] })
      await membership.unblock(first)
      expect(await c.getSourceFilter({ group, interface: on })).toEqual({ mode: 'exclude', sources: [] })
      await membership.leave()
      await expect(c.getSourceFilter({ group, interface: on })).rejects.toMatchObject({ reason: 'not-member' })
    })

    it('joins a source and leaves it', async () => {
      const { control: c } = await receiverOf(lane)
      const membership = await c.join({ group: channel, source: first, interface: on })
      expect(await c.getSourceFilter({ group: channel, interface: on })).toEqual({ mode: 'include', sources: [first] })
      await membership.leave()
      await expect(c.getSourceFilter({ group: channel, interface: on })).rejects.toMatchObject({ reason: 'not-member' })
    })

    it('joins sources and leaves the group with all of them', async () => {
      const receiver = await receiverOf(lane)
      const c = receiver.control
      const one = await c.join({ group: channel, source: first, interface: on })
      const two = await c.join({ group: channel, source: second, interface: on })
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([first, second])

      await c.set(MCAST_LEAVE_GROUP, { group: channel, interface: on })
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([])
      await one.leave()
      await two.leave()
      expect(c.memberships).toEqual([])
    })

    it('goes through the calls in any order twice, and ends with nothing', async () => {
      const { control: c } = await receiverOf(lane)
      for (let round = 0; round < 2; round++) {
        const any = await c.join({ group, interface: on })
        const specific = await c.join({ group: channel, source: first, interface: on })
        await any.block(second)
        await specific.leave()
        await any.leave()
      }
      expect(kernelGroups().filter((entry) => [group, channel].includes(entry.group))).toEqual([])
    })

    it('keeps the order in which they were issued together', async () => {
      const receiver = await receiverOf(lane)
      const c = receiver.control
      const any = await c.join({ group, interface: on })
      const steps = [any.block(first), any.block(second), any.unblock(first), any.leave()]
      const specific = c.join({ group, source: second, interface: on })
      await Promise.all([...steps, specific])
      expect(any.active).toBe(false)
      expect(c.memberships).toEqual([await specific])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([second])
    })
  })
})

describeOnHosts('sockets and interfaces', (hosts) => {
  it.each(families)('IPv$family: one socket takes a group on every interface', async (family) => {
    const receiver = await receiverOf(family)
    const mine = lanes.filter((lane) => lane.family === family.family)
    for (const { group, interface: on } of mine) await receiver.control.join({ group, interface: on })
    expect(receiver.control.memberships.map((membership) => membership.interface.name)).toEqual(['a0', 'a1'])
    for (const lane of mine) expect(await heard(hosts(), lane, receiver, lane.group)).toEqual(lane.sources)

    await receiver.control.memberships[0]?.leave()
    const [left, kept] = mine as [Lane, Lane]
    expect(await heard(hosts(), left, receiver, left.group)).toEqual([])
    expect(await heard(hosts(), kept, receiver, kept.group)).toEqual(kept.sources)
  })

  describe.each(lanes)('over $name', (lane) => {
    const { group, interface: on, sources } = lane
    const [first, second] = sources

    it('two sockets on one port each take what they joined', async () => {
      const one = await receiverOf(lane, { reuseAddr: true })
      const two = await receiverOf(lane, { reuseAddr: true, port: one.port })
      // Unicast to a shared port reaches one socket only.
      const marks = { address: lane.otherGroup }
      for (const { control: c } of [one, two]) await c.join({ group: marks.address, interface: on })

      await one.control.join({ group, source: first, interface: on })
      await two.control.join({ group, source: second, interface: on })
      expect(await heardByEach(hosts(), lane, [one, two], group, marks)).toEqual([[first], [second]])

      await one.control.join({ group, source: second, interface: on })
      expect(await heardByEach(hosts(), lane, [one, two], group, marks)).toEqual([[first, second], [second]])

      await two.control.setSourceFilter({ group, interface: on }, { mode: 'exclude', sources: [second] })
      expect(await heardByEach(hosts(), lane, [one, two], group, marks)).toEqual([[first, second], [first]])
    })

    it('one socket an interface, bound to it, takes its own only', async () => {
      const other = lanes.find(({ family, at }) => family === lane.family && at !== lane.at) as Lane
      const here = await receiverOf(lane)
      const there = await receiverOf(other)
      for (const [{ control: c }, device] of [
        [here, on],
        [there, other.interface],
      ] as const) {
        await c.set(SO_BINDTODEVICE, device)
        await c.join({ group, interface: device })
      }
      expect(await heard(hosts(), lane, here, group)).toEqual(sources)
      expect(await heard(hosts(), other, here, group, { lane })).toEqual([])
      expect(await heard(hosts(), other, there, group)).toEqual(other.sources)
      expect(await heard(hosts(), lane, there, group, { lane: other })).toEqual([])
    })
  })
})
