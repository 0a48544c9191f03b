import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_MULTICAST_ALL,
  IPV6_V6ONLY,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
} from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { families, heard, type Lane, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'

const [, ipv6] = families
const isMember = ({ group, interface: on }: Lane) =>
  kernelGroups().some((entry) => entry.group === group && entry.interface === on)

describeOnHosts('an IPv4 group on an IPv6 socket', (hosts) => {
  describe.each(lanes.filter(({ family }) => family === 4))('over $name', (lane) => {
    const { group, channel, interface: on, sources, local, at } = lane
    const [first, second] = sources
    const six = lanes.find((one) => one.family === 6 && one.at === at) as Lane

    it.each([
      ['::', {}],
      [`::ffff:${group}`, { address: group }],
    ])('is joined, blocked, filtered and left on a socket bound to %s', async (bind, marks) => {
      const receiver = await receiverOf(ipv6, { bind })
      const { control: c } = receiver
      const membership = await c.join({ group, interface: on })
      expect(membership).toMatchObject({ group, interface: { name: on }, active: true })
      expect(await heard(hosts(), lane, receiver, group, marks)).toEqual(sources)
      await membership.block(second)
      expect(await c.getSourceFilter({ group, interface: on })).toEqual({ mode: 'exclude', sources: [second] })
      expect(await heard(hosts(), lane, receiver, group, marks)).toEqual([first])
      await membership.unblock(second)
      expect(await heard(hosts(), lane, receiver, group, marks)).toEqual(sources)
      await membership.leave()
      expect(isMember(lane)).toBe(false)
    })

    it.each([
      ['name', () => on],
      ['index', () => hosts().pairs[at].a.index],
      ['local address', () => local[0]],
    ])('of one source, by the interface’s %s', async (_, spec) => {
      const receiver = await receiverOf(ipv6)
      const { control: c } = receiver
      const one = await c.join({ group: channel, source: first, interface: spec() })
      expect(one.interface.name).toBe(on)
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([first])
      await c.setSourceFilter({ group: channel, interface: spec() }, { mode: 'include', sources: [second] })
      expect(one.active).toBe(false)
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([second])
      await c.memberships[0]?.leave()
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([])
    })

    it('is heard beside an IPv6 group', async () => {
      const receiver = await receiverOf(ipv6)
      await receiver.control.joinAll([
        { group, interface: on },
        { group: six.channel, source: six.sources[1], interface: on },
      ])
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
      expect(await heard(hosts(), six, receiver, six.channel)).toEqual([six.sources[1]])
      await receiver.control.memberships[0]?.leave()
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
      expect(await heard(hosts(), six, receiver, six.channel)).toEqual([six.sources[1]])
    })

    it('is not heard if another socket joined: IP_MULTICAST_ALL is off there', async () => {
      const other = await receiverOf(lane)
      await other.control.join({ group, interface: on })
      const receiver = await receiverOf(ipv6)
      expect(await receiver.control.get(IP_MULTICAST_ALL)).toBe(false)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
      await receiver.control.set(IP_MULTICAST_ALL, true)
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
    })

    it('is joined by the options too', async () => {
      const receiver = await receiverOf(ipv6)
      await receiver.control.set(MCAST_JOIN_GROUP, { group, interface: on })
      await receiver.control.set(MCAST_JOIN_SOURCE_GROUP, { group: channel, source: second, interface: on })
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([second])
    })

    it('is no more turned over by a source-specific join than on an IPv4 socket', async () => {
      const receiver = await receiverOf(ipv6)
      const { control: c } = receiver
      const any = await c.join({ group, interface: on })
      const refused = { reason: 'filter-mode', code: 'ERR_FILTER_MODE' }
      for (const spec of [on, hosts().pairs[at].a.index, local[0]]) {
        const of = { group, source: first, interface: spec }
        await expect(c.join(of)).rejects.toMatchObject(refused)
        if (spec !== local[0]) await expect(c.set(MCAST_LEAVE_SOURCE_GROUP, of)).rejects.toMatchObject(refused)
      }
      const byAddress = { group, source: first, interface: local[0] }
      await expect(c.set(IP_ADD_SOURCE_MEMBERSHIP, byAddress)).rejects.toMatchObject(refused)
      await expect(c.set(IP_DROP_SOURCE_MEMBERSHIP, byAddress)).rejects.toMatchObject(refused)
      expect(any.active).toBe(true)
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
    })

    it('is refused on a socket for IPv6 only: the kernel would join and deliver nothing', async () => {
      const receiver = await receiverOf(ipv6, { ipv6Only: true })
      const { control: c } = receiver
      expect(await c.get(IPV6_V6ONLY)).toBe(true)
      const refused = { reason: 'bad-value', message: expect.stringContaining('IPV6_V6ONLY') }
      await expect(c.join({ group, interface: on })).rejects.toMatchObject(refused)
      await expect(c.join({ group, source: first, interface: on })).rejects.toMatchObject(refused)
      await expect(
        c.joinAll([
          { group: six.group, interface: on },
          { group, interface: on },
        ]),
      ).rejects.toMatchObject(refused)
      await expect(c.getSourceFilter({ group, interface: on })).rejects.toMatchObject(refused)
      await expect(c.setSourceFilter({ group, interface: on }, { mode: 'exclude', sources: [] })).rejects.toMatchObject(
        refused,
      )
      expect(isMember(lane)).toBe(false)
      expect(isMember(six)).toBe(false)

      await c.set(IP_ADD_MEMBERSHIP, { group, interface: on })
      expect(isMember(lane)).toBe(true)
      expect(await heard(hosts(), lane, receiver, group, { lane: six })).toEqual([])
    })
  })
})
