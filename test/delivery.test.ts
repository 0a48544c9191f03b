import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { SocketControl } from 'sockctl'
import { IP_MULTICAST_ALL, IPV6_MULTICAST_ALL, SO_BINDTODEVICE } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { seqs } from './support/datagrams.ts'
import { describeOnHosts } from './support/hosts.ts'
import { families, heard, type Lane, lanes, receiverOf, senderAt } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { startSender } from './support/senders.ts'

const setAll = (c: SocketControl, { family }: Lane, on: boolean) =>
  c.set(family === 4 ? IP_MULTICAST_ALL : IPV6_MULTICAST_ALL, on)
const otherLane = (lane: Lane) => lanes.find(({ family, at }) => family === lane.family && at !== lane.at) as Lane

describeOnHosts('what the kernel delivers', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { family, group, otherGroup, interface: on, sources, local } = lane
    const [first, second] = sources

    it('a wildcard socket without a join hears the groups of others, until MULTICAST_ALL is off', async () => {
      const { control: other } = await receiverOf(lane)
      await other.join({ group, interface: on })
      const receiver = await receiverOf(lane)
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
      await setAll(receiver.control, lane, false)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
      await setAll(receiver.control, lane, true)
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
    })

    it('leaving its last source, a socket hears every source again if other sockets joined', async () => {
      const { control: other } = await receiverOf(lane)
      await other.join({ group, interface: on })
      const receiver = await receiverOf(lane)
      const membership = await receiver.control.join({ group, source: first, interface: on })
      expect(await heard(hosts(), lane, receiver, group)).toEqual([first])
      await membership.leave()
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
      await setAll(receiver.control, lane, false)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
    })

    it('a source filter holds whatever MULTICAST_ALL says', async () => {
      const { control: other } = await receiverOf(lane)
      await other.join({ group, interface: on })
      const receiver = await receiverOf(lane)
      await receiver.control.join({ group, source: second, interface: on })
      for (const all of [true, false]) {
        await setAll(receiver.control, lane, all)
        expect(await heard(hosts(), lane, receiver, group)).toEqual([second])
      }
    })

    it('a socket bound to the group hears no other group', async () => {
      const receiver = await receiverOf(lane, { bind: group })
      await receiver.control.join({ group, interface: on })
      await receiver.control.join({ group: otherGroup, interface: on })
      expect(await heard(hosts(), lane, receiver, otherGroup, { address: group })).toEqual([])
      expect(await heard(hosts(), lane, receiver, group, { address: group })).toEqual(sources)
    })

    it('loopback is the sender’s to decide', async () => {
      const receiver = await receiverOf(lane)
      await receiver.control.join({ group, interface: on })
      await using sender = startSender({
        bind: local[0],
        interface: family === 4 ? local[0] : `::%${on}`,
      })
      const to = { address: group, port: receiver.port }
      const arrives = async (seq: number) => {
        await sender.send(to, [seq])
        return seqs(await receiver.inbox.until(sender.mark({ address: local[0], port: receiver.port })))
      }
      expect(await arrives(1)).toEqual([1])
      await receiver.control.setMulticastLoopback(false)
      expect(await arrives(2)).toEqual([2])
      await sender.setLoopback(false)
      await receiver.control.setMulticastLoopback(true)
      expect(await arrives(3)).toEqual([])
    })

    it('a duplicated descriptor keeps the membership', async () => {
      const receiver = await receiverOf(lane)
      await receiver.control.join({ group, interface: on })
      const heir = spawn('sleep', ['30'], { stdio: ['ignore', 'ignore', 'ignore', receiver.control.fd] })
      await once(heir, 'spawn')
      await receiver.close()
      const isMember = () => kernelGroups().some((entry) => entry.group === group && entry.interface === on)
      expect(isMember()).toBe(true)
      const gone = once(heir, 'exit')
      heir.kill()
      await gone
      expect(isMember()).toBe(false)
    })

    it('a socket bound to one device joins on another, but does not send through it', async () => {
      const receiver = await receiverOf(lane)
      const other = otherLane(lane)
      await receiver.control.set(SO_BINDTODEVICE, on)
      const membership = await receiver.control.join({ group, interface: other.interface })
      expect(membership.interface.name).toBe(other.interface)
      expect(kernelGroups().filter((entry) => entry.group === group)).toMatchObject([{ interface: other.interface }])
      await expect(receiver.control.setMulticastInterface(other.interface)).rejects.toMatchObject({
        code: 'EINVAL',
        reason: 'bad-value',
      })
      await receiver.control.setMulticastInterface(on)
      expect(await receiver.control.getMulticastInterface()).toMatchObject({ name: on })
    })
  })

  describe.each(lanes.filter(({ family }) => family === 4))('over $name', (lane) => {
    it('IPv4 heeds the interface of a join if MULTICAST_ALL is off', async () => {
      const other = otherLane(lane)
      const { control: there } = await receiverOf(lane)
      await there.join({ group: lane.group, interface: other.interface })
      const receiver = await receiverOf(lane)
      await setAll(receiver.control, lane, false)
      await receiver.control.join({ group: lane.group, interface: lane.interface })
      expect(await heard(hosts(), lane, receiver, lane.group)).toEqual(lane.sources)
      expect(await heard(hosts(), other, receiver, lane.group)).toEqual([])
    })

    it.each([
      { filter: '0', drops: [] },
      { filter: '1', drops: ['routeless', 'elsewhere'] },
      { filter: '2', drops: ['routeless'] },
    ])('rp_filter $filter drops $drops, and counts it', async ({ filter, drops }) => {
      const other = otherLane(lane)
      const { a, b } = hosts().pairs[lane.at]
      const routeless = `10.99.${lane.at}.1`
      await hosts().ip('B', 'address', 'replace', `${routeless}/32`, 'dev', b.name)
      await hosts().sysctl('A', `net/ipv4/conf/${a.name}/rp_filter`, filter)
      const sent = {
        routeless: senderAt(hosts(), routeless, b.ipv4[0]),
        elsewhere: senderAt(hosts(), other.sources[0], b.ipv4[0]),
      }
      const receiver = await receiverOf(lane)
      await receiver.control.join({ group: lane.group, interface: a.name })

      const before = reversePathDrops()
      for (const sender of Object.values(sent)) await sender.send({ address: lane.group, port: receiver.port }, [1])
      const arrived = await receiver.inbox.until(
        senderAt(hosts(), b.ipv4[0]).mark({ address: a.ipv4[0], port: receiver.port }),
      )
      const expected = Object.entries(sent).filter(([name]) => !(drops as string[]).includes(name))
      expect(arrived.map(({ from }) => from)).toEqual(expected.map(([, { address }]) => address))
      expect(reversePathDrops() - before).toBe(drops.length)
    })
  })

  describe.each(lanes.filter(({ family }) => family === 6))('over $name', (lane) => {
    const { group, interface: on, sources } = lane
    const other = otherLane(lane)

    it('IPv6 ignores the interface of a join as long as another socket joined on the other', async () => {
      const receiver = await receiverOf(lane)
      await setAll(receiver.control, lane, false)
      await receiver.control.join({ group, interface: on })
      expect(await heard(hosts(), other, receiver, group)).toEqual([])
      const { control: there } = await receiverOf(lane)
      await there.join({ group, interface: other.interface })
      expect(await heard(hosts(), other, receiver, group)).toEqual(other.sources)
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
    })

    it('IPv6 applies the filter of the newest join of a group to every interface', async () => {
      const receiver = await receiverOf(lane)
      const older = await receiver.control.join({ group, interface: on })
      await receiver.control.join({ group, source: other.sources[1], interface: other.interface })
      expect(older.active).toBe(true)
      expect(await heard(hosts(), other, receiver, group)).toEqual([other.sources[1]])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([])
    })
  })
})

function reversePathDrops(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
  return Number(values.split(' ')[names.split(' ').indexOf('IPReversePathFilter')])
}

describeInNamespace('on loopback', () => {
  it('IPv4 groups work by name and by address, with sources of 127.0.0.0/8', async () => {
    const [ipv4] = families
    await using first = startSender({ bind: '127.0.0.1' })
    await using second = startSender({ bind: '127.0.0.2' })
    for (const on of ['lo', '127.0.0.1']) {
      const receiver = await receiverOf(ipv4)
      const to = { address: ipv4.channel, port: receiver.port }
      const membership = await receiver.control.join({ group: ipv4.channel, source: second.address, interface: on })
      expect(membership.interface.name).toBe('lo')
      await first.send(to, [1])
      await second.send(to, [2])
      expect(seqs(await receiver.inbox.until(first.mark({ ...to, address: '127.0.0.1' })))).toEqual([2])
      await membership.leave()
      await second.send(to, [3])
      expect(seqs(await receiver.inbox.until(first.mark({ ...to, address: '127.0.0.1' })))).toEqual([])
    }
  })

  it('IPv6 groups can be joined and never arrive, with a route or without', async () => {
    const [, ipv6] = families
    const receiver = await receiverOf(ipv6)
    const membership = await receiver.control.join({ group: ipv6.group, interface: 'lo' })
    expect(membership.interface.name).toBe('lo')
    await using sender = startSender({ bind: '::1', interface: '::%lo' })
    const { port } = receiver
    await expect(sender.send({ address: ipv6.group, port }, [1])).rejects.toMatchObject({ code: 'ENETUNREACH' })

    const route = ['multicast', 'ff00::/8', 'dev', 'lo', 'table', 'local']
    await ip('-6', 'route', 'add', ...route)
    onTestFinished(async () => void (await ip('-6', 'route', 'delete', ...route)))
    await sender.send({ address: ipv6.group, port }, [2])
    expect(await receiver.inbox.until(sender.mark({ address: '::1', port }))).toEqual([])
  })
})
