// The doctor's checks, each on what may be seen: both sides of each boundary, and every number that is told.
import { SocketOptionError } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { bridgeChecks } from '../../lib/cli/commands/doctor/bridge-checks.ts'
import { RANK } from '../../lib/cli/commands/doctor/finding.ts'
import { groupChecks } from '../../lib/cli/commands/doctor/group-checks.ts'
import { hostChecks } from '../../lib/cli/commands/doctor/host-checks.ts'
import { interfaceChecks } from '../../lib/cli/commands/doctor/interface-checks.ts'
import { membershipChecks } from '../../lib/cli/commands/doctor/membership-checks.ts'
import type { Observation } from '../../lib/cli/commands/doctor/observation.ts'
import type { WantedChannel } from '../../lib/cli/commands/doctor/wanted-channel.ts'
import { eth0, finder, flow, refusal, seeing, told, wanting } from '../support/observations.ts'

describe('the bridge', () => {
  const find = (seen: Partial<Observation>, wanted: Partial<WantedChannel> = {}) =>
    finder(bridgeChecks)('bridge', wanted, seen)
  const bridge = (more: object = {}) => ({
    link: { master: undefined, bridge: { snoops: true, asks: false, groups: [] as string[], ...more } },
  })

  it('is nothing to speak of if there is none', () => {
    expect(find({})).toEqual([])
  })
  it('whose port the interface is, takes the packets', () => {
    expect(find({ link: { master: 'br0', bridge: undefined } })).toEqual([
      [
        'fail bridge: eth0 is a port of br0: packets that come in go to br0, and a join on eth0 gets none',
        'fix: join on br0: -i br0',
        `${RANK.port}: eth0 is a port of br0, and the join has to be on br0`,
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
        'fix: ip link set eth0 type bridge mcast_querier 1, or mcast_snooping 0',
        `${RANK.forgotten}: the bridge eth0 snoops, and for want of ${protocol} queries has forgotten that this host listens`,
      ],
    ]
    const warned = (protocol: string) => [
      [
        `warn bridge: the bridge eth0 snoops and sends no queries: without another ${protocol} querier it forgets which hosts listen`,
        'fix: ip link set eth0 type bridge mcast_querier 1, or mcast_snooping 0',
        `${RANK.snooping}: the bridge eth0 snoops, and nobody sends it ${protocol} queries`,
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
    expect(find(bridge(), { family: 'ipv6', group: 'ff02::fb' })).toEqual(warned('MLD'))
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
        'fix: name the source: --source ADDRESS',
        `${RANK.sourceNeeded}: 232.1.1.1 is source-specific, and no source was named: routers forward nothing for such a join`,
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
        'fix: use a group of a wider scope',
        `${RANK.groupStays}: ff11::1 is interface-local: it never leaves the host that sends it`,
      ],
    ])
  })
})

describe('the firewall', () => {
  const find = finder(hostChecks)
  const rules = (before: [string, number?][] | undefined, after: [string, number?][] | undefined) => {
    const state = (list: typeof before) => ({
      counters: new Map(),
      sockets: [],
      rules: list?.map(([text, packets]) => ({ text, packets })),
    })
    return { before: state(before), after: state(after) } as Pick<Observation, 'before' | 'after'>
  }
  const lost = { flows: [flow()] }

  it('is passed over if it can not be read, before or after', () => {
    const skipped = [["skip firewall: the firewall's rules can't be read (that needs nft or iptables-save, and root)"]]
    expect(find('firewall', {}, rules(undefined, undefined))).toEqual(skipped)
    expect(find('firewall', {}, rules([], undefined))).toEqual(skipped)
    expect(find('firewall', {}, rules(undefined, []))).toEqual(skipped)
  })
  it('without rules, or with rules that dropped nothing meanwhile, is well', () => {
    expect(find('firewall', {}, rules([], []))).toEqual([['pass firewall: no rule drops anything']])
    expect(find('firewall', {}, { ...rules([['drop', 5]], [['drop', 5]]), ...lost })).toEqual([
      ['pass firewall: 1 rules may drop; none did meanwhile'],
    ])
    expect(find('firewall', {}, rules([], [['drop', 0]]))).toEqual([
      ['pass firewall: 1 rules may drop; none did meanwhile'],
    ])
  })
  it('dropped as many as its counter has risen by', () => {
    const found = ['a rule dropped 3 packets meanwhile: drop b', 'fix: accept 239.1.1.1 before that rule']
    const seen = rules(
      [
        ['drop a', 7],
        ['drop b', 4],
      ],
      [
        ['drop a', 7],
        ['drop b', 7],
      ],
    )
    expect(find('firewall', {}, { ...seen, ...lost })).toEqual([
      [`fail firewall: ${found[0]}`, found[1], `${RANK.firewallDropped}: the firewall drops the datagrams: drop b`],
    ])
    // Nothing was on the wire, or something was delivered: the rule dropped other packets.
    expect(find('firewall', {}, seen)).toEqual([[`warn firewall: ${found[0]}`, found[1]]])
    expect(find('firewall', {}, { ...seen, ...lost, delivered: new Map([['192.0.2.9', 1]]) })).toEqual([
      [`warn firewall: ${found[0]}`, found[1]],
    ])
    expect(find('firewall', { port: 5001 }, { ...seen, ...lost })).toEqual([[`warn firewall: ${found[0]}`, found[1]]])
    expect(find('firewall', {}, { ...rules([], [['new', 2]]), ...lost })).toMatchObject([
      ['fail firewall: a rule dropped 2 packets meanwhile: new', found[1], {}],
    ])
  })
  it('may drop without counting', () => {
    const seen = rules([['a']], [['a'], ['b'], ['c', 1]])
    const more = { ...seen, before: rules([['c', 1]], []).before }
    expect(find('firewall', {}, more)).toEqual([['pass firewall: 2 rules may drop without counting, such as a']])
    expect(find('firewall', {}, { ...more, ...lost })).toEqual([
      [
        'warn firewall: 2 rules may drop without counting, such as a',
        'fix: give the rules counters: nft ... counter drop',
      ],
    ])
  })
})

describe('the other sockets on the port', () => {
  const find = finder(hostChecks)
  const socket = (more: object = {}) => ({
    family: 'ipv4',
    address: '0.0.0.0',
    port: 5000,
    uid: 0,
    inode: 77,
    drops: 0,
    owner: 'vlc (42)',
    ...more,
  })
  const sockets = (before: object[], after: object[] = before) =>
    ({
      before: { counters: new Map(), rules: [], sockets: before },
      after: { counters: new Map(), rules: [], sockets: after },
    }) as unknown as Pick<Observation, 'before' | 'after'>

  it('are well on the wildcard address or a group', () => {
    for (const [family, address] of [
      ['ipv4', '0.0.0.0'],
      ['ipv4', '239.1.1.1'],
      ['ipv6', '::'],
      ['ipv6', 'ff15::1'],
    ] as const)
      expect(find('socket', { family }, sockets([socket({ family, address })]))).toEqual([
        [`pass socket: vlc (42) is bound to ${address}:5000`],
      ])
    // A socket of IPv6 may take IPv4 too; one of IPv4 takes no IPv6.
    expect(find('socket', {}, sockets([socket({ family: 'ipv6', address: '::' })])).length).toBe(1)
    expect(find('socket', { family: 'ipv6' }, sockets([socket()]))).toEqual([])
    expect(find('socket', { port: undefined }, sockets([socket()]))).toEqual([])
  })
  it('take no multicast on the address of a host', () => {
    expect(find('socket', {}, sockets([socket({ address: '192.0.2.1', drops: 3 })]))).toEqual([
      [
        'warn socket: vlc (42) is bound to 192.0.2.1:5000, which takes no multicast',
        'fix: bind that socket to 239.1.1.1 or to the wildcard address',
        `${RANK.unicastBound}: vlc (42) is bound to 192.0.2.1, which takes no multicast`,
      ],
    ])
  })
  it('do not read fast enough if they dropped meanwhile', () => {
    expect(find('socket', {}, sockets([socket({ drops: 4 })], [socket({ drops: 9 })]))).toEqual([
      [
        'fail socket: the socket of vlc (42) dropped 5 datagrams meanwhile, 9 in all',
        'fix: read faster, or raise SO_RCVBUF (and net.core.rmem_max)',
        `${RANK.socketDrops}: vlc (42) does not read fast enough, and its receive buffer is full`,
      ],
    ])
    const dropped = [['pass socket: vlc (42) is bound to 0.0.0.0:5000; it has dropped 9 datagrams before']]
    expect(find('socket', {}, sockets([socket({ drops: 9 })]))).toEqual(dropped)
    // Of a socket that is new, nothing is known from before; nor of another that was there.
    expect(find('socket', {}, sockets([], [socket({ drops: 9 })]))).toEqual(dropped)
    expect(find('socket', {}, sockets([socket({ inode: 78 })], [socket({ drops: 9 })]))).toEqual(dropped)
    expect(find('socket', {}, sockets([socket({ drops: 0 })], [socket({ drops: 1 })]))).toMatchObject([
      ['fail socket: the socket of vlc (42) dropped 1 datagrams meanwhile, 1 in all', {}, {}],
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
      `${RANK.interfaceDown}: the interface eth0 is down`,
    ])
    expect(find({ running: false })[0]).toEqual([
      'fail interface: eth0 is up, but has no carrier',
      "fix: check the cable, the switch's port or the other end of eth0",
      `${RANK.noCarrier}: the interface eth0 has no carrier: nothing is plugged in, or the other end is down`,
    ])
    expect(find({ multicast: false })[0]).toEqual([
      'warn interface: eth0 is up, but not marked MULTICAST: it sends no IGMP or MLD',
      'fix: ip link set eth0 multicast on',
      `${RANK.noAddress}: eth0 is not marked MULTICAST, so no router or switch learns what this host has joined`,
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
      'fail address: eth0 has no IPv4 address: IGMP reports go out from 0.0.0.0, which routers may pass over',
      'fix: ip address add ADDRESS/PREFIX dev eth0',
      `${RANK.noAddress}: eth0 has no IPv4 address`,
    ])
    for (const own of ['2001:db8::1', 'fec0::1', 'fe70::1', '192.0.2.1'])
      expect(addressOf([own], 'ipv6')).toEqual([
        'fail address: eth0 has no link-local address: MLD reports need one to go out',
        'fix: ip link set eth0 addrgenmode eui64, then down and up',
        `${RANK.noAddress}: eth0 has no link-local address`,
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
        'fix: raise the limit the message names, or use more sockets',
        `${RANK.joinRefused}: a limit is reached: the join is too much`,
      ],
    ])
    const seen = { joinRefused: refusal('no such interface', 'no-interface') }
    expect(membershipChecks(wanting(), seeing(seen)).map(told)).toEqual([
      ['fail join: no such interface', `${RANK.joinRefused}: the join is refused: no such interface`],
    ])
  })
  it.each(['EMFILE', 'ENFILE'])(
    'was refused for want of descriptors (%s), against which no more sockets help',
    (code) => {
      const joinRefused = new SocketOptionError('raise the limit', { code, reason: 'limit' })
      expect(find('join', {}, { joinRefused })[0]).toContain('fix: raise the limit the message names')
    },
  )
  it('is joined, also if the port is taken', () => {
    expect(find('join', {}, {})).toEqual([['pass join: joined 239.1.1.1:5000 on eth0']])
    const seen = { bindRefused: refusal('port 5000 is taken') }
    expect(find('join', { sources: ['192.0.2.9', '192.0.2.8'] }, seen)).toEqual([
      ['pass join: joined 239.1.1.1:5000 from 192.0.2.9, 192.0.2.8 on eth0'],
    ])
    expect(find('bind', {}, {})).toEqual([])
    expect(find('bind', {}, seen)).toEqual([
      [
        'fail bind: port 5000 is taken',
        'fix: set SO_REUSEADDR on both sockets before bind, or end the other program',
        `${RANK.portTaken}: another socket has port 5000 for itself`,
      ],
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
      ['warn membership: the kernel does not list 239.1.1.1 on eth0', 'fix: see sockctl groups -i eth0'],
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
      'fix: unblock it in that program (IP_UNBLOCK_SOURCE, MCAST_UNBLOCK_SOURCE); sockctl groups 239.1.1.1 shows the filters',
      `${RANK.blockedSource}: the source 192.0.2.7 is blocked by a socket of this host: nothing from it arrives there`,
    ]
    const two = [
      'warn blocked: 2 sockets of this host block 192.0.2.8 on 239.1.1.1',
      one[1],
      `${RANK.blockedSource}: the source 192.0.2.8 is blocked by 2 sockets of this host: nothing from it arrives there`,
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
        'fix: have the querier speak IGMPv3; or sysctl force_igmp_version=3 on eth0',
        `${RANK.sourceLost - 1}: eth0 speaks IGMPv2, whose reports can't name a source`,
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
  it('is told the reports and the queries on the wire', () => {
    const report = message({ type: 'report', version: 3 })
    expect(find('report', {}, { reports: [report] })).toEqual([
      ['pass report: an IGMPv3 report for 239.1.1.1 went out to 224.0.0.22'],
    ])
    const none = [
      'skip report: this host sent no IGMP report for 239.1.1.1: the group was joined before, or needs no report',
    ]
    expect(find('report', {}, {})).toEqual([none])
    expect(find('report', {}, { reports: [message({ type: 'other' })] })).toEqual([none])
    expect(find('report', { on: { ...eth0, flags: { ...eth0.flags, loopback: true } } }, {})).toEqual([])
    expect(find('report', {}, { captureRefused: { says: 'no CAP_NET_RAW', remedy: 'as root' } })).toEqual([])
    expect(find('querier', {}, { captureRefused: { says: 'no CAP_NET_RAW', remedy: 'as root' } })).toEqual([
      ['skip querier: no CAP_NET_RAW; so reports and queries were not looked for'],
    ])
    expect(find('querier', {}, { queries: [message({ type: 'query', version: 2 })] })).toEqual([
      ['pass querier: 192.0.2.7 sends queries of IGMPv2'],
    ])
  })
  it('misses a querier only after 3 seconds', () => {
    expect(find('querier', {}, { listened: 2999 })).toEqual([
      ['skip querier: no IGMP query in 3.0 s; queries may come only every 125 s: --wait 130s'],
    ])
    expect(find('querier', { family: 'ipv6' }, { listened: 3000 })).toEqual([
      [
        'warn querier: no MLD query in 3.0 s; queries may come only every 125 s',
        'fix: listen longer, --wait 130s; without queries, switches that snoop stop forwarding after some minutes',
        `${RANK.noQuerier}: no MLD querier was heard`,
      ],
    ])
  })
})
