import { SO_BROADCAST } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { seqs } from './support/datagrams.ts'
import { describeOnHosts } from './support/hosts.ts'
import { heard, heardByEach, type Lane, lanes, receiverOf, senderAt } from './support/lanes.ts'
import { type Receiving, receiving, sending } from './support/receiving.ts'

const otherLane = (lane: Lane) => lanes.find(({ family, at }) => family === lane.family && at !== lane.at) as Lane
const filtered = ({ receiver }: Receiving) => receiver.stats().filtered

describeOnHosts('what a receiver delivers', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, otherGroup, channel, interface: on, sources, local, wildcard } = lane
    const [first, second] = sources
    const other = otherLane(lane)

    it.each(['its group', 'the wildcard'])('is its own group only, of two on one port, bound to %s', async (bound) => {
      const address = bound === 'the wildcard' ? { address: wildcard } : {}
      const one = await receiving({ ...address, channels: [{ group, interface: on }] })
      const two = await receiving({ ...address, port: one.port, channels: [{ group: otherGroup, interface: on }] })
      expect(await heard(hosts(), lane, one, group, { address: group })).toEqual(sources)
      expect(await heard(hosts(), lane, two, otherGroup, { address: otherGroup })).toEqual(sources)
      expect([filtered(one), filtered(two)]).toEqual([0, 0])
      expect(one.receiver.address.address).toBe(bound === 'the wildcard' ? wildcard : group)
    })

    it('is none of what other sockets of the host have joined', async () => {
      const { control: joined } = await receiverOf(lane)
      await joined.join({ group: channel, interface: on })
      const hearing = await receiving({ address: wildcard, channels: [{ group, interface: on }] })
      expect(await heard(hosts(), lane, hearing, channel, { address: group })).toEqual([])
    })

    it('is only groups if it has channels, and unicast too if bound to a unicast address', async () => {
      const everyone = await receiving({ address: wildcard, channels: [{ group, interface: on }] })
      const groups = await receiving({ channels: [otherGroup, group].map((group) => ({ group, interface: on })) })
      for (const { port, inbox } of [everyone, groups]) {
        await senderAt(hosts(), first).send({ address: local[0], port }, [1])
        const arrived = await inbox.until(senderAt(hosts(), first).mark({ address: group, port }))
        expect(seqs(arrived)).toEqual(inbox === everyone.inbox ? [1] : [])
      }
      expect([filtered(everyone), filtered(groups)]).toEqual([0, 1])
    })

    it('is unicast to its own address, and what it joins comes by a further socket', async () => {
      const hearing = await receiving({ address: local[1], channels: [{ group, interface: on }] })
      const { port, inbox, receiver } = hearing
      expect(receiver.stats().sockets).toBe(2)
      const sender = senderAt(hosts(), first)
      await sender.send({ address: local[1], port }, [1])
      await sender.send({ address: local[0], port }, [2])
      await sender.send({ address: group, port }, [3])
      const arrived = await inbox.until(sender.mark({ address: group, port }))
      expect(seqs(arrived).toSorted()).toEqual([1, 3])
      expect(filtered(hearing)).toBe(1)
    })

    it('heeds the interface, and counts what the kernel delivers of another', async () => {
      // Another socket's join makes the host take the group there too.
      const { control: there } = await receiverOf(lane)
      await there.join({ group, interface: other.interface })
      const hearing = await receiving({ channels: [{ group, interface: on }] })
      const marks = { address: group, lane }
      expect(await heard(hosts(), other, hearing, group, marks)).toEqual([])
      expect(filtered(hearing)).toBe(lane.family === 6 ? 2 : 0)
      expect(await heard(hosts(), lane, hearing, group, marks)).toEqual(sources)
      expect(hearing.receiver.stats()).toMatchObject({ datagrams: 4, dropped: 0 })
    })

    it('heeds each interface’s own filter of one group', async () => {
      const hearing = await receiving({
        channels: [
          { group, source: second, interface: on },
          { group, source: other.sources[0], interface: other.interface },
          { group: otherGroup, interface: on },
        ],
      })
      expect(hearing.receiver.stats().sockets).toBe(lane.family === 6 ? 2 : 1)
      const marks = { address: otherGroup, lane }
      expect(await heard(hosts(), lane, hearing, group, marks)).toEqual([second])
      expect(await heard(hosts(), other, hearing, group, marks)).toEqual([other.sources[0]])
      const held = hearing.receiver.memberships
      await held.find((membership) => membership.interface.name === other.interface)?.leave()
      expect(await heard(hosts(), other, hearing, group, marks)).toEqual([])
      expect(await heard(hosts(), lane, hearing, group, marks)).toEqual([second])
      expect(held.map(({ active }) => active).toSorted()).toEqual([false, true, true])
    })

    it('is an interface of its own for each of two receivers of one group and port', async () => {
      const here = await receiving({ channels: [{ group, interface: on }] })
      const there = await receiving({ port: here.port, channels: [{ group, interface: other.interface }] })
      await senderAt(hosts(), first).send({ address: group, port: here.port }, [1])
      await senderAt(hosts(), other.sources[0]).send({ address: group, port: here.port }, [2])
      const [a, b] = [
        here.inbox.until(senderAt(hosts(), first).mark({ address: group, port: here.port })),
        there.inbox.until(senderAt(hosts(), other.sources[0]).mark({ address: group, port: here.port })),
      ]
      expect(seqs(await a)).toEqual([1])
      expect(seqs(await b)).toEqual([2])
    })
  })

  it('is each of many groups once, whoever else takes them', async () => {
    const [lane] = lanes as [Lane]
    const { interface: on, sources } = lane
    const groups = Array.from({ length: 45 }, (_, n) => `239.9.0.${n + 1}`)
    const channels = groups.map((group) => ({ group, interface: on }))
    const one = await receiving({ channels })
    const two = await receiving({ port: one.port, channels })
    for (const group of groups.slice(0, 3).concat(groups.slice(-3)))
      expect(await heardByEach(hosts(), lane, [one, two], group, { address: groups[20] as string })).toEqual([
        sources,
        sources,
      ])
    expect(one.receiver.stats()).toMatchObject({ sockets: 3, filtered: 0, datagrams: 18 })
  })

  it('is IPv4 and IPv6 groups through one IPv6 receiver', async () => {
    const [four, , six] = lanes as [Lane, Lane, Lane]
    const hearing = await receiving({
      family: 'ipv6',
      channels: [four, six].map(({ group, interface: on }) => ({ group, interface: on })),
      ancillary: { hopLimit: true, trafficClass: true },
    })
    expect(await heard(hosts(), four, hearing, four.group, { address: six.group, lane: six })).toEqual(four.sources)
    const [datagram] = hearing.taken()
    expect(datagram).toMatchObject({ destination: `::ffff:${four.group}`, hopLimit: 1, trafficClass: 0 })
    expect(await heard(hosts(), six, hearing, six.group, { address: six.group })).toEqual(six.sources)
    expect(hearing.taken().at(-1)).toMatchObject({ destination: six.group, hopLimit: 1, trafficClass: 0 })
    expect(filtered(hearing)).toBe(0)
  })

  it('is a group of one link, on the link it was joined on', async () => {
    const [, , here, there] = lanes as [Lane, Lane, Lane, Lane]
    const group = 'ff02::4321'
    const hearing = await receiving({ channels: [{ group: `${group}%${here.interface}` }] })
    const { control: other } = await receiverOf(there)
    await other.join({ group, interface: there.interface })
    const marks = { address: `${group}%b${here.at}`, lane: here }
    expect(await heard(hosts(), there, hearing, `${group}%b${there.at}`, marks)).toEqual([])
    expect(await heard(hosts(), here, hearing, `${group}%b${here.at}`, marks)).toEqual(here.sources)
  })

  it('is a broadcast once, however many sockets it takes', async () => {
    const [lane] = lanes as [Lane]
    const channels = Array.from({ length: 45 }, (_, n) => ({ group: `239.9.0.${n + 1}`, interface: lane.interface }))
    const hearing = await receiving({ address: '0.0.0.0', channels })
    const sender = await sending({ interface: lane.interface, options: [[SO_BROADCAST, true]] })
    const text = JSON.stringify({ seq: 1, from: 'here' })
    await sender.send(Buffer.from(text), { address: '10.77.0.255', port: hearing.port })
    const marker = senderAt(hosts(), lane.sources[0]).mark({ address: '239.9.0.1', port: hearing.port })
    expect(seqs(await hearing.inbox.until(marker))).toEqual([1])
    expect(hearing.receiver.stats()).toMatchObject({ sockets: 3, filtered: 2 })
  })
})
