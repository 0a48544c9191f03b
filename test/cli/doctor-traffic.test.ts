// The doctor's checks of the datagrams, and its verdict: both sides of each boundary, and every number that is told.
import { describe, expect, it } from 'vitest'
import { type Reason, SocketOptionError } from '../../lib/base/errors.ts'
import { arrivedOf } from '../../lib/cli/commands/doctor/arrival.ts'
import { captureRefusal } from '../../lib/cli/commands/doctor/capture-refusal.ts'
import { dropChecks } from '../../lib/cli/commands/doctor/drop-checks.ts'
import { type Certainty, type Finding, RANK } from '../../lib/cli/commands/doctor/finding.ts'
import type { Sighting } from '../../lib/cli/commands/doctor/frame.ts'
import { frameChecks } from '../../lib/cli/commands/doctor/frame-checks.ts'
import type { Observation } from '../../lib/cli/commands/doctor/observation.ts'
import { trafficChecks } from '../../lib/cli/commands/doctor/traffic-checks.ts'
import { type StreamOutcome, verdictOf } from '../../lib/cli/commands/doctor/verdict.ts'
import { channelText, type WantedChannel } from '../../lib/cli/commands/doctor/wanted-channel.ts'
import { createFlows, flawsOf, soundOf } from '../../lib/cli/commands/doctor/wire.ts'
import { finder, flow, refusal, seeing, wanting } from '../support/observations.ts'

const kernelRefusal = (code: string, reason: Reason) =>
  new SocketOptionError(`no packet socket (${code})`, { code, reason })
const notRoot = captureRefusal(kernelRefusal('EPERM', 'permission'), false)

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('the traffic', () => {
  const find = finder(trafficChecks)
  const wire = (wanted: Partial<WantedChannel>, seen: Partial<Observation>) => find('wire', wanted, seen)

  it('on the wire is told by source and port, with its rate', () => {
    expect(wire({}, { flows: [flow({ datagrams: 25, bytes: 500_000, largest: 1400 })] })).toEqual([
      ['pass wire: 192.0.2.9 to port 5000: 25 datagrams (13 a second, 2.00 Mbit/s), TTL 3, payloads up to 1400 bytes'],
    ])
    expect(
      wire({ family: 'ipv6' }, { flows: [flow({ source: '192.0.2.1', outgoing: true, hopLimits: [3, 9] })] }),
    ).toEqual([
      [
        'pass wire: 192.0.2.1 to port 5000: 10 datagrams (5 a second, 0.00 Mbit/s), hop limit 3 to 9, payloads up to 100 bytes, from this host',
      ],
    ])
    expect(wire({}, { joinRefused: refusal('no'), flows: [flow()] })).toEqual([
      ['pass wire: 192.0.2.9 to port 5000: 10 datagrams (5 a second, 0.00 Mbit/s), TTL 3, payloads up to 100 bytes'],
    ])
    expect(wire({}, { joinRefused: refusal('no') })).toEqual([
      ['skip wire: nothing for 239.1.1.1 came in by eth0; but it was not joined'],
    ])
    expect(wire({}, { captureRefused: { says: 'no CAP_NET_RAW', remedy: 'as root' } })).toEqual([
      ['skip wire: no CAP_NET_RAW; so the wire was not looked at'],
    ])
  })
  it.each([8, 9, 20])('of %i sources is told by the busiest 8', (count) => {
    const flows = upTo(count).map((n) => flow({ source: `192.0.2.${n + 10}`, datagrams: n + 1 }))
    const found = wire({}, { flows })
    expect(found.length).toBe(count > 8 ? 9 : 8)
    for (const n of upTo(8))
      expect(found[n]?.[0]).toContain(`pass wire: 192.0.2.${count + 9 - n} to port 5000: ${count - n} datagrams`)
    if (count > 8) expect(found[8]).toEqual([`pass wire: and ${count - 8} more sources and ports`])
  })
  it('goes to another port, comes from another source, or does not come at all', () => {
    const sources = ['192.0.2.9', '192.0.2.8']
    expect(wire({ port: undefined, sources }, { flows: [flow({ port: 6000 })] })[0]?.[0]).toMatch(/^pass/)
    expect(wire({ sources }, { flows: [flow({ port: 6000 }), flow({ port: 6001 }), flow({ port: 6000 })] })).toEqual([
      [
        'fail wire: 192.0.2.9 sends to 239.1.1.1, but to port 6000, 6001, not 5000',
        'fix: sockctl receive 192.0.2.9@239.1.1.1:6000 -i eth0 --source 192.0.2.8',
        'advice: receive on port 6000, 6001',
        `likely ${RANK.otherPort}: 239.1.1.1 is sent to port 6000, 6001, not 5000`,
      ],
    ])
    const others = { flows: upTo(9).map((n) => flow({ source: `192.0.2.${n + 20}` })) }
    const eight = upTo(8)
      .map((n) => `192.0.2.${n + 20}`)
      .join(', ')
    expect(wire({ sources }, others)).toEqual([
      [
        `fail wire: nothing from 192.0.2.9, 192.0.2.8; ${eight} and 1 more sends to 239.1.1.1`,
        expect.stringMatching(/^fix: sockctl receive 192\.0\.2\.20@239\.1\.1\.1:5000 -i eth0 --source 192\.0\.2\.21 /),
        `advice: join that source: --source ${eight} and 1 more`,
        `likely ${RANK.otherSource}: another source sends: ${eight} and 1 more, not 192.0.2.9, 192.0.2.8`,
      ],
    ])
    expect(wire({ sources }, { flows: others.flows.slice(1) })[0]?.[0]).not.toContain('more')
    expect(wire({ sources: ['192.0.2.9'] }, { listened: 1234 })).toEqual([
      [
        'fail wire: nothing for 239.1.1.1 came in by eth0 in 1.2 s',
        expect.stringContaining('advice: check that the sender sends'),
        `possible ${RANK.nothingSent}: nobody sends 239.1.1.1:5000 from 192.0.2.9, or the network does not bring it to eth0`,
      ],
    ])
  })

  it('comes in by another interface, or is sent by one', () => {
    const elsewhere = flow({ interfaceIndex: 3 })
    expect(wire({}, { flows: [elsewhere] })).toEqual([
      [
        'fail wire: 239.1.1.1 comes in by eth1, from 192.0.2.9, and not by eth0',
        'fix: sockctl receive 239.1.1.1:5000 -i eth1',
        'advice: join on eth1: -i eth1',
        `likely ${RANK.comesElsewhere}: 239.1.1.1 comes in by eth1, and was looked for on eth0`,
      ],
    ])
    expect(wire({ blocked: ['192.0.2.8'] }, { flows: [elsewhere] })[0]?.[1]).toBe(
      'fix: sockctl receive 239.1.1.1:5000 -i eth1 --block 192.0.2.8',
    )
    expect(wire({}, { flows: [flow({ interfaceIndex: 3, outgoing: true, source: '192.0.2.1' })] })[0]?.[1]).toBe(
      'fix: ip route replace 239.1.1.1 dev eth0',
    )
    expect(wire({}, { flows: [elsewhere], portsOfWanted: new Set([3]) })[0]?.at(-1)).toBe(
      `possible ${RANK.comesElsewhere}: 239.1.1.1 comes in by eth1, and the bridge does not hand it to eth0`,
    )
    // What a router forwards is none of this host's own.
    expect(wire({}, { flows: [flow({ interfaceIndex: 3, outgoing: true })] })[0]?.[0]).toMatch(/^fail wire: nothing /)
  })

  it('comes in below the interface, or is sent by lo', () => {
    const lower = { master: undefined, bridge: undefined, lower: { name: 'eth1', kind: 'macvlan source' } }
    expect(wire({}, { flows: [flow({ interfaceIndex: 3 })], link: lower })[0]?.at(-1)).toBe(
      `likely ${RANK.comesElsewhere}: 239.1.1.1 comes in by eth1, and eth0 above it (macvlan source) does not take it`,
    )
    const byLo = [true, false].map((outgoing) => flow({ interfaceIndex: 1, source: '192.0.2.1', outgoing }))
    expect(wire({}, { flows: byLo })[0]?.at(-1)).toBe(
      `likely ${RANK.comesElsewhere}: the sender on this host sends by lo, not by eth0`,
    )
  })

  it('goes to another destination on the port', () => {
    const to = (destination: string, interfaceIndex = 2) => ({
      interfaceIndex,
      source: '192.0.2.9',
      destination,
      datagrams: 3,
    })
    const found = (destinations: string[], wanted: Partial<WantedChannel> = {}) =>
      wire(wanted, { otherDestinations: destinations.map((one) => to(one)) })[0]
    expect(found(['239.1.1.2'])).toEqual([
      'fail wire: nothing for 239.1.1.1 came in by eth0; 192.0.2.9 sends to port 5000 of 239.1.1.2, and nobody to 239.1.1.1',
      'fix: sockctl receive 239.1.1.2:5000 -i eth0',
      'advice: have the sender send to 239.1.1.1',
      `possible ${RANK.otherDestination}: 192.0.2.9 sends to port 5000 of 239.1.1.2, and nobody to 239.1.1.1`,
    ])
    expect(found(['192.0.2.1'])?.at(-1)).toContain("of this host's own address 192.0.2.1, and")
    expect(found(['192.0.2.255'])?.at(-1)).toContain('of 192.0.2.255, and')
    expect(found(['192.0.2.1'])?.some((line) => line.startsWith('fix'))).toBe(false)
    const six = { family: 'ipv6', group: 'ff05::7' } as const
    expect(found(['ff02::9', 'ff02::7'], six)?.at(-1)).toContain('of ff02::7, another scope, and nobody to ff05::7')
    // One port has many streams: none of them is this sender's mistake.
    for (const none of [found(['239.1.1.2', '239.1.1.3']), found(['239.1.1.2'], { sources: ['192.0.2.8'] })])
      expect(none?.[0]).toMatch(/^fail wire: nothing for 239\.1\.1\.1 came in by eth0 in /)
    expect(wire({}, { otherDestinations: [to('239.1.1.2', 3)] })[0]?.[0]).toMatch(/came in by eth0 in /)
    expect(wire({}, { otherDestinations: [to('239.1.1.2')], flows: [flow()] })[0]?.[0]).toMatch(/^pass wire: /)
  })

  it('is taken away before UDP by what counts as much as was lost', () => {
    const drops = finder(dropChecks)
    const lost = (counter: string, count: number, seen: Partial<Observation> = {}) => ({
      flows: [flow({ datagrams: 40 })],
      before: { counters: new Map([[counter, 5]]), sockets: [] },
      after: { counters: new Map([[counter, 5 + count]]), sockets: [] },
      ...seen,
    })
    expect(drops('ingress', {}, lost('Tc.IngressDrops', 40))).toEqual([
      [
        'fail ingress: a filter of tc at the ingress of eth0 drops the datagrams: 40 meanwhile',
        'advice: look for the filter: tc -s filter show dev eth0 ingress',
        `likely ${RANK.otherDrop}: a filter of tc at the ingress of eth0 drops the datagrams: 40 meanwhile`,
      ],
    ])
    expect(drops('ipsec', {}, lost('XfrmInPolBlock', 80))[0]?.[0]).toMatch(/^fail ipsec: .*: 80 meanwhile$/)
    expect(drops('ipsec', {}, lost('XfrmInPolBlock', 6))).toEqual([
      [
        'warn ipsec: an IPsec policy of this host refuses the datagrams: 6 meanwhile, which is too few for 40 lost ones',
        expect.stringMatching(/^advice: /),
      ],
    ])
    for (const none of [
      drops('ipsec', {}, lost('XfrmInPolBlock', 0)),
      drops('ipsec', {}, lost('XfrmOutPolBlock', 40)),
      drops('ipsec', {}, lost('XfrmInPolBlock', 40, { delivered: new Map([['192.0.2.9', 40]]) })),
    ])
      expect(none).toEqual([])
    const six = { family: 'ipv6', group: 'ff15::1' } as const
    expect(drops('route', six, lost('', 0, { hasGroupRoute: false }))[0]?.[1]).toBe(
      'fix: ip -6 route add multicast ff00::/8 dev eth0 table local',
    )
    expect(drops('route', six, lost('', 0, { hasGroupRoute: undefined }))).toEqual([])
    expect(drops('route', six, { hasGroupRoute: false })).toEqual([])
    const xdp = { link: { master: undefined, bridge: undefined, hasXdp: true } }
    expect(drops('xdp', {}, xdp)[0]?.at(-1)).toMatch(/^possible .*the XDP program on eth0 may drop the frames/)
    expect(drops('xdp', {}, { ...xdp, flows: [flow()] })).toEqual([])
  })

  it.each([
    ['ipv4', 1472],
    ['ipv6', 1452],
  ] as const)('of %s fits the MTU of the link, or comes in fragments', (family, most) => {
    const size = (largest: number, fragmented = 0) =>
      finder(frameChecks)('size', { family }, { flows: [flow({ largest, fragmented, complete: fragmented })] })
    expect(size(most)).toEqual([[`pass size: payloads up to ${most} bytes fit the MTU of 1500`]])
    // What offloading put together is no larger on the wire.
    expect(size(most + 1)[0]?.[0]).toMatch(/^pass/)
    expect(size(2000, 4)).toEqual([
      [
        `warn size: 4 datagrams came in fragments; the largest payload has 2000 bytes, and ${most} fit the MTU of 1500`,
        `advice: send at most ${most} bytes a datagram`,
        `possible ${RANK.fragments}: the datagrams are larger than the MTU, and each is lost with any of its fragments`,
      ],
    ])
    expect(finder(frameChecks)('size', { port: 1 }, { flows: [flow()] })).toEqual([])
  })
  it('whose later fragments do not come is lost by that', () => {
    const seen = { flows: [flow({ fragmented: 10, complete: 0 })] }
    expect(finder(frameChecks)('fragments', {}, seen)[0]?.at(-1)).toBe(
      `proven ${RANK.badFrames}: the datagrams come in fragments, and only their first fragments arrive`,
    )
    expect(finder(frameChecks)('fragments', {}, { ...seen, delivered: new Map([['192.0.2.9', 10]]) })).toEqual([])
  })

  const flawed = (count: number, total = 40) =>
    flow({ datagrams: total, flaws: new Map([['udp-checksum', { count, detail: '' }]]) })
  const frames = (seen: Partial<Observation>) => finder(frameChecks)('frames', {}, seen)
  it.each([
    [40, 0, 'fail', 'proven'],
    [32, 0, 'fail', 'proven'],
    // Of 40 lost, 6 explain nothing.
    [31, 0, 'warn', undefined],
    [6, 0, 'warn', undefined],
    [20, 20, 'warn', 'likely'],
    [40, 40, 'warn', undefined],
  ])('of 40 with %i flawed and %i delivered is told with %s', (count, delivered, status, certainty) => {
    const [found] = frames({
      flows: [flawed(count)],
      delivered: delivered === 0 ? new Map() : new Map([['192.0.2.9', delivered]]),
    })
    expect(found?.[0]).toBe(`${status} frames: ${count} of 40 datagrams: the datagrams have a wrong UDP checksum`)
    expect(found?.at(-1)?.split(' ')[0]).toBe(certainty ?? 'advice:')
  })
  it('that this host sends without loopback is proven by the socket of the sender', () => {
    const sender = (loopsMulticast: boolean | undefined) =>
      ({ port: 4000, owner: 'vlc (42)', more: { loopsMulticast } }) as never
    const own = { flows: [flow({ outgoing: true, source: '192.0.2.1' })] }
    const loopback = (seen: Partial<Observation>) => find('loopback', {}, { ...own, ...seen })
    expect(loopback({ senders: [sender(false)] })[0]?.at(-1)).toBe(
      `proven ${RANK.noLoopback}: the sender is vlc (42) on this host, and it has multicast loopback switched off`,
    )
    expect(loopback({ senders: [sender(true)] })).toEqual([])
    expect(loopback({ senders: [sender(undefined)] })[0]?.at(-1)).toMatch(/^possible .* it may have multicast loopback/)
    // The socket itself knows best.
    const asked = (loops: boolean) => [{ ...(sender(undefined) as object), inside: { loops } }] as never
    expect(loopback({ senders: asked(false) })[0]?.at(-1)).toMatch(/^proven /)
    expect(loopback({ senders: asked(true) })).toEqual([])
    expect(loopback({ senders: [sender(false)], delivered: new Map([['192.0.2.1', 10]]) })).toEqual([])
  })

  const delivery = (wanted: Partial<WantedChannel>, seen: Partial<Observation>) => find('delivery', wanted, seen)
  it('that reached a socket is told by its sources', () => {
    const delivered = new Map([
      ['192.0.2.9', 3],
      ['192.0.2.8', 4],
    ])
    expect(arrivedOf(seeing({ delivered }))).toBe(7)
    expect(arrivedOf(seeing({ delivered: undefined }))).toBe(0)
    expect(arrivedOf(seeing({ delivered: undefined, passed: delivered }))).toBe(7)
    expect(delivery({}, { delivered })).toEqual([
      ['pass delivery: 7 datagrams reached a socket here, from 192.0.2.9, 192.0.2.8'],
    ])
    expect(delivery({ sources: ['192.0.2.9', '192.0.2.7', '192.0.2.6'] }, { delivered })).toEqual([
      [
        'fail delivery: 7 datagrams reached a socket here, from 192.0.2.9, 192.0.2.8; none from 192.0.2.7, 192.0.2.6',
        'advice: check that 192.0.2.7, 192.0.2.6 sends',
        `possible ${RANK.nothingSent}: 192.0.2.7, 192.0.2.6 does not send, or the network does not bring it here`,
      ],
    ])
    expect(delivery({}, { delivered, joinRefused: refusal('no') })).toEqual([])
  })
  it.each([
    ['EPERM', 'permission', false, 'as root'],
    ['EPERM', 'permission', true, 'with CAP_NET_RAW'],
    ['EMFILE', 'limit', false, 'with more descriptors (ulimit -n)'],
    ['EMFILE', 'limit', true, 'with more descriptors (ulimit -n)'],
    ['ENFILE', 'limit', true, 'with more open files on this system (sysctl fs.file-max)'],
    ['ENOMEM', 'limit', true, 'where packets can be captured'],
  ] as const)(
    'is looked for by a doctor who is told what lets it capture: %s, %s, root %s',
    (code, reason, isRoot, how) => {
      const captureRefused = captureRefusal(kernelRefusal(code, reason), isRoot)
      const [text, advice, cause] = delivery({}, { captureRefused })[0] ?? []
      expect(text).toMatch(/^fail delivery: no datagram reached a socket/)
      expect(advice).toBe(`advice: run doctor ${how}, to see whether any are on the wire`)
      expect(cause).toContain(`; ${how}, doctor would see whether it is on the wire`)
      const [, portAdvice] = delivery({ port: undefined }, { delivered: undefined, captureRefused })[0] ?? []
      expect(portAdvice).toBe(`advice: name a port that is free, 239.1.1.1:PORT; or run doctor ${how}`)
    },
  )
  it('that reached none is told as far as it was looked for', () => {
    expect(delivery({}, {})).toEqual([])
    expect(delivery({ port: undefined }, { delivered: undefined })).toEqual([])
    expect(delivery({ port: undefined }, { delivered: undefined, captureRefused: notRoot })).toEqual([
      [
        "fail delivery: the doctor has no socket on the port, and the wire can't be seen: there was nothing to look for",
        'advice: name a port that is free, 239.1.1.1:PORT; or run doctor as root',
        `possible ${RANK.nothingSent}: nothing could be looked for; as root, doctor would see the wire`,
      ],
    ])
    expect(delivery({}, { captureRefused: notRoot, listened: 4321 })).toEqual([
      [
        'fail delivery: no datagram reached a socket in 4.3 s',
        'advice: run doctor as root, to see whether any are on the wire',
        `possible ${RANK.nothingSent}: nothing of 239.1.1.1:5000 reaches a socket; as root, doctor would see whether it is on the wire`,
      ],
    ])
  })
  it('that was lost on the way up is told by how far it came', () => {
    const lost = (passed: number) => delivery({}, { flows: [flow()], passed: new Map([['192.0.2.9', passed]]) })[0]
    expect(lost(0)?.[0]).toBe(
      'fail delivery: 10 of 10 datagrams on the wire reached no socket: they were lost between the interface and UDP',
    )
    expect(lost(10)?.[0]).toContain('they passed the firewall, and UDP gave them to no socket')
    expect(lost(0)?.at(-1)).toBe(
      `possible ${RANK.lost}: 10 of 10 datagrams that came in reached no socket, and none of the checks accounts for them`,
    )
    const some = (delivered: number) =>
      delivery({}, { flows: [flow()], delivered: new Map([['192.0.2.9', delivered]]) })
    // Three may still be on their way.
    expect(some(7).length).toBe(1)
    expect(some(6)[0]?.[0]).toMatch(/^warn delivery: 4 of 10 datagrams on the wire reached no socket/)
  })
})

describe('the flows on the wire', () => {
  const seen = (more: Partial<Sighting> = {}): Sighting => ({
    interfaceIndex: 2,
    outgoing: false,
    source: '192.0.2.9',
    sourcePort: 4000,
    port: 5000,
    hopLimit: 5,
    datagrams: 1,
    bytes: 10,
    largest: 10,
    fragment: undefined,
    flaw: undefined,
    ...more,
  })
  const all = (...sightings: Sighting[]) => {
    const flows = createFlows()
    for (const [at, one] of sightings.entries()) flows.add(one, at * 10)
    return flows.list()
  }

  it('add up, each with its largest payload and its hop limits', () => {
    const [one, ...rest] = all(
      seen({ hopLimit: 7 }),
      seen({ hopLimit: 9, bytes: 60, largest: 30, datagrams: 2 }),
      seen({ source: '192.0.2.8' }),
      seen({ port: 5001 }),
      seen({ interfaceIndex: 3 }),
      seen({ outgoing: true }),
    )
    expect(one).toMatchObject({ datagrams: 3, bytes: 70, largest: 30, hopLimits: [7, 9], longestGap: 10, lastAt: 10 })
    expect(rest.map(({ datagrams }) => datagrams)).toEqual([1, 1, 1, 1])
  })
  it('are remembered up to 4096, and those go on', () => {
    const list = all(...upTo(4100).map((n) => seen({ source: `${n}` })), seen({ source: '4095' }))
    expect(list.length).toBe(4096)
    expect(list.at(-1)).toMatchObject({ source: '4095', datagrams: 2 })
  })
  it('are complete once every fragment came, in any order', () => {
    const first = { id: 7, offset: 0, length: 1480, isLast: false }
    const last = { id: 7, offset: 1480, length: 500, isLast: true }
    const later = { port: undefined, sourcePort: undefined }
    const [inOrder] = all(seen({ fragment: first }), seen({ ...later, fragment: last }))
    const [reversed] = all(seen({ ...later, fragment: last }), seen({ fragment: first }))
    const [alone] = all(seen({ fragment: first }), seen({ ...later, fragment: { ...last, id: 8 } }))
    expect([inOrder, reversed, alone].map((one) => one && [one.fragmented, one.complete, soundOf(one)])).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [1, 0, 0],
    ])
  })
  it('count what the kernel will not take', () => {
    const flows = all(
      seen(),
      seen({ flaw: { kind: 'vlan', detail: '5' } }),
      seen({ flaw: { kind: 'vlan', detail: '6' } }),
    )
    expect(flawsOf(flows)).toEqual([{ kind: 'vlan', count: 2, detail: '5' }])
    expect(flows.map(soundOf)).toEqual([1])
  })
})

describe('the verdict', () => {
  const finding = (check: string, certainty: Certainty, rank: number, more: Partial<Finding> = {}): Finding => ({
    check,
    status: 'fail',
    says: '',
    cause: { text: `the ${check} is broken`, certainty, rank },
    ...more,
  })
  const fine: Finding = { check: 'fine', status: 'pass', says: '' }
  const outcome = (more: Partial<StreamOutcome> = {}): StreamOutcome => ({
    channel: '239.1.1.1',
    flows: false,
    delivered: 0,
    querier: 'heard',
    seconds: 0.5,
    next: 'sockctl doctor 239.1.1.1 --wait 130s',
    ...more,
  })
  const sentence = (findings: Finding[], more: Partial<StreamOutcome> = {}) =>
    verdictOf(findings, outcome(more)).sentence

  it('is the surest cause if nothing arrives, and of equally sure ones the first by rank', () => {
    expect(
      verdictOf(
        [fine, finding('a', 'likely', 99), finding('b', 'proven', 5, { fix: 'do b' }), finding('c', 'proven', 4)],
        outcome(),
      ),
    ).toEqual({
      cause: 'b',
      certainty: 'proven',
      fix: 'do b',
      advice: undefined,
      ruledOut: [],
      sentence: 'Proven: the b is broken. Fix: do b',
    })
    expect(sentence([finding('a', 'possible', 99), finding('b', 'likely', 1, { advice: 'look' })])).toBe(
      'Likely: the b is broken. What to do: look',
    )
  })
  it('says what was ruled out, and what to try next, if nothing is proven', () => {
    expect(sentence([fine])).toBe(
      'Nothing is proven, and no cause was found. Ruled out: fine. Try next: sockctl doctor 239.1.1.1 --wait 130s',
    )
    const doubted: Finding[] = [fine, { ...fine, check: 'port' }, { ...fine, check: 'port', status: 'warn' }]
    expect(verdictOf([...doubted, finding('a', 'possible', 1, { advice: 'look' })], outcome())).toMatchObject({
      certainty: 'possible',
      ruledOut: ['fine'],
      sentence: 'Nothing is proven. Possible: the a is broken. Ruled out: fine. Try next: look',
    })
  })
  it('is that nothing is wrong only if a querier was heard, long enough ago, or none is needed', () => {
    const arrives = (more: Partial<StreamOutcome>, findings: Finding[] = []) =>
      sentence(findings, { flows: true, ...more })
    expect(arrives({})).toBe('239.1.1.1 arrives; nothing is wrong here.')
    expect(arrives({ querier: 'not-needed' })).toBe('239.1.1.1 arrives; nothing is wrong here.')
    expect(arrives({ querier: 'unheard' })).toBe(
      '239.1.1.1 arrives; no querier was heard in 0.5 s (one asks every 125 s): where a switch snoops it may stop within 260 s; `--wait 130s` tells.',
    )
    expect(arrives({ querier: 'unheard', seconds: 130 })).toMatch(/in 130\.0 s .* within 260 s\.$/)
    expect(arrives({ querier: 'unseen' })).toMatch(/^239\.1\.1\.1 arrives; queries could not be looked for .* 260 s\.$/)
    expect(arrives({ querier: 'heard-lately' })).toMatch(
      / arrives, and a querier was heard; 0\.5 s are too short .*`--wait 20s` tells/,
    )
    expect(arrives({}, [finding('a', 'possible', 1, { status: 'warn' })])).toBe(
      '239.1.1.1 arrives; to be on the safe side: the a is broken.',
    )
    expect(arrives({}, [finding('a', 'likely', 1)])).toBe('239.1.1.1 arrives; but, likely: the a is broken.')
  })
  it('names the channel with its port and its sources', () => {
    expect(channelText(wanting())).toBe('239.1.1.1:5000')
    expect(channelText(wanting({ group: 'ff15::1', sources: ['::1', '::2'] }))).toBe('[ff15::1]:5000 from ::1, ::2')
    expect(channelText(wanting({ port: undefined }))).toBe('239.1.1.1')
  })
})
