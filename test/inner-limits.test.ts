// Crosses the limits that are inside the library: how much one batch of calls, one send, one read and one table hold.
import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { control, type Message, openSocket } from 'sockctl'
import { IPV6_HOPOPTS } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sysctl } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { opened, readingOf, sending } from './support/receiving.ts'
import { openKind } from './support/sockets.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
/** The n-th address of a /16, none of which ends in 0 or 255. */
const addressIn = (prefix: string, n: number): string => `${prefix}.${Math.floor(n / 250) + 1}.${(n % 250) + 1}`

async function bound(): Promise<dgram.Socket> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  onTestFinished(() => new Promise<void>((resolve) => socket.close(resolve)))
  await once(socket, 'listening')
  return socket
}

/** The sockets and pollers that a program which is started now has open, besides its standard streams. */
function inherited(): string[] {
  const { stdout } = spawnSync('find', ['/proc/self/fd', '-printf', '%f %l\n'], { encoding: 'utf8' })
  return stdout.split('\n').filter((line) => /^([3-9]|\d{2,}) (socket|anon_inode):/.test(line))
}

describeInNamespace('more than one batch of calls holds:', () => {
  const channels = upTo(2500).map((n) => ({ group: addressIn('239.9', n), interface: 'lo' }))
  const ours = () => kernelGroups().flatMap(({ group }) => (group.startsWith('239.9.') ? [group] : []))

  it('a joinAll of 2,500 groups joins each, in the order asked for', async () => {
    using _ = sysctl('net.ipv4.igmp_max_memberships', 3000)
    const c = control(await bound())
    const memberships = await c.joinAll(channels)
    const groups = channels.map(({ group }) => group)
    expect(memberships.map(({ group }) => group)).toEqual(groups)
    expect(c.memberships).toEqual(memberships)
    expect(ours().sort()).toEqual([...groups].sort())

    await Promise.all(memberships.map((membership) => membership.leave()))
    expect(ours()).toEqual([])
    expect(c.memberships).toEqual([])
  })

  it.each([0, 1023, 1024, 1025, 2499])(
    'a joinAll of 2,500 groups, of which number %i is refused, joins none',
    async (n) => {
      using _ = sysctl('net.ipv4.igmp_max_memberships', 3000)
      const c = control(await bound())
      const twice = channels[n === 0 ? 1 : 0] as (typeof channels)[0]
      const asked = channels.map((channel, at) => (at === n ? twice : channel))
      await expect(c.joinAll(asked)).rejects.toMatchObject({ reason: 'already-member' })
      expect(ours()).toEqual([])
      expect(c.memberships).toEqual([])
    },
  )
})

describeInNamespace('more than one send holds:', () => {
  it('each of 1,600 messages goes its own way', async () => {
    const receivers = await Promise.all(
      upTo(8).map(() => opened({ address: '127.0.0.1', ancillary: { hopLimit: true, trafficClass: true } })),
    )
    const wayOf = (n: number) => ({
      hopLimit: (n % 255) + 1,
      trafficClass: (n * 4) % 256,
      source: addressIn('127.1', n),
    })
    const sender = await sending({ family: 'ipv4' })
    const messages = upTo(1600).map((n): Message => {
      const { port } = (receivers[n % 8] as (typeof receivers)[0]).address
      return { data: Buffer.from(`${n}`), to: { address: '127.0.0.1', port }, ...wayOf(n) }
    })
    expect(await sender.send(messages)).toBe(1600)
    for (const [at, receiver] of receivers.entries()) {
      const datagrams = await readingOf(receiver).take(200)
      const sent = upTo(200).map((n) => n * 8 + at)
      expect(datagrams.map(({ data }) => data.toString())).toEqual(sent.map(String))
      expect(
        datagrams.map(({ hopLimit, trafficClass, source }) => ({ hopLimit, trafficClass, source: source.address })),
      ).toEqual(sent.map(wayOf))
    }
  })
})

describeInNamespace('more than one table of addresses holds:', () => {
  it('each of 10,000 datagrams names its own source, however many there are', async () => {
    const receiver = await opened({ address: '127.0.0.1' })
    const to = { address: '127.0.0.1', port: receiver.address.port }
    const sender = await sending({ to })
    const reading = readingOf(receiver)
    const wrong: string[] = []
    // What one socket's buffer holds, and a number of datagrams that no limit is a multiple of.
    const round = 199
    for (let sent = 0; sent < 10_000; sent += round) {
      const sources = upTo(round).map((n) => addressIn('127.2', sent + n))
      await sender.send(sources.map((source) => ({ data: Buffer.from(source), source })))
      for (const { data, source } of await reading.take(round))
        if (source.address !== data.toString()) wrong.push(`${source.address} for ${data}`)
    }
    expect(wrong).toEqual([])
  })
})

describeInNamespace('more sockets than are asked for at once:', () => {
  it.each([32, 33, 64, 65, 150])('of %i with a datagram each, each is read', async (count) => {
    using _ = sysctl('net.ipv4.igmp_max_memberships', 1)
    const groups = upTo(count).map((n) => addressIn('239.8', n))
    const receiver = await opened({ channels: groups.map((group) => ({ group, interface: 'lo' })) })
    expect(receiver.stats().sockets).toBe(count)
    const sender = await sending({ interface: 'lo' })
    const { port } = receiver.address
    // All datagrams wait in the socket before the first is read.
    for (const address of groups) await sender.send(Buffer.from(address), { address, port })
    const datagrams = await readingOf(receiver).take(count)
    expect(datagrams.map(({ destination }) => destination).sort()).toEqual([...groups].sort())
    expect(datagrams.map(({ data }) => data.toString())).toEqual(datagrams.map(({ destination }) => destination))
    expect(receiver.stats()).toMatchObject({ datagrams: count, dropped: 0, filtered: 0 })
  })
})

describeInNamespace('an answer longer than the kernel is first given room for', () => {
  it.each([1016, 1024, 1032, 2040])('comes whole: %i bytes', async (length) => {
    await using kind = await openKind('udp6')
    const c = control(kind.socket)
    // A header of options: its length beyond the first 8 bytes, in units of 8; then padding of different lengths.
    const header = Buffer.alloc(length)
    header[1] = length / 8 - 1
    for (let at = 2; at < length; at += 2 + (header[at + 1] as number)) {
      header[at] = 1
      header[at + 1] = Math.min(5, length - at - 2)
    }
    await c.set(IPV6_HOPOPTS, header)
    expect(Buffer.from(await c.get(IPV6_HOPOPTS))).toEqual(header)
    expect(Buffer.from(c.getSync(IPV6_HOPOPTS))).toEqual(header)
  })
})

describe('a program started by this one', () => {
  it('inherits no socket, and no duplicate of one that a call is on its way to', async () => {
    const before = inherited()
    const receiver = await opened({ channels: [{ group: '239.1.2.3', interface: 'lo' }] })
    const sender = await sending({ to: { address: '127.0.0.1', port: 9 } })
    const own = await openSocket({ family: 'ipv4', type: 'dgram' })
    onTestFinished(() => own.close())
    const iterator = receiver[Symbol.asyncIterator]()
    const reading = iterator.next()
    const joining = [receiver.control, sender.control, own.control].map((c) =>
      c.join({ group: '239.1.2.4', interface: 'lo' }),
    )
    expect(inherited()).toEqual(before)
    await Promise.all(joining)
    expect(inherited()).toEqual(before)
    await receiver.close()
    await reading
  })
})
