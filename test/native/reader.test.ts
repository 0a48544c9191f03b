// The addon's reader of datagrams: its tables, its bounds, and which datagrams it leaves out.
import { describe, expect, it } from 'vitest'
import { native } from '../../lib/binding/native.ts'
import { describeOnHosts, plan } from '../support/hosts.ts'
import { describeInNamespace } from '../support/namespace.ts'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  addon,
  type Bound,
  boundTo,
  collect,
  constant,
  EBADF,
  sendTo,
  setOption,
  socketOf,
  thrownBy,
} from '../support/native-sockets.ts'

type Reader = InstanceType<typeof addon.DatagramReader>

const FIELDS = ['offset', 'length', 'source', 'port', 'destination', 'interface', 'segment', 'flags', 'filled'] as const
const TRUNCATED = 1
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** A row of the reader's table. */
function rowOf(reader: Reader, row: number): Record<(typeof FIELDS)[number], number> {
  const words = new Int32Array(reader.table(), row * FIELDS.length * 4, FIELDS.length)
  return Object.fromEntries(FIELDS.map((field, index) => [field, words[index]])) as never
}

const sourceOf = (reader: Reader, row: number) => {
  const { source, port } = rowOf(reader, row)
  return { address: reader.addressText(source), port }
}

const readerOf = (batch = 4, stride = 256, room = stride) => new addon.DatagramReader(batch, stride, room, 512)
const loopback = native.nameToIndex('lo')
const filterModes = native.filterModes

describe('the size of a reader', () => {
  it('is from 1 to 1024 datagrams, with a row and a cell a column for each', () => {
    for (const batch of [1, 2, 1024]) {
      const reader = readerOf(batch)
      expect(reader.table().byteLength).toBe(batch * FIELDS.length * 4)
      expect(reader.cells().byteLength).toBe(batch * reader.columns().length * 16)
    }
    for (const batch of [0, 1025, 2 ** 32 - 1]) expect(() => readerOf(batch)).toThrow('batch is not from 1 to 1024')
    for (const batch of [-1, 1.5, 2 ** 32, Number.NaN, '4']) expect(() => readerOf(batch as number)).toThrow(RangeError)
  })

  it('has room from 1 byte to the whole stride', () => {
    for (const room of [1, 63, 64]) expect(() => readerOf(1, 64, room)).not.toThrow()
    for (const room of [0, 65]) expect(() => readerOf(1, 64, room)).toThrow('room is not from 1 to the stride')
  })
})

describeInNamespace('a read', () => {
  it('of a descriptor that is none throws the errno, and of an empty socket tells of nothing', () => {
    const reader = readerOf()
    expect(thrownBy(() => reader.read(-1))).toBe(EBADF)
    expect(reader.read(boundTo('127.0.0.1').fd)).toBe(0)
  })

  it('takes as many datagrams as there is room for, each at its place, with its length and its sender', () => {
    const reader = readerOf(3, 128)
    const to = boundTo('127.0.0.1')
    const senders = [boundTo('127.0.0.2'), boundTo('127.0.0.3')] as [Bound, Bound]
    const payloads = upTo(5).map((n) => Buffer.alloc(n * 7, n + 65))
    for (const [n, payload] of payloads.entries()) sendTo((senders[n % 2] as Bound).fd, to, payload)
    expect(reader.read(to.fd)).toBe(3)
    for (const row of upTo(3)) {
      expect(rowOf(reader, row)).toMatchObject({
        offset: row * 128,
        length: row * 7,
        destination: -1,
        interface: 0,
        segment: 0,
        flags: 0,
        filled: 0,
      })
      const { address, port } = senders[row % 2] as Bound
      expect(sourceOf(reader, row)).toEqual({ address, port })
    }
    const slab = reader.handOver()
    expect(slab.length).toBe(3 * 128)
    for (const row of upTo(3)) expect(slab.subarray(row * 128, row * 128 + row * 7)).toEqual(payloads[row])

    expect(reader.read(to.fd)).toBe(2)
    const next = reader.handOver()
    expect(next.subarray(0, 21)).toEqual(payloads[3])
    expect(next.subarray(128, 128 + 28)).toEqual(payloads[4])
    // The memory that was handed over stays as it was.
    expect(slab.subarray(128, 128 + 7)).toEqual(payloads[1])
    expect(reader.read(to.fd)).toBe(0)
  })

  it('says which datagram was longer than the room, and of the next one what is true of it', () => {
    const reader = readerOf(2, 64, 10)
    const to = boundTo('::1')
    const from = boundTo('::1')
    sendTo(from.fd, to, Buffer.alloc(11, 'a'), Buffer.alloc(10, 'b'), Buffer.alloc(9, 'c'), Buffer.alloc(64, 'd'))
    expect(reader.read(to.fd)).toBe(2)
    expect(upTo(2).map((row) => rowOf(reader, row))).toMatchObject([
      { length: 10, flags: TRUNCATED },
      { length: 10, flags: 0 },
    ])
    expect(reader.read(to.fd)).toBe(2)
    expect(upTo(2).map((row) => rowOf(reader, row))).toMatchObject([
      { length: 9, flags: 0 },
      { length: 10, flags: TRUNCATED },
    ])
    expect(sourceOf(reader, 1)).toEqual({ address: '::1', port: from.port })
  })

  it('knows nothing of a datagram from the one that was there before', () => {
    const reader = readerOf(1, 64)
    const told = boundTo('127.0.0.1')
    setOption(told.fd, 'IPPROTO_IP', 'IP_PKTINFO', 1)
    setOption(told.fd, 'IPPROTO_IP', 'IP_RECVTTL', 1)
    const untold = boundTo('127.0.0.1')
    const from = boundTo('127.0.0.9')
    const unix = socketOf(AF_UNIX)
    native.bind(unix.fd, AF_UNIX, { path: '\0sockctl-reader' })
    setOption(unix.fd, 'SOL_SOCKET', 'SO_PASSCRED', 1)
    const nobody = socketOf(AF_UNIX)
    const sendUnix = () => {
      native.connect(nobody.fd, AF_UNIX, { path: '\0sockctl-reader' })
      addon.sendDatagrams(nobody.fd, [Buffer.from('unix')], 0, 1, 1, undefined, undefined)
    }
    const ttl = reader.columns().indexOf('hopLimit')
    for (let round = 0; round < 2; round++) {
      sendTo(from.fd, told, Buffer.from('told'))
      expect(reader.read(told.fd)).toBe(1)
      const row = rowOf(reader, 0)
      expect(row).toMatchObject({ interface: loopback, flags: 0, filled: 1 << ttl })
      expect(reader.addressText(row.destination)).toBe('127.0.0.1')
      expect(new Int32Array(reader.cells())[ttl * 4]).toBe(64)
      expect(reader.others(0)).toEqual([])

      sendUnix()
      expect(reader.read(unix.fd)).toBe(1)
      const credentials = reader.columns().indexOf('credentials')
      expect(rowOf(reader, 0)).toMatchObject({
        destination: -1,
        interface: 0,
        flags: 0,
        filled: 1 << credentials,
        port: 0,
      })
      // The sender has no address: IPv6's unspecified one stands for it.
      expect(sourceOf(reader, 0).address).toBe('::')
      expect(new Int32Array(reader.cells())[credentials * 4]).toBe(process.pid)
      expect(reader.others(0)).toEqual([])
      expect(reader.others(1)).toEqual([])
      expect(reader.others(2 ** 32 - 1)).toEqual([])

      sendTo(from.fd, untold, Buffer.from('untold'))
      expect(reader.read(untold.fd)).toBe(1)
      expect(rowOf(reader, 0)).toMatchObject({ destination: -1, interface: 0, flags: 0, filled: 0 })
      expect(sourceOf(reader, 0)).toEqual({ address: '127.0.0.9', port: from.port })
      expect(reader.others(0)).toEqual([])
    }
  })
})

describeInNamespace('packing', () => {
  const filled = () => {
    const reader = readerOf(3, 64)
    const to = boundTo('127.0.0.1')
    sendTo(boundTo('127.0.0.1').fd, to, Buffer.from('one'), Buffer.from(''), Buffer.alloc(64, 'x'))
    expect(reader.read(to.fd)).toBe(3)
    return reader
  }

  it('copies the datagrams of the last read one after the other', () => {
    const target = Buffer.alloc(68, '-')
    filled().pack(target, 3)
    expect(target.toString()).toBe(`one${'x'.repeat(64)}-`)
    const one = Buffer.alloc(4, '-')
    filled().pack(one, 1)
    expect(one.toString()).toBe('one-')
    const none = Buffer.alloc(4, '-')
    filled().pack(none, 0)
    expect(none.toString()).toBe('----')
  })

  it('takes a count above the batch for the whole batch', () => {
    const target = Buffer.alloc(67)
    filled().pack(target, 1000)
    expect(target.toString()).toBe(`one${'x'.repeat(64)}`)
  })

  it('refuses a target that is too short, by a single byte too', () => {
    for (const length of [66, 3, 0])
      expect(() => filled().pack(Buffer.alloc(length), 3)).toThrow('not of the last read')
    expect(() => filled().pack(Buffer.alloc(67), 3)).not.toThrow()
  })

  it.each([
    ['an offset just beyond the slab', { offset: 3 * 64 - 2 }],
    ['an offset far beyond the slab', { offset: 2 ** 31 - 1 }],
    ['an offset before the slab', { offset: -1 }],
    ['a length beyond the slab', { length: 3 * 64 + 1 }],
    ['a negative length', { length: -1 }],
  ])('refuses a table that says %s', (_, wrong: { offset?: number; length?: number }) => {
    const reader = filled()
    const words = new Int32Array(reader.table())
    if (wrong.offset !== undefined) words[0] = wrong.offset
    if (wrong.length !== undefined) words[1] = wrong.length
    expect(() => reader.pack(Buffer.alloc(4096), 1)).toThrow('these bytes are not of the last read')
  })

  it('reaches to the last byte of the slab', () => {
    const reader = filled()
    const words = new Int32Array(reader.table())
    words[0] = 3 * 64 - 3
    words[1] = 3
    const target = Buffer.alloc(3)
    reader.pack(target, 1)
    words[0] = 0
    words[1] = 3 * 64
    expect(() => reader.pack(Buffer.alloc(3 * 64), 1)).not.toThrow()
  })

  it('has nothing to copy once the memory was handed over', () => {
    const reader = filled()
    reader.handOver()
    new Int32Array(reader.table())[1] = 1
    expect(() => reader.pack(Buffer.alloc(4096), 1)).toThrow('these bytes are not of the last read')
  })
})

it('reads again after it gave its memory up', () => {
  const reader = readerOf()
  const to = boundTo('127.0.0.1')
  const from = boundTo('127.0.0.1')
  for (const text of ['one', 'two']) {
    sendTo(from.fd, to, Buffer.from(text))
    expect(reader.read(to.fd)).toBe(1)
    expect(reader.handOver().toString('utf8', 0, 3)).toBe(text)
    reader.release()
  }
})

describeInNamespace('the table of addresses', () => {
  it('refuses a number that no address has', () => {
    const reader = readerOf()
    expect(() => reader.addressText(0)).toThrow('no address has this number')
    const to = boundTo('127.0.0.1')
    sendTo(boundTo('127.0.0.2').fd, to, Buffer.from('x'))
    reader.read(to.fd)
    expect(reader.addressText(0)).toBe('127.0.0.2')
    expect(() => reader.addressText(1)).toThrow('no address has this number')
  })

  it('gives an address one number, whatever comes between', () => {
    const reader = readerOf(16)
    const to = boundTo('127.0.0.1')
    const senders = ['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(boundTo) as [Bound, Bound, Bound]
    const order = [0, 1, 0, 2, 1, 0, 2, 2, 1]
    for (const n of order) sendTo((senders[n] as Bound).fd, to, Buffer.from('x'))
    expect(reader.read(to.fd)).toBe(order.length)
    expect(order.map((_, row) => rowOf(reader, row).source)).toEqual(order)
    expect(order.map((_, row) => sourceOf(reader, row))).toEqual(
      order.map((n) => ({ address: (senders[n] as Bound).address, port: (senders[n] as Bound).port })),
    )
  })

  it('tells IPv4 from IPv4 mapped into IPv6, and a zone from another', async () => {
    const reader = readerOf(16)
    const ipv4 = boundTo('127.0.0.1')
    const mapped = socketOf(AF_INET6)
    native.bind(mapped.fd, AF_INET6, { address: '::', port: 0 })
    const { port } = native.localAddress(mapped.fd) as { port: number }
    const from = boundTo('127.0.0.7')
    sendTo(from.fd, ipv4, Buffer.from('x'))
    sendTo(from.fd, { address: '127.0.0.1', port }, Buffer.from('x'))
    expect(reader.read(ipv4.fd)).toBe(1)
    expect(sourceOf(reader, 0)).toEqual({ address: '127.0.0.7', port: from.port })
    expect(reader.read(mapped.fd)).toBe(1)
    expect(sourceOf(reader, 0)).toEqual({ address: '::ffff:127.0.0.7', port: from.port })
  })

  it.each([4095, 4096])('begins anew at the read after %i addresses only if 4096 are known', (count) => {
    const reader = readerOf(64, 64)
    const to = boundTo('127.0.0.1')
    const sender = socketOf(AF_INET)
    native.bind(sender.fd, AF_INET, { address: '0.0.0.0', port: 0 })
    const address = (n: number) => `127.9.${n >> 8}.${n & 255}`
    const destination = addon.encodeSockaddr(to.address, to.port)
    for (let sent = 0; sent < count; sent += 64) {
      const numbers = upTo(Math.min(64, count - sent)).map((n) => sent + n)
      const controls = numbers.map((n) => addon.encodeSendControl(false, { source: address(n) }, 0))
      const payload = Buffer.from('x')
      addon.sendDatagrams(
        sender.fd,
        numbers.map(() => payload),
        0,
        numbers.length,
        1,
        destination,
        controls,
      )
      expect(reader.read(to.fd)).toBe(numbers.length)
      expect(reader.epoch()).toBe(0)
      for (const [row, n] of numbers.entries()) expect(rowOf(reader, row).source).toBe(n)
    }
    sendTo(boundTo('127.8.0.1').fd, to, Buffer.from('x'))
    expect(reader.read(to.fd)).toBe(1)
    expect(reader.epoch()).toBe(count === 4096 ? 1 : 0)
    expect(rowOf(reader, 0).source).toBe(count === 4096 ? 0 : count)
    expect(sourceOf(reader, 0).address).toBe('127.8.0.1')
  })
})

describeOnHosts('the rules of delivery', (hosts) => {
  const GROUP = 'ff15::5:1'
  const { a } = plan[0]
  const own = a.ipv6[0]
  const index = () => hosts().pairs[0].a.index

  /** A socket of IPv6 in the group on a0, and a sender to it. */
  const member = () => {
    const socket = socketOf(AF_INET6)
    native.bind(socket.fd, AF_INET6, { address: '::', port: 0 })
    const { port } = native.localAddress(socket.fd) as { port: number }
    setOption(socket.fd, 'IPPROTO_IPV6', 'IPV6_RECVPKTINFO', 1)
    const group = { group: GROUP, interface: index() }
    setOption(socket.fd, 'IPPROTO_IPV6', 'MCAST_JOIN_GROUP', group, 'group_req')
    const sender = socketOf(AF_INET6)
    native.bind(sender.fd, AF_INET6, { address: own, port: 0 })
    setOption(sender.fd, 'IPPROTO_IPV6', 'IPV6_MULTICAST_IF', index())
    return { fd: socket.fd, port, send: (address: string) => sendTo(sender.fd, { address, port }, Buffer.from('x')) }
  }

  it('refuse a mode that is none', () => {
    const reader = readerOf()
    for (const mode of [-1, 3])
      expect(() => reader.setRule(1, GROUP, 1, mode, [])).toThrow('mode is none of filterModes')
    for (const mode of [0, 1, 2]) expect(() => reader.setRule(1, GROUP, 1, mode, [])).not.toThrow()
  })

  it('deliver all as long as there are none', () => {
    const reader = readerOf()
    const { fd, send } = member()
    send(GROUP)
    send(own)
    expect(reader.read(fd)).toBe(2)
    expect(reader.filtered()).toBe(0)
    expect(rowOf(reader, 0).interface).toBe(index())
    expect(reader.addressText(rowOf(reader, 0).destination)).toBe(GROUP)
  })

  it.each([
    ['include', [own], 1],
    ['include', [a.ipv6[1]], 0],
    ['include', [a.ipv6[1], own], 1],
    ['include', [], 0],
    ['exclude', [own], 0],
    ['exclude', [a.ipv6[1]], 1],
    ['exclude', [], 1],
  ] as const)('by mode %s of %j', (mode, sources, delivered) => {
    const reader = readerOf()
    const { fd, send } = member()
    reader.setRule(fd, GROUP, index(), filterModes[mode], sources)
    send(GROUP)
    expect(reader.read(fd)).toBe(delivered)
    expect(reader.filtered()).toBe(1 - delivered)
  })

  it('leave out groups and interfaces that no rule names, once there is a rule', () => {
    const reader = readerOf()
    const { fd, send } = member()
    reader.setRule(fd, 'ff15::5:2', index(), filterModes.exclude, [])
    send(GROUP)
    expect(reader.read(fd)).toBe(0)
    reader.setRule(fd, GROUP, index() + 1, filterModes.exclude, [])
    send(GROUP)
    expect(reader.read(fd)).toBe(0)
    expect(reader.filtered()).toBe(2)
    // Nothing but a group is subject to the rules of groups.
    send(own)
    expect(reader.read(fd)).toBe(1)
  })

  it('end with mode none, or with the descriptor', () => {
    const reader = readerOf()
    const { fd, send } = member()
    const delivered = () => {
      send(GROUP)
      return reader.read(fd)
    }
    reader.setRule(fd, GROUP, index(), filterModes.include, [])
    expect(delivered()).toBe(0)
    reader.setRule(fd, GROUP, index(), filterModes.none, [])
    expect(delivered()).toBe(1)
    reader.setRule(fd, GROUP, index(), filterModes.include, [])
    reader.admit(fd, false, false)
    expect(delivered()).toBe(0)
    reader.forget(fd)
    expect(delivered()).toBe(1)
    send(own)
    expect(reader.read(fd)).toBe(1)
  })

  it('of one descriptor say nothing of another', () => {
    const reader = readerOf()
    const one = member()
    const other = member()
    reader.admit(one.fd, false, false)
    one.send(own)
    other.send(own)
    expect(reader.read(one.fd)).toBe(0)
    expect(reader.read(other.fd)).toBe(1)
  })

  it('tell datagrams to this host from those to all hosts', () => {
    const reader = readerOf()
    const socket = socketOf(AF_INET)
    native.bind(socket.fd, AF_INET, { address: '0.0.0.0', port: 0 })
    const { port } = native.localAddress(socket.fd) as { port: number }
    setOption(socket.fd, 'IPPROTO_IP', 'IP_PKTINFO', 1)
    const group = { group: '239.5.0.1', interface: loopback }
    setOption(socket.fd, 'IPPROTO_IP', 'MCAST_JOIN_GROUP', group, 'group_req')
    const sender = boundTo('127.0.0.1')
    setOption(sender.fd, 'SOL_SOCKET', 'SO_BROADCAST', 1)
    const send = (address: string) => sendTo(sender.fd, { address, port }, Buffer.from('x'))
    const delivered = (unicast: boolean, broadcast: boolean) => {
      reader.admit(socket.fd, unicast, broadcast)
      return ['127.0.0.1', '127.255.255.255', '239.5.0.1'].map((address) => {
        send(address)
        return reader.read(socket.fd)
      })
    }
    expect(delivered(true, true)).toEqual([1, 1, 1])
    expect(delivered(false, true)).toEqual([0, 1, 1])
    expect(delivered(true, false)).toEqual([1, 0, 1])
    expect(delivered(false, false)).toEqual([0, 0, 1])
    expect(reader.filtered()).toBe(4)
    // IPv4's groups are the kernel's to filter.
    reader.setRule(socket.fd, '239.5.0.2', loopback, filterModes.include, [])
    expect(delivered(false, false)).toEqual([0, 0, 1])
  })

  it.each([
    [[100, 100, 100], 3],
    [[100, 100, 1], 3],
    [[100, 100], 2],
    [[100], 1],
  ])('count what was coalesced as the datagrams it was: %j', (lengths, count) => {
    const reader = readerOf(4, 4096)
    const to = boundTo('127.0.0.1')
    setOption(to.fd, 'IPPROTO_IP', 'IP_PKTINFO', 1)
    setOption(to.fd, 'IPPROTO_UDP', constant('UDP_GRO'), 1)
    reader.admit(to.fd, false, true)
    const datagrams = lengths.map((length) => Buffer.alloc(length))
    const segment = lengths.length > 1 ? (lengths[0] as number) : 0
    const control = addon.encodeSendControl(false, {}, segment)
    const destination = addon.encodeSockaddr(to.address, to.port)
    const from = boundTo('127.0.0.1')
    expect(addon.sendDatagrams(from.fd, datagrams, 0, lengths.length, lengths.length, destination, control)).toBe(
      lengths.length,
    )
    expect(reader.read(to.fd)).toBe(0)
    expect(reader.filtered()).toBe(count)
  })
})

describe('the memory of a reader', () => {
  const MEBIBYTE = 2 ** 20

  it('is used again once nothing refers to it, up to 16 MiB of it', async () => {
    const reader = readerOf(1, 6 * MEBIBYTE)
    const takeAndMark = (count: number) => {
      const slabs = upTo(count).map(() => reader.handOver())
      const used = slabs.filter((slab) => slab[0] === 1 && slab[slab.length - 1] === 1).length
      for (const slab of slabs) slab.fill(1)
      return used
    }
    expect(takeAndMark(3)).toBe(0)
    for (let round = 0; round < 3; round++) {
      await collect()
      // Three would be 18 MiB.
      expect(takeAndMark(3)).toBe(2)
    }
  })
})
