import { setImmediate } from 'node:timers/promises'
import type { Channel, Receiver } from 'sockctl'
import { expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { type Lane, lanes } from './support/lanes.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const COUNT = 2000
const [ipv4, , ipv6] = lanes as [Lane, Lane, Lane]
const numbered = (n: number) => `${n >> 8}.${n & 255}`

/** The default limits: 20 groups a socket and 10 sources a group for IPv4, 64 sources a group for IPv6. */
const kinds: readonly { name: string; lane: Lane; sockets: number; channel: (n: number) => Channel }[] = [
  {
    name: 'groups from any source',
    lane: ipv4,
    sockets: COUNT / 20,
    channel: (n) => ({ group: `239.5.${numbered(n)}` }),
  },
  {
    name: 'groups from one source each',
    lane: ipv4,
    sockets: COUNT / 20,
    channel: (n) => ({ group: `232.5.${numbered(n)}`, source: ipv4.local[n % 2] as string }),
  },
  {
    name: 'sources of one group',
    lane: ipv4,
    sockets: COUNT / 10,
    channel: (n) => ({ group: '232.5.5.5', source: n < 2 ? (ipv4.local[n] as string) : `10.88.${numbered(n)}` }),
  },
  {
    name: 'groups from any source',
    lane: ipv6,
    sockets: 1,
    channel: (n) => ({ group: `ff15::5:${n.toString(16)}` }),
  },
  {
    name: 'sources of one group',
    lane: ipv6,
    sockets: Math.ceil(COUNT / 64),
    channel: (n) => ({
      group: 'ff35::5:5',
      source: n < 2 ? (ipv6.local[n] as string) : `2001:db8::${n.toString(16)}`,
    }),
  },
]

/** Sends a datagram to each channel that this host can send to; gives which arrived, and how often. */
async function heardOf(receiver: Receiver, lane: Lane, channels: readonly Channel[]) {
  const { port } = receiver.address
  const [first] = lane.local
  const senders = await Promise.all(
    lane.local.map((address) => sending({ bind: { address }, interface: lane.interface })),
  )
  const senderOf = ({ source }: Channel) => senders.find(({ address }) => (source ?? first) === address.address)
  const reachable = channels.filter((channel) => senderOf(channel) !== undefined)
  const reading = readingOf(receiver)
  const arriving = reading.take(reachable.length)
  for (const [n, channel] of reachable.entries()) {
    await senderOf(channel)?.send(Buffer.from('x'), { address: channel.group, port })
    // A send that does not wait leaves no time for reading, and one socket holds only few unread datagrams.
    if (n % 50 === 49) await setImmediate()
  }
  const arrived = await arriving
  // No other datagram is waiting: the next one belongs to another round.
  const [{ group = '' } = {}] = channels
  await senders[0]?.send(Buffer.from('marker'), { address: group, port })
  expect(await reading.until('marker')).toEqual([])
  expect(receiver.stats()).toMatchObject({ datagrams: reachable.length + 1, filtered: 0, dropped: 0 })
  return {
    wanted: reachable.map(({ group, source = first }) => `${group} ${source}`),
    arrived: arrived.map(({ destination, source }) => `${destination} ${source.address}`),
  }
}

describeOnHosts('one receiver', () => {
  it.each(kinds)(`takes ${COUNT} $name over $lane.name`, async ({ lane, channel, sockets }) => {
    const channels = Array.from({ length: COUNT }, (_, n) => ({ ...channel(n), interface: lane.interface }))
    const receiver = await opened({ channels })
    expect(receiver.stats().sockets).toBe(sockets)
    expect(receiver.memberships).toHaveLength(COUNT)
    const { wanted, arrived } = await heardOf(receiver, lane, channels)
    expect(arrived.toSorted()).toEqual(wanted.toSorted())
  })

  const { interface: on, local } = ipv4
  const groups = Array.from({ length: 50 }, (_, n) => ({ group: `239.6.0.${n}`, interface: on }))

  it('takes more on a socket that has left some, so that coming and going opens no more', async () => {
    const receiver = await opened({})
    for (let round = 0; round < 5; round++) {
      const memberships = await receiver.joinAll(groups)
      expect(receiver.stats().sockets).toBe(3)
      for (const membership of memberships) await membership.leave()
    }
    const [one] = await receiver.joinAll(groups)
    await one?.leave()
    await receiver.join({ group: '239.6.1.1', interface: on })
    expect(receiver.stats().sockets).toBe(3)
  })

  it('refuses what it holds already, on whichever socket', async () => {
    const receiver = await opened({ channels: groups })
    const last = groups.at(-1) as Channel
    await expect(receiver.join(last)).rejects.toMatchObject({ reason: 'already-member' })
    await expect(receiver.join({ ...last, source: local[0] })).rejects.toMatchObject({ reason: 'filter-mode' })
    expect(receiver.stats().sockets).toBe(3)
  })

  it('joins all or none', async () => {
    const receiver = await opened({ channels: groups.slice(0, 5) })
    const wrong = [...groups.slice(5), { group: '10.0.0.1' }]
    await expect(receiver.joinAll(wrong)).rejects.toMatchObject({ reason: 'bad-value' })
    expect(receiver.memberships.map(({ group }) => group)).toEqual(groups.slice(0, 5).map(({ group }) => group))
    const again = [...groups.slice(5), groups[3] as Channel]
    await expect(receiver.joinAll(again)).rejects.toMatchObject({ reason: 'already-member' })
    expect(receiver.memberships).toHaveLength(5)
    await expect(receiver.joinAll({ group: '239.6.0.9' } as never)).rejects.toThrow(TypeError)
  })

  it('names the limit if it may not share its port', async () => {
    const receiver = await opened({ channels: groups.slice(0, 20), address: '0.0.0.0', reuse: false })
    await expect(receiver.join(groups[20] as Channel)).rejects.toMatchObject({
      reason: 'limit',
      message: expect.stringContaining('igmp_max_memberships'),
    })
    await expect(opened({ channels: groups, address: '0.0.0.0', reuse: false })).rejects.toMatchObject({
      reason: 'limit',
    })
  })
})
