// What the errno of a call on an option means, by what was tried and the filter mode that the socket had there.
import { constants } from 'node:os'
import {
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_BLOCK_SOURCE,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_MSFILTER,
  IP_MULTICAST_IF,
  IP_TTL,
  IP_UNBLOCK_SOURCE,
  IPV6_MULTICAST_IF,
  MCAST_BLOCK_SOURCE,
  MCAST_JOIN_GROUP,
  MCAST_JOIN_SOURCE_GROUP,
  MCAST_LEAVE_GROUP,
  MCAST_LEAVE_SOURCE_GROUP,
  MCAST_MSFILTER,
  MCAST_UNBLOCK_SOURCE,
  SO_BINDTODEVICE,
  SO_MARK,
} from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { type FilterMode, native } from '../lib/binding/native.ts'
import { explain } from '../lib/calls/explain-option.ts'
import * as table from '../lib/options/index.ts'
import { type AnyOption, partsOf } from '../lib/options/option.ts'

type Code = keyof typeof constants.errno
type Told = readonly [reason: string, advice: string]

const options = new Map<string, unknown>(Object.entries(table))
const own = ({ name }: { name: string }) => partsOf(options.get(name) as AnyOption)

/** The outcome of a call as the addon gives it. */
const outcomeOf = (code: Code, mode: FilterMode, kernelWasAsked = true): number =>
  constants.errno[code] + 0x1000 * native.filterModes[mode] + (kernelWasAsked ? 0 : 0x4000)

/** The reason, and the advice of the message alone. */
function told(option: { name: string }, code: Code, mode: FilterMode, value: unknown, syscall = 'setsockopt'): Told {
  const error = explain(own(option), outcomeOf(code, mode), value, syscall as 'setsockopt')
  expect(error).toMatchObject({ code, errno: constants.errno[code], syscall, option: option.name })
  const [, advice = ''] = /: (.*) \(E\w+: [^)]*\)$/.exec(error.message) ?? []
  return [error.reason, advice]
}

const four = { group: '239.1.1.1', interface: 'lo', source: '192.0.2.1', sources: [], mode: 'include' }
const six = { ...four, group: 'ff15::1', source: '2001:db8::1' }

const notMember: Told = ['not-member', 'this socket is not a member there; join first']
const anySource: Told = [
  'filter-mode',
  'this socket is an any-source member there; leave that first, or use block and unblock',
]
const sourceSpecific: Told = [
  'filter-mode',
  'this socket is a source-specific member there; leave its sources first, or set a source filter',
]
const badValue: Told = ['bad-value', 'the kernel does not take this value on this socket']
const noSuchAddress: Told = ['bad-value', 'the kernel finds no such address for this socket']
const otherFamily: Told = ['bad-value', 'the group is of another family than the socket']
const already = (advice: string): Told => ['already-member', advice]

describe.each([
  ['by address', IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_ADD_SOURCE_MEMBERSHIP, IP_DROP_SOURCE_MEMBERSHIP],
  ['by index', MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP, MCAST_JOIN_SOURCE_GROUP, MCAST_LEAVE_SOURCE_GROUP],
])('joining and leaving %s', (_, join, leave, joinSource, leaveSource) => {
  it('is told by the mode of the filter', () => {
    expect(told(join, 'EADDRINUSE', 'exclude', four)).toEqual(already('this socket is a member there already'))
    expect(told(join, 'EADDRINUSE', 'none', four)).toEqual(already('this socket is a member there already'))
    expect(told(join, 'EADDRINUSE', 'include', four)).toEqual(sourceSpecific)
    expect(told(join, 'EINVAL', 'include', four)).toEqual(badValue)
    expect(told(joinSource, 'EADDRNOTAVAIL', 'include', four)).toEqual(already('this socket takes this source already'))
    for (const code of ['EINVAL', 'EADDRNOTAVAIL'] as const)
      expect(told(joinSource, code, 'exclude', four)).toEqual(anySource)
    expect(told(joinSource, 'EINVAL', 'include', four)).toEqual(badValue)
    expect(told(leave, 'EADDRNOTAVAIL', 'none', four)).toEqual(notMember)
    expect(told(leave, 'EINVAL', 'none', four)).toEqual(badValue)
    expect(told(leaveSource, 'EADDRNOTAVAIL', 'exclude', four)).toEqual(anySource)
    expect(told(leaveSource, 'EINVAL', 'exclude', four)).toEqual(anySource)
    expect(told(leaveSource, 'EADDRNOTAVAIL', 'include', four)).toEqual([
      'not-member',
      'this socket does not take this source',
    ])
    for (const code of ['EINVAL', 'EADDRNOTAVAIL'] as const)
      expect(told(leaveSource, code, 'none', four)).toEqual(notMember)
    expect(told(leaveSource, 'EINVAL', 'include', four)).toEqual(notMember)
    expect(told(leaveSource, 'EPROTO', 'include', four)[0]).toBe('bad-value')
  })
})

describe.each([
  ['by address', IP_BLOCK_SOURCE, IP_UNBLOCK_SOURCE],
  ['by index', MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE],
])('blocking %s', (_, block, unblock) => {
  it('is told by the mode of the filter', () => {
    for (const option of [block, unblock]) {
      for (const code of ['EINVAL', 'EADDRNOTAVAIL'] as const) {
        expect(told(option, code, 'include', four)).toEqual(sourceSpecific)
        expect(told(option, code, 'none', four)).toEqual(notMember)
      }
      expect(told(option, 'EINVAL', 'exclude', four)).toEqual(notMember)
      expect(told(option, 'EPROTO', 'exclude', four)[0]).toBe('bad-value')
    }
    expect(told(block, 'EADDRNOTAVAIL', 'exclude', four)).toEqual(already('this source is blocked already'))
    expect(told(unblock, 'EADDRNOTAVAIL', 'exclude', four)).toEqual(['not-member', 'this source is not blocked'])
  })
})

describe.each([
  ['by address', IP_MSFILTER],
  ['by index', MCAST_MSFILTER],
])('a source filter %s', (_, filter) => {
  it('needs a membership, and an interface', () => {
    for (const code of ['EINVAL', 'EADDRNOTAVAIL'] as const) {
      expect(told(filter, code, 'none', four)).toEqual(notMember)
      expect(told(filter, code, 'none', four, 'getsockopt')).toEqual(notMember)
    }
    expect(told(filter, 'EINVAL', 'exclude', four)).toEqual(badValue)
  })
})

describe('a filter by index', () => {
  it('is not found on an interface that nobody named', () => {
    for (const on of [undefined, 0, '0.0.0.0']) {
      const [reason] = told(MCAST_MSFILTER, 'EADDRNOTAVAIL', 'none', { ...four, interface: on })
      expect(reason).toBe('no-interface')
    }
    expect(told(MCAST_MSFILTER, 'EADDRNOTAVAIL', 'none', { ...four, interface: undefined })[1]).toBe(
      'a filter is kept by interface, and the kernel chooses none here: name it',
    )
  })
  it('is of another family, or of no membership', () => {
    expect(told(MCAST_MSFILTER, 'EADDRNOTAVAIL', 'exclude', four)).toEqual(otherFamily)
    expect(told(MCAST_MSFILTER, 'EADDRNOTAVAIL', 'exclude', four, 'getsockopt')).toEqual(notMember)
    expect(told(MCAST_JOIN_GROUP, 'EADDRNOTAVAIL', 'none', four)).toEqual(otherFamily)
    expect(told(MCAST_JOIN_GROUP, 'EINVAL', 'none', four)).toEqual(badValue)
    expect(told(IP_ADD_MEMBERSHIP, 'EADDRNOTAVAIL', 'none', four)).toEqual(noSuchAddress)
  })
})

describe('a limit', () => {
  const groups = (sysctl: string): Told => [
    'limit',
    `this socket can hold no more groups: raise the sysctl ${sysctl}; or use more sockets`,
  ]
  const sources = (sysctl: string): Told => [
    'limit',
    `this group can hold no more sources: raise the sysctl ${sysctl}, or net.core.optmem_max where that is not it`,
  ]
  const ofGroups = groups('net.ipv4.igmp_max_memberships, or net.core.optmem_max where that is not it')

  it('is of groups for a join, and for a source if the socket is in no such group yet', () => {
    for (const code of ['ENOBUFS', 'ENOMEM'] as const) {
      for (const mode of ['none', 'include', 'exclude'] as const) {
        expect(told(IP_ADD_MEMBERSHIP, code, mode, four)).toEqual(ofGroups)
        expect(told(MCAST_JOIN_GROUP, code, mode, six)).toEqual(groups('net.core.optmem_max'))
      }
      expect(told(MCAST_JOIN_SOURCE_GROUP, code, 'none', four)).toEqual(ofGroups)
    }
  })
  it('is of sources if the socket is in the group', () => {
    for (const mode of ['include', 'exclude'] as const) {
      expect(told(MCAST_MSFILTER, 'ENOBUFS', mode, four)).toEqual(sources('net.ipv4.igmp_max_msf'))
      expect(told(MCAST_MSFILTER, 'ENOBUFS', mode, six)).toEqual(sources('net.ipv6.mld_max_msf'))
      expect(told(MCAST_BLOCK_SOURCE, 'ENOBUFS', mode, six)).toEqual(sources('net.ipv6.mld_max_msf'))
      // For want of memory the number of sources is not to blame.
      expect(told(MCAST_MSFILTER, 'ENOMEM', mode, four)).toEqual(ofGroups)
    }
  })
  it('is another one for other options', () => {
    expect(told(IP_TTL, 'ENOBUFS', 'none', 7)).toEqual(['limit', 'a limit of the kernel is reached'])
    expect(told(IP_TTL, 'ENOMEM', 'none', 7)).toEqual([
      'limit',
      'a limit of the kernel is reached: see the sysctl net.core.optmem_max',
    ])
    expect(told(IP_MULTICAST_IF, 'ENOMEM', 'none', four)[1]).toMatch(/^a limit of the kernel/)
  })
})

describe('an interface', () => {
  it('that nobody named is a route that is missing', () => {
    for (const on of [undefined, 0, '0.0.0.0'])
      expect(told(MCAST_JOIN_GROUP, 'ENODEV', 'none', { ...four, interface: on })).toEqual([
        'no-route',
        'there is no route to 239.1.1.1; name the interface',
      ])
  })
  it('that was named, and is none, is named beside those that are', () => {
    for (const [on, name] of [
      ['nosuch0', "'nosuch0'"],
      [4711, 'with index 4711'],
      ['192.0.2.7', "'192.0.2.7'"],
    ] as const) {
      const expected = [
        'no-interface',
        expect.stringMatching(new RegExp(`^no interface ${name}; there are: .*lo \\(1\\)`)),
      ]
      expect(told(MCAST_JOIN_GROUP, 'ENODEV', 'none', { ...four, interface: on })).toEqual(expected)
    }
    for (const code of ['EADDRNOTAVAIL', 'ENODEV'] as const) {
      const expected = ['no-interface', expect.stringMatching(/^no interface '192\.0\.2\.7'; there are: /)]
      expect(told(IP_MULTICAST_IF, code, 'none', '192.0.2.7')).toEqual(expected)
      expect(told(IPV6_MULTICAST_IF, code, 'none', 4711)[1]).toMatch(/^no interface with index 4711; /)
    }
    expect(told(SO_BINDTODEVICE, 'ENODEV', 'none', 'nosuch0')[1]).toMatch(/^no interface 'nosuch0'; /)
    expect(told(IP_TTL, 'ENODEV', 'none', 7)).toEqual(['no-interface', 'no such interface'])
    expect(told(IP_TTL, 'ENXIO', 'none', undefined)).toEqual(['no-interface', 'no such interface'])
    expect(told(IP_MULTICAST_IF, 'EINVAL', 'none', '192.0.2.7')).toEqual(badValue)
  })
})

describe('any option', () => {
  const groupless = { interface: 'lo' }
  it.each([
    ['ENOTSOCK', 'bad-value', 'the descriptor is not a socket'],
    ['EBADF', 'closed', 'the descriptor is not open'],
    ['EPERM', 'permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW, as its documentation says'],
    ['EACCES', 'permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW, as its documentation says'],
    ['ENOPROTOOPT', 'unsupported', 'this kernel, or this kind of socket, does not know the option'],
    ['ENOTSUP', 'unsupported', 'this kernel, or this kind of socket, does not know the option'],
    ['EAFNOSUPPORT', 'bad-value', 'it is for sockets of another family'],
    ['EPROTO', 'bad-value', 'it is for sockets of another type: a membership needs a datagram or raw socket'],
    ['EINVAL', ...badValue],
    ['EDOM', ...badValue],
    ['ERANGE', ...badValue],
    ['E2BIG', ...badValue],
    ['EFAULT', ...badValue],
    ['ENOENT', 'bad-value', 'the kernel has nothing of that name'],
    ['EADDRNOTAVAIL', ...noSuchAddress],
    ['ENETUNREACH', 'no-route', 'there is no route; name the interface'],
    ['EHOSTUNREACH', 'no-route', 'there is no route; name the interface'],
    ['EIO', 'system', 'failed'],
  ] as const)('is refused with %s: %s', (code, ...expected) => {
    expect(told(IP_TTL, code, 'none', 7)).toEqual(expected)
    expect(told(IP_TTL, code, 'none', groupless)).toEqual(expected)
  })
  it('needs the privilege that it says it needs', () => {
    expect(told(SO_MARK, 'EPERM', 'none', 7)).toEqual(['permission', expect.stringMatching(/^it needs CAP_NET_\w+/)])
  })
  it('of a level that the socket has not is about a group of another family', () => {
    for (const code of ['ENOPROTOOPT', 'ENOTSUP'] as const)
      expect(told(MCAST_JOIN_GROUP, code, 'none', four)).toEqual(otherFamily)
  })
})

describe('the message', () => {
  const message = (option: { name: string }, value: unknown, outcome = outcomeOf('EINVAL', 'none')) =>
    explain(own(option), outcome, value, 'setsockopt').message

  it('says what was asked for', () => {
    const end = 'the kernel does not take this value on this socket (EINVAL: invalid argument)'
    expect(message(IP_TTL, 7)).toBe(`IP_TTL 7: ${end}`)
    expect(message(IP_TTL, null)).toBe(`IP_TTL null: ${end}`)
    expect(message(IP_TTL, undefined)).toBe(`IP_TTL: ${end}`)
    expect(message(IP_TTL, new Uint8Array(2))).toBe(`IP_TTL an object: ${end}`)
    expect(message(IP_TTL, {})).toBe(`IP_TTL: ${end}`)
    expect(message(MCAST_JOIN_SOURCE_GROUP, { ...four, interface: 1 })).toBe(
      `MCAST_JOIN_SOURCE_GROUP group 239.1.1.1 source 192.0.2.1 on lo (1): ${end}`,
    )
    expect(message(MCAST_JOIN_GROUP, { group: '239.1.1.1', interface: 4711 })).toBe(
      `MCAST_JOIN_GROUP group 239.1.1.1 on interface 4711: ${end}`,
    )
    expect(message(MCAST_JOIN_GROUP, { group: '239.1.1.1', interface: 0 })).toBe(
      `MCAST_JOIN_GROUP group 239.1.1.1 on interface 0: ${end}`,
    )
    expect(message(MCAST_JOIN_GROUP, { group: '239.1.1.1', interface: 'eth7' })).toBe(
      `MCAST_JOIN_GROUP group 239.1.1.1 on eth7: ${end}`,
    )
  })
  it('says that the kernel was not asked, if it was not', () => {
    const error = explain(
      own(MCAST_JOIN_SOURCE_GROUP),
      outcomeOf('EINVAL', 'exclude', false),
      { ...four, interface: 1 },
      'setsockopt',
    )
    expect(error.message).toBe(
      'MCAST_JOIN_SOURCE_GROUP group 239.1.1.1 source 192.0.2.1 on lo (1): this socket is an any-source member there; leave that first, or use block and unblock',
    )
    expect(error).toMatchObject({ code: 'ERR_FILTER_MODE', reason: 'filter-mode', option: 'MCAST_JOIN_SOURCE_GROUP' })
    expect(error).not.toHaveProperty('errno')
    expect(error).not.toHaveProperty('syscall')
  })
})
