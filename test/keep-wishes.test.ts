import dgram from 'node:dgram'
import { once } from 'node:events'
import { type ChannelEvent, control, type Membership, type Receiver } from 'sockctl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip, sysctl } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts } from './support/hosts.ts'
import { type FarEnd, far, farEnd, following, indexOf, twice } from './support/keeping.ts'
import { families } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'
import { opened } from './support/receiving.ts'

const nothing = (): void => {}
const unplug = (name = 'k0') => ip('link', 'delete', name)
const groupsOf = (receiver: Receiver) => receiver.memberships.map(({ group }) => group).toSorted()

/** Deletes the cable and makes it again, and waits until each of so many channels has been told of both. */
async function replug(end: FarEnd, kept: ReturnType<typeof following>, channels: number): Promise<void> {
  await unplug()
  for (let told = 0; told < channels; told++) await kept.event('lost')
  await end.plug('k0')
  for (let told = 0; told < channels; told++) await kept.event('renewed')
}

describeOnHosts('what comes back with an interface', (hosts) => {
  describe.each(families)('over IPv$family', ({ family, group, otherGroup, channel, nobody }) => {
    const [first, second] = far[family].sources
    const on = { group, interface: 'k0' }

    it('is a membership with the sources it blocks, those blocked while it waited included', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const receiver = await opened({ channels: [on] })
      const [membership] = receiver.memberships as [Membership]
      await membership.block(nobody)
      const kept = following(receiver)
      await end.stream(group, receiver.address.port)
      expect(await kept.flowing(group)).toEqual(new Set([first, second]))

      await unplug()
      await kept.event('lost')
      await membership.block(second)
      await expect(membership.block(second)).rejects.toMatchObject({ reason: 'already-member' })
      await membership.unblock(nobody)
      await expect(membership.unblock(nobody)).rejects.toMatchObject({ reason: 'not-member' })
      expect(membership).toMatchObject({ active: false, blocked: [second] })
      await end.plug('k0')
      await kept.event('renewed')

      expect(await kept.flowing(group, 20)).toEqual(new Set([first]))
      expect(await receiver.control.getSourceFilter(on)).toEqual({ mode: 'exclude', sources: [second] })
      await membership.unblock(second)
      expect(await kept.flowing(group, 20)).toEqual(new Set([first, second]))
      expect(twice(kept)).toEqual([])
    })

    it('is each source of a source-specific channel', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const channels = [first, nobody].map((source) => ({ group: channel, source, interface: 'k0' }))
      const receiver = await opened({ channels })
      const kept = following(receiver)
      await end.stream(channel, receiver.address.port)
      await kept.flowing(channel)
      await replug(end, kept, 2)
      expect(await kept.flowing(channel, 20)).toEqual(new Set([first]))
      const filter = await receiver.control.getSourceFilter({ group: channel, interface: 'k0' })
      expect({ ...filter, sources: filter.sources.toSorted() }).toEqual({
        mode: 'include',
        sources: [first, nobody].toSorted(),
      })
      expect(kept.events.map((event) => event.channel.source).toSorted()).toEqual(
        [first, first, nobody, nobody].toSorted(),
      )
    })

    it('is a whole filter', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const receiver = await opened({ channels: [on] })
      const kept = following(receiver)
      const filter = { mode: 'exclude', sources: [first, nobody] } as const
      await receiver.control.setSourceFilter(on, { ...filter, sources: [...filter.sources] })
      await end.stream(group, receiver.address.port)
      await replug(end, kept, 1)
      expect(await kept.flowing(group, 20)).toEqual(new Set([second]))
      const now = await receiver.control.getSourceFilter(on)
      expect({ ...now, sources: now.sources.toSorted() }).toEqual({ ...filter, sources: filter.sources.toSorted() })
    })

    it('is each of 25 groups, over two sockets', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const groups = Array.from({ length: 25 }, (_, n) => (family === 4 ? `239.7.7.${n + 1}` : `ff15::7:${n + 1}`))
      const receiver = await opened({ channels: groups.map((group) => ({ group, interface: 'k0' })) })
      const { sockets } = receiver.stats()
      const kept = following(receiver)
      await replug(end, kept, 25)
      expect(groupsOf(receiver)).toEqual(groups.toSorted())
      expect(receiver.stats().sockets).toBe(sockets)
      for (const one of [groups[0], groups[24]] as string[]) {
        await end.stream(one, receiver.address.port)
        await kept.flowing(one)
      }
    })

    it('is the group on that interface, while the other goes on', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      await end.plug('k1', { host: 2 })
      const receiver = await opened({ channels: [on, { group, interface: 'k1' }] })
      const kept = following(receiver)
      await unplug()
      expect(await kept.event('lost')).toMatchObject({ interface: { name: 'k0' } })
      await end.stream(group, receiver.address.port)
      await kept.flowing(group)
      await end.plug('k0')
      expect(await kept.event('renewed')).toMatchObject({ interface: { name: 'k0' } })
      expect(receiver.memberships.map((held) => held.interface.name).toSorted()).toEqual(['k0', 'k1'])
    })

    it('is every interface there is, and those that come later', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const receiver = await opened({ channels: [{ group, interface: '*' }] })
      const names = () => receiver.memberships.map((held) => held.interface.name).toSorted()
      expect(names()).toEqual(['a0', 'a1', 'k0'])
      const kept = following(receiver)
      expect(kept.told()).toEqual([])
      await end.plug('k1', { host: 2 })
      expect(await kept.event('joined')).toMatchObject({
        channel: { group, interface: '*' },
        interface: { name: 'k1' },
      })
      await unplug()
      expect(await kept.event('lost')).toMatchObject({ interface: { name: 'k0' } })
      expect(names()).toEqual(['a0', 'a1', 'k1'])
      expect(receiver.channels).toMatchObject([{ state: 'joined', losses: 1 }])
      await end.plug('k0')
      await kept.event('joined')
      expect(names()).toEqual(['a0', 'a1', 'k0', 'k1'])
      await end.stream(group, receiver.address.port)
      await kept.flowing(group)

      await receiver.memberships.find((held) => held.interface.name === 'k1')?.leave()
      await receiver.channels[0]?.stop()
      expect([receiver.memberships, receiver.channels]).toEqual([[], []])
      expect(kernelGroups().filter((one) => one.group === group)).toEqual([])
    })

    it.each(['*', 'k0'])('is no join of %s, which is refused where it can’t be kept', async (name) => {
      const receiver = await opened({ address: far[family].local.includes(':') ? '::' : '0.0.0.0' })
      const wanted = { group, interface: name }
      const reason = name === '*' ? 'bad-value' : 'no-interface'
      await expect(receiver.join(wanted)).rejects.toMatchObject({ reason })
      await expect(receiver.joinAll([wanted])).rejects.toMatchObject({ reason })
      await expect(receiver.control.join(wanted)).rejects.toMatchObject({ reason })
      if (name !== '*') await expect(receiver.keep(wanted)).rejects.toMatchObject({ reason })
    })

    it('is an interface that was not there at first, by its name or address', async () => {
      const end = await farEnd(hosts())
      const { local } = far[family]
      const receiver = await opened({
        channels: [
          { group, interface: 'k0' },
          { group: otherGroup, interface: local },
        ],
        keep: { waitForInterface: true },
      })
      expect(receiver.memberships).toEqual([])
      expect(receiver.channels).toMatchObject([
        { state: 'waiting', reason: 'interface-removed', channel: { group, interface: 'k0' }, losses: 0 },
        { state: 'waiting', reason: 'interface-removed', channel: { group: otherGroup, interface: local } },
      ])
      const [membership] = (receiver.channels[0]?.memberships ?? []) as [Membership]
      await membership.block(second)
      const kept = following(receiver)
      await end.plug('k0')
      await kept.event('joined')
      await kept.event('joined')
      expect(kept.events.filter(({ type }) => type === 'joined')).toHaveLength(2)
      expect(membership).toMatchObject({ active: true, interface: { name: 'k0', index: indexOf('k0') } })
      for (const one of [group, otherGroup]) await end.stream(one, receiver.address.port)
      expect(await kept.flowing(group, 20)).toEqual(new Set([first]))
      expect(await kept.flowing(otherGroup)).toEqual(new Set([first, second]))
      expect(receiver.channels).toMatchObject([{ state: 'joined' }, { state: 'joined' }])
    })

    it('is nothing that was left while it waited', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const receiver = await opened({ channels: [on, { group: otherGroup, interface: 'k0' }] })
      const [left] = receiver.memberships as [Membership]
      const kept = following(receiver)
      await unplug()
      await kept.event('lost')
      await kept.event('lost')
      await left.leave()
      await expect(left.renew()).rejects.toMatchObject({ reason: 'not-member' })
      expect(receiver.channels.map((one) => one.channel.group)).toEqual([otherGroup])
      await end.plug('k0')
      await kept.event('renewed')
      expect(groupsOf(receiver)).toEqual([otherGroup])
      expect(kernelGroups().filter((one) => one.group === group)).toEqual([])
    })

    it('follows the route if no interface was named', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      await end.plug('k1', { host: 2 })
      const ofFamily = family === 4 ? ['-4'] : ['-6']
      const route = (...args: string[]) => ip(...ofFamily, 'route', ...args)
      const prefix = [...(family === 4 ? [] : ['multicast']), `${group}/${family === 4 ? 32 : 128}`]
      const table = family === 4 ? [] : ['table', 'local']
      await route('add', ...prefix, 'dev', 'k0', ...table)
      const receiver = await opened({ channels: [{ group }] })
      const kept = following(receiver)
      expect(receiver.memberships).toMatchObject([{ interface: { name: 'k0' } }])
      await end.stream(group, receiver.address.port)
      await kept.flowing(group)
      await route('replace', ...prefix, 'dev', 'k1', ...table)
      expect(await kept.event('lost')).toMatchObject({ reason: 'moved', channel: { group } })
      expect(await kept.event('renewed')).toMatchObject({ reason: 'moved', interface: { name: 'k1' } })
      expect(receiver.memberships).toMatchObject([{ active: true, interface: { name: 'k1' } }])
      await kept.flowing(group)
      await route('add', ...prefix, 'dev', 'k0', 'metric', '2000', ...table)
      await unplug('k1')
      expect(await kept.event('renewed')).toMatchObject({ interface: { name: 'k0' } })
      await kept.flowing(group)
    })

    it('is told to a join of a dgram.Socket, which is joined again', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      await end.stream(otherGroup, 9)
      const before = openSockets()
      const socket = dgram.createSocket(family === 4 ? 'udp4' : 'udp6')
      onTestFinished(() => {
        try {
          socket.close()
        } catch {}
      })
      socket.bind(0)
      await once(socket, 'listening')
      const events: ChannelEvent[] = []
      let wake = nothing
      const onChange = (event: ChannelEvent): void => {
        events.push(event)
        wake()
      }
      const told = async (count: number): Promise<void> => {
        while (events.length < count) await new Promise<void>((resolve) => (wake = resolve))
      }
      const membership = await control(socket).join(on, { keep: true, onChange })
      await membership.block(second)
      const ended = await control(socket).join({ group: otherGroup, interface: 'k0' })
      await unplug()
      await told(1)
      expect([membership.active, ended.active]).toEqual([false, false])
      await end.plug('k0')
      await told(2)
      expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
        'lost interface-removed',
        'renewed interface-removed',
      ])
      expect(membership).toMatchObject({ active: true, blocked: [second] })
      expect(control(socket).memberships).toEqual([membership])
      await end.stream(group, socket.address().port)
      const [, { address }] = (await once(socket, 'message')) as [Buffer, { address: string }]
      expect(address).toBe(first)
      socket.close()
      await once(socket, 'close')
      await unplug()
      expect(events).toHaveLength(2)
      expect(openSockets()).toEqual(before)
    })
  })

  it('is refused by a limit, which the event names, and joined when there is room', async () => {
    const end = await farEnd(hosts())
    await end.plug('k0')
    const groups = ['239.7.7.1', '239.7.7.2', '239.7.7.3']
    const receiver = await opened({ channels: groups.map((group) => ({ group, interface: 'k0' })), reuse: false })
    const kept = following(receiver)
    await unplug()
    for (const _ of groups) await kept.event('lost')
    {
      using _ = sysctl('net.ipv4.igmp_max_memberships', 2)
      await end.plug('k0')
      for (let told = 0; told < 2; told++) await kept.event('renewed')
      const { error, reason } = await kept.event('refused')
      expect(reason).toBe('limit')
      expect(error).toMatchObject({ reason: 'limit', message: expect.stringContaining('igmp_max_memberships') })
      expect(receiver.channels.map(({ state }) => state).toSorted()).toEqual(['joined', 'joined', 'refused'])
      await receiver.memberships[0]?.leave()
      await kept.event('renewed')
    }
    expect(receiver.channels.map(({ state }) => state)).toEqual(['joined', 'joined'])
    expect(kept.told().filter((one) => one === 'refused limit')).toHaveLength(1)
  })
})
