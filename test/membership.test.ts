import { once } from 'node:events'
import { control } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { heard, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups, kernelSources } from './support/net-stat.ts'

describeOnHosts('a membership', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, channel, interface: on, sources, family, at } = lane
    const [first, second] = sources
    const expectedInterface = () => ({ name: on, index: hosts().pairs[at].a.index })
    const listed = (address: string) => kernelGroups().filter((entry) => entry.group === address)

    it('says its group, its source and its interface', async () => {
      const { control: c } = await receiverOf(lane)
      const any = await c.join({ group, interface: on })
      expect(any).toMatchObject({ group, interface: expectedInterface(), active: true, blocked: [] })
      expect('source' in any).toBe(false)

      const specific = await c.join({ group: channel, source: first, interface: on })
      expect(specific).toMatchObject({ group: channel, source: first, interface: expectedInterface(), active: true })

      expect(c.memberships).toEqual([any, specific])
      expect(listed(group)).toEqual([{ family, interface: on, index: expectedInterface().index, group, users: 1 }])
      expect(kernelSources()).toContainEqual({
        family,
        index: expectedInterface().index,
        group: channel,
        source: first,
        include: 1,
        exclude: 0,
      })
    })

    it('is inactive once left, and leaving it again does nothing', async () => {
      const receiver = await receiverOf(lane)
      const { control: c } = receiver
      const membership = await c.join({ group, interface: on })
      await membership.leave()
      expect(membership.active).toBe(false)
      expect(c.memberships).toEqual([])
      expect(listed(group)).toEqual([])

      const again = await c.join({ group, interface: on })
      await membership.leave()
      expect(again.active).toBe(true)
      expect(listed(group)).toHaveLength(1)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first, second])
    })

    it('is left once however often that is asked at the same time', async () => {
      const { control: c } = await receiverOf(lane)
      const membership = await c.join({ group, source: first, interface: on })
      await Promise.all([membership.leave(), membership.leave(), membership[Symbol.asyncDispose]()])
      expect(membership.active).toBe(false)
      expect(listed(group)).toEqual([])
    })

    it('leaves at the end of its `await using`', async () => {
      const receiver = await receiverOf(lane)
      {
        await using membership = await receiver.control.join({ group, interface: on })
        expect(membership.active).toBe(true)
        expect(await heard(hosts(), lane, receiver, group)).toEqual([first, second])
      }
      expect(receiver.control.memberships).toEqual([])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
    })

    it('of one source goes without touching another', async () => {
      const receiver = await receiverOf(lane)
      const one = await receiver.control.join({ group, source: first, interface: on })
      const two = await receiver.control.join({ group, source: second, interface: on })
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first, second])
      await one.leave()
      expect(two.active).toBe(true)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([second])
    })

    it('of any source refuses to become source-specific, and keeps working', async () => {
      const receiver = await receiverOf(lane)
      const any = await receiver.control.join({ group, interface: on })
      await expect(receiver.control.join({ group, source: first, interface: on })).rejects.toMatchObject({
        code: 'ERR_FILTER_MODE',
        reason: 'filter-mode',
        message: expect.stringContaining(group),
      })
      expect(any.active).toBe(true)
      expect(receiver.control.memberships).toEqual([any])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first, second])
    })

    it('of one source refuses to become any-source, and keeps working', async () => {
      const receiver = await receiverOf(lane)
      const specific = await receiver.control.join({ group, source: first, interface: on })
      await expect(receiver.control.join({ group, interface: on })).rejects.toMatchObject({
        code: 'EADDRINUSE',
        reason: 'filter-mode',
      })
      await expect(specific.block(first)).rejects.toMatchObject({ reason: 'filter-mode' })
      await expect(specific.unblock(first)).rejects.toMatchObject({ reason: 'filter-mode' })
      expect(receiver.control.memberships).toEqual([specific])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first])
    })

    it('is refused for what is no group, by name', async () => {
      const { control: c } = await receiverOf(lane)
      for (const wrong of [sources[0], 'localhost', '', '239.1.2', 'ff15:::1', 7 as never])
        await expect(c.join({ group: wrong, interface: on })).rejects.toMatchObject({ reason: 'bad-value' })
      await expect(c.join({ group: first, interface: on })).rejects.toThrow(new RegExp(`${first}.*multicast`))
    })

    it('ends with its socket', async () => {
      const receiver = await receiverOf(lane)
      const membership = await receiver.control.join({ group, interface: on })
      await membership.block(first)
      await receiver.close()

      expect(membership.active).toBe(false)
      expect(receiver.control.memberships).toEqual([])
      await membership.leave()
      await expect(membership.block(second)).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED', reason: 'closed' })
      await expect(membership.unblock(first)).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED', reason: 'closed' })
      await expect(receiver.control.join({ group, interface: on })).rejects.toMatchObject({
        code: 'ERR_SOCKET_CLOSED',
        reason: 'closed',
      })
      expect(listed(group)).toEqual([])
    })

    it('made by a mere number ends with its descriptor, which only the kernel can tell', async () => {
      const { socket, control: c } = await receiverOf(lane)
      const byNumber = control(c.fd)
      const membership = await byNumber.join({ group, interface: on })
      expect(membership.active).toBe(true)
      socket.close()
      await once(socket, 'close')
      expect(membership.active).toBe(false)
      expect(byNumber.memberships).toEqual([])
      await membership.leave()
      await expect(membership.block(first)).rejects.toMatchObject({ reason: 'closed' })
    })

    it('that has been left refuses to block', async () => {
      const { control: c } = await receiverOf(lane)
      const membership = await c.join({ group, interface: on })
      await membership.leave()
      await expect(membership.block(first)).rejects.toMatchObject({ code: 'ERR_NOT_MEMBER', reason: 'not-member' })
      await expect(membership.unblock(first)).rejects.toMatchObject({ code: 'ERR_NOT_MEMBER', reason: 'not-member' })
    })

    it('is known to every control of the same socket, and to none of another', async () => {
      const { socket, control: c } = await receiverOf(lane)
      const { control: other } = await receiverOf(lane)
      const membership = await c.join({ group, interface: on })
      expect(control(socket)).toBe(c)
      expect(control(socket).memberships).toEqual([membership])
      expect(other.memberships).toEqual([])
    })
  })
})
