// What the doctor reads from frames: each flaw, what is none, and any bytes without an error.
import { describe, expect, it } from 'vitest'
import { type HostRules, readFrame, type Sighting } from '../../lib/cli/commands/doctor/frame.ts'
import { mldReport } from '../../lib/cli/commands/doctor/report-anew.ts'
import { decodeMld } from '../../lib/protocols/mld.ts'
import { type FramePlan, framesOf } from '../support/doctor-catalogue/frames.ts'
import { mutated } from '../support/mutated.ts'
import { fc } from '../support/property.ts'

const rules = (more: Partial<HostRules> = {}): HostRules => ({
  addresses: new Set(['192.0.2.1', 'fd00::1']),
  isRefusedBroadcast: () => false,
  isLoopback: () => false,
  acceptsLocal: () => false,
  routesLocalnet: () => false,
  ...more,
})

const FOUR = { source: '192.0.2.9', destination: '239.1.1.1', port: 5000 }
const SIX = { source: 'fd00::9', destination: 'ff15::1', port: 5000 }
const read = (data: Buffer, more: object = {}, host = rules()): Sighting | undefined =>
  readFrame(
    {
      data,
      source: { interface: 'eth0', protocol: 0x0800, hardwareAddress: '', packetType: 'multicast' },
      truncated: false,
      ancillaryTruncated: false,
      interfaceIndex: 2,
      ...more,
    },
    host,
  )
const made = (plan: FramePlan, more: object = {}, host = rules()): Sighting | undefined =>
  read(framesOf(plan)[0] ?? Buffer.alloc(0), more, host)
const flawOf = (plan: FramePlan, more: object = {}, host = rules()) => made(plan, more, host)?.flaw

describe('a frame', () => {
  it.each([FOUR, SIX])('is read with its source, ports, hop limit and payload: %o', (plan) => {
    expect(made(plan)).toEqual({
      interfaceIndex: 2,
      outgoing: false,
      source: plan.source,
      sourcePort: 4000,
      port: 5000,
      hopLimit: 3,
      datagrams: 1,
      bytes: 100,
      largest: 100,
      fragment: undefined,
      flaw: undefined,
    })
  })
  it('is read without a link-layer header, as of a tunnel', () => {
    expect(read((framesOf(FOUR)[0] ?? Buffer.alloc(0)).subarray(14))).toMatchObject({ source: '192.0.2.9', port: 5000 })
  })
  it('of another protocol is none of ours', () => {
    expect(made({ ...FOUR, spoil: (packet) => packet.writeUInt8(6, 9) })).toBeUndefined()
    expect(read(Buffer.from('a frame of nothing at all'))).toBeUndefined()
  })

  it('in a VLAN is not taken, and one with a priority alone is', () => {
    expect(flawOf({ ...FOUR, vlan: 5 })).toEqual({ kind: 'vlan', detail: '5' })
    expect(flawOf({ ...FOUR, vlan: 0 })).toBeUndefined()
    // The kernel, or the card, took the tag off.
    expect(flawOf(FOUR, { vlan: { id: 7, priority: 0, dropEligible: false, protocol: 0x8100 } })?.detail).toBe('7')
    expect(flawOf(FOUR, { vlan: { id: 0, priority: 3, dropEligible: false, protocol: 0x8100 } })).toBeUndefined()
  })
  it('to another host is not taken', () => {
    const source = { interface: 'eth0', protocol: 0x0800, hardwareAddress: '', packetType: 'otherhost' }
    expect(flawOf({ ...FOUR, to: '02:00:00:00:00:77' }, { source })).toEqual({
      kind: 'other-host',
      detail: '02:00:00:00:00:77',
    })
  })

  it.each([
    ['0.0.0.0', '239.1.1.1', true],
    ['0.0.0.0', '224.0.0.5', false],
    ['127.0.0.1', '239.1.1.1', true],
    ['224.1.1.1', '239.1.1.1', true],
    ['255.255.255.255', '239.1.1.1', true],
    ['192.0.2.9', '239.1.1.1', false],
    ['::1', 'ff15::1', true],
    ['ff15::2', 'ff15::1', true],
    ['::ffff:192.0.2.9', 'ff15::1', true],
    ['::', 'ff15::1', false],
    ['fe80::9', 'ff15::1', false],
  ])('from %s to %s has an impossible source: %s', (source, destination, isImpossible) => {
    expect(flawOf({ source, destination, port: 5000 })?.kind).toBe(isImpossible ? 'source' : undefined)
    expect(flawOf({ source, destination, port: 5000 }, {}, rules({ isLoopback: () => true }))).toBeUndefined()
  })
  it('from this host comes from outside only in IPv4, unless the settings allow it', () => {
    expect(flawOf({ ...FOUR, source: '192.0.2.1' })?.kind).toBe('own-address')
    expect(flawOf({ ...FOUR, source: '192.0.2.1' }, {}, rules({ acceptsLocal: () => true }))).toBeUndefined()
    expect(flawOf({ ...SIX, source: 'fd00::1' })).toBeUndefined()
    expect(flawOf({ ...FOUR, source: '127.0.0.1' }, {}, rules({ routesLocalnet: () => true }))).toBeUndefined()
  })

  it.each([FOUR, SIX])('has the right lengths and checksums: %o', (plan) => {
    expect(flawOf({ ...plan, udpChecksum: 0x1234 })?.kind).toBe('udp-checksum')
    expect(flawOf({ ...plan, udpChecksum: 0 })?.kind).toBe(plan === SIX ? 'no-udp-checksum' : undefined)
    expect(flawOf({ ...plan, udpLength: 900 })?.kind).toBe('udp-length')
    expect(flawOf({ ...plan, udpLength: 7 })?.kind).toBe('udp-length')
    const cut = (framesOf(plan)[0] ?? Buffer.alloc(0)).subarray(0, 100)
    expect(read(cut)?.flaw?.kind).toBe('truncated')
    // The packet socket had no more room: the frame itself was whole.
    expect(read(cut, { truncated: true })?.flaw).toBeUndefined()
    // Not yet computed, since the sender is on this machine.
    expect(flawOf({ ...plan, udpChecksum: 0x1234 }, { partialChecksum: true })).toBeUndefined()
    const outgoing = { interface: 'eth0', protocol: 0x0800, hardwareAddress: '', packetType: 'outgoing' }
    expect(made({ ...plan, udpChecksum: 0x1234 }, { source: outgoing })).toMatchObject({
      outgoing: true,
      flaw: undefined,
    })
  })
  it('with padding behind the packet is whole', () => {
    const frame = Buffer.concat([framesOf(FOUR)[0] ?? Buffer.alloc(0), Buffer.alloc(18)])
    expect(read(frame)?.flaw).toBeUndefined()
  })
  it.each([FOUR, SIX])('that offloading put together counts as what it holds: %o', (plan) => {
    const gso = { type: 'UDP_L4', size: 40, headerLength: 42 }
    expect(made({ ...plan, udpChecksum: 0x1234 }, { gso })).toMatchObject({
      datagrams: 3,
      bytes: 100,
      largest: 40,
      flaw: undefined,
    })
    expect(made(plan, { gso: { ...gso, size: 100 } })).toMatchObject({ datagrams: 1, largest: 100 })
  })
  it.each([FOUR, SIX])('with a fragment names its part: %o', (plan) => {
    const [first, second, third] = framesOf({ ...plan, payload: Buffer.alloc(3000), fragments: 3 }).map((one) =>
      read(one),
    )
    expect(first).toMatchObject({ port: 5000, bytes: 3000, fragment: { id: 0x7777, offset: 0, isLast: false } })
    expect(second).toMatchObject({ port: undefined, fragment: { offset: 1024, length: 1024, isLast: false } })
    expect(third).toMatchObject({ fragment: { offset: 2048, isLast: true }, flaw: undefined })
  })

  it('is read from any bytes without an error', () => {
    const valid = [FOUR, SIX].flatMap((plan) => [
      ...framesOf({ ...plan, vlan: 5 }),
      ...framesOf({ ...plan, payload: Buffer.alloc(1100), fragments: 2 }),
    ])
    fc.assert(
      fc.property(mutated(...valid), fc.boolean(), (bytes, cut) => {
        const seen = read(Buffer.from(bytes), { truncated: cut })
        expect(seen === undefined || seen.datagrams >= 1).toBe(true)
      }),
    )
  })
})

describe('the report that the doctor sends', () => {
  const sources = [
    { address: 'fd00::9', include: 1, exclude: 0 },
    { address: 'fd00::8', include: 0, exclude: 1 },
  ]
  it.each([
    ['include', 1, ['fd00::9']],
    ['exclude', 2, []],
  ] as const)('says of a membership in mode %s what the kernel would', (mode, type, named) => {
    expect(decodeMld(mldReport({ group: 'ff15::1', mode, sources }))).toMatchObject({
      type: 'records',
      version: 2,
      records: [{ type, group: 'ff15::1', sources: named }],
    })
  })
})
