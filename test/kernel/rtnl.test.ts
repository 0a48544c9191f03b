// Messages of rtnetlink(7): as the kernel sends them, as they are written, and spoilt.
import { constants, endianness } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askRtnl } from '../../lib/datagram/rtnl-questions.ts'
import { applyMessage, type LinkState, type LinkTable, replaceTable } from '../../lib/kernel/link-table.ts'
import {
  decodeOutcome,
  type NetlinkAttribute,
  type NetlinkMessage,
  netlinkAttributes,
  netlinkMessages,
  netlinkRequest,
  numberValue,
} from '../../lib/kernel/netlink.ts'
import { addressRequest, decodeAddress } from '../../lib/kernel/rtnl-address.ts'
import { decodeCounters, decodeLink, linkRequest } from '../../lib/kernel/rtnl-link.ts'
import { decodeIpv6Settings } from '../../lib/kernel/rtnl-netconf.ts'
import { decodeRoute, type Route, routeRequest, routesRequest } from '../../lib/kernel/rtnl-route.ts'
import { formatAddress, type ParsedAddress, parseAddress } from '../../lib/net/address.ts'
import { isMalformed, type Malformed } from '../../lib/protocols/malformed.ts'
import { ip } from '../support/commands.ts'
import { isWhole, isWithin, mutated } from '../support/mutated.ts'
import { describeInNamespace } from '../support/namespace.ts'
import { fc } from '../support/property.ts'

const runs = { numRuns: Number(process.env.SOCKCTL_FUZZ_RUNS ?? 2000) }
const NLMSG_ERROR = 2
const NLMSG_DONE = 3

/** What the kernel answers to a request of number 7. */
async function answersTo(request: Uint8Array): Promise<NetlinkMessage[]> {
  const datagrams = await askRtnl([request])
  return datagrams.flatMap((data) => {
    const { messages, isCutShort } = netlinkMessages(data)
    expect(isCutShort).toBe(false)
    expect(messages.every(({ seq }) => seq === 7)).toBe(true)
    return messages
  })
}

const whole = <T extends object>(decoded: T | Malformed): T => {
  if (isMalformed(decoded)) throw new Error(decoded.malformed)
  return decoded
}

async function listed(request: Uint8Array): Promise<NetlinkMessage[]> {
  const all = await answersTo(request)
  expect(whole(decodeOutcome(all.at(-1) as NetlinkMessage))).toEqual({ errno: 0 })
  return all.slice(0, -1)
}

/** What ip(8) says. */
const json = async (...args: string[]) => JSON.parse(await ip('-j', '-d', ...args)) as Record<string, unknown>[]

describeInNamespace('what the kernel answers', () => {
  it('to a request for links is what ip(8) says of them', async () => {
    const links = (await listed(linkRequest(7))).map((message) => whole(decodeLink(message)))
    const said = await json('link', 'show')
    expect(links.map(({ index, name, mtu, mac }) => ({ index, name, mtu, mac }))).toEqual(
      said.map(({ ifindex, ifname, mtu, address }) => ({ index: ifindex, name: ifname, mtu, mac: address ?? '' })),
    )
    expect(links.find(({ name }) => name === 'lo')).toMatchObject({ family: 0, index: 1, ipv6Off: false })
  })

  it('to a request for counters has them', async () => {
    const all = (await listed(linkRequest(7, undefined, { counters: true }))).map((one) => whole(decodeCounters(one)))
    expect(all.map(({ name }) => name)).toEqual((await json('link', 'show')).map(({ ifname }) => ifname))
  })

  it('to a request for one link is that link, or an error', async () => {
    const [link] = await answersTo(linkRequest(7, 1))
    expect(whole(decodeLink(link as NetlinkMessage))).toMatchObject({ index: 1, name: 'lo' })
    const [refused] = await answersTo(linkRequest(7, 999_999))
    expect(whole(decodeOutcome(refused as NetlinkMessage))).toEqual({ errno: constants.errno.ENODEV })
  })

  it('to a request for addresses is what ip(8) says of them', async () => {
    const addresses = (await listed(addressRequest(7))).map((message) => whole(decodeAddress(message)))
    const said = (await json('address', 'show')).flatMap(({ ifindex, addr_info }) =>
      (addr_info as Record<string, unknown>[]).map(({ local, prefixlen, family }) => ({
        index: ifindex,
        address: local,
        prefixLength: prefixlen,
        family: family === 'inet' ? 'ipv4' : 'ipv6',
      })),
    )
    const byText = (all: object[]) => all.map((one) => JSON.stringify(one)).sort()
    expect(
      byText(addresses.map(({ index, address, prefixLength, family }) => ({ index, address, prefixLength, family }))),
    ).toEqual(byText(said))
  })

  it.each([
    { family: 'ipv4', destination: '10.61.0.0', prefixLength: 16, source: '10.62.0.1', gateway: '10.62.0.9', bits: 24 },
    { family: 'ipv6', destination: 'fd61::', prefixLength: 32, source: 'fd62::1', gateway: 'fd62::9', bits: 64 },
  ] as const)(
    'to a request for routes of $family is each with its gateway, interface, source and table',
    async (one) => {
      const { family, destination, prefixLength, source, gateway, bits } = one
      await ip('link', 'add', 'ga', 'type', 'veth', 'peer', 'name', 'gax')
      onTestFinished(() => ip('link', 'delete', 'ga').then(() => {}))
      for (const end of ['ga', 'gax']) await ip('link', 'set', end, 'up')
      await ip('address', 'add', `${source}/${bits}`, 'dev', 'ga', ...(family === 'ipv6' ? ['nodad'] : []))
      const words = ['via', gateway, 'dev', 'ga', 'src', source, 'table', '1000', 'metric', '77']
      await ip('route', 'add', `${destination}/${prefixLength}`, ...words)
      const [{ ifindex }] = (await json('link', 'show', 'dev', 'ga')) as [{ ifindex: number }]
      const routes = (await listed(routesRequest(7, family))).map((message) => whole(decodeRoute(message)))
      const expected: Route = {
        family,
        destination,
        prefixLength,
        gateway,
        interfaceIndex: ifindex,
        source,
        table: 1000,
        type: 1,
        priority: 77,
      }
      expect(routes).toContainEqual(expected)
    },
  )

  it('to a request for the route to an address is that route, or an error in words', async () => {
    const [route] = await answersTo(routeRequest(7, parseAddress('127.0.0.5') as ParsedAddress, 1))
    expect(whole(decodeRoute(route as NetlinkMessage))).toMatchObject({
      destination: '127.0.0.5',
      interfaceIndex: 1,
      source: expect.any(String),
    })
    const wrong = { family: 4, bytes: new Uint8Array(3) } as const
    const [refused] = await answersTo(routeRequest(7, wrong))
    const { errno, text } = whole(decodeOutcome(refused as NetlinkMessage))
    expect(errno).toBeGreaterThan(0)
    expect(text).toMatch(/\w+ \w+/)
  })
})

const address4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 })
const index = fc.integer({ min: 1, max: 2 ** 31 - 1 })
const number32 = fc.nat(0xffffffff)
const word = fc.stringMatching(/^[a-z0-9.-]{1,15}$/)
const text = (value: string) => Buffer.from(`${value}\0`)

/** The bytes that netlinkAttributes reads as attributes. */
const nest = (attributes: readonly NetlinkAttribute[]): Uint8Array =>
  netlinkRequest({ type: 0, seq: 0, dump: false, struct: new Uint8Array(), attributes }).subarray(16)

const bytesOf = (type: number, struct: Uint8Array, attributes: readonly NetlinkAttribute[]) =>
  netlinkRequest({ type, seq: 9, dump: false, struct, attributes })

const only = (datagram: Uint8Array): NetlinkMessage => {
  const { messages, isCutShort } = netlinkMessages(datagram)
  expect({ count: messages.length, isCutShort }).toEqual({ count: 1, isCutShort: false })
  return messages[0] as NetlinkMessage
}

const noise: NetlinkAttribute = [200, new Uint8Array(5)]

/** struct ifinfomsg */
function linkBytes(type: number, family: number, ofIndex: number, flags: number, attributes: NetlinkAttribute[]) {
  const struct = Buffer.concat([
    Uint8Array.of(family, 0, 0, 0),
    numberValue(ofIndex),
    numberValue(flags),
    numberValue(0),
  ])
  return bytesOf(type, struct, attributes)
}

const ifaddrmsg = (bytes: Uint8Array, prefix: number, flags: number, scope: number, ofIndex: number) =>
  Buffer.concat([Uint8Array.of(bytes.length === 4 ? 2 : 10, prefix, flags, scope), numberValue(ofIndex)])

const settingsOfIpv6 = (off: number): NetlinkAttribute => [
  26,
  nest([[10, nest([[2, Buffer.concat(Array.from({ length: 30 }, (_, i) => numberValue(i === 26 ? off : 7)))]])]]),
]

const EXAMPLES: readonly Uint8Array[] = [
  linkBytes(16, 0, 3, 0x1043, [
    [3, text('eth0')],
    [4, numberValue(1500)],
    [10, numberValue(2)],
    [16, Uint8Array.of(6)],
    [33, Uint8Array.of(1)],
    [1, new Uint8Array(6)],
    [18, nest([[1, text('veth')]])],
    settingsOfIpv6(1),
  ]),
  bytesOf(20, ifaddrmsg(new Uint8Array(4), 24, 0x80, 0, 3), [
    [1, Uint8Array.of(10, 0, 0, 1)],
    [2, Uint8Array.of(10, 0, 0, 2)],
    [8, numberValue(0x80)],
  ]),
  bytesOf(21, ifaddrmsg(new Uint8Array(16), 64, 0x40, 253, 3), [[1, new Uint8Array(16).fill(0xfe)]]),
  bytesOf(24, Uint8Array.of(2, 8, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0), [
    [1, Uint8Array.of(10, 0, 0, 0)],
    [4, numberValue(3)],
    [5, Uint8Array.of(10, 0, 0, 1)],
    [15, numberValue(254)],
  ]),
  bytesOf(80, Uint8Array.of(10, 0, 0, 0), [[1, numberValue(3)]]),
]

describe.runIf(endianness() === 'LE')('messages of rtnetlink', () => {
  it('of links are read as they were written', () => {
    const link = fc.record({
      index,
      flags: number32,
      name: word,
      mtu: number32,
      mac: fc.uint8Array({ maxLength: 20 }),
      master: fc.option(index, { nil: undefined }),
      operstate: fc.option(fc.nat(255), { nil: undefined }),
      carrier: fc.option(fc.boolean(), { nil: undefined }),
      kind: fc.option(word, { nil: undefined }),
      ipv6Off: fc.option(fc.boolean(), { nil: undefined }),
    })
    fc.assert(
      fc.property(link, ({ master, operstate, carrier, kind, ipv6Off, ...one }) => {
        const attributes: NetlinkAttribute[] = [noise, [3, text(one.name)], [4, numberValue(one.mtu)], [1, one.mac]]
        if (master !== undefined) attributes.push([10, numberValue(master)])
        if (operstate !== undefined) attributes.push([16, Uint8Array.of(operstate)])
        if (carrier !== undefined) attributes.push([33, Uint8Array.of(carrier ? 1 : 0)])
        if (kind !== undefined) attributes.push([18, nest([noise, [1, text(kind)]])])
        if (ipv6Off !== undefined) attributes.push(settingsOfIpv6(ipv6Off ? 1 : 0))
        expect({ ...whole(decodeLink(only(linkBytes(16, 0, one.index, one.flags, attributes)))) }).toEqual(
          JSON.parse(
            JSON.stringify({
              ...one,
              family: 0,
              mac: [...one.mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
              master,
              operstate,
              carrier,
              kind,
              ipv6Off,
            }),
          ),
        )
      }),
      runs,
    )
  })

  it('of addresses are read as they were written, with or without another end', () => {
    const shape = fc.record({
      bytes: fc.oneof(address4, address6),
      other: fc.boolean(),
      prefix: fc.nat(32),
      scope: fc.nat(255),
      flags: number32,
      index,
    })
    fc.assert(
      fc.property(shape, ({ bytes, other, prefix, scope, flags, index: ofIndex }) => {
        const peer = bytes.map((byte) => byte ^ 1)
        const attributes: NetlinkAttribute[] = [noise, [1, other ? peer : bytes], [8, numberValue(flags)]]
        if (other || bytes.length === 4) attributes.push([2, bytes])
        const message = only(bytesOf(20, ifaddrmsg(bytes, prefix, 0, scope, ofIndex), attributes))
        expect(decodeAddress(message)).toEqual({
          family: bytes.length === 4 ? 'ipv4' : 'ipv6',
          index: ofIndex,
          prefixLength: prefix,
          address: formatAddress(bytes),
          scope,
          flags,
          ...(other && { peer: formatAddress(peer) }),
        })
      }),
      runs,
    )
  })

  it('that were changed hold numbers in their ranges, or are malformed', () => {
    let decoded = 0
    fc.assert(
      fc.property(mutated(...EXAMPLES), (bytes) => {
        const { messages } = netlinkMessages(bytes)
        for (const message of messages) {
          expect(isWithin(message.payload, bytes)).toBe(true)
          for (const [type, value] of netlinkAttributes(message.payload, 8).attributes)
            expect(isWhole(type, 0, 0x3fff) && isWithin(value, message.payload)).toBe(true)
          const counters = decodeCounters(message)
          if (!isMalformed(counters)) expect(isWhole(counters.received.packets, 0, 2 ** 64)).toBe(true)
          const link = decodeLink(message)
          const address = decodeAddress(message)
          const route = decodeRoute(message)
          const outcome = decodeOutcome(message)
          const settings = decodeIpv6Settings(message)
          if (!isMalformed(link)) {
            decoded++
            expect(isWhole(link.index, 1, 0xffffffff) && isWhole(link.mtu, 0, 0xffffffff)).toBe(true)
            expect(link.mac).toMatch(/^([0-9a-f]{2}(:[0-9a-f]{2})*)?$/)
          }
          for (const one of [address, route])
            if (!isMalformed(one)) {
              decoded++
              expect(isWhole(one.prefixLength, 0, one.family === 'ipv4' ? 32 : 128)).toBe(true)
            }
          if (!isMalformed(outcome)) expect(isWhole(outcome.errno, 0, 2 ** 31)).toBe(true)
          if (typeof settings === 'number') expect(isWhole(settings, 0, 0xffffffff)).toBe(true)
          const table: LinkTable = new Map()
          const step = applyMessage(table, message)
          expect(table.size).toBe(step === undefined ? 0 : 1)
        }
      }),
      runs,
    )
    expect(decoded).toBeGreaterThan(runs.numRuns / 2)
  })

  it('that are cut short are said to be, wherever they are cut', () => {
    for (const example of EXAMPLES)
      for (let length = 1; length < example.length; length++)
        expect(netlinkMessages(example.subarray(0, length))).toEqual({ messages: [], isCutShort: true })
    const two = Buffer.concat(EXAMPLES.slice(0, 2))
    expect(netlinkMessages(two)).toMatchObject({ messages: { length: 2 }, isCutShort: false })
    expect(netlinkMessages(two.subarray(0, -1))).toMatchObject({ messages: { length: 1 }, isCutShort: true })
  })

  it('with attributes that are cut short, or of a wrong length, are malformed', () => {
    const { payload, ...rest } = only(EXAMPLES[0] as Uint8Array)
    for (let length = 0; length < payload.length; length++) {
      const link = decodeLink({ ...rest, payload: payload.subarray(0, length) })
      // Cut between two attributes, a message is whole.
      const isWholeOne = length >= 16 && !netlinkAttributes(payload.subarray(0, length), 16).isCutShort
      expect(isMalformed(link)).toBe(!isWholeOne)
    }
    expect(decodeCounters(only(linkBytes(16, 0, 1, 0, [[23, new Uint8Array(183)]])))).toEqual({
      malformed: 'the counters have 183 bytes, where 184 are needed',
    })
    expect(decodeCounters(only(linkBytes(16, 0, 1, 0, [])))).toMatchObject({ malformed: expect.any(String) })
    expect(decodeLink(only(linkBytes(16, 0, 1, 0, [[4, new Uint8Array(3)]])))).toEqual({
      malformed: 'attribute 4 has 3 bytes, not 4',
    })
    expect(decodeAddress(only(bytesOf(20, ifaddrmsg(new Uint8Array(4), 33, 0, 0, 1), [])))).toEqual({
      malformed: 'a prefix of 33 bits in an address of 4 bytes',
    })
  })

  it('of errors hold the errno and its text, with the request repeated or not', () => {
    const errno = fc.integer({ min: 0, max: 4095 })
    fc.assert(
      fc.property(
        errno,
        fc.option(word),
        fc.nat(40),
        fc.boolean(),
        fc.boolean(),
        (number, said, size, capped, isDone) => {
          const repeated = netlinkRequest({ type: 18, seq: 1, dump: true, struct: new Uint8Array(size) })
          const body = isDone ? [] : [capped ? repeated.subarray(0, 16) : repeated]
          const payload = Buffer.concat([
            numberValue(-number >>> 0),
            ...body,
            ...(said ? [nest([noise, [1, text(said)]])] : []),
          ])
          const flags = (said ? 0x200 : 0) | (capped ? 0x100 : 0)
          const type = isDone ? NLMSG_DONE : NLMSG_ERROR
          expect(decodeOutcome({ type, flags, seq: 1, pid: 1, payload })).toEqual({
            errno: number,
            ...(said && { text: said }),
          })
        },
      ),
      runs,
    )
    expect(isMalformed(decodeOutcome({ type: 3, flags: 0, seq: 1, pid: 1, payload: new Uint8Array(3) }))).toBe(true)
  })

  it('change a table as the kernel would have it, and say so once', () => {
    const table: LinkTable = new Map()
    const told = (bytes: Uint8Array) => applyMessage(table, only(bytes))
    const link = linkBytes(16, 0, 3, 1, [[3, text('eth0')]])
    const address = bytesOf(20, ifaddrmsg(new Uint8Array(4), 24, 0, 0, 3), [[2, Uint8Array.of(10, 0, 0, 1)]])
    expect(told(address)).toBeUndefined()
    expect(told(link)?.before).toBeUndefined()
    expect(told(link)).toBeUndefined()
    expect(told(address)?.after?.addresses).toMatchObject([{ address: '10.0.0.1' }])
    expect(told(address)).toBeUndefined()
    // What a link is to a bridge is not the link.
    expect(told(linkBytes(17, 7, 3, 1, [[3, text('eth0')]]))).toBeUndefined()
    const fresh: LinkTable = new Map([[4, { ...(table.get(3) as LinkState), index: 4 }]])
    expect(replaceTable(table, fresh).map(({ before, after }) => [before?.index, after?.index])).toEqual([
      [3, undefined],
      [undefined, 4],
    ])
    expect(replaceTable(table, fresh)).toEqual([])
  })
})
