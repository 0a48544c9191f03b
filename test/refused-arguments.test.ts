import { once } from 'node:events'
import net from 'node:net'
import { control, type SocketControl, SocketOptionError } from 'sockctl'
import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_MULTICAST_ALL,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IPV6_JOIN_GROUP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_MSFILTER,
} from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'
import { families, heard, type Lane, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'

const NO_INDEX = 9999
const isOurs = (group: string) => families.some((family) => Object.values(family).includes(group))

interface Row {
  readonly what: string
  readonly of?: 4 | 6
  readonly call: (control: SocketControl, lane: Lane) => Promise<unknown>
  readonly reason: string
  readonly code: string
  readonly message?: RegExp
}

const theOther = ({ family }: Lane) => families[family === 4 ? 1 : 0]
const noSuch = { reason: 'no-interface', message: /no interface .*a0 \(\d+\).*a1 \(\d+\)/ }
const bad = { reason: 'bad-value', code: 'ERR_INVALID_VALUE' }

const rows: readonly Row[] = [
  { ...bad, what: 'joining a unicast address', call: (c, { sources: [group] }) => c.join({ group }) },
  {
    ...bad,
    what: 'MCAST_JOIN_GROUP of a unicast address',
    call: (c, { sources: [group], interface: on }) => c.set(MCAST_JOIN_GROUP, { group, interface: on }),
  },
  {
    ...bad,
    what: 'a source of the other family',
    call: (c, lane) => c.join({ group: lane.channel, source: theOther(lane).nobody, interface: lane.interface }),
  },
  {
    ...bad,
    what: 'IPv6: a source that is an IPv4 address all the same',
    of: 6,
    call: (c, lane) => c.join({ group: lane.channel, source: '::ffff:192.0.2.1', interface: lane.interface }),
  },
  {
    ...bad,
    what: "IPv4: joining the other family's group",
    of: 4,
    call: (c, lane) => c.join({ group: theOther(lane).group, interface: lane.interface }),
    message: /IPv6.*socket is IPv4/,
  },
  {
    what: "IPv4: MCAST_JOIN_GROUP of the other family's group",
    of: 4,
    call: (c, lane) => c.set(MCAST_JOIN_GROUP, { group: theOther(lane).group, interface: lane.interface }),
    reason: 'bad-value',
    code: 'ENOPROTOOPT',
    message: /another family/,
  },
  {
    what: "IPv4: MCAST_MSFILTER of the other family's group",
    of: 4,
    call: (c, lane) => c.get(MCAST_MSFILTER, { group: theOther(lane).group, interface: lane.interface }),
    reason: 'bad-value',
    code: 'ENOTSUP',
    message: /another family/,
  },
  {
    what: 'IPv4: IPV6_JOIN_GROUP',
    of: 4,
    call: (c, lane) => c.set(IPV6_JOIN_GROUP, { group: theOther(lane).group, interface: lane.interface }),
    reason: 'bad-value',
    code: 'ENOPROTOOPT',
  },
  {
    ...bad,
    what: "IPv6: IPV6_JOIN_GROUP of the other family's group",
    of: 6,
    call: (c, lane) => c.set(IPV6_JOIN_GROUP, { group: theOther(lane).group, interface: lane.interface }),
  },
  {
    ...noSuch,
    what: 'joining on an index nobody has',
    call: (c, { group }) => c.join({ group, interface: NO_INDEX }),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'joining on a name nobody has',
    call: (c, { group }) => c.join({ group, interface: 'nope0' }),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'joining on an address that is not local',
    call: (c, { group, sources }) => c.join({ group, interface: sources[0] }),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'MCAST_JOIN_GROUP on an index nobody has',
    call: (c, { group }) => c.set(MCAST_JOIN_GROUP, { group, interface: NO_INDEX }),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'IP_ADD_MEMBERSHIP on an address that is not local',
    of: 4,
    call: (c, { group, sources }) => c.set(IP_ADD_MEMBERSHIP, { group, interface: sources[0] }),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'IPV6_JOIN_GROUP on an index nobody has',
    of: 6,
    call: (c, { group }) => c.set(IPV6_JOIN_GROUP, { group, interface: NO_INDEX }),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'a source filter on an index nobody has',
    call: (c, { group }) => c.setSourceFilter({ group, interface: NO_INDEX }, { mode: 'exclude', sources: [] }),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'sending through an interface nobody has',
    call: (c) => c.setMulticastInterface(NO_INDEX),
    code: 'ENODEV',
  },
  {
    ...noSuch,
    what: 'IP_MULTICAST_IF of an index nobody has',
    of: 4,
    call: (c) => c.set(IP_MULTICAST_IF, NO_INDEX),
    code: 'EADDRNOTAVAIL',
  },
  {
    ...noSuch,
    what: 'IPV6_MULTICAST_IF of an index nobody has',
    of: 6,
    call: (c) => c.set(IPV6_MULTICAST_IF, NO_INDEX),
    code: 'ENODEV',
  },
  {
    what: 'IPv4: joining on no interface, without a route',
    of: 4,
    call: (c, { group }) => c.join({ group }),
    reason: 'no-route',
    code: 'ENETUNREACH',
    message: /name the interface/,
  },
  {
    what: 'IPv4: MCAST_JOIN_GROUP on no interface, without a route',
    of: 4,
    call: (c, { group }) => c.set(MCAST_JOIN_GROUP, { group }),
    reason: 'no-route',
    code: 'ENODEV',
    message: /name the interface/,
  },
  { ...bad, what: 'IPv4: a TTL of 256', of: 4, call: (c) => c.set(IP_MULTICAST_TTL, 256) },
  { ...bad, what: 'IPv4: a TTL of -1', of: 4, call: (c) => c.set(IP_MULTICAST_TTL, -1) },
  { ...bad, what: 'IPv6: a hop limit of 256', of: 6, call: (c) => c.set(IPV6_MULTICAST_HOPS, 256) },
  ...[256, -1, 1.5, Number.NaN, '1' as never].map((hops) => ({
    ...bad,
    what: `${hops} hops`,
    call: (c: SocketControl) => c.setMulticastHops(hops),
  })),
  ...[0, 1, 2, 'true', undefined].map((on) => ({
    ...bad,
    what: `loopback ${on}`,
    call: (c: SocketControl) => c.setMulticastLoopback(on as never),
  })),
  { ...bad, what: 'IP_MULTICAST_LOOP 2', of: 4, call: (c) => c.set(IP_MULTICAST_LOOP, 2 as never) },
  { ...bad, what: 'IP_MULTICAST_ALL 2', of: 4, call: (c) => c.set(IP_MULTICAST_ALL, 2 as never) },
  { ...bad, what: 'IPV6_MULTICAST_LOOP 2', of: 6, call: (c) => c.set(IPV6_MULTICAST_LOOP, 2 as never) },
]

const refusal = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

describeOnHosts('an argument the kernel refuses, or should', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { family, group, channel, interface: on, sources, local } = lane

    it.each(rows.filter(({ of }) => of === undefined || of === family))(
      '$what is refused: $reason',
      async ({ call, reason, code, message = /./ }) => {
        const { control: c } = await receiverOf(lane)
        const before = await c.snapshot()
        const error = await refusal(call(c, lane))
        expect(error).toBeInstanceOf(SocketOptionError)
        expect(error).toMatchObject({ reason, code, message: expect.stringMatching(message) })
        expect(await c.snapshot()).toEqual(before)
        expect(c.memberships).toEqual([])
        expect(kernelGroups().filter((entry) => isOurs(entry.group))).toEqual([])
      },
    )

    it('a stream socket is refused, also if the kernel would take it', async () => {
      const server = net.createServer().listen(0, family === 4 ? '127.0.0.1' : '::1')
      onTestFinished(() => void server.close())
      await once(server, 'listening')
      const c = control(server)
      const [source] = sources
      const calls: Record<string, () => unknown> = {
        join: () => c.join({ group, interface: on }),
        'join of a source': () => c.join({ group: channel, source, interface: on }),
        joinAll: () => c.joinAll([{ group, interface: on }]),
        MCAST_JOIN_GROUP: () => c.set(MCAST_JOIN_GROUP, { group, interface: on }),
        'MCAST_JOIN_GROUP at once': () => c.setSync(MCAST_JOIN_GROUP, { group, interface: on }),
        MCAST_JOIN_SOURCE_GROUP: () => c.set(MCAST_JOIN_SOURCE_GROUP, { group: channel, source, interface: on }),
        ...(family === 4 && {
          IP_ADD_MEMBERSHIP: () => c.set(IP_ADD_MEMBERSHIP, { group, interface: on }),
          IP_ADD_SOURCE_MEMBERSHIP: () =>
            c.set(IP_ADD_SOURCE_MEMBERSHIP, { group: channel, source, interface: local[0] }),
        }),
        ...(family === 6 && { IPV6_JOIN_GROUP: () => c.set(IPV6_JOIN_GROUP, { group, interface: on }) }),
      }
      for (const [name, call] of Object.entries(calls))
        expect(await refusal((async () => call())()), name).toMatchObject({
          reason: 'bad-value',
          message: expect.stringContaining('stream'),
        })
      expect(kernelGroups().filter((entry) => isOurs(entry.group))).toEqual([])
    })

    it.each(['lo', 'an interface that is down', 'an interface without MULTICAST'])('%s is joined', async (kind) => {
      const name = kind === 'lo' ? kind : 'c0'
      if (name !== 'lo') {
        await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'c1')
        onTestFinished(async () => void (await ip('link', 'delete', name)))
        if (kind.includes('MULTICAST')) await ip('link', 'set', name, 'up', 'multicast', 'off')
      }
      const receiver = await receiverOf(lane)
      const membership = await receiver.control.join({ group, interface: name })
      const one = await receiver.control.join({ group: channel, source: sources[0], interface: name })
      expect(membership.interface.name).toBe(name)
      expect(await receiver.control.getSourceFilter({ group, interface: name })).toEqual({
        mode: 'exclude',
        sources: [],
      })
      await membership.leave()
      await one.leave()
      expect(receiver.control.memberships).toEqual([])
      await receiver.control.join({ group, interface: on })
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
    })
  })
})
