// The doctor's checks, each on what may be seen: both sides of each boundary, and every number that is told.
import { SocketOptionError } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { bridgeChecks } from '../../lib/cli/commands/doctor/bridge-checks.ts'
import { RANK } from '../../lib/cli/commands/doctor/finding.ts'
import { groupChecks } from '../../lib/cli/commands/doctor/group-checks.ts'
import { interfaceChecks } from '../../lib/cli/commands/doctor/interface-checks.ts'
import { membershipChecks } from '../../lib/cli/commands/doctor/membership-checks.ts'
import { networkChecks } from '../../lib/cli/commands/doctor/network-checks.ts'
import type { Observation } from '../../lib/cli/commands/doctor/observation.ts'
import { flowsToAsked, socketChecks } from '../../lib/cli/commands/doctor/socket-checks.ts'
import type { WantedChannel } from '../../lib/cli/commands/doctor/wanted-channel.ts'
import { eth0, finder, flow, refusal, seeing, told, wanting } from '../support/observations.ts'

describe('the bridge', () => {
  const find = (seen: Partial<Observation>, wanted: Partial<WantedChannel> = {}) =>
    finder(bridgeChecks)('bridge', wanted, seen)
  const bridge = (more: object = {}) => ({
    link: {
      master: undefined,
      bridge: { snoops: true, asks: false, groups: [] as string[], stuckPorts: [], ports: ['eth1'], ...more },
    },
  })

  it('is nothing to speak of if there is none', () => {
    expect(find({})).toEqual([])
  })
  it('whose port the interface is, takes the packets', () => {
    expect(find({ link: { master: 'br0', bridge: undefined } })).toEqual([
      [
        'fail bridge: eth0 is a port of br0: packets that come in go to br0, and a join on eth0 gets none',
        'fix: sockctl receive 239.1.1.1:5000 -i br0',
        'advice: join on br0: -i br0',
        `likely ${RANK.port}: eth0 is a port of br0, and the join has to be on br0`,
      ],
    ])
  })
  it('that does not snoop, or asks itself, is well', () => {
    expect(find(bridge({ snoops: false }))).toEqual([['pass bridge: the bridge eth0 does not snoop']])
    expect(find(bridge({ asks: true }))).toEqual([['pass bridge: the bridge eth0 snoops, and sends queries itself']])
  })
  it('has forgotten this host only if it is silent, lists no such group, and may forget it', () => {
    const forgotten = (protocol: string, group: string) => [
      [
        `fail bridge: the bridge eth0 snoops, and has forgotten that this host listens to ${group}: no ${protocol} querier asked for new reports`,
        'fix: ip link set eth0 type bridge mcast_querier 1',
        `likely ${RANK.forgotten}: the bridge eth0 snoops, and for want of ${protocol} queries has forgotten that this host listens`,
      ],
    ]
    const warned = (protocol: string) => [
      [
        `warn bridge: the bridge eth0 snoops and sends no queries: without another ${protocol} querier it forgets which hosts listen`,
        'fix: ip link set eth0 type bridge mcast_querier 1',
        `possible ${RANK.snooping}: the bridge eth0 snoops, and nobody sends it ${protocol} queries`,
      ],
    ]
    expect(find(bridge())).toEqual(forgotten('IGMP', '239.1.1.1'))
    expect(find(bridge(), { family: 'ipv6', group: 'ff15::1' })).toEqual(forgotten('MLD', 'ff15::1'))
    expect(find(bridge({ groups: ['239.1.1.1'] }))).toEqual(warned('IGMP'))
    expect(find(bridge({ groups: undefined }))).toEqual(warned('IGMP'))
    expect(find({ ...bridge(), flows: [flow()] })).toEqual(warned('IGMP'))
    expect(find({ ...bridge(), captureRefused: { says: 'no', remedy: 'as root' } })).toEqual(warned('IGMP'))
    expect(find({ ...bridge(), listed: undefined })).toEqual(warned('IGMP'))
    expect(find(bridge(), { group: '224.0.0.251' })).toEqual(warned('IGMP'))
    // RFC 4541 3: of link-local groups of IPv6 only that of all nodes is never snooped.
    expect(find(bridge(), { family: 'ipv6', group: 'ff02::fb' })).toEqual(forgotten('MLD', 'ff02::fb'))
    expect(find(bridge(), { family: 'ipv6', group: 'ff02::1' })).toEqual(warned('MLD'))
    const queries = [{ source: '192.0.2.7', message: { type: 'query', version: 3 } }] as never
    expect(find({ ...bridge({ groups: undefined }), queries })).toEqual([
      ['pass bridge: the bridge eth0 snoops, and 192.0.2.7 sends queries'],
    ])
  })
})

describe('the group', () => {
  const find = (group: string, sources: string[] = []) => groupChecks(wanting({ group, sources })).map(told)
  it('is told with its kind and its scope, and how many share its Ethernet address', () => {
    expect(find('239.1.1.1')).toEqual([
      [
        expect.stringMatching(
          /^pass group: 239\.1\.1\.1 is .+, scope .+; its Ethernet address is shared by 32 groups$/,
        ),
      ],
    ])
    expect(find('ff1e::1')).toEqual([[expect.stringMatching(/^pass group: ff1e::1 is .+, scope global(; .*)?$/)]])
    expect(find('224.0.0.5')).toEqual([[expect.stringMatching(/scope link-local: no router forwards it$/)]])
    expect(find('ff02::5')).toEqual([[expect.stringMatching(/scope link-local: no router forwards it$/)]])
  })
  it('needs a source if it is source-specific', () => {
    expect(find('232.1.1.1')).toEqual([
      [
        expect.stringMatching(
          /^warn group: 232\.1\.1\.1 is source-specific, .+: routers forward it only from named sources, and ignore a join without a source$/,
        ),
        'advice: name the source: --source ADDRESS',
        `possible ${RANK.sourceNeeded}: 232.1.1.1 is source-specific, and no source was named: routers forward nothing for such a join`,
      ],
    ])
    expect(find('232.1.1.1', ['192.0.2.9'])).toEqual([[expect.stringMatching(/^pass group: /)]])
  })
  it('stays on its host if it is interface-local', () => {
    expect(find('ff11::1')).toEqual([
      [
        expect.stringMatching(
          /^warn group: ff11::1 is .*scope interface-local: it never leaves the host that sends it$/,
        ),
        'advice: use a group of a wider scope',
        `likely ${RANK.groupStays}: ff11::1 is interface-local: it never leaves the host that sends it`,
      ],
    ])
  })
})

describe('the sockets of other programs on the port', () => {
  const find = finder(socketChecks)
  const socket = (more: object = {}, diagnosed?: object) => ({
    family: 'ipv4',
    address: '0.0.0.0',
    port: 5000,
    uid: 0,
    inode: 77,
    drops: 0,
    owner: 'vlc (42)',
    processes: [{ pid: 42, program: 'vlc', fd: 7 }],
    more: diagnosed && { device: 0, peer: undefined, unread: 0, isV6only: false, ...diagnosed },
    ...more,
  })
  const sockets = (before: object[], after: object[] = before) =>
    ({
      before: { counters: new Map(), sockets: before },
      after: { counters: new Map(), sockets: after },
    }) as unknown as Pick<Observation, 'before' | 'after'>
  const joined = { joinedBefore: [seeing().listed as NonNullable<Observation['listed']>] }
  const arrived = { delivered: new Map([['192.0.2.9', 10]]), flows: [flow()] }

  it('are well on the wildcard address or the group, once somebody joined', () => {
    for (const [family, address, group] of [
      ['ipv4', '0.0.0.0', '239.1.1.1'],
      ['ipv4', '239.1.1.1', '239.1.1.1'],
      ['ipv6', '::', 'ff15::1'],
      ['ipv6', 'ff15::1', 'ff15::1'],
    ] as const) {
      const seen = { ...joined, ...arrived, ...sockets([socket({ family, address })]) }
      expect(find('socket', { family, group }, seen)).toEqual([[`pass socket: vlc (42) is bound to ${address}:5000`]])
      expect(flowsToAsked(wanting({ family, group }), seeing(seen))).toBe(true)
    }
    expect(find('socket', {}, { ...sockets([socket()]), port: undefined })).toEqual([])
  })
  it.each([
    [{ address: '192.0.2.1' }, undefined, 'is bound to 192.0.2.1, which takes no multicast'],
    [{ address: '239.9.9.9' }, undefined, 'is bound to another group, 239.9.9.9'],
    [{}, { device: 3 }, 'is bound to the device eth1 (SO_BINDTODEVICE), and takes nothing from eth0'],
    [{}, { peer: '192.0.2.77' }, 'is connected to 192.0.2.77, and takes nothing from others'],
    [
      { family: 'ipv6', address: '::' },
      { isV6only: true },
      'is bound to [::] for IPv6 alone (IPV6_V6ONLY), which takes no IPv4',
    ],
  ])('take nothing if %j %j', (more, diagnosed, text) => {
    const one = socket(more, diagnosed)
    const silent = find('socket', {}, { ...joined, ...sockets([one]) })[0]
    expect(silent?.[0]).toBe(`fail socket: vlc (42) ${text}`)
    expect(silent?.[2]).toBe(`likely ${RANK.notTakenBySocket}: vlc (42) has port 5000, but ${text}`)
    // The doctor's own socket got what this one does not take: an experiment.
    const seen = { ...joined, ...arrived, ...sockets([one]) }
    expect(find('socket', {}, seen)[0]?.[2]).toMatch(/^proven /)
    expect(flowsToAsked(wanting(), seeing(seen))).toBe(false)
    // Another socket takes the stream: the user may ask for that one.
    const two = { ...joined, ...arrived, ...sockets([one, socket({ inode: 78 })]) }
    expect(find('socket', {}, two)[0]).toEqual([`warn socket: vlc (42) ${text}`, expect.stringMatching(/^advice: /)])
    expect(flowsToAsked(wanting(), seeing(two))).toBe(true)
  })
  it.each([
    [{ filter: undefined, takesAll: false }, 'has not joined 239.1.1.1 on eth0 by that socket, whose IP_MULTICAST_ALL'],
    [{ filter: { mode: 'exclude', sources: ['192.0.2.9'] } }, 'has blocked 192.0.2.9 on 239.1.1.1'],
    [
      { filter: { mode: 'include', sources: ['192.0.2.5'] } },
      'has joined 239.1.1.1 only for 192.0.2.5, and 192.0.2.9 sends',
    ],
  ])('take nothing if the socket itself says %j', (inside, text) => {
    const one = socket({ inside: { takesAll: true, loops: true, ...inside } })
    const seen = { ...joined, ...arrived, ...sockets([one]) }
    expect(find('socket', {}, seen)[0]?.at(-1)).toContain(
      `proven ${RANK.notTakenBySocket}: vlc (42) has port 5000, but ${text}`,
    )
    expect(flowsToAsked(wanting(), seeing(seen))).toBe(false)
    const two = { ...joined, ...arrived, ...sockets([one, socket({ inode: 78 })]) }
    expect(find('socket', {}, two)[0]?.[0]).toMatch(/^warn socket: /)
    expect(flowsToAsked(wanting(), seeing(two))).toBe(true)
  })
  it.each([
    { filter: undefined, takesAll: true },
    { filter: { mode: 'exclude', sources: ['192.0.2.5'] }, takesAll: false },
    { filter: { mode: 'include', sources: ['192.0.2.9'] }, takesAll: false },
  ])('take the stream if the socket itself says %j', (inside) => {
    const seen = { ...joined, ...arrived, ...sockets([socket({ inside: { loops: true, ...inside } })]) }
    expect(find('socket', {}, seen)).toEqual([['pass socket: vlc (42) is bound to 0.0.0.0:5000']])
    expect(flowsToAsked(wanting(), seeing(seen))).toBe(true)
  })
  it('of processes that can not be seen are told with what it takes to see them', () => {
    const unseen = { ...joined, ...sockets([socket({ owner: 'a process of user 0', processes: [] })]) }
    expect(find('owner', {}, unseen)).toEqual([
      [
        expect.stringMatching(
          /^skip owner: which program has port 5000 is not seen; to see it needs CAP_SYS_PTRACE and /,
        ),
      ],
    ])
    expect(find('owner', {}, { ...joined, ...sockets([socket()]) })).toEqual([])
  })
  it('get nothing if nobody joined there before the doctor', () => {
    const elsewhere = { ...seeing().listed, interface: 'eth1', index: 3 } as NonNullable<Observation['listed']>
    const seen = { ...arrived, ...sockets([socket()]), joinedBefore: [elsewhere] }
    expect(find('joined', {}, seen)[0]?.at(-1)).toBe(
      `proven ${RANK.notJoined}: vlc (42) has port 5000, but nobody on this host has joined 239.1.1.1 on eth0 (it is joined on eth1)`,
    )
    expect(flowsToAsked(wanting(), seeing(seen))).toBe(false)
    const other = {
      ...joined.joinedBefore[0],
      mode: 'include',
      sources: [{ address: '192.0.2.5', include: 1, exclude: 0 }],
    } as NonNullable<Observation['listed']>
    expect(find('joined', {}, { ...seen, joinedBefore: [other] })[0]?.at(-1)).toContain(
      '239.1.1.1 is joined on eth0 only for 192.0.2.5, and 192.0.2.9 sends',
    )
  })
  it('do not read fast enough only if they dropped most of what came', () => {
    const dropped = (drops: number, unread = 200) => ({
      ...joined,
      ...arrived,
      ...sockets([socket({ drops: 4 })], [socket({ drops: 4 + drops }, { unread })]),
    })
    expect(find('socket', {}, dropped(9))).toEqual([
      [
        'fail socket: the socket of vlc (42) dropped 9 datagrams meanwhile, 13 in all',
        'advice: read faster, or raise SO_RCVBUF (and net.core.rmem_max)',
        `likely ${RANK.socketDrops}: vlc (42) does not read fast enough, and its receive buffer is full`,
      ],
    ])
    expect(find('socket', {}, dropped(9, 0))[0]?.at(-1)).toContain('a filter of its socket drops them')
    expect(find('socket', {}, dropped(2))[0]?.[0]).toMatch(/^warn/)
    expect(flowsToAsked(wanting(), seeing(dropped(2)))).toBe(true)
    expect(flowsToAsked(wanting(), seeing(dropped(9)))).toBe(false)
    // Of a socket that is new nothing is known from before, and it was not asked about.
    expect(find('socket', {}, { ...joined, ...sockets([], [socket({ drops: 9 })]) })).toEqual([])
  })
  it('are missed by a doctor who only looks', () => {
    expect(find('socket', {}, { passive: true })[0]?.[0]).toBe('fail socket: no program on this host has port 5000')
    expect(flowsToAsked(wanting(), seeing({ passive: true, delivered: undefined, passed: new Map([['x', 1]]) }))).toBe(
      false,
    )
  })
  it('may have the port for themselves', () => {
    const seen = { ...joined, ...sockets([socket()]), bindRefused: refusal('port 5000 is taken') }
    expect(find('bind', {}, seen)).toEqual([
      [
        'warn bind: port 5000 is taken',
        'advice: set SO_REUSEADDR on both sockets before bind, if another program is to share the port',
        `possible ${RANK.portTaken}: another socket has port 5000 for itself`,
      ],
    ])
  })
})

describe('the interface', () => {
  const find = (flags: Partial<typeof eth0.flags>, addresses = eth0.addresses, family: 'ipv4' | 'ipv6' = 'ipv4') =>
    interfaceChecks(wanting({ family, on: { ...eth0, flags: { ...eth0.flags, ...flags }, addresses } })).map(told)
  const addressOf = (own: string[], family: 'ipv4' | 'ipv6', flags: Partial<typeof eth0.flags> = {}) =>
    find(
      flags,
      own.map((address) => ({ address, family: address.includes(':') ? 'ipv6' : 'ipv4' })) as never,
      family,
    )[1]

  it('is up, has a carrier and takes multicast', () => {
    expect(find({})[0]).toEqual(['pass interface: eth0 is up and takes multicast (MTU 1500)'])
    expect(find({ up: false, running: false })[0]).toEqual([
      'fail interface: eth0 is down',
      'fix: ip link set eth0 up',
      `proven ${RANK.interfaceDown}: the interface eth0 is down`,
    ])
    expect(find({ running: false })[0]).toEqual([
      'fail interface: eth0 is up, but has no carrier',
      "advice: check the cable, the switch's port or the other end of eth0",
      `proven ${RANK.noCarrier}: the interface eth0 has no carrier: nothing is plugged in, or the other end is down`,
    ])
    expect(find({ multicast: false })[0]).toEqual([
      'warn interface: eth0 is up, but not marked MULTICAST: programs that look for an interface pass it over',
      'fix: ip link set eth0 multicast on',
      `possible ${RANK.noAddress}: eth0 is not marked MULTICAST, and programs that look for an interface pass it over`,
    ])
    expect(find({ loopback: true, multicast: false })[0]).toEqual([
      'pass interface: eth0 is up and takes multicast (MTU 1500), loopback: only packets this host sends arrive there',
    ])
  })
  it('has an address to report from', () => {
    expect(addressOf(['192.0.2.1', '192.0.2.2', 'fe80::1'], 'ipv4')).toEqual([
      'pass address: eth0 has 192.0.2.1, 192.0.2.2',
    ])
    for (const own of ['fe80::1', 'fe9f::1', 'FEA0::1', 'febf::1'])
      expect(addressOf(['2001:db8::1', own], 'ipv6')).toEqual([`pass address: eth0 has 2001:db8::1, ${own}`])
    expect(addressOf(['fe80::1'], 'ipv4')).toEqual([
      'warn address: eth0 has no IPv4 address: IGMP reports go out from 0.0.0.0, which routers may pass over',
      'advice: give eth0 an address',
      `possible ${RANK.noAddress}: eth0 has no IPv4 address`,
    ])
    for (const own of ['2001:db8::1', 'fec0::1', 'fe70::1', '192.0.2.1'])
      expect(addressOf([own], 'ipv6')).toEqual([
        'fail address: eth0 has no link-local address: MLD reports need one to go out',
        'fix: ip link set eth0 addrgenmode eui64 && ip link set eth0 down && ip link set eth0 up',
        'advice: give eth0 an address',
        `likely ${RANK.noAddress}: eth0 has no link-local address`,
      ])
    expect(addressOf(['::1'], 'ipv6', { loopback: true })).toEqual(['pass address: eth0 has ::1'])
    expect(addressOf([], 'ipv6', { loopback: true })?.[0]).toMatch(/^fail/)
  })
})

describe('the membership', () => {
  const find = finder(membershipChecks)

  it('was refused by a limit, or else', () => {
    expect(find('join', {}, { joinRefused: refusal('the join is too much', 'limit') })).toEqual([
      [
        'fail join: the join is too much',
        'advice: raise the limit the message names, or use more sockets',
        `proven ${RANK.joinRefused - 1}: a limit is reached: the join is too much`,
      ],
    ])
    const seen = { joinRefused: refusal('no such interface', 'no-interface') }
    expect(membershipChecks(wanting(), seeing(seen)).map(told)).toEqual([
      ['fail join: no such interface', `proven ${RANK.joinRefused - 1}: the join is refused: no such interface`],
    ])
  })
  it.each(['EMFILE', 'ENFILE'])(
    'was refused for want of descriptors (%s), against which no more sockets help',
    (code) => {
      const joinRefused = new SocketOptionError('raise the limit', { code, reason: 'limit' })
      expect(find('join', {}, { joinRefused })[0]).toContain('advice: raise the limit the message names')
    },
  )
  it('is joined', () => {
    expect(find('join', {}, {})).toEqual([['pass join: joined 239.1.1.1:5000 on eth0']])
    expect(find('join', { sources: ['192.0.2.9', '192.0.2.8'] }, {})).toEqual([
      ['pass join: joined 239.1.1.1:5000 from 192.0.2.9, 192.0.2.8 on eth0'],
    ])
  })

  const listed = (mode: 'include' | 'exclude', sources: [string, number, number][]) => ({
    listed: {
      ...seeing().listed,
      mode,
      sources: sources.map(([address, include, exclude]) => ({ address, include, exclude })),
    } as NonNullable<Observation['listed']>,
  })
  it('is listed by the kernel with its sources', () => {
    expect(find('membership', {}, {})).toEqual([['pass membership: the kernel lists 239.1.1.1 on eth0, any source']])
    expect(find('membership', {}, { listed: undefined })).toEqual([
      ['warn membership: the kernel does not list 239.1.1.1 on eth0', 'advice: see sockctl groups -i eth0'],
    ])
    const some = listed('include', [
      ['192.0.2.8', 1, 0],
      ['192.0.2.9', 2, 0],
      ['192.0.2.7', 0, 1],
    ])
    expect(find('membership', { sources: ['192.0.2.9'] }, some)).toEqual([
      ['pass membership: the kernel lists 239.1.1.1 on eth0, from 192.0.2.8, 192.0.2.9'],
    ])
    expect(find('membership', { sources: ['192.0.2.9', '192.0.2.7', '192.0.2.6'] }, some)).toEqual([
      ['warn membership: the kernel lists 239.1.1.1 on eth0 without 192.0.2.7, 192.0.2.6'],
    ])
  })
  it('is told who blocks a source that is wanted', () => {
    const some = listed('exclude', [
      ['192.0.2.7', 0, 1],
      ['192.0.2.8', 1, 2],
      ['192.0.2.9', 1, 0],
    ])
    const one = [
      'warn blocked: a socket of this host blocks 192.0.2.7 on 239.1.1.1',
      'advice: unblock it in that program (IP_UNBLOCK_SOURCE, MCAST_UNBLOCK_SOURCE); sockctl groups 239.1.1.1 shows the filters',
      `possible ${RANK.blockedSource}: the source 192.0.2.7 is blocked by a socket of this host: nothing from it arrives there`,
    ]
    const two = [
      'warn blocked: 2 sockets of this host block 192.0.2.8 on 239.1.1.1',
      one[1],
      `possible ${RANK.blockedSource}: the source 192.0.2.8 is blocked by 2 sockets of this host: nothing from it arrives there`,
    ]
    expect(find('blocked', {}, some)).toEqual([one, two])
    expect(find('blocked', { sources: ['192.0.2.8'] }, some)).toEqual([two])
    expect(find('blocked', { sources: ['192.0.2.9'] }, some)).toEqual([])
  })

  const message = (more: object) => ({ source: '192.0.2.7', destination: '224.0.0.22', message: more }) as never
  it('has fallen back if anything speaks an older version', () => {
    const igmp = (igmpVersion: 1 | 2 | 3) => ({ listed: { ...seeing().listed, igmpVersion } as never })
    expect(find('fallback', {}, igmp(3))).toEqual([])
    expect(find('fallback', {}, igmp(2))).toEqual([
      ["warn fallback: eth0 has fallen back to IGMPv2, whose reports can't name sources"],
    ])
    const queries = [message({ type: 'query', version: 3 }), message({ type: 'query', version: 1 })]
    expect(find('fallback', {}, { ...igmp(1), queries })).toEqual([
      [
        "warn fallback: eth0 has fallen back to IGMPv1, the version of the querier 192.0.2.7, whose reports can't name sources",
      ],
    ])
    expect(find('fallback', { sources: ['192.0.2.9'] }, igmp(2))).toEqual([
      [
        "fail fallback: eth0 has fallen back to IGMPv2, whose reports can't name the source",
        'fix: sysctl -w net.ipv4.conf.eth0.force_igmp_version=3',
        'advice: have the querier speak IGMPv3',
        `likely ${RANK.sourceLost - 1}: eth0 speaks IGMPv2, whose reports can't name a source`,
      ],
    ])
    const reports = (version: number) => ({ reports: [message({ type: 'report', version })] })
    const six = { family: 'ipv6', group: 'ff15::1' } as const
    expect(find('fallback', six, reports(2))).toEqual([])
    expect(find('fallback', six, reports(1))).toEqual([
      ["warn fallback: eth0 has fallen back to MLDv1, whose reports can't name sources"],
    ])
    expect(find('fallback', {}, reports(2)).length).toBe(1)
    expect(find('fallback', {}, { reports: [message({ type: 'other' })] })).toEqual([])
  })
})

describe('the network', () => {
  const find = finder(networkChecks)
  const message = (more: object) => ({ source: '192.0.2.7', destination: '224.0.0.22', message: more }) as never
  it('is told the reports and the queries on the wire', () => {
    const report = message({ type: 'report', version: 3 })
    expect(find('report', {}, { reports: [report] })).toEqual([
      ['pass report: an IGMPv3 report for 239.1.1.1 went out to 224.0.0.22'],
    ])
    const none = [
      'skip report: this host sent no IGMP report for 239.1.1.1: the group was joined before, or needs no report',
    ]
    const before = { joinedBefore: [seeing().listed as NonNullable<Observation['listed']>] }
    expect(find('report', {}, before)).toEqual([none])
    expect(find('report', {}, { ...before, reports: [message({ type: 'other' })] })).toEqual([none])
    expect(find('report', { group: '224.0.0.5' }, {})[0]?.[0]).toMatch(/^skip/)
    expect(find('report', {}, { listened: 400 })).toEqual([none])
    // Joined anew, watched, and no report left.
    expect(find('report', {}, {})[0]).toEqual([
      'fail report: this host joined 239.1.1.1, and no IGMP report for it left eth0',
      'advice: have the firewall accept IGMP as output: nft list ruleset; iptables -L OUTPUT -v -n',
      `likely ${RANK.reportsDropped}: no IGMP report of this host leaves eth0, so no switch or router learns that it listens`,
    ])
    expect(find('report', {}, { flows: [flow()] })[0]?.[0]).toMatch(/^warn/)
    expect(find('report', { on: { ...eth0, flags: { ...eth0.flags, loopback: true } } }, {})).toEqual([])
    expect(find('report', {}, { captureRefused: { says: 'no CAP_NET_RAW', remedy: 'as root' } })).toEqual([])
    expect(find('querier', {}, { captureRefused: { says: 'no CAP_NET_RAW', remedy: 'as root' } })).toEqual([
      ['skip querier: no CAP_NET_RAW; so reports and queries were not looked for'],
    ])
    const queries = [message({ type: 'query', version: 2 })]
    expect(find('querier', {}, { queries, queriesPassed: 1 })).toEqual([
      ['pass querier: 192.0.2.7 sends queries of IGMPv2'],
    ])
    const dropped = (certainty: string) => [
      "fail querier: 192.0.2.7 sends queries of IGMPv2; none of them passes this host's firewall, so this host does not answer",
      'advice: have the firewall accept IGMP as input: nft list ruleset; iptables -L INPUT -v -n',
      `${certainty} ${RANK.forgotten + 2}: IGMP queries come in by eth0 and do not pass this host's firewall: the host does not answer, and the network forgets it within 260 s`,
    ]
    expect(find('querier', {}, { queries })).toEqual([dropped('likely')])
    const flowing = { queries, flows: [flow()], delivered: new Map([['192.0.2.9', 10]]) }
    expect(find('querier', {}, flowing)).toEqual([dropped('proven')])
    expect(find('querier', {}, { queries, flows: [flow()] })[0]?.[0]).toMatch(/^warn/)
  })
  it('misses a querier only after 3 seconds', () => {
    expect(find('querier', {}, { listened: 2999 })).toEqual([
      ['skip querier: no IGMP query in 3.0 s; queries may come only every 125 s: --wait 130s'],
    ])
    expect(find('querier', { family: 'ipv6' }, { listened: 3000 })).toEqual([
      [
        'warn querier: no MLD query in 3.0 s that counts; queries may come only every 125 s',
        'advice: listen longer, --wait 130s; without queries, switches that snoop stop forwarding after some minutes',
        `possible ${RANK.noQuerier}: no MLD querier was heard`,
      ],
    ])
    const badQueries = [{ source: '192.0.2.7', why: 'it is tagged with VLAN 5' }]
    expect(find('querier', {}, { badQueries, listened: 100 })[0]?.[0]).toBe(
      'warn querier: no IGMP query in 0.1 s that counts; queries may come only every 125 s; 192.0.2.7 sends queries that this host does not take: it is tagged with VLAN 5',
    )
  })
})

describe('a network that forgot this host', () => {
  const find = finder(networkChecks)
  const renewal = { silentFor: 2000, backAfter: 90, reported: true, steady: true }
  const seen = (more: object) => ({ renewals: [{ ...renewal, ...more }], flows: [flow()] })
  const told = (certainty: string) => [
    `${certainty === 'proven' ? 'fail' : 'warn'} forgotten: nothing came for 2.0 s although 239.1.1.1 was joined on eth0, and 90 ms after a new report the stream was back`,
    'fix: sockctl querier -i eth0',
    expect.stringContaining('advice: switch on the IGMP querier of the switch'),
    `${certainty} ${RANK.forgotten + 1}: the network had forgotten this host: nothing came for 2.0 s although 239.1.1.1 was joined on eth0, and 90 ms after a new report the stream was back`,
  ]

  it('is proven by a stream that a new report brings back to stay', () => {
    expect(find('forgotten', {}, seen({}))).toEqual([told('proven')])
    // A burst of a sender that pauses, by chance at that time.
    expect(find('forgotten', {}, seen({ steady: false }))).toEqual([told('possible')])
    const burst = { ...renewal, steady: false }
    expect(find('forgotten', {}, { renewals: [burst, burst], flows: [flow()] })).toEqual([told('proven')])
  })
  it('is none if the stream came much later, or without a report', () => {
    for (const more of [{ backAfter: 401 }, { reported: false }, { backAfter: undefined }])
      expect(find('forgotten', {}, seen(more))).toEqual([])
    expect(find('forgotten', {}, { renewals: [{ ...renewal, backAfter: undefined }] })).toEqual([
      ['pass forgotten: the memberships were reported anew, and the stream stayed away'],
    ])
  })
  it('is mended at the bridge if that is one of this host', () => {
    const link = {
      master: undefined,
      bridge: { snoops: true, asks: false, groups: [], stuckPorts: [], ports: ['eth1'] },
    }
    expect(find('forgotten', {}, { ...seen({}), link })[0]?.[1]).toBe(
      'fix: ip link set eth0 type bridge mcast_querier 1',
    )
  })
})
