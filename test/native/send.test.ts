// The addon's sending: how many datagrams a call takes, which views it reads, and the control messages it writes.
import { describe, expect, it } from 'vitest'
import { native } from '../../lib/binding/native.ts'
import { describeInNamespace } from '../support/namespace.ts'
import { AF_INET, AF_INET6, addon, boundTo, constant, EBADF, setOption, thrownBy } from '../support/native-sockets.ts'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
const bytes = (text: string) => Buffer.from(text)

/** The payloads that wait in a socket. */
function payloadsAt(fd: number): string[] {
  const reader = new addon.DatagramReader(1, 4096, 4096, 512)
  const payloads: string[] = []
  while (reader.read(fd) === 1) {
    const target = Buffer.alloc(new Int32Array(reader.table())[1] as number)
    reader.pack(target, 1)
    payloads.push(target.toString())
  }
  return payloads
}

describeInNamespace('a call that sends', () => {
  const pair = () => {
    const to = boundTo('127.0.0.1')
    return { to, from: boundTo('127.0.0.1').fd, destination: addon.encodeSockaddr(to.address, to.port) }
  }

  it('takes up to 1024 datagrams, and refuses one more', () => {
    const { from, to, destination } = pair()
    // One socket's buffer does not hold so many.
    const others = upTo(8).map(() => boundTo('127.0.0.1'))
    const destinations = others.map(({ address, port }) => addon.encodeSockaddr(address, port))
    const list = upTo(1025).map((n) => bytes(`${n}`))
    const turns = list.map((_, n) => destinations[n % 8])
    expect(addon.sendDatagrams(from, list, 0, 1024, 1, turns, undefined)).toBe(1024)
    for (const [turn, { fd }] of others.entries())
      expect(payloadsAt(fd)).toEqual(upTo(128).map((n) => `${n * 8 + turn}`))
    for (const [count, perMessage] of [
      [1025, 1],
      [1, 0],
      [1, 1025],
    ] as const)
      expect(() => addon.sendDatagrams(from, list, 0, count, perMessage, destination, undefined)).toThrow(
        'at most 1024 datagrams a call',
      )
    expect(addon.sendDatagrams(from, list, 0, 1, 1024, destination, undefined)).toBe(1)
    expect(payloadsAt(to.fd)).toEqual(['0'])
  })

  it('begins at the datagram it is told, in the lists of destinations and choices too', () => {
    const { from, to } = pair()
    const other = boundTo('127.0.0.1')
    const list = upTo(5).map((n) => bytes(`${n}`))
    const destinations = [to, to, other, to, other].map(({ address, port }) => addon.encodeSockaddr(address, port))
    const ttls = upTo(5).map((n) => addon.encodeSendControl(false, { hopLimit: n + 10 }, 0))
    for (const { fd } of [to, other]) setOption(fd, 'IPPROTO_IP', 'IP_RECVTTL', 1)
    expect(addon.sendDatagrams(from, list, 1, 3, 1, destinations, ttls)).toBe(3)
    const reader = new addon.DatagramReader(4, 64, 64, 512)
    const ttl = reader.columns().indexOf('hopLimit')
    const cell = (row: number) => new Int32Array(reader.cells())[(row * reader.columns().length + ttl) * 4]
    expect(reader.read(to.fd)).toBe(2)
    expect([cell(0), cell(1)]).toEqual([11, 13])
    expect(reader.read(other.fd)).toBe(1)
    expect(cell(0)).toBe(12)
  })

  it.each([
    [['aaaa', 'bbbb', 'cccc', 'dd'], 2, ['aaaabbbb', 'ccccdd']],
    [['aaaa', 'bbbb', 'cccc'], 2, ['aaaabbbb', 'cccc']],
    [['aaaa', 'bb'], 2, ['aaaabb']],
    [['aaaa'], 4, ['aaaa']],
  ])('joins %j to messages of %i', (texts, perMessage, messages) => {
    const { from, to, destination } = pair()
    // Without coalescing the kernel cuts a message up again, so a segment longer than each message shows what was sent.
    const control = addon.encodeSendControl(false, {}, 100)
    expect(addon.sendDatagrams(from, texts.map(bytes), 0, texts.length, perMessage, destination, control)).toBe(
      texts.length,
    )
    expect(payloadsAt(to.fd)).toEqual(messages)
  })

  it('takes a destination of its own for each message of several datagrams', () => {
    const { from, to } = pair()
    const other = boundTo('127.0.0.1')
    const list = ['aa', 'bb', 'cc', 'dd'].map(bytes)
    const destinations = [to, to, other, other].map(({ address, port }) => addon.encodeSockaddr(address, port))
    const controls = upTo(4).map(() => addon.encodeSendControl(false, {}, 100))
    expect(addon.sendDatagrams(from, list, 0, 4, 2, destinations, controls)).toBe(4)
    expect(payloadsAt(to.fd)).toEqual(['aabb'])
    expect(payloadsAt(other.fd)).toEqual(['ccdd'])
  })

  it('sends an empty datagram, and none at all', () => {
    const { from, to, destination } = pair()
    expect(addon.sendDatagrams(from, [new Uint8Array(0)], 0, 1, 1, destination, undefined)).toBe(1)
    expect(payloadsAt(to.fd)).toEqual([''])
    expect(addon.sendDatagrams(from, [], 0, 0, 1, destination, undefined)).toBe(0)
  })

  it('needs Uint8Arrays', () => {
    const { from, to, destination } = pair()
    const send =
      (list: unknown, to: unknown = destination, control?: unknown) =>
      () =>
        addon.sendDatagrams(from, list as never, 0, 1, 1, to as never, control as never)
    const odd = [new Uint16Array(2), new Int8Array(2), new DataView(new ArrayBuffer(2)), new ArrayBuffer(2), 'x', 7, {}]
    for (const wrong of [...odd, undefined, null]) expect(send([wrong])).toThrow('a Uint8Array is needed')
    for (const wrong of [...odd, null]) {
      expect(send([bytes('x')], wrong)).toThrow('a Uint8Array is needed')
      expect(send([bytes('x')], [wrong])).toThrow('a Uint8Array is needed')
      expect(send([bytes('x')], destination, wrong)).toThrow('a Uint8Array is needed')
      expect(send([bytes('x')], destination, [wrong])).toThrow('a Uint8Array is needed')
    }
    expect(payloadsAt(to.fd)).toEqual([])
  })

  it('throws the errno of the kernel if nothing was sent, and else tells how much was', () => {
    const { from, to, destination } = pair()
    const list = [bytes('x'), bytes('y')]
    expect(thrownBy(() => addon.sendDatagrams(-1, list, 0, 1, 1, destination, undefined))).toBe(EBADF)
    const EINVAL = 22
    const short = destination.subarray(0, 3)
    expect(thrownBy(() => addon.sendDatagrams(from, list, 0, 2, 1, [short, destination], undefined))).toBe(EINVAL)
    expect(addon.sendDatagrams(from, list, 0, 2, 1, [destination, short], undefined)).toBe(1)
    expect(payloadsAt(to.fd)).toEqual(['x'])
  })
})

describe('a socket address in bytes', () => {
  it('has its family, its port in network order, and its address', () => {
    const ipv4 = addon.encodeSockaddr('192.0.2.1', 0x1234)
    expect(ipv4.toString('hex')).toBe('02001234c00002010000000000000000')
    const ipv6 = addon.encodeSockaddr('2001:db8::1%1', 0xfffe)
    expect(ipv6.toString('hex')).toBe('0a00fffe0000000020010db800000000000000000000000101000000')
  })

  it('has a port from 0 to 65535', () => {
    for (const port of [0, 65535]) expect(addon.encodeSockaddr('192.0.2.1', port).readUInt16BE(2)).toBe(port)
    for (const port of [-1, 65536, 0.5]) expect(() => addon.encodeSockaddr('192.0.2.1', port)).toThrow(RangeError)
  })
})

describe('the control messages of a choice', () => {
  const IP = constant('IPPROTO_IP')
  const IPV6 = constant('IPPROTO_IPV6')
  const SOCKET = constant('SOL_SOCKET')
  const UDP = constant('IPPROTO_UDP')
  const [IP_PKTINFO, IPV6_PKTINFO, UDP_SEGMENT] = [8, 50, 103]

  /** Each message as [level, type, data in hex], read as cmsg(3) says. */
  function messagesOf(control: Buffer): [number, number, string][] {
    const found: [number, number, string][] = []
    let at = 0
    while (at < control.length) {
      const length = Number(control.readBigUInt64LE(at))
      found.push([
        control.readInt32LE(at + 8),
        control.readInt32LE(at + 12),
        control.subarray(at + 16, at + length).toString('hex'),
      ])
      at += Math.ceil(length / 8) * 8
    }
    expect(at).toBe(control.length)
    return found
  }
  const written = (ipv6: boolean, choice: Parameters<typeof addon.encodeSendControl>[1], segment = 0) =>
    messagesOf(addon.encodeSendControl(ipv6, choice, segment))

  it('are none without a choice', () => {
    expect(addon.encodeSendControl(false, {}, 0).length).toBe(0)
    expect(addon.encodeSendControl(true, {}, 0).length).toBe(0)
  })

  it('are one for each number, of the family', () => {
    expect(written(false, { hopLimit: 255 })).toEqual([[IP, 2, 'ff000000']])
    expect(written(true, { hopLimit: 255 })).toEqual([[IPV6, 52, 'ff000000']])
    expect(written(false, { trafficClass: 1 })).toEqual([[IP, 1, '01000000']])
    expect(written(true, { trafficClass: 1 })).toEqual([[IPV6, 67, '01000000']])
    for (const ipv6 of [false, true]) {
      expect(written(ipv6, { transmitTime: 2n ** 64n - 1n })).toEqual([[SOCKET, 61, 'ff'.repeat(8)]])
      expect(written(ipv6, { timestampId: 2 ** 32 - 1 })).toEqual([[SOCKET, 81, 'ffffffff']])
    }
  })

  it('are one for the source and the interface together', () => {
    const ipv4 = (index: string, source: string) => [[IP, IP_PKTINFO, `${index}${source}00000000`]]
    expect(written(false, { source: '192.0.2.1' })).toEqual(ipv4('00000000', 'c0000201'))
    expect(written(false, { interface: 258 })).toEqual(ipv4('02010000', '00000000'))
    expect(written(false, { source: '192.0.2.1', interface: 3 })).toEqual(ipv4('03000000', 'c0000201'))
    const ipv6 = (index: string, source: string) => [[IPV6, IPV6_PKTINFO, `${source}${index}`]]
    const address = '20010db8000000000000000000000001'
    expect(written(true, { source: '2001:db8::1' })).toEqual(ipv6('00000000', address))
    expect(written(true, { interface: 258 })).toEqual(ipv6('02010000', '0'.repeat(32)))
    expect(written(true, { source: '2001:db8::1', interface: 3 })).toEqual(ipv6('03000000', address))
  })

  it('have the length of a segment unless that is 0', () => {
    expect(written(false, {}, 1)).toEqual([[UDP, UDP_SEGMENT, '0100']])
    expect(written(true, {}, 65535)).toEqual([[UDP, UDP_SEGMENT, 'ffff']])
    for (const segment of [-1, 65536, 1.5]) expect(() => written(false, {}, segment)).toThrow(RangeError)
  })

  it('come all, one after the other', () => {
    const choice = { hopLimit: 1, trafficClass: 2, transmitTime: 3n, timestampId: 4, source: '192.0.2.1' }
    expect(written(false, choice, 5)).toEqual([
      [IP, 2, '01000000'],
      [IP, 1, '02000000'],
      [SOCKET, 61, '0300000000000000'],
      [SOCKET, 81, '04000000'],
      [IP, IP_PKTINFO, '00000000c000020100000000'],
      [UDP, UDP_SEGMENT, '0500'],
    ])
  })

  it('refuse what the C type does not hold', () => {
    for (const choice of [
      { hopLimit: 2 ** 31 },
      { hopLimit: 1.5 },
      { hopLimit: 1n },
      { hopLimit: '1' },
      { trafficClass: -(2 ** 31) - 1 },
      { transmitTime: 1 },
      { transmitTime: 2n ** 64n },
      { transmitTime: -1n },
      { timestampId: 2 ** 32 },
      { timestampId: -1 },
      { interface: -1 },
      { interface: 2 ** 32 },
    ])
      expect(() => written(false, choice), JSON.stringify(Object.keys(choice))).toThrow(RangeError)
    expect(() => written(false, { source: '2001:db8::1' })).toThrow(TypeError)
    expect(() => written(true, { source: '192.0.2.1' })).toThrow(TypeError)
  })
})

describeInNamespace('the error queue', () => {
  it('gives its first 64 entries, and then the others', () => {
    const to = boundTo('127.0.0.1')
    const from = boundTo('127.0.0.1')
    const SO_TIMESTAMPING = constant('SO_TIMESTAMPING')
    // SOF_TIMESTAMPING_TX_SOFTWARE, SOFTWARE and OPT_ID: each datagram sent comes back with its time and its number.
    setOption(from.fd, 'SOL_SOCKET', SO_TIMESTAMPING, 2 | 16 | 128)
    const list = upTo(70).map((n) => bytes(`payload ${n}`))
    const destination = addon.encodeSockaddr(to.address, to.port)
    expect(addon.sendDatagrams(from.fd, list, 0, 70, 1, destination, undefined)).toBe(70)
    const first = addon.readErrorQueue(from.fd)
    const second = addon.readErrorQueue(from.fd)
    expect([first.length, second.length]).toEqual([64, 6])
    expect(addon.readErrorQueue(from.fd)).toEqual([])
    const entries = [...first, ...second]
    expect(entries.map(({ data }) => data)).toEqual(upTo(70))
    // SO_EE_ORIGIN_TIMESTAMPING
    expect(new Set(entries.map(({ origin }) => origin))).toEqual(new Set([4]))
    for (const [n, { payload, timestamp }] of entries.entries()) {
      expect(payload.toString()).toMatch(new RegExp(`payload ${n}$`))
      expect(timestamp).toBeGreaterThan(0n)
    }
  })

  it('tells of each error the errno, its origin, where it was sent to and who sent it', () => {
    const from = boundTo('127.0.0.1')
    setOption(from.fd, 'IPPROTO_IP', 'IP_RECVERR', 1)
    const closed = boundTo('127.0.0.1')
    native.connect(closed.fd, AF_INET, { address: '127.0.0.9', port: 9 })
    const { port } = closed
    // The socket is connected to another sender, so the port is closed to this one.
    const destination = addon.encodeSockaddr('127.0.0.1', port)
    const payload = Buffer.alloc(3000, 'p')
    addon.sendDatagrams(from.fd, [payload], 0, 1, 1, destination, undefined)
    const [entry, ...more] = addon.readErrorQueue(from.fd)
    expect(more).toEqual([])
    const { payload: quoted, ...told } = entry as NonNullable<typeof entry>
    expect(told).toEqual({
      errno: 111,
      origin: 2,
      type: 3,
      code: 3,
      info: 0,
      data: 0,
      destination: { address: '127.0.0.1', port },
      offender: { address: '127.0.0.1', port: 0 },
    })
    expect(quoted.length).toBeGreaterThan(0)
    expect(quoted.length).toBeLessThanOrEqual(2048)
    expect(quoted).toEqual(payload.subarray(0, quoted.length))
  })

  it('of IPv6 too', () => {
    const from = boundTo('::1')
    setOption(from.fd, 'IPPROTO_IPV6', 'IPV6_RECVERR', 1)
    const closed = boundTo('::1')
    native.connect(closed.fd, AF_INET6, { address: '::1', port: 9 })
    const destination = addon.encodeSockaddr('::1', closed.port)
    addon.sendDatagrams(from.fd, [bytes('quoted')], 0, 1, 1, destination, undefined)
    const [entry] = addon.readErrorQueue(from.fd)
    expect(entry).toMatchObject({
      errno: 111,
      origin: 3,
      type: 1,
      code: 4,
      destination: { address: '::1', port: closed.port },
      offender: { address: '::1', port: 0 },
    })
    expect(entry?.payload.toString()).toBe('quoted')
    expect(addon.readErrorQueue(from.fd)).toEqual([])
    expect(addon.readErrorQueue(-1)).toEqual([])
  })
})

it('throws what an element of the list throws, and a TypeError for what is no list', () => {
  const { sendDatagrams } = addon
  const list: Uint8Array[] = []
  Object.defineProperty(list, 0, {
    get: () => {
      throw new RangeError('of the program')
    },
  })
  expect(() => sendDatagrams(-1, list, 0, 1, 1, undefined, undefined)).toThrow(new RangeError('of the program'))
  expect(() => sendDatagrams(-1, undefined as never, 0, 1, 1, undefined, undefined)).toThrow(TypeError)
})
