import { describeGroup, type Membership } from 'sockctl'
import { expect, it, vi } from 'vitest'
import type { GroupSocket } from '../../lib/cli/commands/groups/group-sockets.ts'
import type { HostMembership } from '../../lib/kernel/proc-net.ts'
import { runCli, sockctl } from '../support/cli.ts'
import { describeOnHosts, twoHosts } from '../support/hosts.ts'
import { QUERIES, startRouter } from '../support/membership-messages.ts'
import { describeUnless, namespaceMissing } from '../support/namespace.ts'
import { kernelGroups } from '../support/net-stat.ts'
import { udpControls } from '../support/sockets.ts'
import { openTerminal } from '../support/terminal.ts'
import { toolsMissing } from '../support/tools.ts'

interface Told extends HostMembership {
  event: 'watching' | 'join' | 'leave' | 'change' | 'query' | 'silent' | 'end'
  by?: string
}

const list = async (...args: string[]): Promise<HostMembership[]> =>
  (await runCli(['groups', '--json', ...args])).objects<HostMembership>()

describeOnHosts('sockctl groups', (hosts) => {
  const socket = udpControls()

  it('lists what every interface is a member of, as the kernel does', async () => {
    await (await socket('udp4')).join({ group: '239.1.2.3', interface: 'a0' })
    await (await socket('udp6')).join({ group: 'ff15::1', interface: 'a1' })
    const listed = (await list()).map(({ interface: name, group, users }) => `${name} ${group} ${users}`)
    expect(listed.sort()).toEqual(
      kernelGroups()
        .map(({ interface: name, group, users }) => `${name} ${group} ${users}`)
        .sort(),
    )
  })

  it.each([
    ['udp4', '232.1.1.1', '10.0.0.1', '10.0.0.2'],
    ['udp6', 'ff3e::1', '2001:db8::1', '2001:db8::2'],
  ] as const)(
    'shows modes and sources of %s, also if a newer group without any hides them from the kernel’s list',
    async (type, group, one, two) => {
      const [first, second, third] = [await socket(type), await socket(type), await socket(type)]
      await first.join({ group, source: one, interface: 'a0' })
      await second.join({ group, source: one, interface: 'a0' })
      await second.join({ group, source: two, interface: 'a0' })
      const any = await third.join({ group: type === 'udp4' ? '239.5.5.5' : 'ff15::5', interface: 'a0' })
      await any.block(two)
      // The newest group of the interface has no source, so the kernel's list begins after this interface.
      await third.join({ group: type === 'udp4' ? '239.9.9.9' : 'ff15::9', interface: 'a0' })

      const found = await list('-i', 'a0')
      const of = (wanted: string) => found.find((membership) => membership.group === wanted)
      expect(of(group)).toMatchObject({
        mode: 'include',
        users: 2,
        sources: [
          { address: one, include: 2, exclude: 0 },
          { address: two, include: 1, exclude: 0 },
        ],
      })
      expect(of(any.group)).toMatchObject({ mode: 'exclude', sources: [{ address: two, include: 0, exclude: 1 }] })
      expect(found.every(({ sourcesListed }) => sourcesListed)).toBe(true)
    },
  )

  it('does not list what it joins itself to read, and leaves nothing behind', async () => {
    const before = kernelGroups()
    const listed = await list('-i', 'lo')
    expect(listed.map(({ group }) => group)).not.toContain('232.255.255.255')
    expect(listed.map(({ group }) => group)).not.toContain('ff31::1')
    expect(kernelGroups()).toEqual(before)
  })

  it('keeps to an interface and to groups, and says which nobody has joined', async () => {
    const receiver = await socket('udp4')
    await receiver.join({ group: '239.1.2.3', interface: 'a0' })
    await receiver.join({ group: '239.1.2.3', interface: 'a1' })
    const { index } = hosts().pairs[0].a
    expect((await list('239.1.2.3', '-i', `${index}`)).map((one) => one.interface)).toEqual(['a0'])

    const { status, stderr, objects } = await runCli(['groups', '--json', '239.1.2.3', '239.4.4.4'])
    expect({ status, groups: objects<HostMembership>().map(({ group }) => group) }).toEqual({
      status: 1,
      groups: ['239.1.2.3', '239.1.2.3'],
    })
    expect(stderr).toBe('sockctl groups: not joined on this host: 239.4.4.4\n')
  })

  it('prints a table', async () => {
    await (await socket('udp4')).join({ group: '232.1.1.1', source: '10.0.0.1', interface: 'a1' })
    const { stdout } = await runCli(['groups', '232.1.1.1'])
    const [head, row] = stdout.split('\n').map((line) => line.split(/\s+/))
    expect(head).toEqual(['INTERFACE', 'GROUP', 'USERS', 'MODE', 'PROTOCOL', 'SOURCES'])
    expect(row).toEqual(['a1', '232.1.1.1', '1', 'include', 'IGMPv3', '10.0.0.1'])
  })

  it('names well-known groups, and says whose they are in its JSON', async () => {
    await (await socket('udp4')).join({ group: '224.0.1.1', interface: 'a1' })
    const { stdout } = await runCli(['groups', '-i', 'a1'])
    expect(stdout).toMatch(/^INTERFACE .* SOURCES +NAME$/m)
    expect(stdout).toMatch(/^a1 +224\.0\.1\.1 .* ntp\.mcast\.net$/m)
    expect(stdout).toMatch(/^a1 +224\.0\.0\.1 .* all-systems\.mcast\.net$/m)
    const { name, purpose } = describeGroup('224.0.1.1')
    expect(await list('224.0.1.1', '-i', 'a1')).toMatchObject([{ group: '224.0.1.1', name, purpose }])
    expect(name).toBe('ntp.mcast.net')
  })

  /** A process of its own, bound to an address and port, which reads nothing. */
  const boundProgram = async (address: string, more = ''): Promise<{ pid: number; port: number }> => {
    const peer = hosts().spawn('A', {
      code: `
        import { openSocket } from 'sockctl'
        import { IP_MULTICAST_ALL, SO_BINDTODEVICE, SO_RCVBUF } from 'sockctl/options'
        import { serve } from './test/support/stdio.mjs'
        const owned = await openSocket({
          family: '${address.includes(':') ? 'ipv6' : 'ipv4'}', type: 'dgram', bind: { address: '${address}' },
          options: [[SO_RCVBUF, 4096]${more}],
        })
        const socket = owned.toMessageSocket()
        serve({ port: () => socket.address.port })`,
    })
    return { pid: peer.pid, port: await peer.request<number>('port', {}) }
  }

  it('shows who may take what comes to a group, what waits and what was dropped', async () => {
    await (await socket('udp4')).join({ group: '239.1.2.3', interface: 'a0' })
    const [own, any, elsewhere, unicast, device] = await Promise.all([
      boundProgram('239.1.2.3'),
      boundProgram('0.0.0.0', ', [IP_MULTICAST_ALL, false]'),
      boundProgram('239.9.9.9'),
      boundProgram('10.77.0.1'),
      boundProgram('0.0.0.0', ", [SO_BINDTODEVICE, 'a1']"),
    ])
    const sender = hosts().sender('B', { bind: hosts().pairs[0].b.ipv4[0] })
    await sender.send({ address: '239.1.2.3', port: own.port }, [...Array(50).keys()], { size: 1000 })
    const found = async () => {
      const [membership] = (await runCli(['groups', '--json', '239.1.2.3'])).objects<{ sockets: GroupSocket[] }>()
      return membership?.sockets ?? []
    }
    const sockets = await vi.waitFor(async () => {
      const now = await found()
      expect(now.find(({ port }) => port === own.port)?.drops).toBeGreaterThan(30)
      return now
    })
    const of = ({ port }: { port: number }) => sockets.find((one) => one.port === port)
    expect(of(own)).toMatchObject({
      family: 'ipv4',
      address: '239.1.2.3',
      processes: [{ pid: own.pid, program: expect.stringMatching(/^node/) }],
      multicastAll: true,
      receiveBuffer: 8192,
      uid: process.getuid?.(),
    })
    const { unread } = of(own) as GroupSocket
    expect(unread).toBeGreaterThan(1000)
    expect(of(any)).toMatchObject({ address: '0.0.0.0', multicastAll: false, drops: 0, unread: 0 })
    for (const other of [elsewhere, unicast, device]) expect(of(other)).toBeUndefined()

    const { stdout } = await runCli(['groups', '239.1.2.3'])
    const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}/))
    expect(lines).toContainEqual(['SOCKET', 'PROGRAM', 'UNREAD', 'DROPS', 'MULTICAST_ALL'])
    expect(lines).toContainEqual([
      `239.1.2.3:${own.port}`,
      expect.stringMatching(new RegExp(`^node.* \\(${own.pid}\\)$`)),
      `${unread} of 8192`,
      expect.stringMatching(/^\d+$/),
      'yes',
    ])
    expect(stdout).not.toContain(`(${device.pid})`)
  })

  it('does not show a socket of IPv6 alone for a group of IPv4', async () => {
    await (await socket('udp4')).join({ group: '239.1.2.3', interface: 'a0' })
    await (await socket('udp6')).join({ group: 'ff15::77', interface: 'a0' })
    const [both, mapped, group] = await Promise.all([
      boundProgram('::'),
      boundProgram('::ffff:239.1.2.3'),
      boundProgram('ff15::77'),
    ])
    const found = (await runCli(['groups', '--json', '-i', 'a0', '239.1.2.3', 'ff15::77'])).objects<{
      group: string
      sockets: { port: number }[]
    }>()
    const ports = (wanted: string) => found.find((one) => one.group === wanted)?.sockets.map(({ port }) => port) ?? []
    expect(ports('239.1.2.3')).toEqual(expect.arrayContaining([both.port, mapped.port]))
    expect(ports('239.1.2.3')).not.toContain(group.port)
    expect(ports('ff15::77')).toEqual(expect.arrayContaining([both.port, group.port]))
    expect(ports('ff15::77')).not.toContain(mapped.port)
  })

  interface WithQuerier {
    family: string
    querier: Record<string, unknown>
  }
  const querierOf = async (family: string, on: string, ...args: string[]) =>
    (await runCli(['groups', '--json', '-i', on, ...args])).objects<WithQuerier>().find((one) => one.family === family)
      ?.querier

  it('shows by which version the querier of an interface asks, and what forces another', async () => {
    const { a, b } = hosts().pairs[1]
    await hosts().sysctl('A', `net/ipv4/conf/${a.name}/force_igmp_version`, 0)
    expect(await querierOf('ipv4', 'a1')).toEqual({ hostVersion: 3 })
    const { queries } = (await querierOf('ipv6', 'a1')) as { queries: number }
    const router = startRouter(hosts(), 'B', b.index)
    await router.mld(QUERIES.mldv2)
    await router.igmp(QUERIES.igmpv2)
    await vi.waitFor(async () => expect(await querierOf('ipv4', 'a1')).toEqual({ hostVersion: 2 }))
    expect(await querierOf('ipv6', 'a1')).toEqual({ queries: queries + 1 })
    const { stdout } = await runCli(['groups', '-i', 'a1'])
    expect(stdout).toMatch(/^a1 +IGMP +IGMPv2$/m)
    expect(stdout).toMatch(/^a1 +MLD +MLD, \d+ quer(y|ies) so far$/m)
    await hosts().sysctl('A', `net/ipv4/conf/${a.name}/force_igmp_version`, 1)
    expect(await querierOf('ipv4', 'a1')).toEqual({
      hostVersion: 1,
      forcedBy: `net.ipv4.conf.${a.name}.force_igmp_version`,
    })
  })

  it('hears the queriers with --wait, and ends once all of an interface are heard', async () => {
    const { b } = hosts().pairs[0]
    const router = startRouter(hosts(), 'B', b.index)
    const peer = hosts().spawnProgram(
      'A',
      sockctl('groups', '--json', '-i', 'a0', '--wait', '60s', '224.0.0.1', 'ff02::1'),
    )
    // Whether the command listens yet is not told; it hears one of these.
    const asking = setInterval(() => void router.igmp(QUERIES.igmpv3).then(() => router.mld(QUERIES.mldv1)), 200)
    try {
      const { querier } = await peer.next<WithQuerier>(({ family }) => family === 'ipv4')
      expect(querier).toMatchObject({ heard: { address: b.ipv4[0], version: 3, interval: 125 } })
      const { lastQuery, nextQuery } = querier.heard as { lastQuery: string; nextQuery: string }
      expect(Date.parse(nextQuery) - Date.parse(lastQuery)).toBe(125_000)
      expect((await peer.next<WithQuerier>(({ family }) => family === 'ipv6')).querier).toMatchObject({
        heard: { address: b.linkLocal, version: 1 },
      })
      expect(await peer.exited).toEqual({ code: 0, signal: null })
    } finally {
      clearInterval(asking)
    }
  })

  it('watches queries, another querier, and one that falls silent', async () => {
    const { b } = hosts().pairs[0]
    const router = startRouter(hosts(), 'B', b.index)
    const peer = hosts().spawnProgram('A', sockctl('groups', '-w', '--json', '-i', 'a0'))
    expect(await peer.next<Told>(({ event }) => event === 'watching')).toMatchObject({ queriers: true })
    // Its querier's query interval is a second.
    const everySecond = Buffer.from(QUERIES.igmpv3)
    everySecond[9] = 1
    await router.igmp(everySecond)
    expect(await peer.next<Told>(({ event }) => event === 'query')).toMatchObject({
      interface: 'a0',
      family: 'ipv4',
      address: b.ipv4[0],
      version: 3,
      interval: 1,
    })
    expect(await peer.next<Told>(({ event }) => event === 'silent')).toMatchObject({ address: b.ipv4[0] })
    await router.mld(QUERIES.mldv2)
    expect(await peer.next<Told>(({ event }) => event === 'query')).toMatchObject({ family: 'ipv6', version: 2 })
    process.kill(peer.pid, 'SIGINT')
    await peer.next<Told>(({ event }) => event === 'end')
    expect(await peer.exited).toEqual({ code: 0, signal: null })
  })

  it('says which capability it lacks to hear queriers, and watches groups all the same', async () => {
    const without = ['setpriv', '--inh-caps=-all', '--bounding-set=-all']
    const refused = await runCli(['groups', '--wait', '5s'], { prefix: without })
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/^sockctl groups: .*CAP_NET_RAW.*\n$/) })
    const watched = await runCli(['groups', '--watch', '-d', '200ms', '--json'], { prefix: without })
    expect(watched.status).toBe(0)
    expect(watched.stderr).toMatch(/^sockctl groups: queriers are not heard: .*CAP_NET_RAW.*\n$/)
    expect(watched.objects()[0]).toMatchObject({ event: 'watching', queriers: false })
  })

  it('waits for nobody where no interface takes multicast', async () => {
    const { status, objects } = await runCli(['groups', '--json', '-i', 'lo', '--wait', '60s'])
    expect(status).toBe(0)
    expect(objects<HostMembership>().every((one) => one.interface === 'lo')).toBe(true)
  })

  it('refuses --wait with --watch', async () => {
    expect(await runCli(['groups', '-w', '--wait', '5s'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--watch hears them all the time'),
    })
  })

  it('watches joins, leaves and new sources as they happen, and ends with a count', async () => {
    const { pid, next, exited } = hosts().spawnProgram('A', sockctl('groups', '--watch', '--json', '-i', 'a0'))
    const { by } = await next<Told>(({ event }) => event === 'watching')
    const about = (group: string) => async () => {
      const { event, users, sources } = await next<Told>((told) => told.group === group)
      return { event, users, sources: sources.map(({ address }) => address) }
    }
    const receiver = await socket('udp4')

    const gone = await receiver.join({ group: '239.1.1.1', interface: 'a0' })
    if (by === 'netlink') await gone.leave()
    const channel = about('232.2.2.2')
    const memberships: Membership[] = [await receiver.join({ group: '232.2.2.2', source: '10.0.0.1', interface: 'a0' })]
    expect(await channel()).toEqual({ event: 'join', users: 1, sources: ['10.0.0.1'] })
    memberships.push(await receiver.join({ group: '232.2.2.2', source: '10.0.0.2', interface: 'a0' }))
    expect(await channel()).toEqual({ event: 'change', users: 1, sources: ['10.0.0.1', '10.0.0.2'] })
    for (const membership of memberships) await membership.leave()
    // The lists may be read between the two leaves.
    let last = await channel()
    if (last.event === 'change') last = await channel()
    expect(last.event).toBe('leave')

    const elsewhere = about('239.3.3.3')
    await receiver.join({ group: '239.3.3.3', interface: 'a1' })
    await receiver.join({ group: '239.3.3.3', interface: 'a0' })
    expect(await elsewhere()).toMatchObject({ event: 'join' })
    if (by === 'netlink') expect(await about('239.1.1.1')()).toMatchObject({ event: 'join' })
    if (by === 'netlink') expect(await about('239.1.1.1')()).toMatchObject({ event: 'leave' })

    process.kill(pid, 'SIGINT')
    expect(await next<Told>(({ event }) => event === 'end')).toMatchObject(
      by === 'netlink' ? { joins: 3, leaves: 2 } : { event: 'end' },
    )
    expect(await exited).toEqual({ code: 0, signal: null })
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)('ends its watch cleanly at %s', async (signal) => {
    const watch = hosts().spawnProgram('A', sockctl('groups', '-w', '--json'))
    await watch.next<Told>(({ event }) => event === 'watching')
    process.kill(watch.pid, signal)
    await watch.next<Told>(({ event }) => event === 'end')
    expect(await watch.exited).toEqual({ code: 0, signal: null })
  })

  it.each([['10.0.0.1'], ['239.1.1'], ['ff15::g'], ['']])('refuses %j, which is no group', async (address) => {
    const { status, stderr } = await runCli(['groups', address])
    expect(status).toBe(2)
    expect(stderr).toContain('multicast address')
  })

  it('watches for as long as --duration says, and refuses it without --watch', async () => {
    const { status, objects } = await runCli(['groups', '--watch', '--json', '-d', '200ms'])
    expect(status).toBe(0)
    expect(objects().at(-1)).toMatchObject({ event: 'end' })
    const refused = await runCli(['groups', '-d', '200ms'])
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--duration is for --watch: add --watch'),
    })
  })
})

describeUnless(namespaceMissing ?? toolsMissing({ tmux: 'tmux' }), 'sockctl groups --wait at a terminal', () => {
  it('lists what it has heard at Ctrl-C, and says when the next query is to come', async () => {
    await using hosts = await twoHosts()
    const { b } = hosts.pairs[0]
    const router = startRouter(hosts, 'B', b.index)
    await using terminal = await openTerminal(
      sockctl('groups', '-i', 'a0', '--wait', '60s', '224.0.0.1', 'ff02::1'),
      120,
    )
    await terminal.until((screen) => screen.some((line) => line.startsWith('Listening for queriers')))
    await router.igmp(QUERIES.igmpv3)
    await router.igmp(QUERIES.igmpv3)
    await terminal.type('C-c')
    const screen = await terminal.until((lines) => lines.some((line) => line.startsWith('ended with')))
    expect(screen.join('\n')).toMatch(new RegExp(`^a0 +IGMP +${b.ipv4[0]} \\(IGMPv3\\) +(now|\\d s) +in 12\\d s$`, 'm'))
    expect(screen.at(-1)).toBe('ended with 0')
  })
})
