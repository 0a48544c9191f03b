import { interfaces } from 'sockctl'
import { MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP, MCAST_LEAVE_SOURCE_GROUP } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { families, receiverOf } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'

const NAME = 'c0'
const indexOf = () => interfaces().find(({ name }) => name === NAME)?.index ?? 0
const addresses = { 4: ['10.55.0.1', '24'], 6: ['fd55::1', '64'] } as const

/** An interface that the test may delete, with an address of each family. */
async function add(): Promise<void> {
  await ip('link', 'add', NAME, 'type', 'veth', 'peer', 'name', 'c1')
  onTestFinished(() => ip('link', 'delete', NAME).then(nothing, nothing))
  for (const [address, prefix] of Object.values(addresses))
    await ip('address', 'add', `${address}/${prefix}`, 'dev', NAME)
  await ip('link', 'set', NAME, 'up')
}
const nothing = () => {}

describeInNamespace('an interface that is deleted under a membership', () => {
  describe.each(families)('IPv$family', (lane) => {
    const { family, group, otherGroup, channel, nobody } = lane
    const [local] = addresses[family]
    const listed = () => kernelGroups().filter((entry) => [group, otherGroup, channel].includes(entry.group))
    const sources = family === 4 ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8::1', '2001:db8::2']
    const [first = '', second = ''] = sources

    it.each(['its name', 'its index', 'its address'])('can still be left, named by %s', async (how) => {
      await add()
      const on = how === 'its name' ? NAME : how === 'its index' ? indexOf() : local
      const { control: c } = await receiverOf(lane)
      const memberships = await c.joinAll([
        { group, interface: on },
        { group: otherGroup, interface: on },
        { group: channel, source: first, interface: on },
        { group: channel, source: second, interface: on },
      ])
      await memberships[1]?.block(nobody)
      await ip('link', 'delete', NAME)
      expect(listed()).toEqual([])

      for (const membership of memberships) {
        await membership.leave()
        await membership.leave()
        expect(membership.active).toBe(false)
        expect(membership.interface.name).toBe(NAME)
      }
      expect(c.memberships).toEqual([])

      // The kernel has dropped the memberships. An interface of the same name may come back, with another index.
      await add()
      const again = await c.join({ group: channel, source: first, interface: NAME })
      expect(again.interface.index).not.toBe(memberships[0]?.interface.index)
      expect(await c.getSourceFilter({ group: channel, interface: NAME })).toEqual({
        mode: 'include',
        sources: [first],
      })
    })

    it('says which interfaces there are if it is named again', async () => {
      await add()
      const { control: c } = await receiverOf(lane)
      const membership = await c.join({ group, interface: NAME })
      const { index } = membership.interface
      await ip('link', 'delete', NAME)
      const gone = { reason: 'no-interface', code: 'ENODEV', message: expect.stringContaining('lo (1)') }
      for (const on of [NAME, index, local]) {
        await expect(c.join({ group, interface: on })).rejects.toMatchObject(gone)
        await expect(c.getSourceFilter({ group, interface: on })).rejects.toMatchObject(gone)
      }
      await expect(membership.block(first)).rejects.toMatchObject(gone)
      expect(membership.blocked).toEqual([])
      expect(membership.active).toBe(true)
    })

    it('can be left by the option once, and is then no membership; a join finds no interface', async () => {
      await add()
      const { control: c } = await receiverOf(lane)
      const on = { group, interface: indexOf() }
      await c.set(MCAST_JOIN_GROUP, on)
      const specific = await c.join({ group: channel, source: first, interface: on.interface })
      await ip('link', 'delete', NAME)
      await c.set(MCAST_LEAVE_GROUP, on)
      await expect(c.set(MCAST_LEAVE_GROUP, on)).rejects.toMatchObject({ reason: 'not-member', code: 'EADDRNOTAVAIL' })
      await expect(c.set(MCAST_JOIN_GROUP, on)).rejects.toMatchObject({ reason: 'no-interface', code: 'ENODEV' })
      await expect(
        c.set(MCAST_LEAVE_SOURCE_GROUP, { group: channel, source: first, interface: on.interface }),
      ).rejects.toMatchObject({ reason: 'no-interface', code: 'ENODEV' })
      await specific.leave()
      expect(specific.active).toBe(false)
    })

    it('is told from one that has only lost the address it was named by', async () => {
      await add()
      const { control: c } = await receiverOf(lane)
      const one = await c.join({ group: channel, source: first, interface: local })
      const two = await c.join({ group: channel, source: second, interface: local })
      const any = await c.join({ group, interface: local })
      await ip('address', 'flush', 'dev', NAME, 'scope', 'global')
      await any.block(first)
      await any.leave()
      await one.leave()
      expect(two.active).toBe(true)
      expect(await c.getSourceFilter({ group: channel, interface: NAME })).toEqual({
        mode: 'include',
        sources: [second],
      })
      await two.leave()
      expect(listed()).toEqual([])
    })
  })
})
