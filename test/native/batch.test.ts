// The addon's batches of calls, its options and its codecs: their bounds, and who owns a batch's descriptors.
import { createHook } from 'node:async_hooks'
import { readlinkSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { native, readOutcome } from '../../lib/binding/native.ts'
import { sysctl } from '../support/commands.ts'
import { describeInNamespace } from '../support/namespace.ts'
import {
  AF_INET,
  AF_INET6,
  boundTo,
  closed,
  collect,
  constant,
  EBADF,
  socketOf,
  thrownBy,
} from '../support/native-sockets.ts'

const [IP, IPV6, SOCKET] = [constant('IPPROTO_IP'), constant('IPPROTO_IPV6'), constant('SOL_SOCKET')]
const [IP_TTL, IP_MSFILTER, IPV6_HOPOPTS] = [2, 41, 54]
const ENOPROTOOPT = 92

const codec = (name: string): number => native.codecs[name] as number
const option = (level: number, name: number, ctype: string, refuseAnySource = false) =>
  native.option(level, name, codec(ctype), refuseAnySource)
const ran = (batch: InstanceType<typeof native.Batch>) => new Promise<void>((resolve) => batch.run(resolve))
const nameOf = (fd: number): string => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return 'closed'
  }
}
const ttl = option(IP, IP_TTL, 'int')

describe('a batch', () => {
  it('makes its calls in their order, and tells the outcome of each', async () => {
    const { fd } = socketOf(AF_INET)
    const unknown = option(IP, 9999, 'int')
    const batch = new native.Batch()
    batch.get(-1, ttl.index)
    batch.set(fd, ttl.index, 7)
    batch.get(fd, ttl.index)
    batch.set(fd, unknown.index, 1)
    batch.set(fd, ttl.index, 8)
    batch.get(fd, ttl.index)
    batch.get(-1, ttl.index)
    await ran(batch)
    expect([...batch.outcomes()]).toEqual([EBADF, 0, 0, ENOPROTOOPT, 0, 0, EBADF])
    expect([batch.answer(2), batch.answer(5)]).toEqual([7, 8])
    for (const number of [7, 2 ** 32 - 1]) expect(() => batch.answer(number)).toThrow('no call of this number')
    expect(() => batch.answer(-1)).toThrow(RangeError)
  })

  it('takes nothing more once it is sent, and all again once it is cleared', async () => {
    const { fd } = socketOf(AF_INET)
    const batch = new native.Batch()
    batch.set(fd, ttl.index, 9)
    expect(() => batch.run(undefined as never)).toThrow('a callback is needed')
    const running = ran(batch)
    const calls = [
      () => batch.set(fd, ttl.index, 1),
      () => batch.get(fd, ttl.index),
      () => batch.duplicate(fd),
      () => batch.take(new native.Batch(), fd),
      () => new native.Batch().take(batch, fd),
      () => batch.run(() => {}),
    ]
    for (const call of calls) expect(call).toThrow('this work has been sent')
    expect(() => batch.clear()).toThrow('this work is under way')
    await running
    for (const call of calls) expect(call).toThrow('this work has been sent')
    batch.clear()
    expect(batch.outcomes().length).toBe(0)
    expect(() => batch.answer(0)).toThrow('no call of this number')
    batch.get(fd, ttl.index)
    await ran(batch)
    expect([...batch.outcomes()]).toEqual([0])
    expect(batch.answer(0)).toBe(9)
  })

  it('owns its duplicates until its calls are made', async () => {
    const { fd } = socketOf(AF_INET)
    const batch = new native.Batch()
    const copy = batch.duplicate(fd)
    expect(copy).not.toBe(fd)
    expect(nameOf(copy)).toBe(nameOf(fd))
    batch.set(copy, ttl.index, 44)
    await ran(batch)
    expect(nameOf(copy)).toBe('closed')
    expect(ttl.get(fd)).toBe(44)
    expect(thrownBy(() => new native.Batch().duplicate(-1))).toBe(EBADF)
  })

  it('gives a duplicate to another batch, which closes it', async () => {
    const { fd } = socketOf(AF_INET)
    const [from, to] = [new native.Batch(), new native.Batch()]
    const copy = from.duplicate(fd)
    to.take(from, copy)
    from.clear()
    await ran(from)
    expect(nameOf(copy)).toBe(nameOf(fd))
    to.clear()
    expect(nameOf(copy)).toBe('closed')
    // Of a descriptor that the other batch does not own, nothing is taken.
    to.take(new native.Batch(), fd)
    to.clear()
    expect(nameOf(fd)).toMatch(/^socket:/)
  })

  it('refuses an option that is none', () => {
    const batch = new native.Batch()
    const next = option(IP, IP_TTL, 'int').index + 1
    for (const index of [next, 2 ** 32 - 1]) {
      expect(() => batch.set(0, index, 1)).toThrow('no option has this index')
      expect(() => batch.get(0, index)).toThrow('no option has this index')
    }
    expect(() => batch.set(0, next - 1, 1)).not.toThrow()
  })
})

describe('work on a worker thread', () => {
  it.each<[type: string, work: () => Promise<unknown>]>([
    ['sockctl.Batch', () => ran(new native.Batch())],
    ['sockctl.Lookup', () => new Promise<void>((resolve) => new native.Lookup().run(resolve))],
    ['sockctl.Socket', () => closed(new native.Socket())],
  ])('is gone with the object that carried it: %s', async (wanted, work) => {
    const begun: number[] = []
    const gone = new Set<number>()
    const hook = createHook({
      init: (id, type) => void (type === wanted && begun.push(id)),
      destroy: (id) => void gone.add(id),
    }).enable()
    onTestFinished(() => void hook.disable())
    await work()
    expect(begun).toHaveLength(1)
    await expect.poll(() => collect().then(() => begun.filter((id) => !gone.has(id)))).toEqual([])
  })
})

describe('a codec', () => {
  it('has its number, and no other number is one', () => {
    const numbers = Object.values(native.codecs)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, n) => n))
    for (const wrong of [numbers.length, -1, 2 ** 32 - 1, '1', undefined, Number.NaN])
      if (!Number.isNaN(wrong)) expect(() => native.encode(wrong as number, 1)).toThrow('this system has no such codec')
    for (const number of numbers) expect(() => native.decode(number, new Uint8Array(8))).not.toThrow('no such codec')
    expect(() => native.decode(0, 'x' as never)).toThrow('bytes are needed')
  })
})

describe('an option', () => {
  it('answers nothing when all went well, and else the errno', () => {
    const { fd } = socketOf(AF_INET)
    expect(ttl.set(fd, 33)).toBeUndefined()
    expect(ttl.get(fd)).toBe(33)
    expect(ttl.set(-1, 33)).toBe(EBADF)
    expect(thrownBy(() => ttl.get(-1))).toBe(EBADF)
    for (const wrong of [2 ** 31, -(2 ** 31) - 1, 1.5, '7', null]) expect(() => ttl.set(fd, wrong)).toThrow(RangeError)
    expect(ttl.get(fd)).toBe(33)
  })

  it('asks with more room for as long as the answer fills it', () => {
    const { fd } = socketOf(AF_INET6)
    const headers = option(IPV6, IPV6_HOPOPTS, 'bytes')
    const memory = option(IPV6, IPV6_HOPOPTS, 'memory')
    for (const length of [8, 320, 328, 648, 1016, 1024, 1032, 2040]) {
      const header = Buffer.alloc(length)
      header[1] = length / 8 - 1
      for (let at = 2; at < length; at += 2 + (header[at + 1] as number)) {
        header[at] = 1
        header[at + 1] = Math.min(5, length - at - 2)
      }
      expect(headers.set(fd, header)).toBeUndefined()
      expect(headers.get(fd)).toEqual(header)
      const answer = memory.get(fd) as ArrayBuffer
      expect(Number(new BigUint64Array(answer, 0, 1)[0])).toBe(length)
      expect(Buffer.from(answer, 8, length)).toEqual(header)
    }
  })

  it('gives the room of its question to the answer', () => {
    const { fd } = socketOf(AF_INET)
    const bytes = option(SOCKET, constant('SO_TYPE'), 'bytes')
    expect(bytes.get(fd, new Uint8Array(4))).toEqual(Buffer.from([2, 0, 0, 0]))
    // An answer that fills the room may have been cut short, so there is more room the second time.
    expect(bytes.get(fd, new Uint8Array(1))).toEqual(Buffer.from([2, 0, 0, 0]))
    expect(bytes.get(fd)).toEqual(Buffer.from([2, 0, 0, 0]))
  })
})

describe('the outcome of a call about a membership', () => {
  const on = { group: '239.4.0.1', address: '127.0.0.1', interface: 0 }
  const source = { group: on.group, interface: '127.0.0.1', source: '127.0.0.5' }
  const join = option(IP, constant('IP_ADD_MEMBERSHIP'), 'ip_mreqn')
  const joinSource = option(IP, constant('IP_ADD_SOURCE_MEMBERSHIP'), 'ip_mreq_source')
  const joinUnlessAny = option(IP, constant('IP_ADD_SOURCE_MEMBERSHIP'), 'ip_mreq_source', true)

  it('tells the filter mode that the socket has there', () => {
    const [EINVAL, EADDRINUSE, EADDRNOTAVAIL] = [22, 98, 99]
    const leave = option(IP, constant('IP_DROP_MEMBERSHIP'), 'ip_mreqn')
    const { fd } = boundTo('127.0.0.1')
    expect(readOutcome(leave.set(fd, on) as number)).toEqual({
      errno: EADDRNOTAVAIL,
      filterMode: 'none',
      kernelWasAsked: true,
    })
    expect(join.set(fd, on)).toBeUndefined()
    expect(readOutcome(join.set(fd, on) as number)).toEqual({
      errno: EADDRINUSE,
      filterMode: 'exclude',
      kernelWasAsked: true,
    })
    expect(readOutcome(joinUnlessAny.set(fd, source) as number)).toEqual({
      errno: EINVAL,
      filterMode: 'exclude',
      kernelWasAsked: false,
    })
    expect(leave.set(fd, on)).toBeUndefined()
    expect(joinUnlessAny.set(fd, source)).toBeUndefined()
    expect(readOutcome(joinUnlessAny.set(fd, source) as number)).toEqual({
      errno: EADDRNOTAVAIL,
      filterMode: 'include',
      kernelWasAsked: true,
    })
    // An option that may turn a membership over asks nothing before.
    const other = { ...on, group: '239.4.0.2' }
    expect(join.set(fd, other)).toBeUndefined()
    expect(joinSource.set(fd, { ...source, group: other.group })).toBeUndefined()
  })

  const lo = native.nameToIndex('lo')
  const six = { group: 'ff15::4:1', interface: lo }
  const filtering = { mode: 0, sources: Array.from({ length: 70 }, (_, n) => `10.0.0.${n + 1}`) }
  const filtering6 = { mode: 0, sources: Array.from({ length: 200 }, (_, n) => `2001:db8::${n + 1}`) }

  it.each([
    ['ip_mreq', 'IP_ADD_MEMBERSHIP', { group: on.group, interface: '127.0.0.1' }],
    ['ip_mreqn', 'IP_ADD_MEMBERSHIP', on],
    ['ip_mreqn', 'IP_ADD_MEMBERSHIP', { group: on.group, address: '0.0.0.0', interface: lo }],
    ['ip_mreq_source', 'IP_UNBLOCK_SOURCE', source],
    ['group_req', 'MCAST_JOIN_GROUP', { group: on.group, interface: lo }],
    ['group_source_req', 'MCAST_UNBLOCK_SOURCE', { group: on.group, interface: lo, source: source.source }],
    ['ip_msfilter', 'IP_MSFILTER', { group: on.group, interface: '127.0.0.1', ...filtering }],
    ['group_filter', 'MCAST_MSFILTER', { group: on.group, interface: lo, ...filtering }],
    ['group_req', 'MCAST_JOIN_GROUP', six],
    ['group_source_req', 'MCAST_UNBLOCK_SOURCE', { ...six, source: '2001:db8::1' }],
    ['group_filter', 'MCAST_MSFILTER', { ...six, ...filtering6 }],
    ['ipv6_mreq', 'IPV6_JOIN_GROUP', six],
  ] as const)('of %s, by %s, is about the group and the interface that it names', (ctype, name, value) => {
    const ipv6 = value.group.includes(':')
    const level = ipv6 ? IPV6 : IP
    const { fd } = boundTo(ipv6 ? '::1' : '127.0.0.1')
    const join = option(level, constant('MCAST_JOIN_GROUP'), 'group_req')
    const refused = option(level, constant(name), ctype)
    const modeOf = (outcome: number | undefined) => readOutcome(outcome ?? 0).filterMode
    const joins = name.includes('JOIN') || name.includes('ADD')
    // Another group is joined there; only of what joins itself, there is no telling before.
    expect(join.set(fd, { group: ipv6 ? 'ff15::4:9' : '239.4.0.9', interface: lo })).toBeUndefined()
    if (!joins) expect(modeOf(refused.set(fd, value))).toBe('none')
    expect(join.set(fd, { group: value.group, interface: lo })).toBeUndefined()
    const outcome = refused.set(fd, value)
    expect(outcome).toBeTypeOf('number')
    expect(modeOf(outcome)).toBe('exclude')
  })

  it('of an IPv6 group on no interface, is about the group wherever it is joined', () => {
    const { fd } = boundTo('::1')
    const anywhere = { group: six.group, interface: 0 }
    const modeOf = (name: string) =>
      readOutcome(option(IPV6, constant(name), 'ipv6_mreq').set(fd, anywhere) as number).filterMode
    const set = (name: string, value: object) =>
      option(IPV6, constant(name), 'source' in value ? 'group_source_req' : 'group_req').set(fd, value)
    expect(modeOf('IPV6_LEAVE_GROUP')).toBe('none')
    expect(set('MCAST_JOIN_SOURCE_GROUP', { ...six, source: '2001:db8::1' })).toBeUndefined()
    expect(modeOf('IPV6_JOIN_GROUP')).toBe('include')
    expect(set('MCAST_LEAVE_GROUP', six)).toBeUndefined()
    expect(set('MCAST_JOIN_GROUP', six)).toBeUndefined()
    expect(modeOf('IPV6_JOIN_GROUP')).toBe('exclude')
  })

  it('asks for as many sources as there are', () => {
    const { fd } = boundTo('127.0.0.1')
    const filter = option(IP, IP_MSFILTER, 'ip_msfilter')
    const question = { group: on.group, interface: '127.0.0.1', mode: 0, sources: [] }
    expect(join.set(fd, on)).toBeUndefined()
    for (const count of [0, 1, 5, 10]) {
      const sources = Array.from({ length: count }, (_, n) => `10.0.0.${n + 1}`)
      expect(filter.set(fd, { ...question, sources })).toBeUndefined()
      expect(filter.get(fd, question)).toEqual({ ...question, sources: expect.arrayContaining(sources) })
      expect((filter.get(fd, question) as typeof question).sources.length).toBe(count)
      // With room for a number of them asked by the number of sources given.
      const padded = { ...question, sources: Array.from({ length: 70 }, () => '0.0.0.0') }
      expect((filter.get(fd, padded) as typeof question).sources.length).toBe(count)
    }
    const many = Array.from({ length: 2 ** 16 + 1 }, () => '10.0.0.1')
    expect(() => filter.set(fd, { ...question, sources: many })).toThrow('more sources than any kernel takes')
    expect(filter.set(fd, { ...question, sources: many.slice(1) })).toBeTypeOf('number')
    expect(() => filter.set(fd, { ...question, sources: 'x' })).toThrow('sources is not an array')
  })
})

describeInNamespace('an answer', () => {
  it.each([8190, 8191])('of %i sources comes whole if it has no more than a mebibyte', (count) => {
    using _ = sysctl('net.ipv4.igmp_max_msf', 10_000)
    const { fd } = boundTo('127.0.0.1')
    const group = '239.4.0.3'
    const byAddress = option(IP, IP_MSFILTER, 'ip_msfilter')
    const byIndex = option(IP, constant('MCAST_MSFILTER'), 'group_filter')
    option(IP, constant('IP_ADD_MEMBERSHIP'), 'ip_mreq').set(fd, { group, interface: '127.0.0.1' })
    const sources = Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}`)
    // Four bytes a source; the answer has a socket address for each, of 128.
    expect(byAddress.set(fd, { group, interface: '127.0.0.1', mode: 0, sources })).toBeUndefined()
    const question = { group, interface: native.nameToIndex('lo'), mode: 0, sources: [] }
    if (count === 8190) expect((byIndex.get(fd, question) as { sources: string[] }).sources.length).toBe(count)
    else {
      const ENOBUFS = 105
      expect(readOutcome(thrownBy(() => byIndex.get(fd, question)) as number)).toMatchObject({ errno: ENOBUFS })
    }
  })
})
