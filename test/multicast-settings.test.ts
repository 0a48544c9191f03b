import { once } from 'node:events'
import { interfaces } from 'sockctl'
import {
  IP_MULTICAST_ALL,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
} from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { ip } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'
import { families, type Lane, lanes, type Receiver, receiverOf } from './support/lanes.ts'

const otherLane = (lane: Lane) => lanes.find(({ family, at }) => family === lane.family && at !== lane.at) as Lane
const [ipv4, ipv6] = families
const whole = (name: string) => interfaces().find((one) => one.name === name)

/** Sends to the receiver's group and port from the socket under test. */
const cast = ({ socket }: Receiver, to: { address: string; port: number }, seq: number) =>
  new Promise<void>((resolve, reject) => {
    const datagram = JSON.stringify({ seq, from: 'the test' })
    socket.send(datagram, to.port, to.address, (error) => (error ? reject(error) : resolve()))
  })

describeOnHosts('the interface that multicast leaves by', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { family, group, interface: on, local, at } = lane
    const end = () => hosts().pairs[at].a

    it('is the kernel’s to choose at first, and again after 0', async () => {
      const { control: c } = await receiverOf(lane)
      expect(await c.getMulticastInterface()).toBeUndefined()
      await c.setMulticastInterface(on)
      await c.setMulticastInterface(0)
      expect(await c.getMulticastInterface()).toBeUndefined()
    })

    it.each([
      ['name', () => on],
      ['index', () => end().index],
      ['local address', () => local[0]],
      ['second local address', () => local[1]],
      ['IPv4 address', () => end().ipv4[1]],
      ['IPv6 address', () => end().ipv6[1]],
      ['link-local address', () => end().linkLocal],
      ['link-local address with a zone', () => `${end().linkLocal}%${on}`],
    ] as const)('is set by its %s, and read back whole', async (_, spec) => {
      const { control: c } = await receiverOf(lane)
      await c.setMulticastInterface(otherLane(lane).interface)
      await c.setMulticastInterface(spec())
      expect(await c.getMulticastInterface()).toEqual(whole(on))
    })

    it('is what datagrams leave by', async () => {
      const receiver = await receiverOf(lane)
      await receiver.control.join({ group, interface: on })
      if (family === 4) await receiver.control.set(IP_MULTICAST_ALL, false)
      const sending = await receiverOf(lane)
      const to = { address: group, port: receiver.port }
      const heard: number[] = []
      receiver.socket.on('message', (data) => heard.push(JSON.parse(data.toString()).seq))
      for (const [seq, through] of [
        [1, on],
        [2, otherLane(lane).interface],
        [3, end().index],
        [4, otherLane(lane).local[0]],
        [5, local[0]],
      ] as const) {
        await sending.control.setMulticastInterface(through)
        const message = once(receiver.socket, 'message')
        await cast(sending, to, seq)
        if (seq % 2 === 1) await message
      }
      expect(heard).toEqual([1, 3, 5])
    })

    it('is told also if it was set by the option', async () => {
      const { control: c } = await receiverOf(lane)
      const option = family === 4 ? IP_MULTICAST_IF : IPV6_MULTICAST_IF
      for (const value of [on, end().index]) {
        await c.set(option, value)
        expect(await c.getMulticastInterface()).toEqual(whole(on))
        c.setSync(option, 0)
        expect(await c.getMulticastInterface()).toBeUndefined()
      }
      if (family === 4) {
        await c.set(IP_MULTICAST_IF, otherLane(lane).interface)
        await c.set(IP_MULTICAST_IF, local[1])
        expect(await c.get(IP_MULTICAST_IF)).toBe(local[1])
        expect(await c.getMulticastInterface()).toEqual(whole(on))
      } else expect(await c.get(IPV6_MULTICAST_IF)).toBe(0)
    })

    it('is the one asked for last, though finding the one before took longer', async () => {
      const { control: c } = await receiverOf(lane)
      const [, between] = await Promise.all([
        c.setMulticastInterface(otherLane(lane).local[0]),
        c.getMulticastInterface(),
        c.setMulticastInterface(on),
      ])
      expect(between).toEqual(whole(otherLane(lane).interface))
      expect(await c.getMulticastInterface()).toEqual(whole(on))
      await Promise.all([c.setMulticastInterface(otherLane(lane).local[0]), c.setMulticastInterface(0)])
      expect(await c.getMulticastInterface()).toBeUndefined()
      await Promise.allSettled([c.setMulticastInterface('192.0.2.1'), c.setMulticastInterface(on)])
      expect(await c.getMulticastInterface()).toEqual(whole(on))
    })

    it('stays as it was if the new one is refused', async () => {
      const { control: c } = await receiverOf(lane)
      await c.setMulticastInterface(on)
      for (const wrong of ['nope0', 9999, '', -1, 1.5, '192.0.2.1', '2001:db8::1', null, undefined, {}])
        await expect(c.setMulticastInterface(wrong as never), String(wrong)).rejects.toMatchObject({
          name: 'SocketOptionError',
          reason: expect.stringMatching(/^(no-interface|bad-value)$/),
        })
      expect(await c.getMulticastInterface()).toEqual(whole(on))
    })
  })

  it.each(families)('IPv$family: is nobody once it is deleted', async (family) => {
    await ip('link', 'add', 'c0', 'type', 'veth', 'peer', 'name', 'c1')
    const { control: c } = await receiverOf(family)
    await c.setMulticastInterface('c0')
    expect(await c.getMulticastInterface()).toMatchObject({ name: 'c0' })
    await ip('link', 'delete', 'c0')
    expect(await c.getMulticastInterface()).toBeUndefined()
  })

  it('of a socket for both families is set for both', async () => {
    const [, lane] = lanes.filter(({ family }) => family === 4) as [Lane, Lane]
    const receiver = await receiverOf(ipv4)
    await receiver.control.set(IP_MULTICAST_ALL, false)
    await receiver.control.join({ group: lane.group, interface: lane.interface })
    const sending = await receiverOf(ipv6)
    const to = { address: `::ffff:${lane.group}`, port: receiver.port }
    for (const through of [lane.interface, lane.local[0], hosts().pairs[1].a.linkLocal]) {
      await sending.control.setMulticastInterface(through)
      expect(await sending.control.getMulticastInterface()).toEqual(whole(lane.interface))
      expect(await sending.control.get(IPV6_MULTICAST_IF)).toBe(hosts().pairs[1].a.index)
      const message = once(receiver.socket, 'message')
      await cast(sending, to, 1)
      await message
      await sending.control.setMulticastInterface(0)
      expect(await sending.control.getMulticastInterface()).toBeUndefined()
    }
  })
})

describe('hop limit and loopback', () => {
  it.each(families)('IPv$family: are 1 and on, and are read back as they were set', async (family) => {
    const { control: c } = await receiverOf(family)
    expect([await c.getMulticastHops(), await c.getMulticastLoopback()]).toEqual([1, true])
    await c.setMulticastHops(33)
    await c.setMulticastLoopback(false)
    expect([await c.getMulticastHops(), await c.getMulticastLoopback()]).toEqual([33, false])
    expect(c.getSync(family.family === 4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS)).toBe(33)
    expect(c.getSync(family.family === 4 ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP)).toBe(false)
  })

  it('of a socket for both families are set for both', async () => {
    const { control: c } = await receiverOf(ipv6)
    await c.setMulticastHops(9)
    await c.setMulticastLoopback(false)
    expect([await c.get(IP_MULTICAST_TTL), await c.get(IPV6_MULTICAST_HOPS)]).toEqual([9, 9])
    expect([await c.get(IP_MULTICAST_LOOP), await c.get(IPV6_MULTICAST_LOOP)]).toEqual([false, false])
  })

  it('of a socket for IPv6 only leave IPv4 alone', async () => {
    const { control: c } = await receiverOf(ipv6, { ipv6Only: true })
    await c.setMulticastHops(9)
    await c.setMulticastLoopback(false)
    expect([await c.get(IP_MULTICAST_TTL), await c.get(IPV6_MULTICAST_HOPS)]).toEqual([1, 9])
    expect([await c.get(IP_MULTICAST_LOOP), await c.get(IPV6_MULTICAST_LOOP)]).toEqual([true, false])
  })

  it('are refused on a closed socket', async () => {
    const { control: c, close } = await receiverOf(ipv4)
    await close()
    const closed = { code: 'ERR_SOCKET_CLOSED', reason: 'closed' }
    await expect(c.setMulticastHops(1)).rejects.toMatchObject(closed)
    await expect(c.getMulticastHops()).rejects.toMatchObject(closed)
    await expect(c.setMulticastLoopback(true)).rejects.toMatchObject(closed)
    await expect(c.getMulticastLoopback()).rejects.toMatchObject(closed)
    await expect(c.setMulticastInterface(0)).rejects.toMatchObject(closed)
    await expect(c.getMulticastInterface()).rejects.toMatchObject(closed)
  })
})
