// What the addon makes of control messages: those that no kernel of a test machine gives, and each a byte too short.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInNamespace } from '../support/namespace.ts'
import { constant } from '../support/native-sockets.ts'
import { buildPreload, preloading } from '../support/preload.mjs'
import { type Peer, spawnScript } from '../support/processes.ts'

const SOCKET = constant('SOL_SOCKET')
const IP = constant('IPPROTO_IP')
const IPV6 = constant('IPPROTO_IPV6')
const UDP = constant('IPPROTO_UDP')
const [SCM_TIMESTAMP, SCM_TIMESTAMPNS, SCM_TIMESTAMPING, SO_RXQ_OVFL] = [29, 35, 37, 40]
const [IP_TOS, IP_TTL, IP_PKTINFO, IP_RECVERR, IP_ORIGDSTADDR, IP_CHECKSUM, UDP_GRO] = [1, 2, 8, 11, 20, 23, 104]
const [IPV6_RECVERR, IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS, IPV6_ORIGDSTADDR] = [25, 50, 52, 67, 74]

/** A control message in hexadecimal digits, padded as cmsg(3) says; `length` says something other than its data. */
function message(level: number, type: number, data: Uint8Array, length = 16 + data.length): string {
  const bytes = Buffer.alloc(16 + Math.ceil(data.length / 8) * 8)
  bytes.writeBigUInt64LE(BigInt(length))
  bytes.writeInt32LE(level, 8)
  bytes.writeInt32LE(type, 12)
  bytes.set(data, 16)
  return bytes.toString('hex')
}

const int = (value: number) => Buffer.from(new Int32Array([value]).buffer)
const longs = (...values: (number | bigint)[]) => Buffer.from(new BigInt64Array(values.map(BigInt)).buffer)
const shorter = (data: Buffer) => data.subarray(0, -1)
const endpoint = (port: number, length = 16) => {
  const bytes = Buffer.alloc(length)
  bytes.set([2, 0, port >> 8, port & 255, 192, 0, 2, 7])
  return bytes
}
const endpoint6 = Buffer.from('0a0012340000000020010db800000000000000000000000100000000', 'hex')

describeInNamespace('control messages', () => {
  let peer: Peer
  beforeAll(() => {
    peer = spawnScript('control-messages.mjs', [], ['env', preloading(buildPreload('control'))])
  })
  afterAll(() => peer.close())

  const datagrams = (...control: string[]) =>
    peer.request<object[]>('datagram', { control: control.join(''), payload: '00112233445566778899' })
  const datagram = async (...control: string[]) => {
    const [one, ...more] = await datagrams(...control)
    expect(more).toEqual([])
    expect(one).toMatchObject({ data: '00112233445566778899' })
    const { data: _, ...told } = one as { data: string }
    return told
  }

  it('tell times by the clocks of the kernel and of the card', async () => {
    const ns = longs(1, 2)
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPNS, ns))).toEqual({ timestamp: '1000000002n' })
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPNS, shorter(ns)))).toEqual({})
    expect(await datagram(message(SOCKET, SCM_TIMESTAMP, ns))).toEqual({ timestamp: '1000002000n' })
    expect(await datagram(message(SOCKET, SCM_TIMESTAMP, shorter(ns)))).toEqual({})
    const both = longs(1, 2, 3, 4, 5, 6)
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPING, both))).toEqual({
      timestamp: '1000000002n',
      hardwareTimestamp: '5000000006n',
    })
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPING, shorter(both)))).toEqual({})
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPING, longs(1, 0, 0, 0, 0, 0)))).toEqual({
      timestamp: '1000000000n',
    })
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPING, longs(0, 0, 0, 0, 0, 7)))).toEqual({
      hardwareTimestamp: '7n',
    })
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPING, longs(0, 0, 3, 4, 0, 0)))).toEqual({})
    expect(await datagram(message(SOCKET, SCM_TIMESTAMPNS, longs(-1, 999_999_999)))).toEqual({ timestamp: '-1n' })
  })

  it.each([
    [IP, IP_TTL, 'hopLimit'],
    [IPV6, IPV6_HOPLIMIT, 'hopLimit'],
    [IP, IP_TOS, 'trafficClass'],
    [IPV6, IPV6_TCLASS, 'trafficClass'],
  ])('of level %i and type %i tell %3$s in 4 bytes or in 1', async (level, type, field) => {
    const told = async (data: Buffer) => await datagram(message(level, type, data))
    expect(await told(int(257))).toEqual({ [field]: 257 })
    expect(await told(Buffer.concat([int(5), int(6)]))).toEqual({ [field]: 5 })
    for (const length of [1, 2, 3]) expect(await told(Buffer.alloc(length, 200))).toEqual({ [field]: 200 })
    expect(await told(Buffer.alloc(0))).toEqual({})
  })

  it('tell the sum of the payload', async () => {
    expect(await datagram(message(IP, IP_CHECKSUM, int(0x00010002)))).toEqual({ checksum: 0x0300 })
    expect(await datagram(message(IP, IP_CHECKSUM, int(-1)))).toEqual({ checksum: 0xffff })
  })

  it('tell where a datagram was sent before it was redirected', async () => {
    const told = { originalDestination: { address: '192.0.2.7', port: 0x1234 } }
    for (const length of [16, 17, 128])
      expect(await datagram(message(IP, IP_ORIGDSTADDR, endpoint(0x1234, length)))).toEqual(told)
    for (const length of [0, 8, 15, 129])
      expect(await datagram(message(IP, IP_ORIGDSTADDR, endpoint(0x1234, 129).subarray(0, length)))).toEqual({})
    expect(await datagram(message(IPV6, IPV6_ORIGDSTADDR, endpoint6))).toEqual({
      originalDestination: { address: '2001:db8::1', port: 0x1234 },
    })
  })

  it('tell the destination and the interface', async () => {
    const info = Buffer.concat([int(7), Buffer.from([192, 0, 2, 1, 192, 0, 2, 2])])
    const told = { destination: '192.0.2.2', interfaceIndex: 7 }
    expect(await datagram(message(IP, IP_PKTINFO, info))).toEqual({ ...told, broadcast: true })
    const own = Buffer.concat([int(7), Buffer.from([192, 0, 2, 2, 192, 0, 2, 2])])
    expect(await datagram(message(IP, IP_PKTINFO, own))).toEqual(told)
    const info6 = Buffer.concat([endpoint6.subarray(8, 24), int(8)])
    const both = [message(IPV6, IPV6_PKTINFO, info6), message(IP, IP_PKTINFO, info)]
    for (const messages of [both, both.toReversed()])
      expect(await datagram(messages.join(''))).toEqual({
        destination: '2001:db8::1',
        interfaceIndex: 8,
        broadcast: true,
      })
    expect(await datagram(message(IPV6, IPV6_PKTINFO, info6))).toEqual({
      destination: '2001:db8::1',
      interfaceIndex: 8,
    })
    // Too short to tell, these are handed on as they came.
    for (const [level, type, data] of [
      [IP, IP_PKTINFO, shorter(info)],
      [IPV6, IPV6_PKTINFO, shorter(info6)],
      [UDP, UDP_GRO, Buffer.alloc(0)],
    ] as const)
      expect(await datagram(message(level, type, data))).toEqual({
        ancillary: [{ level, type, data: data.toString('hex') }],
      })
  })

  it('tell into how many datagrams a payload falls', async () => {
    const cut = async (segment: number) =>
      (await datagrams(message(UDP, UDP_GRO, int(segment)))).map((one) => (one as { data: string }).data)
    expect(await cut(4)).toEqual(['00112233', '44556677', '8899'])
    expect(await cut(5)).toEqual(['0011223344', '5566778899'])
    expect(await cut(9)).toEqual(['001122334455667788', '99'])
    for (const segment of [10, 11, 0, -1]) expect(await cut(segment)).toEqual(['00112233445566778899'])
  })

  it('that have no field are handed on, but for the number of drops', async () => {
    expect(await datagram(message(SOCKET, SO_RXQ_OVFL, int(3)))).toEqual({})
    for (const [level, type] of [
      [SOCKET, 99],
      [SOCKET, 127],
      [SOCKET, 128],
      [IP, IPV6_HOPLIMIT],
      [IPV6, IP_TTL],
      [IP, SCM_TIMESTAMP],
      [IP, SO_RXQ_OVFL],
      [SOCKET, 3],
      [UDP, IP_TTL],
      [99, IP_TTL],
      [-1, -1],
      [SOCKET, -1],
      [SOCKET, -(2 ** 31)],
    ] as const)
      expect(await datagram(message(level, type, int(1)))).toEqual({ ancillary: [{ level, type, data: '01000000' }] })
    expect(await datagram(message(99, 1, Buffer.alloc(0)))).toEqual({ ancillary: [{ level: 99, type: 1, data: '' }] })
  })

  it('are read one after the other, up to one whose length is wrong', async () => {
    const [ttl, other, tos] = [
      message(IP, IP_TTL, int(9)),
      message(99, 1, Buffer.from('abc')),
      message(IP, IP_TOS, Buffer.from([4])),
    ]
    const all = { hopLimit: 9, trafficClass: 4, ancillary: [{ level: 99, type: 1, data: '616263' }] }
    expect(await datagram(ttl, other, tos)).toEqual(all)
    expect(await datagram(tos, other, ttl)).toEqual(all)
    expect(await datagram()).toEqual({})
    for (const length of [0, 15, 16 + 9, 2 ** 40])
      expect(await datagram(ttl, message(99, 1, Buffer.alloc(8), length))).toEqual({ hopLimit: 9 })
    expect(await datagram(ttl, message(99, 1, Buffer.alloc(8), 16 + 8))).toMatchObject({ ancillary: [{}] })
    expect(await datagram(message(IP, IP_TTL, int(9), 15), tos)).toEqual({})
  })

  const queued = async (...control: string[]) => {
    const [entry, ...more] = await peer.request<object[]>('queued', { control: control.join('') })
    expect(more).toEqual([])
    const { payload, ...told } = entry as { payload: string }
    expect(payload).toBe('')
    return told
  }
  /** struct sock_extended_err, and the offender behind. */
  const error = (origin: number, { length = 0, flags = 0, offender = Buffer.alloc(0) } = {}) => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32LE(111)
    bytes.set([origin, 3, 4, 0], 4)
    bytes.writeUInt32LE(2 ** 32 - 1, 8)
    bytes.writeUInt16LE(length, 12)
    bytes.writeUInt8(flags, 14)
    return Buffer.concat([bytes, offender])
  }
  const told = (origin: number, data = 0) => ({ errno: 111, origin, type: 3, code: 4, info: 2 ** 32 - 1, data })

  it('of the error queue tell the error and who sent it', async () => {
    for (const [level, type] of [
      [IP, IP_RECVERR],
      [IPV6, IPV6_RECVERR],
    ] as const) {
      expect(await queued(message(level, type, error(1)))).toEqual(told(1))
      expect(await queued(message(level, type, shorter(error(1))))).toEqual({})
      expect(await queued(message(level, type, error(1, { offender: endpoint(5) })))).toEqual({
        ...told(1),
        offender: { address: '192.0.2.7', port: 5 },
      })
      expect(await queued(message(level, type, error(1, { offender: endpoint6 })))).toEqual({
        ...told(1),
        offender: { address: '2001:db8::1', port: 0x1234 },
      })
      expect(await queued(message(level, type, error(1, { offender: Buffer.alloc(16) })))).toEqual(told(1))
    }
    for (const [level, type] of [
      [IP, IPV6_RECVERR],
      [IPV6, IP_RECVERR],
      [SOCKET, IP_RECVERR],
    ] as const)
      expect(await queued(message(level, type, error(1)))).toEqual({})
  })

  it('of the error queue tell where the extension of an ICMP message is', async () => {
    const [LOCAL, ICMP, ICMP6] = [1, 2, 3]
    const tell = (origin: number, length: number, flags: number) =>
      queued(message(IP, IP_RECVERR, error(origin, { length, flags })))
    for (const origin of [ICMP, ICMP6]) {
      const data = (length: number, flags: number) => told(origin, length | (flags << 16))
      expect(await tell(origin, 128, 0)).toEqual({ ...data(128, 0), extension: { offset: 128, valid: true } })
      expect(await tell(origin, 65535, 1)).toEqual({ ...data(65535, 1), extension: { offset: 65535, valid: false } })
      expect(await tell(origin, 0, 1)).toEqual(data(0, 1))
    }
    expect(await tell(LOCAL, 128, 0)).toEqual(told(LOCAL, 128))
  })

  it('of the error queue tell times too', async () => {
    const times = message(SOCKET, SCM_TIMESTAMPING, longs(1, 2, 3, 4, 5, 6))
    expect(await queued(times, message(IP, IP_RECVERR, error(4)))).toEqual({
      ...told(4),
      timestamp: '1000000002n',
      hardwareTimestamp: '5000000006n',
    })
    expect(await queued(message(SOCKET, SCM_TIMESTAMPING, longs(1, 2, 3, 4, 0, 0)))).toEqual({
      timestamp: '1000000002n',
    })
    expect(await queued(message(SOCKET, SCM_TIMESTAMPING, longs(0, 0, 3, 4, 5, 6)))).toEqual({
      hardwareTimestamp: '5000000006n',
    })
    expect(await queued(message(IP, SCM_TIMESTAMPING, longs(1, 2, 3, 4, 5, 6)))).toEqual({})
  })
})
