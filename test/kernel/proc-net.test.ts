import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hostMemberships } from '../../lib/kernel/proc-net.ts'
import { formatAddress } from '../../lib/net/address.ts'
import { fc } from '../support/property.ts'

// Lists read on a little-endian Linux 6.18 with a veth pair, after joins of every kind.
const igmp = `Idx	Device    : Count Querier	Group    Users Timer	Reporter
1	lo        :     5      V3
				030101EF     2 0:00000000		0
				020101EF     1 0:00000000		0
				010101E8     2 0:00000000		0
				010101EF     1 0:00000000		0
				010000E0     1 0:00000000		0
2	b0        :     1      V2
				010000E0     1 0:00000000		0
3	longername0:     1      V3
				010000E0     1 1:00000064		1
`
const mcfilter = `Idx Device        MCA        SRC    INC    EXC
  1     lo 0xef010103 0x7f000002      1      0
  1     lo 0xef010102 0x7f000009      0      1
  1     lo 0xe8010101 0x7f000002      2      0
  1     lo 0xe8010101 0x7f000003      1      0
`
const igmp6 = `1    lo              ff020000000000000000000000000001     1 0000000C 0
3    longername0     ff3e0000000000000000000000000001     1 00000004 0
3    longername0     ff150000000000000000000000000001     1 00000004 0
`
const mcfilter6 = `Idx Device                Multicast Address                   Source Address    INC    EXC
  3 longer ff3e0000000000000000000000000001 fd000000000000000000000000000009      1      0
`

describe('what the host has joined', () => {
  it('reads groups, users, versions, filters and modes of both families', () => {
    const rest = { sources: [], sourcesListed: true, mode: 'exclude' }
    const lo4 = { interface: 'lo', index: 1, family: 'ipv4', sourcesListed: true, igmpVersion: 3 }
    const longer6 = { interface: 'longername0', index: 3, family: 'ipv6', users: 1 }
    expect(hostMemberships({ igmp, igmp6, mcfilter, mcfilter6 }, true)).toEqual([
      {
        ...lo4,
        group: '239.1.1.3',
        users: 2,
        mode: 'exclude',
        sources: [{ address: '127.0.0.2', include: 1, exclude: 0 }],
      },
      {
        ...lo4,
        group: '239.1.1.2',
        users: 1,
        mode: 'exclude',
        sources: [{ address: '127.0.0.9', include: 0, exclude: 1 }],
      },
      {
        ...lo4,
        group: '232.1.1.1',
        users: 2,
        mode: 'include',
        sources: [
          { address: '127.0.0.2', include: 2, exclude: 0 },
          { address: '127.0.0.3', include: 1, exclude: 0 },
        ],
      },
      { ...lo4, group: '239.1.1.1', users: 1, mode: 'exclude', sources: [] },
      { ...lo4, group: '224.0.0.1', users: 1, mode: 'exclude', sources: [] },
      { interface: 'b0', index: 2, family: 'ipv4', group: '224.0.0.1', users: 1, igmpVersion: 2, ...rest },
      { interface: 'longername0', index: 3, family: 'ipv4', group: '224.0.0.1', users: 1, igmpVersion: 3, ...rest },
      { interface: 'lo', index: 1, family: 'ipv6', group: 'ff02::1', users: 1, ...rest },
      {
        ...longer6,
        group: 'ff3e::1',
        mode: 'include',
        sources: [{ address: 'fd00::9', include: 1, exclude: 0 }],
        sourcesListed: true,
      },
      { ...longer6, group: 'ff15::1', ...rest },
    ])
  })

  it('reads the group the other way round on a big-endian host, and the filter as it is', () => {
    const big = igmp.replaceAll(/\b([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})\b/g, '$4$3$2$1')
    expect(hostMemberships({ igmp: big, mcfilter }, false)).toEqual(hostMemberships({ igmp, mcfilter }, true))
  })

  it('does not take filters for absent that the kernel did not list', () => {
    const hidden = hostMemberships({ igmp, igmp6, mcfilter: 'Idx Device        MCA        SRC    INC    EXC\n' }, true)
    const seen = hidden.map(({ index, group, mode, sourcesListed }) => [index, group, mode, sourcesListed])
    expect(seen).toEqual([
      [1, '239.1.1.3', 'exclude', true],
      [1, '239.1.1.2', undefined, false],
      [1, '232.1.1.1', undefined, false],
      [1, '239.1.1.1', undefined, false],
      [1, '224.0.0.1', undefined, false],
      [2, '224.0.0.1', 'exclude', true],
      [3, '224.0.0.1', 'exclude', true],
      [1, 'ff02::1', 'exclude', true],
      [3, 'ff3e::1', 'exclude', true],
      [3, 'ff15::1', undefined, false],
    ])
  })

  it('leaves the mode open if the counts do', () => {
    const two = (users: number) => `Idx\n1\tlo        :     1      V3\n\t\t\t\t010101E8     ${users} 0:00000000\t\t0\n`
    const filter = `Idx\n  1     lo 0xe8010101 0x0a000001      1      0\n  1     lo 0xe8010101 0x0a000002      1      0\n`
    const mode = (users: number) => hostMemberships({ igmp: two(users), mcfilter: filter }, true)[0]?.mode
    // One socket with both sources; two sockets with one each, or one with both and one that takes any; one more than
    // sources.
    expect([mode(1), mode(2), mode(3)]).toEqual(['include', undefined, 'exclude'])
  })

  it.runIf(process.platform === 'linux')("reads this host's own files", () => {
    const read = (name: string) => readFileSync(`/proc/net/${name}`, 'latin1')
    const memberships = hostMemberships({
      igmp: read('igmp'),
      igmp6: read('igmp6'),
      mcfilter: read('mcfilter'),
      mcfilter6: read('mcfilter6'),
    })
    // Linux joins the all-hosts group on every IPv4 interface by itself.
    expect(memberships).toContainEqual(expect.objectContaining({ interface: 'lo', group: '224.0.0.1' }))
  })

  it('reads five thousand memberships whole', () => {
    const groups = Array.from({ length: 5000 }, (_, i) => `239.1.${i >> 8}.${i & 255}`)
    const lines = groups.map((_, i) => `\t\t\t\t${hexOf(i & 255)}${hexOf(i >> 8)}01EF     1 0:00000000\t\t0`)
    const filters = groups.map((_, i) => `  4   eth0 0xef01${hexOf(i >> 8)}${hexOf(i & 255)} 0x0a000001      1      0`)
    const texts = {
      igmp: `Idx\n4\teth0      :  5000      V3\n${lines.join('\n')}\n`,
      mcfilter: `Idx\n${filters.join('\n')}\n`,
    }
    const memberships = hostMemberships(texts, true)
    expect(memberships.map(({ group }) => group)).toEqual(groups)
    expect(memberships.every(({ sources, mode }) => sources.length === 1 && mode === 'include')).toBe(true)
  })

  it('gives nothing for no text, and passes over lines it can not read', () => {
    expect(hostMemberships({})).toEqual([])
    expect(hostMemberships({ igmp: 'junk\n\n1\n', igmp6: '1 lo\n\n', mcfilter: '1 lo 0x\n', mcfilter6: 'x' })).toEqual(
      [],
    )
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        expect(hostMemberships({ igmp: a, igmp6: b, mcfilter: c, mcfilter6: d })).toBeInstanceOf(Array)
      }),
    )
  })

  it('reads what follows an empty first line, and a last line without an end', () => {
    expect(hostMemberships({ igmp6: `\n${igmp6.trimEnd()}` })).toEqual(hostMemberships({ igmp6 }))
  })

  it('reads any IPv6 group the kernel prints', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const text = `2    eth0            ${Buffer.from(bytes).toString('hex')}     1 00000004 0\n`
        expect(hostMemberships({ igmp6: text })[0]?.group).toBe(formatAddress(bytes))
      }),
    )
  })
})

const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0').toUpperCase()
