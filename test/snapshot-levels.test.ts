// Which levels a snapshot has: those of its socket, by family, type and protocol.
import { control } from 'sockctl'
import { expect, it } from 'vitest'
import { native } from '../lib/binding/native.ts'
import { describeInNamespace, describeUnless } from './support/namespace.ts'
import { AF_INET, AF_INET6, AF_UNIX, constant, SOCK_DGRAM, SOCK_STREAM, socketOf } from './support/native-sockets.ts'

const SOCK_RAW = constant('SOCK_RAW')
const AF_VSOCK = constant('AF_VSOCK')
const [ICMP, IGMP, UDP] = [1, 2, 17]

const canOpen = (family: number, type: number, protocol = 0): boolean =>
  new native.Socket().open(family, type, protocol) === 0
const namesOf = async (family: number, type: number, protocol = 0) =>
  Object.keys(await control(socketOf(family, type, protocol).fd).snapshot())

describeInNamespace('a snapshot', () => {
  it.each([
    ['Unix', AF_UNIX, SOCK_STREAM, 0, 'SO'],
    ['netlink', constant('AF_NETLINK'), SOCK_RAW, 0, 'NETLINK SO'],
    ['packet', constant('AF_PACKET'), SOCK_DGRAM, 0, 'PACKET SO'],
    ['raw IPv4', AF_INET, SOCK_RAW, UDP, 'IP SO'],
    ['ICMP', AF_INET, SOCK_RAW, ICMP, 'ICMP IP SO'],
    ['raw IPv6', AF_INET6, SOCK_RAW, UDP, 'IPV6 SO'],
    ['IGMP', AF_INET, SOCK_RAW, IGMP, 'IP MRT SO'],
    ['ICMPv6', AF_INET6, SOCK_RAW, constant('IPPROTO_ICMPV6'), 'ICMP6 ICMPV6 IPV6 MRT6 SO'],
  ])('of a socket of %s has %5$s', async (_, family, type, protocol, levels) => {
    const names = await namesOf(family, type, protocol)
    expect([...new Set(names.map((name) => name.split('_')[0]))].sort().join(' ')).toBe(levels)
    expect(names.filter((name) => name.startsWith('SO_VM_'))).toEqual([])
  })
})

const of = (what: string, has: boolean) => (has ? undefined : `the kernel has no ${what}`)

describeUnless(of('vsock', canOpen(AF_VSOCK, SOCK_STREAM)), 'a snapshot', () => {
  it('of a vsock socket has the options of vsock', async () => {
    const names = await namesOf(AF_VSOCK, SOCK_STREAM)
    expect(names).toContain('SO_VM_SOCKETS_BUFFER_SIZE')
    expect(names.filter((name) => !name.startsWith('SO_'))).toEqual([])
  })
})

describeUnless(of('MPTCP', canOpen(AF_INET, SOCK_STREAM, constant('IPPROTO_MPTCP'))), 'a snapshot', () => {
  it('of a socket of MPTCP has the options of TCP too', async () => {
    const names = await namesOf(AF_INET, SOCK_STREAM, constant('IPPROTO_MPTCP'))
    expect(new Set(names.map((name) => name.split('_')[0]))).toEqual(new Set(['SO', 'IP', 'TCP', 'MPTCP']))
  })
})
