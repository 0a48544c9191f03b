import { constants } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'
import { heard, lanes, receiverOf } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import { buildPreload } from './support/preload.mjs'
import { freshNamespace, type Peer, spawnScript } from './support/processes.ts'

const code = `
  import { execFileSync } from 'node:child_process'
  import dgram from 'node:dgram'
  import { once } from 'node:events'
  import { readFileSync } from 'node:fs'
  import { control } from 'sockctl'
  import { MCAST_JOIN_GROUP } from 'sockctl/options'
  import { serve } from '${new URL('./support/stdio.mjs', import.meta.url)}'

  const open = async (group) => {
    const socket = dgram.createSocket(group.includes(':') ? 'udp6' : 'udp4').bind(0)
    await once(socket, 'listening')
    return socket
  }
  // Written as the kernel does: an IPv4 group as a number of the processor's byte order.
  const listed = (group) => {
    if (!group.includes(':')) {
      const hex = group.split('.').reverse().map((octet) => Number(octet).toString(16).padStart(2, '0')).join('').toUpperCase()
      let name
      for (const line of readFileSync('/proc/net/igmp', 'utf8').split('\\n')) {
        const [first, second] = line.trim().split(/\\s+/)
        if (/^\\d+$/.test(first) && !/^\\d+$/.test(second)) name = second
        if (first === hex) return name
      }
      return undefined
    }
    const [head, tail] = group.split('::')
    const hex = head.padEnd(28, '0') + tail.padStart(4, '0')
    const line = readFileSync('/proc/net/igmp6', 'utf8').split('\\n').find((one) => one.includes(hex))
    return line?.trim().split(/\\s+/)[1]
  }
  const outcome = async (group, act) => {
    const socket = await open(group)
    try {
      return (await act(control(socket))) ?? listed(group)
    } catch ({ reason }) {
      return reason
    } finally {
      await new Promise((resolve) => socket.close(resolve))
    }
  }
  const kept = []
  await serve({
    ip: ({ lines }) => {
      for (const line of lines) execFileSync('ip', line.split(' '), { stdio: 'pipe' })
    },
    kernel: ({ group }) => outcome(group, (c) => c.set(MCAST_JOIN_GROUP, { group })),
    library: ({ group, source }) =>
      outcome(group, async (c) => {
        const { interface: on } = await c.join({ group, source })
        return on.name === listed(group) ? on.name : on.name + ' said, ' + listed(group) + ' joined'
      }),
    hold: async ({ channels }) => {
      const socket = await open(channels[0].group)
      const memberships = await control(socket).joinAll(channels)
      kept.push({ socket, memberships })
      return memberships.map((membership) => membership.interface.name)
    },
    leave: async () => {
      for (const { socket, memberships } of kept.splice(0)) {
        for (const membership of memberships) await membership.leave()
        if (control(socket).memberships.length > 0) throw new Error('still a member')
        socket.close()
      }
    },
    listed: ({ group }) => listed(group) ?? null,
  })`

const pair = (name: string, network: number) => [
  `link add ${name} type veth peer name ${name}p`,
  `address add 10.9.${network}.1/24 dev ${name}`,
  `address add fd09:${network}::1/64 dev ${name} nodad`,
  `link set ${name}p up`,
  `link set ${name} up`,
]
const both = ['link set lo up', ...pair('x0', 0), ...pair('x1', 1)]

const networks: Readonly<Record<string, readonly string[]>> = {
  'nothing but a loopback that is down': [],
  'nothing but loopback': ['link set lo up'],
  'loopback, and a route to it': ['link set lo up', 'route add 224.0.0.0/4 dev lo'],
  'two interfaces without a route': both,
  'a default route': [...both, 'route add default via 10.9.1.254', '-6 route add default via fd09:1::fe'],
  'a route to all groups': [
    ...both,
    'route add 224.0.0.0/4 dev x1',
    '-6 route add multicast ff00::/8 dev x1 table local metric 1',
  ],
  'a route to some groups beside that to all': [
    ...both,
    'route add 224.0.0.0/4 dev x0',
    'route add 239.1.0.0/16 dev x1',
    '-6 route add multicast ff15::/16 dev x1 table local',
  ],
  'a route through a gateway': [
    ...both,
    'route add 239.1.0.0/16 via 10.9.1.254',
    '-6 route add ff15::/16 via fd09:1::fe dev x1 table local',
  ],
  'groups that are unreachable': [
    ...both,
    'route add unreachable 239.1.0.0/16',
    'route add blackhole 232.0.0.0/8',
    '-6 route add unreachable ff15::/16 table local',
  ],
  'a rule for groups': [
    ...both,
    'route add 224.0.0.0/4 dev x0',
    'rule add to 239.1.0.0/16 table 100',
    'route add 224.0.0.0/4 dev x1 table 100',
    '-6 rule add to ff15::/16 table 100 priority 0',
    '-6 route add multicast ff15::/16 dev x1 table 100',
  ],
  'an interface that went down': [
    ...both,
    'route add 239.1.0.0/16 dev x1',
    '-6 route add multicast ff15::/16 dev x1 table local',
    'link set x1 down',
  ],
}
const groups = ['239.1.2.3', '239.200.0.9', '232.1.2.3', '224.0.0.77', 'ff15::123', 'ff02::77', 'ff01::77', 'ff3e::8']

describeInNamespace('where no interface is named', () => {
  const library = buildPreload('faults')

  it.each(Object.entries(networks))('it is the kernel’s own choice: %s', async (_, lines) => {
    await using peer = freshNamespace({ code })
    await peer.request('ip', { lines })
    for (const group of groups) {
      const kernel = await peer.request('kernel', { group })
      expect(kernel, group).toMatch(/^(x0|x1|x0p|x1p|lo|no-route)$/)
      expect(await peer.request('library', { group }), group).toBe(kernel)
      const source = group.includes(':') ? '2001:db8::1' : '192.0.2.1'
      expect(await peer.request('library', { group, source }), `${group} of one source`).toBe(kernel)
    }
  })

  it.each([
    ['is asked again', 'EINTR', 'lo'],
    ['is not guessed, and the error tells why,', 'EIO', 'EIO'],
  ] as const)('it %s if the answer of the routing table fails with %s', async (_, errno, outcome) => {
    const asking = `
      import dgram from 'node:dgram'
      import { once } from 'node:events'
      import { control } from 'sockctl'
      import { tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'
      const socket = dgram.createSocket('udp4').bind(0)
      await once(socket, 'listening')
      const joined = control(socket).join({ group: '239.99.1.1' })
      tell({ outcome: await joined.then((membership) => membership.interface.name, ({ code }) => code) })
      socket.close()`
    await ip('route', 'add', '239.99.0.0/16', 'dev', 'lo')
    onTestFinished(() => ip('route', 'delete', '239.99.0.0/16', 'dev', 'lo').then(() => {}))
    const faults = [`LD_PRELOAD=${library}`, `SOCKCTL_FAULT=recvfrom 1 ${constants.errno[errno]}`]
    await using peer = spawnScript({ code: asking }, [], ['env', ...faults])
    expect(await peer.next()).toEqual({ outcome })
  })

  it('leaving finds it again after the routes have changed', async () => {
    await using peer: Peer = freshNamespace({ code })
    const route4 = '224.0.0.0/4 dev'
    const route6 = 'multicast ff00::/8 table local metric 1 dev'
    await peer.request('ip', { lines: [...both, `route add ${route4} x1`, `-6 route add ${route6} x1`] })
    const channels = [
      [{ group: '239.1.2.3' }, { group: '232.1.2.3', source: '192.0.2.1' }],
      [{ group: 'ff15::123' }, { group: 'ff35::123', source: '2001:db8::1' }],
    ]
    for (const some of channels) expect(await peer.request('hold', { channels: some })).toEqual(['x1', 'x1'])

    await peer.request('ip', {
      lines: [`route replace ${route4} x0`, `-6 route delete ${route6} x1`, `-6 route add ${route6} x0`],
    })
    for (const { group } of channels.flat()) {
      expect(await peer.request('listed', { group })).toBe('x1')
      expect(await peer.request('kernel', { group: group.replace(/3$/, '4') })).toBe('x0')
    }
    await peer.request('leave')
    for (const { group } of channels.flat()) expect(await peer.request('listed', { group })).toBeNull()
  })
})

describeOnHosts('an interface is named', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { group, channel, interface: on, sources, local, at } = lane
    const index = () => hosts().pairs[at].a.index

    it.each([
      ['its name', () => on],
      ['its index', index],
      ['a local address', () => local[0]],
      ['its second local address', () => local[1]],
      ['its IPv6 address', () => hosts().pairs[at].a.ipv6[0]],
      ['its link-local address', () => hosts().pairs[at].a.linkLocal],
      ['its link-local address with its zone', () => `${hosts().pairs[at].a.linkLocal}%${on}`],
      ['its link-local address with its index', () => `${hosts().pairs[at].a.linkLocal}%${index()}`],
    ] as const)('by %s', async (_, spec) => {
      const receiver = await receiverOf(lane)
      const { control: c } = receiver
      const expectedInterface = { name: on, index: index() }
      const any = await c.join({ group, interface: spec() })
      const one = await c.join({ group: channel, source: sources[1], interface: spec() })
      expect([any.interface, one.interface]).toEqual([expectedInterface, expectedInterface])
      expect(kernelGroups().filter((entry) => [group, channel].includes(entry.group))).toMatchObject([
        { interface: on },
        { interface: on },
      ])
      expect(await heard(hosts(), lane, receiver, group)).toEqual(sources)
      expect(await heard(hosts(), lane, receiver, channel)).toEqual([sources[1]])

      // The same interface by its name, index and address.
      await expect(c.join({ group, interface: on })).rejects.toMatchObject({ reason: 'already-member' })
      await expect(c.join({ group, interface: spec() })).rejects.toMatchObject({ reason: 'already-member' })
      await any.block(sources[0])
      for (const named of [on, index(), spec()])
        expect(await c.getSourceFilter({ group, interface: named })).toEqual({ mode: 'exclude', sources: [sources[0]] })
      await c.setSourceFilter({ group, interface: spec() }, { mode: 'exclude', sources: [sources[1]] })
      expect(any.blocked).toEqual([sources[1]])
      expect(await heard(hosts(), lane, receiver, group)).toEqual([sources[0]])

      await any.leave()
      await one.leave()
      expect(kernelGroups().filter((entry) => [group, channel].includes(entry.group))).toEqual([])
    })

    it('is refused if its link-local address is another’s too, unless the zone says which', async () => {
      const names = ['a0', 'a1']
      for (const name of names) await hosts().ip('A', 'address', 'add', 'fe80::77/64', 'dev', name, 'nodad')
      onTestFinished(async () => {
        for (const name of names) await hosts().ip('A', 'address', 'delete', 'fe80::77/64', 'dev', name)
      })
      const { control: c } = await receiverOf(lane)
      await expect(c.join({ group, interface: 'fe80::77' })).rejects.toMatchObject({
        reason: 'bad-value',
        message: expect.stringContaining('a0, a1'),
      })
      await expect(c.join({ group, interface: 'fe80::77%lo' })).rejects.toMatchObject({ reason: 'no-interface' })
      expect(c.memberships).toEqual([])
      expect((await c.join({ group, interface: `fe80::77%${on}` })).interface.name).toBe(on)
    })
  })
})
