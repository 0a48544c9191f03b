// A receiver joins many channels at once: all or none, over as many sockets as they need.
import { type Channel, type Membership, openReceiver, type Receiver } from 'sockctl'
import { MCAST_JOIN_GROUP } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { sysctl } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts } from './support/hosts.ts'
import { heard, type Lane, lanes } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'
import { opened, readingOf, receiving, sending } from './support/receiving.ts'

const [ipv4, , ipv6] = lanes as [Lane, Lane, Lane, Lane]
const ofFamilies = [ipv4, ipv6]

const GROUPS_A_SOCKET = 20
const SOURCES_A_GROUP = { ipv4: 10, ipv6: 64 }

const groupOf = ({ key }: Lane, n: number) =>
  key === 'ipv4' ? `239.7.${n >> 8}.${n & 255}` : `ff15::7:${n.toString(16)}`
const sourceOf = ({ key }: Lane, n: number) =>
  key === 'ipv4' ? `10.99.${n >> 8}.${n & 255}` : `2001:db8::${n.toString(16)}`

const groupsOf = (lane: Lane, count: number, first = 0): Channel[] =>
  Array.from({ length: count }, (_, n) => ({ group: groupOf(lane, first + n), interface: lane.interface }))

const sourcesOf = (lane: Lane, count: number, first = 1): Channel[] =>
  Array.from({ length: count }, (_, n) => ({
    group: lane.channel,
    source: sourceOf(lane, first + n),
    interface: lane.interface,
  }))

const namesOf = (channels: readonly (Channel | Membership)[]) =>
  channels.map(({ group, source = 'any' }) => `${group} ${source}`)

/** How often each interface of this host has joined the groups of these tests. */
const joinedByHost = () => kernelGroups().filter(({ group }) => /^(239\.7\.|ff15::7:|232\.|ff35:)/.test(group))

/** What a receiver holds, here and in the kernel. */
const stateOf = (receiver: Receiver) => ({
  memberships: namesOf(receiver.memberships),
  sockets: receiver.stats().sockets,
  descriptors: openSockets(),
  groups: joinedByHost(),
})

describeOnHosts('a receiver that joins many channels at once', (hosts) => {
  describe.each(ofFamilies)('over $name', (lane) => {
    const { key, interface: on, channel, sources, nobody } = lane

    it('gives a membership each, in the order of the channels', async () => {
      const receiver = await opened({ family: key })
      const groups = groupsOf(lane, 50)
      const single = sourcesOf(lane, SOURCES_A_GROUP[key] + 5)
      // A source between any two groups.
      const mixed = single
        .flatMap((source, n) => [source, ...groups.slice(n, n + 1)])
        .concat(groups.slice(single.length))
      const memberships = await receiver.joinAll(new Set(mixed))
      expect(namesOf(memberships)).toEqual(namesOf(mixed))
      expect(memberships.every(({ active, interface: { name } }) => active && name === on)).toBe(true)
      expect(new Set(namesOf(receiver.memberships))).toEqual(new Set(namesOf(mixed)))
    })

    it('opened with 100 channels delivers each, once', async () => {
      const channels = groupsOf(lane, 100)
      const receiver = await opened({ channels })
      expect(receiver.stats().sockets).toBe(key === 'ipv4' ? 100 / GROUPS_A_SOCKET : 1)
      const { port } = receiver.address
      const sender = await sending({ family: key, interface: on })
      const reading = readingOf(receiver)
      for (const { group } of channels) await sender.send(Buffer.from(group), { address: group, port })
      const arrived = await reading.take(channels.length)
      await sender.send(Buffer.from('end'), { address: groupOf(lane, 0), port })
      expect(await reading.until('end')).toEqual([])
      expect(arrived.map(({ data }) => data.toString()).toSorted()).toEqual(
        channels.map(({ group }) => group).toSorted(),
      )
      expect(receiver.stats()).toMatchObject({ filtered: 0, dropped: 0 })
    })

    it('takes many sources of one group, and hears each of them only', async () => {
      const [first, second] = sources
      const many = sourcesOf(lane, 150)
      const [marked] = groupsOf(lane, 1) as [Channel]
      const hearing = await receiving({ channels: [marked, ...many] })
      expect(hearing.receiver.stats().sockets).toBe(Math.ceil(150 / SOURCES_A_GROUP[key]))
      const hears = () => heard(hosts(), lane, hearing, channel, { address: marked.group })
      expect(await hears()).toEqual([])
      await hearing.receiver.joinAll([{ ...many[0], source: second } as Channel, ...sourcesOf(lane, 20, 151)])
      expect(await hears()).toEqual([second])
      await hearing.receiver.join({ ...many[0], source: first } as Channel)
      expect(await hears()).toEqual([first, second])
    })

    const groups = groupsOf(lane, 45)
    const [held] = groups as [Channel]
    it.each([
      ['joined already', held, 'already-member'],
      ['in the call twice', groups[30] as Channel, 'already-member'],
      ['a source of a group joined for any', { ...held, source: nobody }, 'filter-mode'],
      ['no group', { group: nobody, interface: on }, 'bad-value'],
      ['on no interface', { group: channel, interface: 'nope0' }, 'no-interface'],
      ['of an address that is not local', { group: channel, interface: sources[0] }, 'no-interface'],
    ])('joins none if one in the middle is %s', async (_, wrong, reason) => {
      const receiver = await opened({ channels: [held, ...sourcesOf(lane, 3)] })
      const before = stateOf(receiver)
      const asked = [...groups.slice(1, 40), ...sourcesOf(lane, 90, 4), wrong, ...groups.slice(40)]
      await expect(receiver.joinAll(asked)).rejects.toMatchObject({ name: 'SocketOptionError', reason })
      expect(stateOf(receiver)).toEqual(before)
      await receiver.joinAll(groups.slice(1))
      expect(receiver.memberships).toHaveLength(3 + 45)
    })

    it('hears after a refusal what it heard before', async () => {
      const [, second] = sources
      const [marked] = groupsOf(lane, 1) as [Channel]
      const hearing = await receiving({ channels: [marked, { group: channel, source: second, interface: on }] })
      const refused = [...sourcesOf(lane, 5), { group: channel, interface: on }]
      await expect(hearing.receiver.joinAll(refused)).rejects.toMatchObject({ reason: 'filter-mode' })
      expect(await heard(hosts(), lane, hearing, channel, { address: marked.group })).toEqual([second])
    })

    it('joins calls in their order', async () => {
      const receiver = await opened({ family: key })
      const outcomes = await Promise.allSettled([
        receiver.join(held),
        receiver.joinAll(groups),
        receiver.joinAll(groups.slice(1)),
        receiver.join(groups[30] as Channel),
        receiver.join({ group: channel, interface: on }),
        receiver.joinAll(sourcesOf(lane, 3)),
      ])
      expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.reason : 'joined'))).toEqual([
        'joined',
        'already-member',
        'joined',
        'already-member',
        'joined',
        'filter-mode',
      ])
      expect(receiver.memberships).toHaveLength(46)
    })

    it('joins each of many joins that wait together, whatever becomes of the others', async () => {
      const receiver = await opened({ family: key })
      const wrong = [
        held,
        { group: nobody, interface: on },
        { group: channel, interface: 'nope0' },
        { group: channel, interface: sources[0] },
        { ...held, source: nobody },
        { group: key === 'ipv4' ? 'ff15::1' : '10.0.0.1', interface: on },
      ]
      const asked = [...groups, ...wrong, ...sourcesOf(lane, 90)]
      const outcomes = await Promise.allSettled(asked.map((channel) => receiver.join(channel)))
      const joined = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
      expect(namesOf(joined)).toEqual(namesOf([...groups, ...sourcesOf(lane, 90)]))
      expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? outcome.reason.reason : []))).toEqual([
        'already-member',
        'bad-value',
        'no-interface',
        'no-interface',
        'filter-mode',
        'bad-value',
      ])
      expect(receiver.memberships).toHaveLength(joined.length)
    })

    it('takes the room again that was left', async () => {
      const receiver = await opened({ family: key })
      const memberships = await receiver.joinAll([...groupsOf(lane, 60), ...sourcesOf(lane, 25)])
      const { sockets } = receiver.stats()
      const gone = memberships.filter((_, n) => n % 3 === 0)
      await Promise.all(gone.map((membership) => membership.leave()))
      await receiver.joinAll([...groupsOf(lane, 20, 1000), ...sourcesOf(lane, 5, 1000)])
      expect(receiver.stats().sockets).toBe(sockets)
      await Promise.all(receiver.memberships.map((membership) => membership.leave()))
      expect(joinedByHost()).toEqual([])
      expect(namesOf(await receiver.joinAll(groupsOf(lane, 60)))).toEqual(namesOf(groupsOf(lane, 60)))
      expect(receiver.stats().sockets).toBe(sockets)
    })

    it('joins nothing on a receiver that is closed meanwhile', async () => {
      const descriptors = openSockets()
      const receiver = await openReceiver({ family: key })
      const joining = receiver.joinAll([...groupsOf(lane, 2000), ...sourcesOf(lane, 500)])
      await Promise.all([
        expect(joining).rejects.toMatchObject({ reason: 'closed', code: 'ERR_SOCKET_CLOSED' }),
        receiver.close(),
      ])
      expect(joinedByHost()).toEqual([])
      // The one that watches for interfaces is shared with other receivers of the process.
      expect(openSockets()).toEqual(descriptors)
    })

    it('is not opened if its signal is aborted meanwhile', async () => {
      const descriptors = openSockets()
      const aborting = new AbortController()
      const opening = openReceiver({ channels: groupsOf(lane, 5000), signal: aborting.signal })
      setImmediate(() => aborting.abort(new Error('enough')))
      await expect(opening).rejects.toThrow('enough')
      expect(joinedByHost()).toEqual([])
      expect(openSockets()).toEqual(descriptors)
    })
  })

  it('fills each socket as far as the sysctl lets it', async () => {
    using _ = sysctl('net.ipv4.igmp_max_memberships', 70)
    const receiver = await opened({ channels: groupsOf(ipv4, 60) })
    expect(receiver.stats().sockets).toBe(1)
    await receiver.joinAll(groupsOf(ipv4, 300, 60))
    expect(receiver.stats().sockets).toBe(Math.ceil(360 / 70))
    await receiver.joinAll(groupsOf(ipv4, 60, 360))
    expect(receiver.stats().sockets).toBe(420 / 70)
  })

  it('does not take what the program has joined by itself for a limit of further sockets', async () => {
    const receiver = await opened({})
    for (const { group } of groupsOf(ipv4, 15, 5000))
      await receiver.control.set(MCAST_JOIN_GROUP, { group, interface: ipv4.interface })
    await receiver.joinAll(groupsOf(ipv4, 65))
    expect(receiver.stats().sockets).toBe(4)
  })

  it('takes more of what a control has joined than it ever asked for itself', async () => {
    using _ = sysctl('net.ipv4.igmp_max_memberships', 1000)
    const receiver = await opened({})
    await receiver.control.joinAll(groupsOf(ipv4, 100))
    await receiver.joinAll(groupsOf(ipv4, 500, 100))
    expect(receiver.stats().sockets).toBe(1)
    expect(receiver.memberships).toHaveLength(600)
  })

  it('takes IPv4 and IPv6 through one IPv6 receiver, each by its own limits', async () => {
    const channels = groupsOf(ipv4, 50).flatMap((channel, n) => [channel, ...groupsOf(ipv6, 2, 2 * n)])
    const receiver = await opened({ family: 'ipv6', channels })
    expect(receiver.stats().sockets).toBe(3)
    expect(new Set(namesOf(receiver.memberships))).toEqual(new Set(namesOf(channels)))
  })

  it('takes an IPv6 group on two interfaces by two sockets, in one call', async () => {
    const [, , here, there] = lanes as [Lane, Lane, Lane, Lane]
    const both = [here, there].flatMap((lane) => groupsOf(lane, 30))
    const receiver = await opened({ channels: both })
    expect(receiver.stats().sockets).toBe(2)
    expect(receiver.memberships).toHaveLength(60)
  })

  it('joins none if the port may not be shared and one socket has no room for all', async () => {
    const receiver = await opened({ address: '0.0.0.0', reuse: false })
    await receiver.joinAll(groupsOf(ipv4, 15))
    const before = stateOf(receiver)
    await expect(receiver.joinAll(groupsOf(ipv4, 10, 15))).rejects.toMatchObject({
      reason: 'limit',
      message: expect.stringContaining('igmp_max_memberships'),
    })
    expect(stateOf(receiver)).toEqual(before)
    await receiver.joinAll(groupsOf(ipv4, 5, 15))
    expect(receiver.memberships).toHaveLength(20)
  })

  it('joins none if even a socket of its own has no room', async () => {
    const receiver = await opened({ channels: groupsOf(ipv4, 1) })
    const before = stateOf(receiver)
    using _ = sysctl('net.ipv4.igmp_max_memberships', 0)
    await expect(receiver.joinAll(groupsOf(ipv4, 10, 1))).rejects.toMatchObject({ reason: 'limit' })
    const [further] = groupsOf(ipv4, 1, 1) as [Channel]
    await expect(receiver.join(further)).rejects.toMatchObject({ reason: 'limit' })
    expect(stateOf(receiver)).toEqual(before)
  })

  it.each([undefined, 'a text', 7, null])('joins none if reading a channel throws %s', async (thrown) => {
    const hostile = {
      interface: ipv4.interface,
      get group(): string {
        throw thrown
      },
    }
    const [good] = groupsOf(ipv4, 1) as [Channel]
    const receiver = await opened({ channels: groupsOf(ipv4, 1, 5) })
    const before = stateOf(receiver)
    const refused = { reason: 'bad-value', message: expect.stringContaining("can't be read") }
    await expect(receiver.joinAll([good, hostile])).rejects.toMatchObject(refused)
    await expect(receiver.join(hostile)).rejects.toMatchObject(refused)
    expect(stateOf(receiver)).toEqual(before)
  })
})
