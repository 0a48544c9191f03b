import { randomBytes } from 'node:crypto'
import {
  IP_OPTIONS,
  IP_RECVOPTS,
  IP_RECVTTL,
  IPV6_RECVHOPLIMIT,
  SO_ATTACH_FILTER,
  SO_RCVBUF,
  UDP_CORK,
} from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { internetChecksum } from '../lib/protocols/bytes.ts'
import { describeOnHosts } from './support/hosts.ts'
import { lanes } from './support/lanes.ts'
import { describeInNamespace } from './support/namespace.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const now = () => BigInt(Date.now()) * 1_000_000n
const A_MILLISECOND = 1_000_000n
const IPPROTO_IP = 0
const BPF_RET = 6
const IP_RECVOPTS_NUMBER = 6

const loopbacks = [
  { family: 'ipv4', local: '127.0.0.1', hopOption: IP_RECVTTL },
  { family: 'ipv6', local: '::1', hopOption: IPV6_RECVHOPLIMIT },
] as const

describeOnHosts('a receiver is told of each datagram', (hosts) => {
  it.each(lanes)('its source, its destination and its interface over $name, and no more', async (lane) => {
    const { group, interface: on, local } = lane
    const { index } = hosts().pairs[lane.at].a
    const receiver = await opened({ address: lane.wildcard, channels: [{ group, interface: on }] })
    const { port } = receiver.address
    const sender = await sending({ bind: { address: local[1] }, interface: on })
    await sender.send(Buffer.from('one'), { address: group, port })
    await sender.send(Buffer.from('two'), { address: local[0], port })
    const [one, two] = await readingOf(receiver).take(2)
    const source = { address: local[1], port: sender.address.port }
    expect(one).toEqual({
      data: Buffer.from('one'),
      source,
      truncated: false,
      ancillaryTruncated: false,
      destination: group,
      interfaceIndex: index,
    })
    // A datagram of a host to itself comes in by loopback, whatever the address.
    const lo = 1
    expect(two).toEqual({
      ...one,
      data: Buffer.from('two'),
      destination: local[0],
      interfaceIndex: two?.interfaceIndex,
    })
    expect([lo, index]).toContain(two?.interfaceIndex)
  })
})

describeInNamespace('a receiver is told, if it asks,', () => {
  describe.each(loopbacks)('over $family', ({ family, local, hopOption }) => {
    const to = (port: number) => ({ address: local, port })

    it('the hop limit and the traffic class that each datagram was sent with', async () => {
      const receiver = await opened({ address: local, ancillary: { hopLimit: true, trafficClass: true } })
      const sender = await sending({ family })
      const choices = [1, 2, 3].map((hopLimit) => ({ hopLimit, trafficClass: hopLimit * 32 }))
      const messages = choices.map((choice) => ({ ...choice, data: Buffer.from('x') }))
      await sender.send(messages, to(receiver.address.port))
      expect(await readingOf(receiver).take(3)).toMatchObject(choices)
    })

    it('a thing from when its option is set until it is not', async () => {
      const receiver = await opened({ address: local })
      const sender = await sending({ family })
      const reading = readingOf(receiver)
      const told: (number | undefined)[] = []
      for (const on of [false, true, false, true]) {
        await receiver.control.set(hopOption, on)
        await sender.send(Buffer.from('x'), to(receiver.address.port), { hopLimit: 7 })
        told.push((await reading.take(1))[0]?.hopLimit)
      }
      expect(told).toEqual([undefined, 7, undefined, 7])
    })

    it.each([true, 'hardware'] as const)('when it was received (%s)', async (timestamp) => {
      const receiver = await opened({ address: local, ancillary: { timestamp } })
      const sender = await sending({ family })
      const before = now() - A_MILLISECOND
      await sender.send([Buffer.from('x'), Buffer.from('y')], to(receiver.address.port))
      const datagrams = await readingOf(receiver).take(2)
      const after = now() + A_MILLISECOND
      for (const { timestamp: at = 0n, hardwareTimestamp } of datagrams) {
        expect(at).toBeGreaterThanOrEqual(before)
        expect(at).toBeLessThanOrEqual(after)
        // Loopback has no network card that could add timestamps.
        expect(hardwareTimestamp).toBeUndefined()
      }
    })

    it('of the destination a datagram had before a firewall redirected it; here none did', async () => {
      const receiver = await opened({ address: local, ancillary: { originalDestination: true } })
      const sender = await sending({ to: to(receiver.address.port) })
      await sender.send(Buffer.from('x'))
      const [datagram] = await readingOf(receiver).take(1)
      expect(datagram?.originalDestination).toEqual(to(receiver.address.port))
    })

    it('no more of a batch than waits, and no more than it may hold', async () => {
      const receiver = await opened({ address: local, batch: 4 })
      const sender = await sending({ to: to(receiver.address.port) })
      await sender.send([1, 2].map((n) => Buffer.from([n])))
      const iterator = receiver[Symbol.asyncIterator]()
      expect((await iterator.next()).value).toHaveLength(2)
      await sender.send([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => Buffer.from([n])))
      const sizes: number[] = []
      for (let left = 9; left > 0; left -= sizes.at(-1) ?? 0) sizes.push((await iterator.next()).value?.length ?? 0)
      expect(sizes).toEqual([4, 4, 1])
      expect(receiver.stats()).toMatchObject({ datagrams: 11, batches: 4, bytes: 11 })
    })

    it('how many datagrams the kernel had no room for', async () => {
      // The smallest receive buffer holds two of these datagrams.
      const receiver = await opened({ address: local, options: [[SO_RCVBUF, 0]] })
      const sender = await sending({ to: to(receiver.address.port) })
      const datagram = Buffer.alloc(700)
      let fitting = 0
      for (; receiver.stats().dropped === 0; fitting++) await sender.send(datagram)
      fitting -= 1
      const reading = readingOf(receiver)
      await reading.take(fitting)
      for (let round = 1; round <= 2; round++) {
        await sender.send(Array(fitting + 1).fill(datagram))
        await reading.take(fitting)
        expect(receiver.stats()).toMatchObject({ dropped: 1 + round, datagrams: fitting * (1 + round) })
      }
    })
  })

  it('the sum of each payload, if the kernel has added it up', async () => {
    // A filter makes the kernel check the sum of every datagram; one that is collected in parts is sent with its sum.
    const takeAll = [{ code: BPF_RET, jt: 0, jf: 0, k: 65535 }]
    const options = [[SO_ATTACH_FILTER, takeAll]] as const
    const receiver = await opened({ address: '127.0.0.1', ancillary: { checksum: true }, options })
    const sender = await sending({ to: { address: '127.0.0.1', port: receiver.address.port }, connect: true })
    const payloads = [1, 2, 3, 100, 999, 1400].map((length) => randomBytes(length))
    for (const payload of payloads) {
      await sender.control.set(UDP_CORK, true)
      await sender.send(payload)
      await sender.control.set(UDP_CORK, false)
    }
    const datagrams = await readingOf(receiver).take(payloads.length)
    expect(datagrams.map(({ data }) => data)).toEqual(payloads)
    for (const { data, checksum } of datagrams) expect(checksum).toBe(~internetChecksum(data) & 0xffff)
  })

  it('what it has no words for, as it came', async () => {
    const receiver = await opened({ address: '127.0.0.1', options: [[IP_RECVOPTS, true]] })
    const routerAlert = Buffer.from([148, 4, 0, 0])
    const to = { address: '127.0.0.1', port: receiver.address.port }
    const sender = await sending({ to, options: [[IP_OPTIONS, routerAlert]] })
    await sender.send(Buffer.from('x'))
    const [datagram] = await readingOf(receiver).take(1)
    expect(datagram?.ancillary).toEqual([{ level: IPPROTO_IP, type: IP_RECVOPTS_NUMBER, data: routerAlert }])
    expect(datagram?.destination).toBe('127.0.0.1')
  })
})
