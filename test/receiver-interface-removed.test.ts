import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { type ChannelEvent, interfaces, type Receiver } from 'sockctl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { families } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { spawnProgram } from './support/processes.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const nothing = () => {}
const addresses = { 4: '10.56.0', 6: 'fd56:' } as const

/** An interface that the test may delete, with an address of each family, and its peer. */
async function add(name: string, number = 1): Promise<number> {
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}x`)
  onTestFinished(() => ip('link', 'delete', name).then(nothing, nothing))
  await ip('address', 'add', `${addresses[4]}.${number}/24`, 'dev', name)
  await ip('address', 'add', `${addresses[6]}:${number}/64`, 'dev', name, 'nodad')
  for (const end of [name, `${name}x`]) await ip('link', 'set', end, 'up')
  // The kernel makes the route some time after the link is up.
  while ((await ip('-6', 'route', 'show', 'table', 'local', 'type', 'multicast', 'dev', name)) === '') {}
  return interfaces().find((one) => one.name === name)?.index ?? 0
}

const told = async (receiver: Receiver): Promise<ChannelEvent> => (await once(receiver, 'channel-change'))[0]

describeInNamespace('an interface that is removed under a receiver which does not keep its channels', () => {
  describe.each(families)('IPv$family', ({ family, group, otherGroup, channel, nobody }) => {
    const local = (number = 1) => (family === 4 ? `${addresses[4]}.${number}` : `${addresses[6]}:${number}`)
    const listed = () => kernelGroups().filter((one) => [group, otherGroup, channel].includes(one.group))

    it('is told of, its memberships end, and the receiver takes the same again when it comes back', async () => {
      const receiver = await opened({ channels: [{ group: otherGroup, interface: 'lo' }], keep: false })
      const reading = readingOf(receiver)
      for (let round = 0; round < 3; round++) {
        const index = await add('d0')
        const channels = [
          { group, interface: 'd0' },
          { group: channel, source: local(), interface: local() },
          { group: channel, source: nobody, interface: index },
        ]
        const memberships = await receiver.joinAll(channels)
        const next = reading.take(2)
        const sender = await sending({ bind: { address: local() }, interface: 'd0' })
        for (const to of [group, channel])
          await sender.send(Buffer.from([round]), { address: to, port: receiver.address.port })
        expect((await next).map(({ data, interfaceIndex }) => [data[0], interfaceIndex])).toEqual(
          Array(2).fill([round, index]),
        )

        const events: ChannelEvent[] = []
        receiver.on('channel-change', (event) => events.push(event))
        await ip('link', 'delete', 'd0')
        while (events.length < 3) await told(receiver)
        receiver.removeAllListeners('channel-change')
        for (const event of events)
          expect(event).toMatchObject({ type: 'lost', reason: 'interface-removed', interface: { name: 'd0', index } })
        expect(events.map(({ channel }) => channel.source).toSorted()).toEqual([local(), nobody, undefined].toSorted())
        expect(memberships.map(({ active }) => active)).toEqual([false, false, false])
        expect(receiver.channels).toEqual([])
        expect(receiver.memberships.map((held) => held.group)).toEqual([otherGroup])
        expect(listed()).toMatchObject([{ group: otherGroup, interface: 'lo' }])
        await expect(receiver.join({ group, interface: 'd0' })).rejects.toMatchObject({ reason: 'no-interface' })
      }
    })

    it('may be one of many, told each by each, to every receiver that has joined there', async () => {
      const [one, two] = [await add('d1', 1), await add('d2', 2)]
      const on = (name: string) => ({ group, interface: name })
      const both = await opened({ channels: [on('d1'), on('d2')], keep: false })
      const first = await opened({ channels: [on('d1')], keep: false })
      const none = await opened({ channels: [on('lo')], keep: false })
      none.on('channel-change', () => expect.unreachable())
      const events: number[] = []
      both.on('channel-change', ({ interface: { index } }) => events.push(index))
      const firstEvent = told(first)
      await ip('link', 'delete', 'd1')
      expect((await firstEvent).interface.index).toBe(one)
      while (events.length < 1) await told(both)
      await ip('link', 'delete', 'd2')
      while (events.length < 2) await told(both)
      expect(events).toEqual([one, two])
      expect(first.memberships).toEqual([])
      expect(none.memberships).toHaveLength(1)
    })
  })

  it('is not one that goes down, leaves a bridge, or changes its name', async () => {
    await add('d3')
    await ip('link', 'add', 'd3bridge', 'type', 'bridge')
    onTestFinished(() => ip('link', 'delete', 'd3bridge').then(nothing, nothing))
    const receiver = await opened({ channels: [{ group: '239.1.2.3', interface: 'd3x' }], keep: false })
    const events: ChannelEvent[] = []
    receiver.on('channel-change', (event) => events.push(event))
    await ip('link', 'set', 'd3x', 'master', 'd3bridge')
    await ip('link', 'set', 'd3x', 'nomaster')
    await ip('link', 'set', 'd3x', 'down')
    await ip('link', 'set', 'd3x', 'name', 'd3y')
    // The kernel's notices come in order.
    const event = told(receiver)
    await ip('link', 'delete', 'd3')
    await event
    expect(events).toMatchObject([{ type: 'lost', reason: 'interface-removed', interface: { name: 'd3y' } }])
  })

  it('is told of after it was moved to another namespace, too', async () => {
    const index = await add('d4')
    const receiver = await opened({ channels: [{ group: '239.1.2.3', interface: 'd4' }], keep: false })
    const event = told(receiver)
    await using other = spawnProgram(['unshare', '--net', 'sh', '-c', 'echo "{}"; exec cat'])
    await other.next()
    await ip('link', 'set', 'd4', 'netns', `${other.pid}`)
    expect((await event).interface.index).toBe(index)
  })

  it('is told of even if there is more to tell than the kernel has room for', async () => {
    const index = await add('d5')
    const receiver = await opened({ channels: [{ group: '239.1.2.3', interface: 'd5' }], keep: false })
    const event = told(receiver)
    // While this thread does nothing else, thousands of messages come, of which most are lost.
    const lines = Array.from({ length: 1500 }, () => 'link set d5x down\nlink set d5x up').join('\n')
    execFileSync('ip', ['-batch', '-'], { input: `${lines}\nlink delete d5\n` })
    expect((await event).interface.index).toBe(index)
  })
})
