import { type Channel, control } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { heard, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups, kernelSources } from './support/net-stat.ts'

describeOnHosts('joining many channels at once', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { family, group, otherGroup, channel, otherChannel, interface: on, sources, nobody } = lane
    const [first, second] = sources
    const channels: Channel[] = [
      { group, interface: on },
      { group: channel, source: first, interface: on },
      { group: channel, source: second, interface: on },
      { group: otherChannel, source: nobody, interface: on },
    ]
    const all = new Set([group, otherGroup, channel, otherChannel])
    const state = () => ({
      groups: kernelGroups().filter((entry) => all.has(entry.group)),
      sources: kernelSources().filter((entry) => all.has(entry.group)),
    })
    const nothing = { groups: [], sources: [] }

    it('gives a membership each, in the order asked for', async () => {
      const receiver = await receiverOf(lane)
      const memberships = await receiver.control.joinAll(new Set(channels))
      expect(memberships.map((m) => [m.group, m.source, m.interface.name])).toEqual(
        channels.map((asked) => [asked.group, asked.source, on]),
      )
      expect(receiver.control.memberships).toEqual(memberships)
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
      expect(await heard(hosts(), lane, receiver, channel)).toEqual(sources)
      expect(await heard(hosts(), lane, receiver, otherChannel)).toEqual([])

      for (const membership of memberships) await membership.leave()
      expect(state()).toEqual(nothing)
    })

    it('of none gives none', async () => {
      expect(await (await receiverOf(lane)).control.joinAll([])).toEqual([])
    })

    it.each([
      ['the same channel twice', { group: channel, source: first, interface: on }, 'already-member'],
      ['a group joined by source and for any source', { group: channel, interface: on }, 'filter-mode'],
      ['a source of a group joined for any', { group, source: first, interface: on }, 'filter-mode'],
      ['an interface that is not there', { group: otherGroup, interface: 'nope0' }, 'no-interface'],
      ['an index that is not there', { group: otherGroup, interface: 9999 }, 'no-interface'],
      ['an address that is not local', { group: otherGroup, interface: first }, 'no-interface'],
      ['no group', { group: first, interface: on }, 'bad-value'],
      ['a source that is none', { group: otherChannel, source: otherGroup, interface: on }, 'bad-value'],
    ])('joins nothing if one is %s', async (_, wrong, reason) => {
      for (const index of [0, 2, channels.length]) {
        const receiver = await receiverOf(lane)
        const asked = [...channels.slice(0, index), wrong, ...channels.slice(index)]
        await expect(receiver.control.joinAll(asked)).rejects.toMatchObject({ name: 'SocketOptionError', reason })
        expect(receiver.control.memberships).toEqual([])
        expect(state()).toEqual(nothing)
        await receiver.close()
      }
    })

    it('leaves what was joined before as it was', async () => {
      const receiver = await receiverOf(lane)
      const { control: c } = receiver
      const before = await c.join({ group: channel, source: first, interface: on })
      const held = state()
      await expect(c.joinAll(channels)).rejects.toMatchObject({ reason: 'already-member' })
      expect(c.memberships).toEqual([before])
      expect(before.active).toBe(true)
      expect(state()).toEqual(held)
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([first])
    })

    it('joins nothing if the socket can hold no more', async () => {
      const receiver = await receiverOf(lane)
      const many = Array.from({ length: 600 }, (_, n): Channel => {
        const source = family === 4 ? `192.0.${(n >> 8) + 2}.${n & 255}` : `2001:db8::${(n + 1).toString(16)}`
        return { group: channel, source, interface: on }
      })
      await expect(receiver.control.joinAll(many)).rejects.toMatchObject({ reason: 'limit' })
      expect(receiver.control.memberships).toEqual([])
      expect(state()).toEqual(nothing)
    })

    it('joins nothing on a closed socket, or on what is no socket', async () => {
      const receiver = await receiverOf(lane)
      await receiver.close()
      await expect(receiver.control.joinAll(channels)).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
      await expect(control(2 ** 20).joinAll(channels)).rejects.toMatchObject({ reason: 'closed', code: 'EBADF' })
      expect(state()).toEqual(nothing)
    })

    it('joins nothing if the iterable closes the socket', async () => {
      const receiver = await receiverOf(lane)
      function* closing(): Generator<Channel> {
        yield* channels
        receiver.close()
      }
      await expect(receiver.control.joinAll(closing())).rejects.toMatchObject({ code: 'ERR_SOCKET_CLOSED' })
      expect(state()).toEqual(nothing)
    })

    it('joins nothing if the iterable fails, or is none', async () => {
      const receiver = await receiverOf(lane)
      function* failing(): Generator<Channel> {
        yield* channels
        throw new Error('no more')
      }
      await expect(receiver.control.joinAll(failing())).rejects.toThrow('no more')
      for (const wrong of [channels[0], 7, null, undefined, [null], 'text'])
        await expect(receiver.control.joinAll(wrong as never)).rejects.toThrow(TypeError)
      expect(state()).toEqual(nothing)
    })
  })
})
