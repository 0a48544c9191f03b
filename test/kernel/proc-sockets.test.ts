import dgram from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { growth, parseCounters } from '../../lib/kernel/proc-counters.ts'
import { hostSockets } from '../../lib/kernel/proc-sockets.ts'
import { fc } from '../support/property.ts'

const HEAD =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops'
const UDP = `${HEAD}
  110: 010101EF:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0000000000000000 12
`
const UDP6 = `${HEAD}
   10: 000015FF000000000000000001000000:1388 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 99 2 0000000000000000 0
`

describe('the UDP sockets of a host', () => {
  it('are read, on a host of either byte order', () => {
    const expected = [
      { family: 'ipv4', address: '239.1.1.1', port: 5000, uid: 1000, inode: 4711, drops: 12 },
      { family: 'ipv6', address: 'ff15::1', port: 5000, uid: 0, inode: 99, drops: 0 },
    ]
    expect(hostSockets([UDP, UDP6], true)).toEqual(expected)
    const big = UDP.replace('010101EF', 'EF010101')
    expect(hostSockets([big], false)).toEqual(expected.slice(0, 1))
  })

  it('hold one that was just opened', async () => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    expect(hostSockets([readFileSync('/proc/net/udp', 'latin1')])).toContainEqual(
      expect.objectContaining({ address: '127.0.0.1', port, drops: 0 }),
    )
    socket.close()
  })

  it('pass over what they can not read', () => {
    expect(hostSockets(['', 'junk', ' 1: 00:11 x'])).toEqual([])
    for (const [count, wrong] of [
      ['  1000  ', '  90071992547409920  '],
      [' 4711 ', ' -4711 '],
      [' 12\n', ' twelve\n'],
    ] as const) {
      expect(UDP).toContain(count)
      expect(hostSockets([UDP.replace(count, wrong), UDP6], true)).toMatchObject([{ family: 'ipv6' }])
    }
    fc.assert(fc.property(fc.string(), (text) => void hostSockets([text, UDP + text])))
  })
})

describe('counters of the kernel', () => {
  it('are read from pairs of lines and from lines of their own, and compared', () => {
    const before = parseCounters(
      'Udp: InDatagrams NoPorts\nUdp: 5 1\nIpExt: InMcastPkts\nIpExt: 9\n',
      'Udp6InErrors  \t7\n',
    )
    expect(Object.fromEntries(before)).toEqual({
      'Udp.InDatagrams': 5,
      'Udp.NoPorts': 1,
      'IpExt.InMcastPkts': 9,
      Udp6InErrors: 7,
    })
    const after = parseCounters('Udp: InDatagrams NoPorts\nUdp: 8 1\n')
    expect([growth(before, after, 'Udp.InDatagrams'), growth(before, after, 'Udp.Nothing')]).toEqual([3, 0])
  })

  it('are those of this host', () => {
    const counters = parseCounters(
      readFileSync('/proc/net/netstat', 'latin1'),
      readFileSync('/proc/net/snmp', 'latin1'),
    )
    expect(counters.get('TcpExt.IPReversePathFilter')).toBeGreaterThanOrEqual(0)
    expect(counters.get('Udp.IgnoredMulti')).toBeGreaterThanOrEqual(0)
  })
})
