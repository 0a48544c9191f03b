import { isIP } from 'node:net'
import { describe, expect, it } from 'vitest'
import { SocketOptionError } from '../lib/base/errors.ts'
import { canonical, formatAddress, isMulticast, parseAddress } from '../lib/net/address.ts'
import { describeGroup, hopScope } from '../lib/net/group.ts'
import { fc } from './support/property.ts'

const ipv4: [group: string, kind: string, scope: string, ethernet: string, rest?: object][] = [
  ['224.0.0.1', 'local-network-control', 'link-local', '01:00:5e:00:00:01', { hopLimit: 1 }],
  ['224.0.0.255', 'local-network-control', 'link-local', '01:00:5e:00:00:ff', { hopLimit: 1 }],
  ['224.0.1.1', 'internetwork-control', 'global', '01:00:5e:00:01:01', { hopLimit: 255 }],
  ['224.0.2.0', 'ad-hoc', 'global', '01:00:5e:00:02:00'],
  ['224.1.0.0', 'reserved', 'global', '01:00:5e:01:00:00'],
  ['224.2.127.254', 'sdp-sap', 'global', '01:00:5e:02:7f:fe'],
  ['224.4.255.255', 'ad-hoc', 'global', '01:00:5e:04:ff:ff'],
  ['224.5.0.0', 'reserved', 'global', '01:00:5e:05:00:00'],
  ['231.255.255.255', 'reserved', 'global', '01:00:5e:7f:ff:ff'],
  ['232.0.0.0', 'source-specific', 'global', '01:00:5e:00:00:00'],
  ['232.128.1.2', 'source-specific', 'global', '01:00:5e:00:01:02'],
  ['233.2.1.9', 'glop', 'global', '01:00:5e:02:01:09', { asNumber: 513 }],
  ['233.251.255.0', 'glop', 'global', '01:00:5e:7b:ff:00', { asNumber: 64511 }],
  ['233.252.0.1', 'ad-hoc', 'global', '01:00:5e:7c:00:01'],
  ['234.192.0.2', 'unicast-prefix', 'global', '01:00:5e:40:00:02', { unicastPrefix: '192.0.2.0/24' }],
  ['235.0.0.0', 'reserved', 'global', '01:00:5e:00:00:00'],
  ['239.0.0.0', 'administratively-scoped', 'organization-local', '01:00:5e:00:00:00'],
  ['239.191.255.255', 'administratively-scoped', 'organization-local', '01:00:5e:3f:ff:ff'],
  ['239.192.0.0', 'administratively-scoped', 'organization-local', '01:00:5e:40:00:00', { hopLimit: 64 }],
  ['239.195.255.255', 'administratively-scoped', 'organization-local', '01:00:5e:43:ff:ff', { hopLimit: 64 }],
  ['239.196.0.0', 'administratively-scoped', 'organization-local', '01:00:5e:44:00:00'],
  ['239.252.255.255', 'administratively-scoped', 'organization-local', '01:00:5e:7c:ff:ff'],
  ['239.253.0.0', 'administratively-scoped', 'local', '01:00:5e:7d:00:00'],
  ['239.254.255.255', 'administratively-scoped', 'local', '01:00:5e:7e:ff:ff'],
  ['239.255.0.1', 'administratively-scoped', 'local', '01:00:5e:7f:00:01', { hopLimit: 32 }],
]

const none = { T: false, P: false, R: false, X: false }
const ipv6: [group: string, kind: string, scope: string, flags: object, rest?: object][] = [
  ['ff01::1', 'well-known', 'interface-local', none, { hopLimit: 0 }],
  ['ff02::1', 'well-known', 'link-local', none, { hopLimit: 1, ethernet: '33:33:00:00:00:01' }],
  ['FF02:0:0:0:0:1:FF28:9C5A', 'solicited-node', 'link-local', none, { address: 'ff02::1:ff28:9c5a' }],
  ['ff05::1:ff28:9c5a', 'well-known', 'site-local', none, { hopLimit: 32 }],
  ['ff03::1', 'well-known', 'realm-local', none],
  ['ff04::1', 'well-known', 'admin-local', none],
  ['ff08::1', 'well-known', 'organization-local', none],
  ['ff0e::101', 'well-known', 'global', none, { hopLimit: 255, ethernet: '33:33:00:00:01:01' }],
  ['ff00::1', 'well-known', 'reserved', none],
  ['ff0f::1', 'well-known', 'reserved', none],
  ['ff06::1', 'well-known', 'unassigned', none],
  ['ff0d::1', 'well-known', 'unassigned', none],
  ['ff15::abcd:1234', 'transient', 'site-local', { ...none, T: true }, { ethernet: '33:33:ab:cd:12:34' }],
  ['ff3e::8000:1', 'source-specific', 'global', { ...none, T: true, P: true }],
  ['ff32::1%lo', 'source-specific', 'link-local', { ...none, T: true, P: true }, { address: 'ff32::1' }],
  ['ff3e:0:1::1', 'source-specific', 'global', { ...none, T: true, P: true }],
  [
    'ff3e:30:3ffe:ffff:1::8',
    'unicast-prefix',
    'global',
    { ...none, T: true, P: true },
    { unicastPrefix: '3ffe:ffff:1::/48' },
  ],
  // Bits of the group beyond the prefix length do not belong to the prefix.
  [
    'ff38:21:ffff:ffff:ffff::1',
    'unicast-prefix',
    'organization-local',
    { ...none, T: true, P: true },
    { unicastPrefix: 'ffff:ffff:8000::/33' },
  ],
  ['ff32:ff:2a0:c9ff:fe01:203::9', 'link-scoped', 'link-local', { ...none, T: true, P: true }],
  ['ff3e:41::1', 'reserved', 'global', { ...none, T: true, P: true }],
  ['ff3e:1000::1', 'reserved', 'global', { ...none, T: true, P: true }],
  [
    'ff7e:b20:2001:db8:dead::7',
    'embedded-rp',
    'global',
    { ...none, T: true, P: true, R: true },
    { unicastPrefix: '2001:db8::/32', rendezvousPoint: '2001:db8::b' },
  ],
  [
    'ff7e:120:2001:db8:beef:feed::1234',
    'embedded-rp',
    'global',
    { ...none, T: true, P: true, R: true },
    { rendezvousPoint: '2001:db8::1' },
  ],
  [
    'ff7e:140:2001:db8:beef:feed::1234',
    'embedded-rp',
    'global',
    { ...none, T: true, P: true, R: true },
    { rendezvousPoint: '2001:db8:beef:feed::1' },
  ],
  ['ff7e:20:2001:db8::1', 'reserved', 'global', { ...none, T: true, P: true, R: true }],
  ['ff4e::1', 'reserved', 'global', { ...none, R: true }],
  ['ff2e::1', 'reserved', 'global', { ...none, P: true }],
  ['ff9e::1', 'reserved', 'global', { ...none, T: true, X: true }],
]

describe('describeGroup', () => {
  it.each(ipv4)('%s is %s, %s, %s on Ethernet', (address, kind, scope, ethernet, rest = {}) => {
    const expected = { address, family: 'ipv4', kind, scope, ethernet, ethernetSharedBy: 32, ...rest }
    expect(describeGroup(address)).toMatchObject(expected)
    expect(describeGroup(address)).not.toHaveProperty('flags')
  })

  it.each(ipv6)('%s is %s, %s', (address, kind, scope, flags, rest = {}) => {
    const description = describeGroup(address)
    expect(description).toMatchObject({ family: 'ipv6', kind, scope, flags, ...rest })
    expect(description).not.toHaveProperty('ethernetSharedBy')
    if (!('unicastPrefix' in rest) && kind !== 'embedded-rp') expect(description).not.toHaveProperty('unicastPrefix')
  })

  it('gives an AS number, a prefix and a rendezvous point only if the group has one', () => {
    expect(Object.keys(describeGroup('239.1.2.3')).sort()).toEqual([
      'address',
      'ethernet',
      'ethernetSharedBy',
      'family',
      'kind',
      'scope',
    ])
  })

  it.each([
    ['224.0.0.1', 'all-systems.mcast.net', /general IGMP queries/],
    ['224.0.0.2', 'all-routers.mcast.net', /every router/],
    ['224.0.0.13', 'pim-routers.mcast.net', /PIM/],
    ['224.0.0.22', 'igmp.mcast.net', /IGMPv3 reports/],
    ['224.0.0.251', 'mdns.mcast.net', /DNS/],
    ['224.0.1.1', 'ntp.mcast.net', /NTP/],
    ['::ffff:224.0.1.1', 'ntp.mcast.net', /NTP/],
    ['224.0.1.129', 'ptp-primary.mcast.net', /PTP/],
    ['224.2.127.254', 'sap.mcast.net', /announcements/],
    ['239.255.255.250', 'ssdp', /UPnP/],
    ['ff02::1', 'all-nodes', /general MLD queries/],
    ['ff02::1%eth0', 'all-nodes', /every node/],
    ['ff01::2', 'all-routers', /router/],
    ['ff02::16', 'mldv2-routers', /MLDv2 reports/],
    ['ff02::fb', 'mdns', /DNS/],
    ['ff05::101', 'ntp', /NTP/],
    ['ff0e::2:7ffe', 'sap', /announcements/],
    ['ff02::1:2', 'dhcp-agents', /DHCPv6/],
    ['ff02::1:3', 'llmnr', /name resolution/],
    ['ff05::1:3', 'all-dhcp-servers', /DHCPv6/],
  ])('names the well-known group %s %s', (address, name, purpose) => {
    expect(describeGroup(address)).toMatchObject({ name, purpose: expect.stringMatching(purpose) })
  })

  it.each(['224.0.0.3', '224.0.1.3', '239.1.1.1', 'ff12::1', 'ff05::1', 'ff32::fb', 'ff02::1:101', 'ff02:0:0:1::1'])(
    'has no name for %s',
    (address) => expect(describeGroup(address)).not.toHaveProperty('name'),
  )

  it('calls no group of 239/8 unassigned, and gives a hop limit to 239.192/14 and 239.255/16 alone', () => {
    for (let second = 0; second < 256; second++) {
      const { scope, hopLimit } = describeGroup(`239.${second}.1.2`)
      expect(scope).toBe(second >= 253 ? 'local' : 'organization-local')
      expect(hopLimit).toBe(second === 255 ? 32 : second >= 192 && second <= 195 ? 64 : undefined)
    }
  })

  it('counts the groups of one Ethernet address right', () => {
    const groups: string[] = []
    for (let first = 224; first < 240; first++) groups.push(`${first}.1.2.3`, `${first}.129.2.3`)
    expect(new Set(groups.map((group) => describeGroup(group).ethernet))).toEqual(new Set(['01:00:5e:01:02:03']))
    expect(groups).toHaveLength(describeGroup('224.1.2.3').ethernetSharedBy ?? 0)
  })

  it('describes every group there can be', () => {
    const bytes = fc.oneof(
      fc.tuple(fc.integer({ min: 224, max: 239 }), fc.uint8Array({ minLength: 3, maxLength: 3 })),
      fc.tuple(fc.constant(255), fc.uint8Array({ minLength: 15, maxLength: 15 })),
    )
    fc.assert(
      fc.property(bytes, ([first, rest]) => {
        const address = formatAddress(Uint8Array.of(first, ...rest))
        expect(isMulticast(address)).toBe(true)
        expect(describeGroup(address).address).toBe(address)
      }),
    )
  })

  it.each([
    '',
    'x',
    '10.0.0.1',
    '223.255.255.255',
    '240.0.0.0',
    '224.0.0',
    '224.0.0.1.',
    '224.00.0.1',
    '2001:db8::1',
    'ff::1',
    'ff02::1::',
    '224.0.0.1%lo',
  ])('refuses %j by name', (address) => {
    expect(() => describeGroup(address)).toThrow(SocketOptionError)
    expect(() => describeGroup(address)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ADDRESS',
        reason: 'bad-value',
        message: expect.stringContaining(`'${address}'`),
      }),
    )
  })

  it.each([undefined, null, 7, {}, [], Symbol('group')])('refuses %s, which is no text', (address) => {
    expect(() => describeGroup(address as string)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ADDRESS' }))
  })
})

describe('hopScope', () => {
  it.each([
    [0, 'host'],
    [1, 'subnet'],
    [2, 'site'],
    [32, 'site'],
    [33, 'region'],
    [64, 'region'],
    [65, 'continent'],
    [128, 'continent'],
    [129, 'unrestricted'],
    [255, 'unrestricted'],
  ])('a TTL of %i stays within the %s', (hops, scope) => {
    expect(hopScope(hops)).toBe(scope)
  })

  it.each([-1, 256, 1.5, Number.NaN, '1'])('refuses %s', (hops) => {
    expect(() => hopScope(hops as number)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
  })
})

describe('addresses', () => {
  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::1', '::1'],
    ['::FFFF:a00:1', '::ffff:10.0.0.1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['FE80::0:1%eth0.5', 'fe80::1%eth0.5'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is spelled %s', (text, expected) => {
    expect(canonical(text)).toBe(expected)
  })

  it('gives bytes and zone', () => {
    expect(parseAddress('10.1.2.3')).toEqual({ family: 4, bytes: Uint8Array.of(10, 1, 2, 3) })
    expect(parseAddress('ff02::1%3')).toEqual({
      family: 6,
      bytes: Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
      zone: '3',
    })
    expect(parseAddress('1.2.3')).toBeUndefined()
    expect(canonical('nonsense')).toBeUndefined()
    expect(canonical(undefined as unknown as string)).toBeUndefined()
  })

  it('reads back what it writes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(bytes, (address) => {
        const text = formatAddress(address)
        expect(isIP(text)).toBe(address.length === 4 ? 4 : 6)
        expect(parseAddress(text)?.bytes).toEqual(address)
        expect(canonical(text)).toBe(text)
      }),
    )
  })

  it('takes for an address what Node takes for one', () => {
    const digits = fc.constantFrom(
      '0',
      '1',
      '25',
      '255',
      '256',
      '01',
      'f',
      'ff02',
      '.',
      '.',
      '.',
      ':',
      ':',
      '::',
      '%',
      'x',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6(),
          fc.array(digits, { maxLength: 12 }).map((part) => part.join('')),
        ),
        (text) => {
          expect(parseAddress(text)?.family ?? 0).toBe(isIP(text))
        },
      ),
      { numRuns: 2000 },
    )
  })
})
