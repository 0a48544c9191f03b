// The doctor's checks of the datagrams, and its verdict: both sides of each boundary, and every number that is told.
import { describe, expect, it } from 'vitest'
import { type Reason, SocketOptionError } from '../../lib/base/errors.ts'
import { captureRefusal } from '../../lib/cli/commands/doctor/capture-refusal.ts'
import { type Finding, RANK } from '../../lib/cli/commands/doctor/finding.ts'
import type { Observation } from '../../lib/cli/commands/doctor/observation.ts'
import { deliveredOf, trafficChecks } from '../../lib/cli/commands/doctor/traffic-checks.ts'
import { verdictOf } from '../../lib/cli/commands/doctor/verdict.ts'
import { channelText, type WantedChannel } from '../../lib/cli/commands/doctor/wanted-channel.ts'
import { countPacket, type ObservedFlow } from '../../lib/cli/commands/doctor/wire.ts'
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
    expect(wire({ family: 'ipv6' }, { flows: [flow({ source: '192.0.2.1', hopLimits: [3, 9] })] })).toEqual([
      [
        'pass wire: 192.0.2.1 to port 5000: 10 datagrams (5 a second, 0.00 Mbit/s), hop limit 3 to 9, payloads up to 100 bytes, from this host',
      ],
    ])
    expect(wire({}, { joinRefused: refusal('no'), flows: [flow()] })).toEqual([])
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
        'fix: receive on port 6000, 6001',
        `${RANK.otherPort}: 239.1.1.1 is sent to port 6000, 6001, not 5000`,
      ],
    ])
    const others = { flows: upTo(9).map((n) => flow({ source: `192.0.2.${n + 20}` })) }
    const eight = upTo(8)
      .map((n) => `192.0.2.${n + 20}`)
      .join(', ')
    expect(wire({ sources }, others)).toEqual([
      [
        `fail wire: nothing from 192.0.2.9, 192.0.2.8; ${eight} and 1 more sends to 239.1.1.1`,
        `fix: join that source: --source ${eight} and 1 more`,
        `${RANK.otherSource}: another source sends: ${eight} and 1 more, not 192.0.2.9, 192.0.2.8`,
      ],
    ])
    expect(wire({ sources }, { flows: others.flows.slice(1) })[0]?.[0]).not.toContain('more')
    expect(wire({ sources: ['192.0.2.9'] }, { listened: 1234 })).toEqual([
      [
        'fail wire: nothing for 239.1.1.1 came in by eth0 in 1.2 s',
        expect.stringContaining('check that the sender sends'),
        `${RANK.nothingSent}: nobody sends 239.1.1.1:5000 from 192.0.2.9, or the network does not bring it to eth0`,
      ],
    ])
  })

  it.each([
    ['ipv4', 1472],
    ['ipv6', 1452],
  ] as const)('of %s fits the MTU up to %i bytes', (family, most) => {
    const size = (largest: number, fragmented = 0) =>
      find('size', { family }, { flows: [flow({ largest: 5, fragmented }), flow({ largest, fragmented })] })
    expect(size(most)).toEqual([[`pass size: payloads up to ${most} bytes fit the MTU of 1500`]])
    const tooLong = (fragments: number, largest: number) => [
      [
        `warn size: ${fragments} datagrams came in fragments; the largest payload has ${largest} bytes, and ${most} fit the MTU of 1500`,
        `fix: send at most ${most} bytes a datagram`,
        `${RANK.fragments}: the datagrams are larger than the MTU, and each is lost with any of its fragments`,
      ],
    ]
    expect(size(most + 1)).toEqual(tooLong(0, most + 1))
    expect(size(most, 2)).toEqual(tooLong(4, most))
    expect(find('size', {}, {})).toEqual([])
    expect(find('size', { port: 1 }, { flows: [flow()] })).toEqual([])
  })

  const delivery = (wanted: Partial<WantedChannel>, seen: Partial<Observation>) => find('delivery', wanted, seen)
  it('that reached a socket is told by its sources', () => {
    const delivered = new Map([
      ['192.0.2.9', 3],
      ['192.0.2.8', 4],
    ])
    expect(deliveredOf(seeing({ delivered }))).toBe(7)
    expect(deliveredOf(seeing({ delivered: undefined }))).toBe(0)
    expect(delivery({}, { delivered })).toEqual([
      ['pass delivery: 7 datagrams reached a socket here, from 192.0.2.9, 192.0.2.8'],
    ])
    expect(delivery({ sources: ['192.0.2.9', '192.0.2.7', '192.0.2.6'] }, { delivered })).toEqual([
      [
        'warn delivery: 7 datagrams reached a socket here, from 192.0.2.9, 192.0.2.8; none from 192.0.2.7, 192.0.2.6',
        `${RANK.nothingSent}: 192.0.2.7, 192.0.2.6 does not send, or the network does not bring it here`,
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
      const [text, fix, cause] = delivery({}, { captureRefused })[0] ?? []
      expect(text).toMatch(/^fail delivery: no datagram reached a socket/)
      expect(fix).toBe(`fix: run doctor ${how}, to see whether any are on the wire`)
      expect(cause).toContain(`; ${how}, doctor would see whether it is on the wire`)
      const [, portFix] = delivery({ port: undefined }, { delivered: undefined, captureRefused })[0] ?? []
      expect(portFix).toBe(`fix: name the port, 239.1.1.1:PORT; or run doctor ${how}`)
    },
  )
  it('that reached none is told as far as it was looked for', () => {
    expect(delivery({}, {})).toEqual([])
    expect(delivery({}, { bindRefused: refusal('taken'), delivered: undefined })).toEqual([
      ['skip delivery: the port is taken, so none could be received here'],
    ])
    expect(delivery({ port: undefined }, { delivered: undefined })).toEqual([])
    expect(delivery({ port: undefined }, { delivered: undefined, captureRefused: notRoot })).toEqual([
      [
        "fail delivery: no port was named, and the wire can't be seen: there was nothing to look for",
        'fix: name the port, 239.1.1.1:PORT; or run doctor as root',
        `${RANK.nothingSent}: no port was named, and the wire can't be seen; as root, doctor would see the wire`,
      ],
    ])
    expect(delivery({}, { captureRefused: notRoot, listened: 4321 })).toEqual([
      [
        'fail delivery: no datagram reached a socket in 4.3 s',
        'fix: run doctor as root, to see whether any are on the wire',
        `${RANK.nothingSent}: nothing of 239.1.1.1:5000 reaches a socket; as root, doctor would see whether it is on the wire`,
      ],
    ])
  })
  it.each([
    ['ipv4', 'Udp.'],
    ['ipv6', 'Udp6'],
  ] as const)('of %s that was lost is told by the counters of the kernel', (family, prefix) => {
    const lost = (...grown: [string, number][]) => {
      const state = (add: boolean) => ({
        counters: new Map(grown.map(([name, by]) => [name, add ? 10 + by : 10])),
        rules: [],
        sockets: [],
      })
      const flows = [flow(), flow({ port: 9 }), flow({ source: '192.0.2.8', datagrams: 5 })]
      return delivery({ family }, { flows, before: state(false), after: state(true) })
    }
    const says = 'fail delivery: 15 datagrams were on the wire and none reached a socket'
    const unknown = [
      `${says}, and no counter says why: a firewall, or a tc or BPF filter`,
      'fix: nft list ruleset; iptables -L -v -n; tc filter show dev eth0 ingress',
      `${RANK.firewallInferred}: a firewall on this host drops the datagrams`,
    ]
    expect(lost()).toEqual([unknown])
    expect(lost(['TcpExt.IPReversePathFilter', 0], [`${prefix}InCsumErrors`, 0], [`${prefix}NoPorts`, 4])).toEqual([
      unknown,
    ])
    const ignored: [string, number] = [`${prefix}IgnoredMulti`, 2]
    expect(lost(ignored)).toEqual([
      [
        `${says}: 2 reached UDP, and no socket took them (port, address or source filter)`,
        'fix: compare the port and the sources with those on the wire',
        `${RANK.notTaken}: no socket takes the datagrams: port, bound address or source filter do not match`,
      ],
    ])
    const room: [string, number] = [`${prefix}RcvbufErrors`, 3]
    expect(lost(ignored, room)).toEqual([
      [
        `${says}: 3 came while the receive buffer was full`,
        'fix: raise net.core.rmem_max and SO_RCVBUF',
        `${RANK.noRoom}: receive buffers are full`,
      ],
    ])
    const checksums: [string, number] = [`${prefix}InCsumErrors`, 1]
    expect(lost(ignored, room, checksums)).toEqual([
      [
        `${says}: 1 had a wrong UDP checksum`,
        'fix: look at the sender, and at checksum offloading between virtual machines (ethtool -K)',
        `${RANK.badChecksum}: the datagrams have a wrong UDP checksum`,
      ],
    ])
    expect(lost(ignored, room, checksums, ['TcpExt.IPReversePathFilter', 4])).toEqual([
      [`${says}: the reverse path filter dropped 4`],
    ])
  })
})

describe('the flows on the wire', () => {
  const packet = (source: number, port: number, payload: number, { ttl = 5, more = false, offset = 0 } = {}) => {
    const bytes = Buffer.alloc(28 + payload)
    bytes.set([0x45, 0, 0, 0, 0, 1, more ? 0x20 : 0, 0, ttl, 17, 0, 0, 192, 0, source >> 8, source & 255, 239, 1, 1, 1])
    bytes.writeUInt16BE(bytes.length, 2)
    bytes.writeUInt16BE(bytes.readUInt16BE(6) | (offset / 8), 6)
    bytes.writeUInt16BE(port, 22)
    bytes.writeUInt16BE(8 + payload, 24)
    return bytes
  }

  it('add up, each with its largest payload and its hop limits', () => {
    const flows = new Map<string, ObservedFlow>()
    countPacket(flows, packet(513, 5000, 10, { ttl: 7 }))
    countPacket(flows, packet(513, 5000, 30, { ttl: 5 }))
    countPacket(flows, packet(513, 5000, 20, { ttl: 9, more: true }))
    countPacket(flows, packet(513, 5000, 20, { offset: 64 }))
    countPacket(flows, packet(514, 5000, 0))
    countPacket(flows, packet(513, 5001, 1))
    countPacket(flows, Buffer.from('no packet'))
    const one = {
      source: '192.0.2.1',
      port: 5000,
      bytes: 60,
      datagrams: 3,
      largest: 30,
      hopLimits: [5, 9],
      fragmented: 1,
    }
    const rest = { datagrams: 1, hopLimits: [5, 5], fragmented: 0 }
    expect([...flows.values()]).toEqual([
      one,
      { ...rest, source: '192.0.2.2', port: 5000, bytes: 0, largest: 0 },
      { ...rest, source: '192.0.2.1', port: 5001, bytes: 1, largest: 1 },
    ])
  })
  it('are remembered up to 4096, and those go on', () => {
    const flows = new Map<string, ObservedFlow>()
    for (const n of upTo(4100)) countPacket(flows, packet(n, 5000, 1))
    expect(flows.size).toBe(4096)
    countPacket(flows, packet(4095, 5000, 1))
    expect([...flows.values()].at(-1)).toMatchObject({ source: '192.0.15.255', datagrams: 2 })
  })
})

describe('the verdict', () => {
  const finding = (check: string, rank: number): Finding => ({
    check,
    status: 'fail',
    says: '',
    cause: { text: `the ${check} is broken`, rank },
  })
  const fine: Finding = { check: 'fine', status: 'pass', says: '' }

  it('is the most likely cause if nothing arrives', () => {
    expect(verdictOf([], '239.1.1.1', 0)).toEqual({
      cause: undefined,
      sentence: 'No reason was found why datagrams should not arrive.',
    })
    expect(verdictOf([fine, finding('wire', 5), finding('port', 9), finding('host', 7)], '239.1.1.1', 0)).toEqual({
      cause: 'port',
      sentence: 'Most likely: the port is broken.',
    })
  })
  it('is advice if something arrives, up to the rank of a precaution', () => {
    expect(verdictOf([fine], '239.1.1.1', 1)).toEqual({
      cause: undefined,
      sentence: '239.1.1.1 arrives; nothing is wrong here.',
    })
    expect(verdictOf([finding('wire', RANK.fragments)], 'ff15::1', 1)).toEqual({
      cause: undefined,
      sentence: 'ff15::1 arrives; to be on the safe side: the wire is broken.',
    })
    expect(verdictOf([finding('wire', RANK.fragments + 1)], 'ff15::1', 1)).toEqual({
      cause: 'wire',
      sentence: 'Ff15::1 arrives here; but the wire is broken.',
    })
  })
  it('names the channel with its port and its sources', () => {
    expect(channelText(wanting())).toBe('239.1.1.1:5000')
    expect(channelText(wanting({ group: 'ff15::1', sources: ['::1', '::2'] }))).toBe('[ff15::1]:5000 from ::1, ::2')
    expect(channelText(wanting({ port: undefined }))).toBe('239.1.1.1')
  })
})
