import { expect, it } from 'vitest'
import { igmpPacket } from '../../lib/protocols/membership-query.ts'
import { runCli, sockctl } from '../support/cli.ts'
import { describeOnHosts, type TwoHosts } from '../support/hosts.ts'
import { QUERIES, startRouter } from '../support/membership-messages.ts'
import { describeInNamespace } from '../support/namespace.ts'
import { udpControls } from '../support/sockets.ts'

interface Told {
  vlan?: number
  text?: string
  interface: string
  direction: 'sent' | 'heard'
  source: string
  destination: string
  hopLimit: number
  routerAlert: boolean
  event?: string
  interfaces?: string[]
  malformed?: unknown
}

describeOnHosts('sockctl igmp', (hosts) => {
  const socket = udpControls()

  const watch = async (on: 'A' | 'B', ...args: string[]) => {
    const peer = hosts().spawnProgram(on, sockctl('igmp', '--json', ...args))
    const { interfaces } = await peer.next<Told>(({ event }) => event === 'listening')
    return { peer, interfaces, next: (matches: RegExp) => peer.next<Told>(({ text }) => matches.test(text ?? '')) }
  }

  const quick = async ({ sysctl, pairs }: TwoHosts) => {
    await sysctl('A', `net/ipv4/conf/${pairs[0].a.name}/igmpv3_unsolicited_report_interval`, 20)
    await sysctl('A', `net/ipv6/conf/${pairs[0].a.name}/mldv2_unsolicited_report_interval`, 20)
  }

  it('tells what this host sends for each step of a membership, and what the next host hears', async () => {
    const { a, b } = hosts().pairs[0]
    await quick(hosts())
    const [here, there] = [await watch('A', '-i', a.name), await watch('B', '-i', b.name)]
    const receiver = await socket('udp4')

    const steps: [RegExp, () => Promise<unknown>][] = [
      [
        /^IGMPv3 Membership Report \/ Join group 239\.1\.1\.1 for any sources$/,
        () => receiver.join({ group: '239.1.1.1', interface: a.name }),
      ],
      [/Group 239\.1\.1\.1, block source \{10\.0\.0\.9\}/, async () => receiver.memberships[0]?.block('10.0.0.9')],
      [/Group 239\.1\.1\.1, new source \{10\.0\.0\.9\}/, async () => receiver.memberships[0]?.unblock('10.0.0.9')],
      [/Leave group 239\.1\.1\.1/, async () => receiver.memberships[0]?.leave()],
      [
        /Group 232\.1\.1\.1, new source \{10\.0\.0\.7\}/,
        () => receiver.join({ group: '232.1.1.1', source: '10.0.0.7', interface: a.name }),
      ],
    ]
    for (const [text, step] of steps) {
      await step()
      expect(await here.next(text)).toMatchObject({ interface: a.name, direction: 'sent', source: a.ipv4[0] })
      expect(await there.next(text)).toMatchObject({
        interface: b.name,
        direction: 'heard',
        source: a.ipv4[0],
        destination: '224.0.0.22',
        hopLimit: 1,
        routerAlert: true,
      })
    }
  })

  it('names the well-known groups that a message names', async () => {
    const { a, b } = hosts().pairs[0]
    await quick(hosts())
    const there = await watch('B', '-i', b.name)
    await (await socket('udp4')).join({ group: '224.0.1.1', interface: a.name })
    expect(await there.next(/Join group 224\.0\.1\.1/)).toMatchObject({ names: { '224.0.1.1': 'ntp.mcast.net' } })
  })

  it('tells the VLAN that a message is tagged with', async () => {
    const { a, b } = hosts().pairs[1]
    const here = await watch('A', '-i', a.name)
    const query = Buffer.from(igmpPacket('192.0.2.7', QUERIES.igmpv2)).toString('hex')
    // A frame to 224.0.0.1, tagged with VLAN 5.
    const frame = `01005e000001020000000001810000050800${query}`
    const code = `
      import { openSocket } from 'sockctl'
      const socket = (await openSocket({ family: 'packet', type: 'raw', protocol: 0 })).toMessageSocket()
      await socket.send(Buffer.from('${frame}', 'hex'), { interface: '${b.name}', protocol: 0x8100 })
      await socket.close()`
    const peer = hosts().spawn('B', { code })
    expect(await here.next(/Membership Query/)).toMatchObject({ vlan: 5, source: '192.0.2.7', direction: 'heard' })
    await peer.exited
  })

  it('tells MLD alike', async () => {
    const { a, b } = hosts().pairs[0]
    await quick(hosts())
    const there = await watch('B', '-i', `${b.index}`)
    const receiver = await socket('udp6')
    await receiver.join({ group: 'ff3e::1', source: 'fd00::7', interface: a.name })
    expect(await there.next(/^MLDv2 Multicast Listener Report \/ .*ff3e::1.*\{fd00::7\}/)).toMatchObject({
      direction: 'heard',
      source: a.linkLocal,
      destination: 'ff02::16',
      hopLimit: 1,
      routerAlert: true,
    })
  })

  it.each([
    ['igmpv1', /^IGMPv1 Membership Query, general$/, '224.0.0.1'],
    ['igmpv2', /^IGMPv2 Membership Query, general$/, '224.0.0.1'],
    ['igmpv3', /^IGMPv3 Membership Query, general$/, '224.0.0.1'],
    ['mldv1', /^MLDv1 Multicast Listener Query, general$/, 'ff02::1'],
    ['mldv2', /^MLDv2 Multicast Listener Query, general$/, 'ff02::1'],
  ] as const)('hears a querier of %s', async (version, text, destination) => {
    const { a, b } = hosts().pairs[1]
    const here = await watch('A', '-i', a.name)
    const router = startRouter(hosts(), 'B', b.index)
    await router[version.startsWith('igmp') ? 'igmp' : 'mld'](QUERIES[version])
    expect(await here.next(text)).toMatchObject({ direction: 'heard', destination, hopLimit: 1, routerAlert: true })
  })

  it('keeps to the groups it is asked for, ends after a count, and sums up', async () => {
    const { a, b } = hosts().pairs[0]
    await quick(hosts())
    const there = await watch('B', '-i', b.name, '--count', '2', '239.3.3.3')
    const receiver = await socket('udp4')
    await receiver.join({ group: '239.2.2.2', interface: a.name })
    await receiver.join({ group: '239.3.3.3', interface: a.name })
    const texts = [(await there.peer.next<Told>()).text, (await there.peer.next<Told>()).text]
    expect(texts.every((text) => text?.includes('239.3.3.3'))).toBe(true)
    expect(await there.peer.next<Told>()).toEqual({
      event: 'summary',
      queries: 0,
      reports: 2,
      malformed: 0,
      dropped: 0,
    })
    expect(await there.peer.exited).toEqual({ code: 0, signal: null })
  })

  it('takes every interface that is up and multicasts, and names what is malformed', async () => {
    const { a, b } = hosts().pairs[1]
    const here = await watch('A')
    expect(here.interfaces).toEqual(expect.arrayContaining([hosts().pairs[0].a.name, a.name]))
    const router = startRouter(hosts(), 'B', b.index)
    await router.igmp(Buffer.from('22000000000000020400', 'hex'), '224.0.0.22')
    expect(await here.peer.next<Told>((told) => told.malformed !== undefined)).toMatchObject({
      interface: a.name,
      malformed: expect.stringMatching(/record|cut short/),
    })
    process.kill(here.peer.pid, 'SIGINT')
    expect((await here.peer.next<Told>(({ event }) => event === 'summary')).malformed).toBeGreaterThan(0)
    expect(await here.peer.exited).toEqual({ code: 0, signal: null })
  })
})

describeInNamespace('sockctl igmp without the privilege', () => {
  it('says which one it needs', async () => {
    const prefix = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw', '--ambient-caps=-all']
    const { status, stderr } = await runCli(['igmp', '-i', 'lo'], { prefix })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl igmp: [^\n]*CAP_NET_RAW[^\n]*\n$/)
  })
})
