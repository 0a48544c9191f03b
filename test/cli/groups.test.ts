import type { Membership } from 'sockctl'
import { expect, it } from 'vitest'
import type { HostMembership } from '../../lib/kernel/proc-net.ts'
import { runCli, sockctl } from '../support/cli.ts'
import { describeOnHosts } from '../support/hosts.ts'
import { kernelGroups } from '../support/net-stat.ts'
import { udpControls } from '../support/sockets.ts'

interface Told extends HostMembership {
  event: 'watching' | 'join' | 'leave' | 'change' | 'end'
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

  it('names well-known groups, and says whose they are', async () => {
    await (await socket('udp4')).join({ group: '224.0.1.1', interface: 'a1' })
    const { stdout } = await runCli(['groups', '-i', 'a1'])
    expect(stdout).toMatch(/^INTERFACE .* SOURCES +NAME$/m)
    expect(stdout).toMatch(/^a1 +224\.0\.1\.1 .* ntp\.mcast\.net \(NTP servers that broadcast \(RFC 5905\)\)$/m)
    expect(stdout).toMatch(
      /^a1 +224\.0\.0\.1 .* all-systems\.mcast\.net \(every host .*; general IGMP queries go here\)$/m,
    )
    expect(await list('224.0.1.1', '-i', 'a1')).toMatchObject([{ group: '224.0.1.1', name: 'ntp.mcast.net' }])
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
